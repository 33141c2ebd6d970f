"""The only code that knows AMI, and no Django: facts come out, effects go in (the words are in dialer.rules.facts).

Below: what can go wrong, one exception per decision a caller can make. Each message is one sentence for an operator;
none holds a secret.
"""


class PbxError(Exception):
    """Anything the PBX link can say no with."""


class Unreachable(PbxError):
    """Nobody answers at that address, or not as an AMI that is ready: try again later."""


class LoginRefused(PbxError):
    """The PBX does not know this user and secret: trying again changes nothing."""


class AlreadyDriven(PbxError):
    """Another session is logged in as our user: the PBX admits one driver."""


class LinkLost(PbxError):
    """The session is over: open a new one and take a snapshot."""


class Silent(LinkLost):
    """The peer holds the connection but no longer answers."""


class Garbled(LinkLost):
    """The peer sends something that is not AMI."""


class ActTimeout(PbxError):
    """An action was not answered in time; whether it was carried out is unknown. Never send it again."""


class SnapshotFailed(PbxError):
    """The list of channels was refused, incomplete or late."""

"""Trunks and agents' phones as PJSIP configuration: the text of the file that our pjsip.conf includes.

A file and a reload, not realtime from the database: the exchange then answers calls without us.
The engine writes the file whole (in place of the old one) and sends `Reload: res_pjsip.so`; live calls go on.
Values come from forms, so whatever could end a line, begin a comment or a section is refused here.
G.711 only: it is what customers' side speaks, browsers must speak it too, and so nothing is transcoded.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,118}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\]")
CODEC = re.compile(r"[a-z0-9]{2,16}")
# Printable ASCII without what Asterisk's files give a meaning: ; # \ " [ ] and blanks
PLAIN = re.compile(r"[!$%&'()*+,\-./0-9:<=?@A-Z^_`a-z{|}~]{1,120}")
RESERVED = {"udp", "ws", "global", "system"}

BROWSER_SILENT_AFTER = 20  # seconds without media after which a closed browser's leg is hung up
PHONE_SILENT_AFTER = 60


class BadValue(ValueError):
    """A trunk's or phone's value cannot be written into the configuration; the text names the field."""


@dataclass(frozen=True)
class TrunkSpec:
    """A carrier as the exchange must know it. Calls go to ``PJSIP/<number>@<name>``.

    With `registers` we register at the carrier as `username`. `from_domain` is for carriers that want their own
    domain in From. `max_channels` is kept by the engine; here it only tells Asterisk when the trunk is busy.
    """

    name: str
    host: str
    port: int = 5060
    username: str = ""
    password: str = ""
    registers: bool = False
    codecs: tuple[str, ...] = ("ulaw", "alaw")
    from_domain: str = ""
    max_channels: int = 0


@dataclass(frozen=True)
class AgentPhoneSpec:
    """An agent's phone: a SIP phone that registers over UDP, or with `webrtc` a browser over a WebSocket."""

    endpoint: str
    secret: str
    webrtc: bool


def render(trunks: Iterable[TrunkSpec], phones: Iterable[AgentPhoneSpec]) -> str:
    """The whole file. Raises BadValue for a value that cannot be written, or a name that comes twice."""
    trunks, phones = tuple(trunks), tuple(phones)
    taken = set(RESERVED)
    for name in [trunk.name for trunk in trunks] + [phone.endpoint for phone in phones]:
        if name in taken:
            raise BadValue(f"The name {name!r} is taken: give every trunk and phone its own.")
        taken.add(name)
    parts = ["; Written by Fairdial from its database: changes made here are lost."]
    parts += [_trunk(trunk) for trunk in trunks]
    parts += [_phone(phone) for phone in phones]
    return "\n\n".join(parts) + "\n"


def _trunk(trunk: TrunkSpec) -> str:
    name = _checked("trunk name", trunk.name, NAME)
    host = _checked(f"host of {name}", trunk.host, HOST)
    port = _port(name, trunk.port)
    endpoint = [
        "context=from-trunk",
        "transport=udp",
        *_codecs(name, trunk.codecs),
        f"aors={name}",
        "direct_media=no",
        "rtp_symmetric=yes",
        "trust_id_outbound=yes",
        "send_pai=yes",
    ]
    if trunk.max_channels:
        endpoint.append(f"device_state_busy_at={int(trunk.max_channels)}")
    if trunk.from_domain:
        endpoint.append(f"from_domain={_checked(f'from_domain of {name}', trunk.from_domain, HOST)}")
    sections = [
        _section(name, "aor", [f"contact=sip:{host}:{port}", "qualify_frequency=30", "qualify_timeout=10"]),
        _section(name, "identify", [f"endpoint={name}", f"match={host.strip('[]')}"]),
    ]
    if trunk.username:
        user = _checked(f"user of {name}", trunk.username, PLAIN)
        password = _checked(f"password of {name}", trunk.password, PLAIN)
        endpoint.append(f"outbound_auth={name}")
        sections.append(_section(name, "auth", ["auth_type=userpass", f"username={user}", f"password={password}"]))
    if trunk.registers:
        sections.append(_registration(trunk, f"{host}:{port}"))
    return "\n\n".join([_section(name, "endpoint", endpoint), *sections])


def _registration(trunk: TrunkSpec, server: str) -> str:
    if not NAME.fullmatch(trunk.username):
        raise BadValue(f"The trunk {trunk.name} registers, so its user must be letters, digits, - and _.")
    return _section(
        f"{trunk.name}-registration",
        "registration",
        [
            "transport=udp",
            f"outbound_auth={trunk.name}",
            f"server_uri=sip:{server}",
            f"client_uri=sip:{trunk.username}@{trunk.from_domain or server}",
            f"contact_user={trunk.username}",
            "expiration=300",
            "retry_interval=10",
            "forbidden_retry_interval=60",
            "fatal_retry_interval=60",
            "auth_rejection_permanent=no",
            "max_retries=1000000",
        ],
    )


def _phone(phone: AgentPhoneSpec) -> str:
    name = _checked("phone name", phone.endpoint, NAME)
    secret = _checked(f"secret of {name}", phone.secret, PLAIN)
    kind = (
        ["webrtc=yes", f"rtp_timeout={BROWSER_SILENT_AFTER}"]
        if phone.webrtc
        else [
            "transport=udp",
            "rtp_symmetric=yes",
            "force_rport=yes",
            "rewrite_contact=yes",
            f"rtp_timeout={PHONE_SILENT_AFTER}",
        ]
    )
    endpoint = [
        "context=from-agent",
        "disallow=all",
        "allow=ulaw,alaw",
        f"aors={name}",
        f"auth={name}",
        "direct_media=no",
        *kind,
    ]
    return "\n\n".join(
        [
            _section(name, "endpoint", endpoint),
            _section(name, "auth", ["auth_type=userpass", f"username={name}", f"password={secret}"]),
            _section(name, "aor", ["max_contacts=1", "remove_existing=yes", "default_expiration=120"]),
        ]
    )


def _section(name: str, kind: str, lines: Iterable[str]) -> str:
    return "\n".join([f"[{name}]", f"type={kind}", *lines])


def _codecs(name: str, codecs: tuple[str, ...]) -> list[str]:
    if not codecs:
        raise BadValue(f"The trunk {name} has no codec: choose at least one, such as ulaw or alaw.")
    return ["disallow=all", "allow=" + ",".join(_checked(f"codec of {name}", codec, CODEC) for codec in codecs)]


def _port(name: str, port: int) -> int:
    if not 0 < port < 65536:
        raise BadValue(f"The port of {name} must be from 1 to 65535.")
    return port


def _checked(what: str, value: str, shape: re.Pattern[str]) -> str:
    if not shape.fullmatch(value):
        raise BadValue(f"The {what} is empty, too long, or holds a character that a PJSIP setting cannot.")
    return value

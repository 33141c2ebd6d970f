"""A second Asterisk that plays everybody else: the carrier with its customers, and simulated agents' phones.

Calls reach it as they reach a real carrier, by SIP over a trunk, and media really flow both ways.
What a number does is in carrier_numbers.py; how long it takes is a `Pace`, so that a demo can live
at human speed and a test at its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from deploy.asterisk.carrier_numbers import BEHAVIOURS, MIX
from deploy.asterisk.install import Installation
from deploy.asterisk.instance import TEMPLATES, Instance

SUBSCRIBER = "fairdial"  # the user that a trunk with registration logs in as


@dataclass(frozen=True)
class Pace:
    """How long far ends take: pairs are drawn between, in milliseconds; the others are seconds.

    `ring_out` bounds a ringing that nobody ends, `short_talk` is the length of `short` calls, `machine_listens` how
    long a machine records.
    """

    ring_ms: tuple[int, int] = (1000, 6000)
    talk_ms: tuple[int, int] = (5000, 60000)
    ring_out: float = 120.0
    short_talk: float = 3.0
    machine_listens: float = 20.0


def carrier(
    var: Path, pace: Pace | None = None, *, name: str = "carrier", installation: Installation | None = None
) -> Instance:
    """The far end in `var/asterisk/NAME`, not yet started; a trunk reaches it at 127.0.0.1 and its `sip_port`.

    A trunk that registers uses the user SUBSCRIBER and the password `addresses.ami_secret`.
    """
    return Instance(
        name,
        var,
        templates=(TEMPLATES, TEMPLATES / "carrier"),
        values=_values(pace or Pace()),
        prefix="CARRIER",
        installation=installation,
    )


def register_phones(far_end: Instance, phones: Iterable[tuple[str, str]], pbx_sip_port: int) -> None:
    """Make the far end hold exactly these agents' phones, each (endpoint, secret), registered at our exchange.

    A phone answers every call to it at once and talks until hung up. Raises ManagerError.
    """
    far_end.provision(render_phones(phones, pbx_sip_port))


def render_phones(phones: Iterable[tuple[str, str]], pbx_sip_port: int, expires: int = 120) -> str:
    """The registrations of these phones as PJSIP configuration; `expires` in seconds."""
    return "\n".join(_phone(endpoint, secret, pbx_sip_port, expires) for endpoint, secret in phones)


def _phone(endpoint: str, secret: str, port: int, expires: int) -> str:
    return f"""[{endpoint}]
type = auth
auth_type = userpass
username = {endpoint}
password = {secret}

[{endpoint}]
type = registration
transport = udp
outbound_auth = {endpoint}
server_uri = sip:127.0.0.1:{port}
client_uri = sip:{endpoint}@127.0.0.1:{port}
contact_user = {endpoint}
expiration = {expires}
retry_interval = 2
forbidden_retry_interval = 2
fatal_retry_interval = 2
auth_rejection_permanent = no
max_retries = 1000000
"""


def _values(pace: Pace) -> dict[str, str]:
    endings = {f"ending_{behaviour.name}": behaviour.ending for behaviour in BEHAVIOURS}
    reached, thresholds = 0, {}
    for name, share in MIX.items():
        reached += share
        thresholds[f"mix_{name}"] = str(reached)
    return {
        **endings,
        **thresholds,
        "ring_min": str(pace.ring_ms[0]),
        "ring_max": str(pace.ring_ms[1]),
        "talk_min": str(pace.talk_ms[0]),
        "talk_max": str(pace.talk_ms[1]),
        "ring_out": str(pace.ring_out),
        "short_talk": str(pace.short_talk),
        "machine_listens": str(pace.machine_listens),
        "subscriber": SUBSCRIBER,
        "ami_host": "127.0.0.1",
    }

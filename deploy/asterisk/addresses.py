"""The ports and secrets of one Asterisk instance: chosen once, remembered in its folder, kept while free.

Stable addresses matter: agents' phones and the database's server row point at them across restarts.
An environment variable asks for a port by name (for ours ASTERISK_SIP_PORT, ASTERISK_AMI_PORT,
ASTERISK_WS_PORT, ASTERISK_RTP_START and so on), and then no other is taken.
"""

import json
import os
import random
import secrets
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

from deploy import ports
from deploy.problems import BadSetting

RTP_PORTS = 4000
LOWEST_RTP = 10000


@dataclass(frozen=True)
class Addresses:
    """Where an instance listens on this machine, and the secrets of its two AMI users."""

    sip_port: int
    ami_port: int
    http_port: int
    rtp_start: int
    rtp_end: int
    ami_secret: str
    keeper_secret: str


def choose(memory: Path, prefix: str, sip_host: str, http_host: str) -> Addresses:
    """The addresses for this start, remembered in the file `memory`; `prefix` begins the environment variables' names.

    Raises PortTaken or BadSetting, naming the variable.
    """
    known = _remembered(memory)
    start, end = _media(prefix, known.get("rtp_start"))
    addresses = Addresses(
        sip_port=ports.choose(f"{prefix}_SIP_PORT", known.get("sip_port"), socket.SOCK_DGRAM, sip_host),
        ami_port=ports.choose(f"{prefix}_AMI_PORT", known.get("ami_port"), socket.SOCK_STREAM),
        http_port=ports.choose(f"{prefix}_WS_PORT", known.get("http_port"), socket.SOCK_STREAM, http_host),
        rtp_start=start,
        rtp_end=end,
        ami_secret=os.environ.get(f"{prefix}_AMI_SECRET") or known.get("ami_secret") or secrets.token_urlsafe(24),
        keeper_secret=known.get("keeper_secret") or secrets.token_urlsafe(24),
    )
    memory.touch(mode=0o600)
    memory.write_text(json.dumps(asdict(addresses), indent=1))
    return addresses


def _media(prefix: str, remembered: int | None) -> tuple[int, int]:
    # Ranges of two instances may overlap: Asterisk tries the next port when one is taken.
    drawn = remembered or random.randrange(LOWEST_RTP, ports.LOWEST - RTP_PORTS, 2)
    start, end = os.environ.get(f"{prefix}_RTP_START"), os.environ.get(f"{prefix}_RTP_END")
    if not start and not end:
        return drawn, drawn + RTP_PORTS - 1
    try:
        first, last = int(start or ""), int(end or "")
    except ValueError:
        first, last = 0, 0
    if not 1024 <= first < last <= 65535:
        raise BadSetting(
            f"{prefix}_RTP_START={start!r} and {prefix}_RTP_END={end!r} are not a range of ports: set both."
        )
    return first, last


def _remembered(memory: Path) -> dict:
    try:
        known = json.loads(memory.read_text())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}

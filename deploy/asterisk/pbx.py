"""Our own exchange, as the dialer drives it: the templates of this folder and what may be set from outside.

ASTERISK_SIP_HOST and ASTERISK_WS_HOST (default loopback) open it to phones on other machines,
ASTERISK_EXTERNAL_ADDRESS is what it calls itself behind NAT. Everything an operator may want to
change without editing a template is a variable here.
"""

import os
import re
from pathlib import Path

from deploy.asterisk.install import Installation
from deploy.asterisk.instance import Instance
from deploy.problems import BadSetting

# Recordings of the package asterisk-core-sounds-en; a campaign brings its own for real calls.
ABANDON_MESSAGE = "im-sorry&vm-goodbye"
INBOUND_MESSAGE = "im-sorry&please-try-call-later&vm-goodbye"
MAX_WAIT = "2"


def pbx(
    var: Path, *, name: str = "pbx", prefix: str = "ASTERISK", installation: Installation | None = None
) -> Instance:
    """Our exchange in `var/asterisk/NAME`, not yet started. A second one needs another name and prefix.

    Raises BadSetting for a variable that cannot be used.
    """
    values = {
        "ami_host": "127.0.0.1",
        "ami_permit": "127.0.0.1/255.255.255.255",
        "max_wait": _setting(f"{prefix}_MAX_WAIT", MAX_WAIT, r"\d+(\.\d+)?"),
        "abandon_message": _setting(f"{prefix}_ABANDON_MESSAGE", ABANDON_MESSAGE, r"[\w/.&-]+"),
        "inbound_message": _setting(f"{prefix}_INBOUND_MESSAGE", INBOUND_MESSAGE, r"[\w/.&-]+"),
        "external_media": _external(prefix, "external_media_address"),
        "external_signaling": _external(prefix, "external_signaling_address"),
    }
    return Instance(name, var, values=values, prefix=prefix, installation=installation)


def _external(prefix: str, option: str) -> str:
    address = _setting(f"{prefix}_EXTERNAL_ADDRESS", "", r"[\w.:-]*")
    return f"{option} = {address}" if address else f"; {option}: not behind NAT"


def _setting(variable: str, default: str, shape: str) -> str:
    value = os.environ.get(variable) or default
    if not re.fullmatch(shape, value):
        raise BadSetting(f"{variable}={value!r} cannot be used: set it to something like {default or 'an address'!r}.")
    return value

"""The PBX's endpoints, as the database has them: agents' phones and trunks.

Generated configuration, pushed and reloaded, instead of realtime look-ups: the PBX must not need our database to
answer a call. The file is written whole and renamed into place, and only when it differs, so that looking every few
seconds costs nothing.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from dialer.models import Agent, PbxServer, Trunk
from dialer.pbx.provisioning import AgentPhoneSpec, render


def write(server_id: int) -> bool:
    """Write the server's endpoints; True when the PBX must read them again.

    A server without a `pjsip_file` is configured by hand (`manage.py export_pjsip` prints what to paste). Raises
    BadValue with nothing written.
    """
    path = PbxServer.objects.values_list("pjsip_file", flat=True).get(pk=server_id)
    if not path:
        return False
    text = endpoints(server_id)
    target = Path(path)
    if target.exists() and target.read_text() == text:
        return False
    _replace(target, text)
    return True


def endpoints(server_id: int) -> str:
    """The PJSIP configuration of one server's trunks and of every agent's phone."""
    trunks = Trunk.objects.filter(server_id=server_id, enabled=True).order_by("pk")
    agents = Agent.objects.filter(user__is_active=True).order_by("pk")
    return render([trunk.spec for trunk in trunks], [_phone(agent) for agent in agents])


def _phone(agent: Agent) -> AgentPhoneSpec:
    return AgentPhoneSpec(
        endpoint=agent.endpoint, secret=agent.sip_secret, webrtc=agent.phone_kind == Agent.PhoneKind.WEBRTC
    )


def _replace(target: Path, text: str) -> None:
    """Readable by the PBX's own user only as far as the folder lets it: the file holds secrets."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".pjsip-")
    with os.fdopen(handle, "w") as file:
        file.write(text)
    mode, owner = (target.stat().st_mode, target.stat()) if target.exists() else (0o640, target.parent.stat())
    os.chmod(name, mode)
    if os.geteuid() == 0:
        os.chown(name, owner.st_uid, owner.st_gid)
    os.rename(name, target)

"""What dialling does when a campaign changes: wake its engines and the pages that show it; stop means stop."""

from __future__ import annotations

from campaigns.models import Campaign
from dialer import calls, nudge
from dialer.models import PbxServer


def changed(kind: str, id: int) -> None:
    """A campaign changed (called after the commit). A lost nudge costs its engines one tick."""
    if kind != "campaign":
        return
    if Campaign.objects.filter(pk=id, status=Campaign.Status.STOPPED).exists():
        calls.stop_unanswered(id)
    engines = [nudge.engine(pk) for pk in PbxServer.objects.filter(enabled=True).values_list("pk", flat=True)]
    nudge.publish_all([nudge.campaign(id), nudge.WALL, *engines])

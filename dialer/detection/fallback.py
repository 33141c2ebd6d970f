"""Detection that takes too many persons for machines switches itself off, and says why.

The campaign as a whole is judged, and each of its carriers and lists: one that is certainly above the limit is enough,
since it is persons who are hung up on. From the next call on nobody listens, and only a person switches it on again.
"""

from __future__ import annotations

from datetime import datetime

import structlog

from campaigns import services
from campaigns.models import Campaign
from dialer.detection import truth
from dialer.detection.truth import Part
from dialer.rules.amd import is_too_wrong

log = structlog.get_logger(__name__)


def check_all(now: datetime) -> int:
    """Judge every campaign that listens; returns how many were switched off."""
    listening = Campaign.objects.exclude(detector=Campaign.Detectors.OFF).filter(amd_limit_percent__gt=0)
    return sum(check(campaign, now) for campaign in listening)


def check(campaign: Campaign, now: datetime) -> bool:
    """Switch this campaign's detection off if it is certainly too wrong; True if that was done here."""
    worst = too_wrong(campaign, truth.parts(truth.count(campaign, now)))
    if worst is None or not services.switch_detection_off(campaign=campaign, why=_why(campaign, worst, now)):
        return False
    log.warning("detection was switched off", campaign=campaign.pk, of=worst.of, sampled=worst.found.sampled)
    return True


def too_wrong(campaign: Campaign, parts: list[Part]) -> Part | None:
    """The part that is furthest above the campaign's limit, where one is."""
    limit, least = float(campaign.amd_limit_percent) / 100, campaign.amd_least_sample
    beyond = [part for part in parts if is_too_wrong(part.found, limit=limit, least=least)]
    return max(beyond, key=lambda part: part.found.low, default=None)


def _why(campaign: Campaign, part: Part, now: datetime) -> dict[str, object]:
    return {
        "at": now.isoformat(),
        "of": part.of,
        "name": part.name,
        "machines": part.found.machines,
        "sampled": part.found.sampled,
        "people": part.found.people,
        "low_percent": round(100 * part.found.low, 1),
        "limit_percent": float(campaign.amd_limit_percent),
        "detector": campaign.detector,
    }

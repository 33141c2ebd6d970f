"""Compliance profiles as data, and what a new installation begins with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from campaigns import policies
from campaigns.models import Campaign, ComplianceProfile, FrequencyCap, MinimumGap, User
from campaigns.rulebook.rows import add_cap, add_gap
from campaigns.rules import abandons, profiles
from campaigns.rules import policy as policy_rules
from campaigns.rules.profiles import Profile
from campaigns.rules.reading import BadProfile, Must
from campaigns.services import audit

PROFILES = Path(__file__).parent.parent / "data" / "compliance_profiles.json"

# What a new installation begins with; each can be changed or ended.
FIRST_CAPS: tuple[dict[str, Any], ...] = (
    {"limit": 3, "counts": "attempts", "per": "contact", "scope": "all", "window": "rolling", "window_hours": 24},
)
FIRST_GAPS: tuple[dict[str, Any], ...] = (
    {"after": "busy", "minutes": 15, "per": "phone", "scope": "all"},
    {"after": "no_answer", "minutes": 120, "per": "phone", "scope": "all"},
    {"after": "abandoned", "minutes": 72 * 60, "per": "phone", "scope": "all"},
    {"after": "refusal", "minutes": None, "per": "contact", "scope": "campaign"},
)


def load_profiles(text: str, by: User | None) -> list[str]:
    """Keep the profiles of a file; returns the names of those that are new or changed. Raises BadProfile.

    A changed profile wants to be confirmed again, and binds its campaigns as it now is.
    """
    data = _read(text)
    return [profile.name for profile in profiles.parse(data) if _keep(profile, by)]


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise BadProfile(Must.JSON, line=error.lineno, column=error.colno) from error
    except (ValueError, RecursionError) as error:  # Python reads no number of more than 4,300 digits
        raise BadProfile(Must.READABLE) from error


@transaction.atomic
def _keep(profile: Profile, by: User | None) -> bool:
    data = as_data(profile)
    row = ComplianceProfile.objects.select_for_update().filter(name=profile.name).first()
    if row and (row.data, row.title, row.title_zh) == (data, profile.title, profile.title_zh):
        return False
    said = {"title": profile.title, "title_zh": profile.title_zh, "country": profile.country, "data": data}
    row, _new = ComplianceProfile.objects.update_or_create(
        name=profile.name, defaults={**said, "confirmed_by": None, "confirmed_at": None}
    )
    audit(by, "profile.loaded", row, {"name": profile.name})
    policies.publish(Campaign.objects.filter(profiles=row).values_list("pk", flat=True), by)
    return True


def as_data(profile: Profile) -> Any:
    """What a ComplianceProfile keeps: its rules as in a policy, and where they come from."""
    rules = policy_rules.dump_rules(profile.hours, profile.caps, profile.gaps)
    about = {
        "min_ring_seconds": profile.min_ring_seconds,
        "abandon": [abandons.dump(rule) for rule in profile.abandon],
        "source": profile.source,
        "evidence": profile.evidence,
        "note": profile.note,
    }
    return json.loads(json.dumps({**rules, **about}))


@transaction.atomic
def confirm_profile(*, profile: ComplianceProfile, by: User) -> bool:
    """A compliance officer has read it and takes it for right; False if that had been done."""
    now = timezone.now()
    rows = ComplianceProfile.objects.filter(pk=profile.pk, confirmed_at=None)
    if not rows.update(confirmed_by=by, confirmed_at=now):
        return False
    audit(by, "profile.confirmed", profile, {"name": profile.name})
    return True


def install(by: User | None = None) -> None:
    """What a new installation begins with: the shipped profiles, and caps and gaps for everyone. Twice is once."""
    load_profiles(PROFILES.read_text(encoding="utf-8"), by)
    if not FrequencyCap.objects.exists() and not MinimumGap.objects.exists():
        for fields in FIRST_CAPS:
            add_cap(owner=None, by=by, **fields)
        for fields in FIRST_GAPS:
            add_gap(owner=None, by=by, **fields)

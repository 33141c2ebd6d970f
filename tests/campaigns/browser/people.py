"""Whom these pages are about: a campaign that may call at any hour, with people some of whom were called."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

from django.utils import timezone

from campaigns.models import Campaign, Lead
from tests import build
from tests.campaigns.whys.calling import called, daily_cap, reserve

_turns = itertools.count(1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def campaign_of_three(**fields: Any) -> tuple[Campaign, list[Lead]]:
    """Three leads, the first of which was called five days ago and not reached."""
    campaign = build.campaign(**fields)
    leads = [build.lead(campaign, build.contact(name=name)) for name in ("Wang Fang", "Li Wei", "Ada Example")]
    called(leads[0], at=timezone.now() - 5 * DAY)
    return campaign, leads


def spent(name: str = "Wang Fang") -> Lead:
    """A lead whose person another campaign called as often as a cap of this one allows; the rules have said so."""
    turn = next(_turns)
    loans, cards = build.campaign(name=f"Loans {turn}"), build.campaign(name=f"Cards {turn}")
    daily_cap(campaign=loans)
    person = build.contact(name=name)
    called(build.lead(cards, person, due_at=timezone.now() + DAY), at=timezone.now() - 3 * HOUR)
    lead = build.lead(loans, person)
    reserve(loans)
    return lead

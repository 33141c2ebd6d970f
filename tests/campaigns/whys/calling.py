"""What tests of answers share: people who were called, and why they are not now."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from campaigns import ledger, reservation
from campaigns.models import (
    FrequencyCap,
    Lead,
)
from campaigns.whys import leads
from dialer.rules.ids import new_call_id
from tests import build

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NIGHT = [[[540, 541]]] * 7


def reserve(campaign, want=10, now=None):
    with transaction.atomic():
        return reservation.reserve(campaign=campaign, want=want, new_call_id=new_call_id, now=now)


def why(lead: Lead, now: datetime | None = None) -> leads.LeadWhy:
    return leads.of_lead(lead.pk, now or timezone.now())


def called(lead: Lead, *, at: datetime, **fields):
    """An ended call that was counted."""
    made = build.attempt(lead, at=at, **fields)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO campaigns_touch (phone, at, call_id, contact_id, campaign_id, level, outcome)"
            " VALUES (%s, %s, %s, %s, %s, 1, %s)",
            [made.phone, at, made.pk, lead.contact_id, lead.campaign_id, ledger.CODES[made.outcome]],
        )
    return made


def daily_cap(**fields) -> FrequencyCap:
    return FrequencyCap.objects.create(
        **{"counts": "attempts", "per": "contact", "scope": "all", "window_hours": 24, "limit": 1, **fields}
    )

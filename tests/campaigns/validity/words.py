"""Words of sources about a number, for tests that keep them in a database."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from campaigns.models import Phone, PhoneEvidence
from campaigns.rules.validity import Code, Kind
from campaigns.validity import recording
from campaigns.validity.recording import Heard, Recorded

HOUR = timedelta(hours=1)


def heard(
    phone: Phone, code: str, kind: str = "feed", *, ago: float = 1, now: datetime | None = None, **more: Any
) -> Heard:
    """A word of so many hours ago."""
    observed_at = (now or timezone.now()) - ago * HOUR
    return Heard(
        phone.pk, Code(code), Kind(kind), observed_at, **{"source": "carrier" if kind == "feed" else "", **more}
    )


def record(*words: Heard, now: datetime | None = None) -> Recorded:
    return recording.record(words, now or timezone.now())


def status(phone: Phone) -> str:
    """What keeps the number from being called; empty where it has aged."""
    phone.refresh_from_db()
    over = phone.status_expires_at and phone.status_expires_at <= timezone.now()
    return "" if over else phone.status


def kept(phone: Phone) -> list[tuple[str, str, int]]:
    """(code, kind, times) of all evidence, the oldest first."""
    rows = PhoneEvidence.objects.filter(phone=phone.pk).order_by("pk")
    return [(row.code, row.kind, row.times) for row in rows]

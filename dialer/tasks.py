"""Periodic work around dialling; nothing here is part of a call."""

from __future__ import annotations

from celery import shared_task
from django.db import connection
from django.utils import timezone

from campaigns import partitions
from dialer.detection import fallback
from dialer.pacing import record


@shared_task
def make_partitions() -> None:
    """Make the coming months' partitions of touches, decisions, attempts and pacing, where they are missing."""
    now = timezone.now()
    partitions.ensure(connection, "campaigns_touch", by_id=False, now=now)
    partitions.ensure(connection, "campaigns_decision", by_id=False, now=now)
    partitions.ensure(connection, "dialer_attempt", by_id=True, now=now)
    partitions.ensure(connection, "dialer_pacing", by_id=False, now=now)


@shared_task
def fold_pacing() -> None:
    """Keep quarters of an hour of decisions older than 90 days."""
    record.fold(timezone.now())


@shared_task
def check_detection() -> None:
    """Switch off the detectors that certainly take too many persons for machines."""
    fallback.check_all(timezone.now())

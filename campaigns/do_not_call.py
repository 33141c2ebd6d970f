"""The only writer of do-not-call entries.

An entry is never shortened or weakened by a later one. The number's row is locked first, as reservations do: whoever
decides on it at this instant is waited for, and whoever decides next finds the entry. So from the entry's own time on
nobody is called at that number, to the last instant.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from campaigns.models import Campaign, LineOfBusiness, Phone, Suppression, User


@transaction.atomic
def enter(
    *,
    phone: int,
    reason: str,
    source: str,
    by: User | None,
    line_of_business: LineOfBusiness | None = None,
    campaign: Campaign | None = None,
    expires_at: datetime | None = None,
) -> tuple[Suppression, bool]:
    """Keep calls from the number; with whether anything changed (not, where an entry lasts as long already)."""
    Phone.objects.select_for_update(no_key=True).filter(pk=phone).first()
    wanted: dict[str, Any] = {"reason": reason, "source": source, "created_by": by, "expires_at": expires_at}
    entry, new = Suppression.objects.select_for_update().get_or_create(
        phone=phone, line_of_business=line_of_business, campaign=campaign, defaults=wanted
    )
    longer = entry.expires_at is not None and (expires_at is None or expires_at > entry.expires_at)
    if not new and longer:
        _prolong(entry, wanted)
    return entry, new or longer


def _prolong(entry: Suppression, wanted: dict[str, Any]) -> None:
    now = timezone.now()
    if entry.expires_at and entry.expires_at <= now:
        wanted = {**wanted, "created_at": now}  # nobody was bound by it in between
    Suppression.objects.filter(pk=entry.pk).update(**wanted)
    entry.refresh_from_db()

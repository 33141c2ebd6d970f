"""The only writer of do-not-call entries: of a number, or of a person on all their numbers.

An entry is never shortened, weakened or changed: what lasts longer takes its place, and a person ends it with a reason.
Each source has its own, so that what a register drops is still kept where the person asked us too. The row of the
person, then of the number, is locked first, as reservations do: whoever decides on it at this instant is waited for,
and whoever decides next finds the entry. So from the entry's own time on nobody is called at that number, to the last
instant. A number that nobody here has is nobody's to lock. Files of a million entries are `importing`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from campaigns.models import Campaign, Contact, ContactPhone, LineOfBusiness, Phone, Suppression, User
from campaigns.reconsidering import due_again


@transaction.atomic
def enter(
    *,
    phone: int | None = None,
    contact: int | None = None,
    reason: str,
    source: str,
    by: User | None,
    line_of_business: LineOfBusiness | None = None,
    campaign: Campaign | None = None,
    expires_at: datetime | None = None,
) -> tuple[Suppression, bool]:
    """Keep calls from the number, or from the person; with whether anything changed (not, where one lasts as long)."""
    _lock(phone, contact)
    scope: dict[str, Any] = {"line_of_business": line_of_business, "campaign": campaign, "source": source}
    whose: dict[str, Any] = {"phone": phone, "contact_id": contact, "ended_at": None, **scope}
    said: dict[str, Any] = {"reason": reason, "created_by": by, "expires_at": expires_at}
    entry, new = Suppression.objects.select_for_update().get_or_create(**whose, defaults=said)
    if new or not _lasts_longer(expires_at, entry.expires_at):
        return entry, new
    Suppression.objects.filter(pk=entry.pk).update(ended_at=timezone.now(), ended_by=by)
    return Suppression.objects.create(**whose, **said), True


@transaction.atomic
def end(entry: Suppression, *, reason: str, by: User | None) -> bool:
    """Take an entry off, and have leads that it kept looked at again; False if it has ended already."""
    _lock(entry.phone, entry.contact_id)
    standing = Suppression.objects.filter(pk=entry.pk, ended_at=None)
    if not standing.update(ended_at=timezone.now(), ended_by=by, ended_why=reason):
        return False
    people = ContactPhone.objects.filter(phone=entry.phone).values_list("contact", flat=True)
    due_again([entry.contact_id] if entry.contact_id else list(people), "do_not_call")
    return True


def standing(entries: QuerySet[Suppression], now: datetime) -> QuerySet[Suppression]:
    """Those of the entries that keep calls away at this moment."""
    holding = entries.filter(ended_at=None)
    return holding.filter(expires_at=None) | holding.filter(expires_at__gt=now)


def _lock(phone: int | None, contact: int | None) -> None:
    if contact is not None:
        Contact.objects.select_for_update(no_key=True).filter(pk=contact).first()
    if phone is not None:
        Phone.objects.select_for_update(no_key=True).filter(pk=phone).first()


def _lasts_longer(one: datetime | None, other: datetime | None) -> bool:
    return other is not None and (one is None or one > other)

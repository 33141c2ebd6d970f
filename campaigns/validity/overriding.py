"""A supervisor's word about a number: it beats all other evidence until it ends, and always says why and until when.

When it ends, what others said counts again. Dialling reads the state alone, so the state is worked out anew shortly
before that moment: a number whose override ends is at no instant free by mistake.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import Phone, PhoneEvidence, User
from campaigns.rules.validity import Code, Kind
from campaigns.services import Refused, audit
from campaigns.validity import clearing, recording
from campaigns.validity.recording import Heard

# How often overrides that end are looked for, and some more: no override ends between two looks.
AHEAD = timedelta(seconds=90)
LONGEST = timedelta(days=366)
BATCH = 5_000


class BadOverride(Refused):
    """An override without a reason, or without an end within a year."""


@transaction.atomic
def override(*, phone: Phone, code: Code, until: datetime, reason: str, by: User | None) -> None:
    """Say what the state is, from now on and until then; Code.IN_SERVICE: nothing keeps it. Raises BadOverride."""
    now = timezone.now()
    reason = reason.strip()
    if not reason:
        raise BadOverride(_("Say why: it is kept with the number."))
    if not now < until <= now + LONGEST:
        raise BadOverride(_("Choose an end in the future, within a year."))
    said = _say(phone, code, now, until, reason, by)
    audit(by, "phone.overridden", said, {"code": code.value, "until": until.isoformat(), "reason": reason})


@transaction.atomic
def withdraw(*, phone: Phone, reason: str, by: User | None) -> bool:
    """End an override at once; False if there is none."""
    now = timezone.now()
    phone.refresh_from_db()
    in_force = phone.status_source == Kind.SUPERVISOR and phone.status_expires_at and phone.status_expires_at > now
    if not in_force:
        return False
    said = _say(phone, Code.IN_SERVICE, now, now, reason.strip(), by)
    audit(by, "phone.override_withdrawn", said, {"reason": reason.strip()})
    return True


def _say(phone: Phone, code: Code, now: datetime, until: datetime, reason: str, by: User | None) -> PhoneEvidence:
    """The trail names the word and not the number."""
    by_id = by.pk if by else None
    said = Heard(phone.pk, code, Kind.SUPERVISOR, now, expires_at=until, detail=reason[:200], by_id=by_id)
    recording.record([said], now)
    clearing.soon()
    phone.refresh_from_db()
    return PhoneEvidence.objects.filter(phone=phone.pk, kind=Kind.SUPERVISOR.value).latest("pk")


def end_overrides(now: datetime) -> int:
    """Work out the states anew of numbers whose override is about to end; returns how many."""
    ending = PhoneEvidence.objects.filter(kind=Kind.SUPERVISOR.value, expires_at__lte=now + AHEAD).values("phone")
    ruled = Phone.objects.filter(pk__in=ending, status_source=Kind.SUPERVISOR.value, status_expires_at__lte=now + AHEAD)
    ended = 0
    while numbers := list(ruled.values_list("pk", flat=True)[:BATCH]):
        recording.resolve_again(numbers, now + AHEAD)
        ended += len(numbers)
    return ended

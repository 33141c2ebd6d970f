"""How long a word is believed whose source does not say: what managers set, else rules.validity.AGES.

A change concerns words that were said before, too. Their numbers are judged anew in the background, in batches; what
is still to be done is marked, so that a lost message costs a minute.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from celery import current_app
from django.db import connection, transaction
from django.utils.translation import gettext as _

from campaigns.models import PhoneEvidence, StatusAge, User
from campaigns.rules.validity import AGES, Ageing, Code
from campaigns.services import Refused, audit
from campaigns.validity import recording, sql

BATCH = 5_000
# No older word is kept that does not count any more; see `prune`.
KEPT = timedelta(days=400)
LONGEST_HOURS = 87_600
CONCERNED = """
SELECT DISTINCT phone FROM campaigns_phoneevidence
WHERE code = %s AND expires_at IS NULL AND phone > %s ORDER BY phone LIMIT %s
"""
OLD = "SELECT DISTINCT phone FROM campaigns_phoneevidence WHERE observed_at < %s AND phone > %s ORDER BY phone LIMIT %s"


class BadAge(Refused):
    """An age that is no time, or no code that ages."""


def ages() -> Ageing:
    """How long each word is believed now."""
    set_by_hand = {
        Code(row.code): None if row.hours is None else timedelta(hours=row.hours) for row in StatusAge.objects.all()
    }
    return Ageing({**AGES, **set_by_hand})


@transaction.atomic
def set_age(*, code: Code, hours: int | None, by: User | None) -> bool:
    """Believe this word for so many hours (None: for good); False if that is how it is. Raises BadAge."""
    if hours is not None and not 1 <= hours <= LONGEST_HOURS:
        raise BadAge(_("Between 1 hour and 10 years, or empty for good."))
    wanted = None if hours is None else timedelta(hours=hours)
    if ages().ages[code] == wanted:
        return False
    row, _new = StatusAge.objects.update_or_create(code=code.value, defaults={"hours": hours, "pending": True})
    audit(by, "status_age.set", row, {"hours": hours})
    transaction.on_commit(_send, robust=True)
    return True


def _send() -> None:
    # Robust: without a broker the periodic task finds what is marked.
    current_app.send_task("campaigns.tasks.judge_numbers_anew", retry=False)


def judge_anew(now: datetime) -> None:
    """Judge the numbers again of which a word was said that is believed longer or shorter since."""
    for row in StatusAge.objects.filter(pending=True):
        after = 0
        while numbers := _numbers(CONCERNED, [row.code, after, BATCH]):
            recording.resolve_again(numbers, now)
            after = numbers[-1]
        StatusAge.objects.filter(pk=row.pk, hours=row.hours).update(pending=False)


def prune(now: datetime) -> int:
    """Drop evidence older than 400 days that no longer counts; returns how many rows."""
    cutoff, after, dropped = now - KEPT, 0, 0
    while numbers := _numbers(OLD, [cutoff, after, BATCH]):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql.LOCK, [numbers])
            cursor.execute(sql.PRUNE, {"phones": numbers, "now": now, "cutoff": cutoff})
            dropped += cursor.rowcount
        after = numbers[-1]
    return dropped


def _numbers(query: str, values: list[Any]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return [number for (number,) in cursor.fetchall()]


def evidence_of(phone: int) -> list[PhoneEvidence]:
    """Everything that is kept of a number, the latest first."""
    return list(PhoneEvidence.objects.filter(phone=phone).select_related("by").order_by("-observed_at", "-pk"))

"""The only writer of evidence and of what it comes to: for what files and providers say, and for our own calls.

Both lock the phones first, in the order of numbers as everybody does, and then run one statement. What comes in bulk
is laid out in a temporary table; our own calls, a few at a time in the middle of dialling, come as arrays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from campaigns.rules.validity import Code, Kind
from campaigns.validity import sql


@dataclass(frozen=True, slots=True)
class Heard:
    """A word of a source about a number that we know. `origin`: the list, feed or run it came with."""

    phone: int
    code: Code
    kind: Kind
    observed_at: datetime
    source: str = ""
    expires_at: datetime | None = None
    detail: str = ""
    origin: int | None = None
    by_id: int | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of words: they say something new, what was known, or what the same source has taken back since."""

    applied: int = 0
    unchanged: int = 0
    outdated: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """What a call of ours, or an agent who talked in it, taught about its number."""

    phone: int
    code: Code
    kind: Kind
    attempt_id: UUID
    detail: str = ""
    by_id: int | None = None


@transaction.atomic
def record(heard: Sequence[Heard], now: datetime) -> Recorded:
    """Keep what was heard and what it comes to. Twice is once."""
    if not heard:
        return Recorded()
    with connection.cursor() as cursor:
        cursor.execute(sql.STAGE, None)
        with cursor.copy(sql.COPY) as copy:
            for row_no, h in enumerate(heard):
                copy.write_row(_staged(row_no, h))
        cursor.execute(sql.ANSWERED_SINCE, {"oldest": min(h.observed_at for h in heard), "now": now})
        cursor.execute("ANALYZE heard_evidence", None)
        cursor.execute(sql.LOCK_STAGED, None)
        cursor.execute(sql.STAGE_KNOWN, None)
        cursor.execute(sql.RECORD.format(**sql.STAGED), {"now": now})
        applied, unchanged = cursor.fetchone()
    return Recorded(applied, unchanged, len(heard) - applied - unchanged)


def _staged(row_no: int, h: Heard) -> tuple[object, ...]:
    said = (h.phone, h.code.value, h.kind.value, h.source, h.observed_at, h.expires_at, h.detail)
    return (row_no, *said, h.origin, None, h.by_id)


def learn(told: Iterable[Told], now: datetime) -> None:
    """Keep what our own calls taught, in the caller's transaction. Nothing told costs nothing."""
    last = {t.phone: t for t in told}
    if not last:
        return
    found = [last[phone] for phone in sorted(last)]
    with connection.cursor() as cursor:
        cursor.execute(sql.LOCK, [[t.phone for t in found]])
        cursor.execute(
            sql.RECORD.format(**sql.OF_CALLS),
            {
                "now": now,
                "phones": [t.phone for t in found],
                "codes": [t.code.value for t in found],
                "kinds": [t.kind.value for t in found],
                "details": [t.detail for t in found],
                "attempts": [t.attempt_id for t in found],
                "bys": [t.by_id for t in found],
            },
        )


@transaction.atomic
def withdraw_list(phones: Iterable[int], list_id: int, since: datetime, before: datetime | None, now: datetime) -> int:
    """What this list has said of these numbers since then counts no more; returns of how many that was.

    `before`: when it was last read before that. For some thousands at once; numbers that this clears are noted
    (campaigns.validity.clearing).
    """
    numbers = sorted(set(phones))
    values: dict[str, Any] = {"phones": numbers, "list": list_id, "since": since, "before": before or since, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(sql.LOCK, [numbers])
        cursor.execute(sql.WITHDRAW, values)
        withdrawn = sorted({phone for (phone,) in cursor.fetchall()})
    resolve_again(withdrawn, now)
    return len(withdrawn)


@transaction.atomic
def resolve_again(phones: Iterable[int], at: datetime) -> None:
    """Work out the states of these numbers as of `at`, from the evidence that is kept."""
    with connection.cursor() as cursor:
        numbers = sorted(phones)
        cursor.execute(sql.LOCK, [numbers])
        cursor.execute(sql.RESOLVE_AGAIN, {"phones": numbers, "now": at})

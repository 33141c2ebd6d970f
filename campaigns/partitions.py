"""Monthly partitions of the two tables that only grow: touches (by `at`) and attempts (by their time-ordered id).

Months are made well ahead by a periodic task; a default partition takes what no month covers, so that a forgotten
task never loses a row. Old months are detached, not deleted row by row.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from uuid import UUID

from django.db.backends.base.base import BaseDatabaseWrapper

MONTHS_AHEAD = 3


def month_starts(now: datetime, ahead: int = MONTHS_AHEAD) -> list[datetime]:
    """The first instants (UTC) of last month, this one and `ahead` more, plus the end of the last."""
    first = now.year * 12 + now.month - 1
    return [datetime(m // 12, m % 12 + 1, 1, tzinfo=UTC) for m in range(first - 1, first + ahead + 2)]


def first_id(moment: datetime) -> UUID:
    """The smallest UUID of version 7 that can have been made at `moment`."""
    return UUID(int=(int(moment.timestamp() * 1000) << 80))


def ensure(connection: BaseDatabaseWrapper, table: str, *, by_id: bool, now: datetime) -> list[str]:
    """Make the missing monthly partitions of `table`; returns the names of all that should exist."""
    starts = month_starts(now)
    names = []
    with connection.cursor() as cursor:
        for start, end in pairwise(starts):
            name = f"{table}_{start:%Y_%m}"
            low, high = (first_id(start), first_id(end)) if by_id else (start, end)
            cursor.execute(
                f"CREATE TABLE IF NOT EXISTS {name} PARTITION OF {table} FOR VALUES FROM ('{low}') TO ('{high}')"
            )
            names.append(name)
    return names

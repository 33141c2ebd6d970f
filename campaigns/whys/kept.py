"""Counts that are slow are kept for some seconds, for all who look at the same thing together.

While one of them counts anew the others are shown the last count. Without Redis every look counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from redis import RedisError

# A count is kept this many times as long as it took, so that counting never takes more than a tenth of the time.
TIMES_AS_LONG = 10
QUICK_SECONDS = 0.2
LONGEST_SECONDS = 60
# How long whoever counts may take before another one does.
OVERTIME = 30

Rows = Sequence[tuple[Any, ...]]


def counted(key: str, count: Callable[[], Rows], now: datetime) -> tuple[datetime, Rows]:
    """The rows, and when they were counted."""
    kept = _kept(key)
    if kept and (now < kept[1] or not _counts_alone(key)):
        return kept[0], kept[2]
    started = time.monotonic()
    rows = count()
    took = time.monotonic() - started
    if took > QUICK_SECONDS:
        _keep(key, now, min(TIMES_AS_LONG * took, LONGEST_SECONDS), rows)
    return now, rows


def _kept(key: str) -> tuple[datetime, datetime, Rows] | None:
    """When it was counted, until when that will do, and the rows."""
    with suppress(RedisError):
        if found := cache.get(key):
            at, until, rows = found
            return at, until, rows
    return None


def _keep(key: str, now: datetime, seconds: float, rows: Rows) -> None:
    with suppress(RedisError):
        cache.set(key, (now, now + timedelta(seconds=seconds), rows), LONGEST_SECONDS + OVERTIME)


def _counts_alone(key: str) -> bool:
    """Whether we are the one to count anew; the others are shown the last count meanwhile."""
    with suppress(RedisError):
        return bool(cache.add(f"{key}-counting", 1, OVERTIME))
    return True

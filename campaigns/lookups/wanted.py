"""Which numbers of a list are worth asking about: nothing is known of them, or what was known has aged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import connection

from campaigns.lookups import Provider
from campaigns.validity import sql

PAGE = 10_000
WANTED = f"""
SELECT DISTINCT c.phone FROM campaigns_listentry e
JOIN campaigns_contactphone c ON c.contact_id = e.contact_id JOIN campaigns_phone p ON p.number = c.phone
WHERE e.list_id = %(list)s AND c.phone > %(after)s AND (p.status = '' OR p.status_expires_at <= %(now)s)
  AND NOT EXISTS (
      SELECT 1 FROM campaigns_phoneevidence v JOIN {sql.CODES} k(code, rank, against, age) ON k.code = v.code
      LEFT JOIN campaigns_statusage a ON a.code = v.code
      WHERE v.phone = c.phone AND v.withdrawn_at IS NULL AND {sql.UNTIL.format("v", "k")} > %(now)s
  )
"""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What asking about a list would come to."""

    numbers: int
    cost: Decimal


def estimate(list_id: int, provider: Provider, now: datetime) -> Estimate:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({WANTED}) wanted", {"list": list_id, "after": 0, "now": now})
        numbers = int(cursor.fetchone()[0])
    return Estimate(numbers, numbers * provider.cost)


def numbers(list_id: int, after: int, now: datetime) -> Iterator[int]:
    """In their order, those above `after`; read a page at a time."""
    while True:
        with connection.cursor() as cursor:
            cursor.execute(f"{WANTED} ORDER BY c.phone LIMIT {PAGE}", {"list": list_id, "after": after, "now": now})
            page = [number for (number,) in cursor.fetchall()]
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1]

"""What is swept: a campaign's leads, chunk by chunk, shared by the threads that take part."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from campaigns.models import Campaign
from campaigns.rules.places import Place

FIRST_CHUNK, LARGEST_CHUNK = 2_000, 20_000
FALSE_ALARM = 50_000  # so many leads looked at and most of them callable: what the tick met was a few in a row
SCOUT_SECONDS = 1.0

END = """
SELECT max(contact_id) FROM (
    SELECT contact_id FROM campaigns_lead WHERE campaign_id = %s AND contact_id > %s ORDER BY contact_id LIMIT %s
) chunk
"""

Stretches = list[tuple[datetime, datetime]]


@dataclass
class Swept:
    """What a sweep has done."""

    looked_at: int = 0
    refused: int = 0


@dataclass
class Ground:
    """A campaign's leads, shared by the threads that sweep it: each takes the next chunk until there is none."""

    campaign: Campaign
    stop: threading.Event
    horizon: datetime
    after: int = 0
    size: int = FIRST_CHUNK
    looked_at: int = 0
    refused: int = 0
    # Scouting comes from the other end: down to this contact, the last time at this moment.
    scouted: int = 2**62
    scouted_at: float = field(default_factory=time.monotonic)
    lock: threading.Lock = field(default_factory=threading.Lock)
    # Hours lie still while a sweep lasts: they are worked out once for each place.
    stretches: dict[tuple[int, Place, str], Stretches] = field(default_factory=dict)

    def next(self) -> tuple[int, int] | None:
        """The contacts of the next chunk, as (after, until); chunks grow, so that the first people are found soon."""
        with self.lock, connection.cursor() as cursor:
            if self.stop.is_set() or self.is_false_alarm:
                return None
            cursor.execute(END, [self.campaign.pk, self.after, self.size])
            (end,) = cursor.fetchone()
            if end is None:
                return None
            chunk, self.after = (self.after, end), end
            self.size = min(self.size * 5 // 4, LARGEST_CHUNK)
            return chunk

    def wants_scouting(self) -> bool:
        """Whether whoever asks is to look for callable people ahead of the sweep: one thread in a while."""
        with self.lock:
            now = time.monotonic()
            if now - self.scouted_at < SCOUT_SECONDS or self.scouted <= self.after or self.is_false_alarm:
                return False
            self.scouted_at = now
            return True

    def count(self, swept: Swept) -> None:
        with self.lock:
            self.looked_at += swept.looked_at
            self.refused += swept.refused

    @property
    def is_false_alarm(self) -> bool:
        return self.looked_at >= FALSE_ALARM and 2 * self.refused < self.looked_at

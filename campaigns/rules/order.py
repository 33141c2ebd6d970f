"""Which leads come first.

1. Callbacks that are due, the earliest promise first. 2. Lists by priority; a boosted list before all others.
3. Lists of one priority take turns by their weights. 4. Within a list: tenths of the score, best first, then fewest
attempts (both are the lead's rank), then what became due last. This module is steps 2 and 3, and what
a lead's score is; 1 and 4 are an index.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

BOOSTED = 10  # above the highest priority, 9


@dataclass(frozen=True, slots=True)
class Source:
    """A list of a campaign, as far as order goes; `id` of None are leads that came with no list."""

    id: int | None
    priority: int
    weight: int = 1
    boosted_until: datetime | None = None

    def standing(self, now: datetime) -> int:
        return BOOSTED if self.boosted_until and self.boosted_until > now else self.priority


def tiers(sources: Iterable[Source], now: datetime) -> list[list[Source]]:
    """The lists by standing, highest first; those within one tier are mixed."""
    ordered = sorted(sources, key=lambda s: -s.standing(now))
    return [list(tier) for _, tier in groupby(ordered, key=lambda s: s.standing(now))]


def shares(tier: list[Source], want: int, draw: Callable[[], float]) -> dict[int | None, int]:
    """How many of `want` leads each list of a tier is asked for, by drawing one list per lead.

    `draw` gives uniform numbers in [0, 1): over many ticks of one lead each the mix comes out as weighted.
    """
    total = sum(source.weight for source in tier)
    asked: dict[int | None, int] = {source.id: 0 for source in tier}
    for _ in range(want):
        asked[_at(tier, draw() * total).id] += 1
    return asked


def standing_within(priority: int | None, score: float | None) -> float:
    """0 to 100, best first: by priority (1 is the highest, all from 4 on are one), within it by score (0 to 100)."""
    promise = min(100, score or 0)
    if priority is None:
        return promise
    return (4 - min(4, max(1, priority))) * 25 + promise / 4


def _at(tier: list[Source], point: float) -> Source:
    for source in tier:
        point -= source.weight
        if point < 0:
            return source
    return tier[-1]

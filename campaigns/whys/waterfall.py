"""From all leads of a campaign down to those callable now: one bar for each reason, reconciling to the total.

Counting reads every lead of the campaign: 0.4 s for a million of them on two cores with all of it in memory, more
from disk. So a count that was slow is kept for some seconds, for all who look at that campaign together; while one of
them counts anew the others are shown the last one. Without Redis every look counts.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.utils.translation import gettext as _
from redis import RedisError

from campaigns import selectors
from campaigns.models import Campaign
from campaigns.selectors import LeadGroup
from campaigns.whys import telling
from campaigns.whys.leads import policy_of, versions_of

# A count is kept this many times as long as it took, so that counting never takes more than a tenth of the time.
TIMES_AS_LONG = 10
QUICK_SECONDS = 0.2
LONGEST_SECONDS = 60
# How long whoever counts may take before another one does.
OVERTIME = 30
# Finished first, then waiting, then in a call; what is left is callable.
DOWNWARD = (3, 1, 2, 0)


@dataclass(frozen=True, slots=True)
class Bar:
    """Leads that share a fate; `above` leads were taken off by the bars before it."""

    group: LeadGroup
    above: int
    rule: str

    @property
    def words(self) -> str:
        return self.group.why or _("in a call")

    @property
    def is_left(self) -> bool:
        """The bar of those callable now: what the others leave."""
        return self.group.rank == 0


@dataclass(frozen=True, slots=True)
class Waterfall:
    """The bars of a campaign, from top to bottom, as they were counted at `at`."""

    at: datetime
    total: int
    bars: tuple[Bar, ...]
    is_kept: bool = False  # counted before, for somebody else

    @property
    def callable(self) -> int:
        return sum(bar.group.count for bar in self.bars if bar.is_left)


def of(campaign: Campaign, now: datetime) -> Waterfall:
    """The campaign's waterfall, in the reader's language."""
    at, groups = _counted(campaign, now)
    versions = versions_of(group.policy_id for group in groups)
    bars, above = [], 0
    for group in sorted(groups, key=lambda g: (DOWNWARD.index(g.rank), -g.count)):
        policy = policy_of(versions.get(group.policy_id or 0))
        bars.append(Bar(group, above, telling.rule(policy, group.rule, campaign)))
        above += group.count
    return Waterfall(at, above, tuple(bars), at != now)


def _counted(campaign: Campaign, now: datetime) -> tuple[datetime, list[LeadGroup]]:
    key = f"campaign-{campaign.pk}-waterfall"
    kept = _kept(key)
    if kept and (now < kept[1] or not _counts_alone(key)):
        return kept[0], kept[2]
    started = time.monotonic()
    groups = selectors.lead_groups(campaign, now)
    took = time.monotonic() - started
    if took > QUICK_SECONDS:
        _keep(key, now, min(TIMES_AS_LONG * took, LONGEST_SECONDS), groups)
    return now, groups


def _kept(key: str) -> tuple[datetime, datetime, list[LeadGroup]] | None:
    """When it was counted, until when that will do, and the groups."""
    with suppress(RedisError):
        if found := cache.get(key):
            at, until, rows = found
            return at, until, [LeadGroup(*row) for row in rows]
    return None


def _keep(key: str, now: datetime, seconds: float, groups: Sequence[LeadGroup]) -> None:
    with suppress(RedisError):
        rows = [astuple(group) for group in groups]
        cache.set(key, (now, now + timedelta(seconds=seconds), rows), LONGEST_SECONDS + OVERTIME)


def _counts_alone(key: str) -> bool:
    """Whether we are the one to count anew; the others are shown the last count meanwhile."""
    with suppress(RedisError):
        return bool(cache.add(f"{key}-counting", 1, OVERTIME))
    return True

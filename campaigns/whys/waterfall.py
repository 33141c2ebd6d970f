"""From all leads of a campaign down to those callable now: one bar for each reason, reconciling to the total.

Counting reads every lead of the campaign, which takes a second or so for a million of them. So a count that was slow
is kept for some seconds, for all who look at that campaign together; while one of them counts anew the others are
shown the last one. Without Redis every look counts.
"""

from __future__ import annotations

import pickle
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from redis import RedisError

from campaigns import selectors
from campaigns.models import Campaign, Lead
from campaigns.selectors import LeadGroup
from campaigns.whys import telling
from campaigns.whys.leads import policy_of, versions_of

# A count is kept this many times as long as it took, so that counting never takes more than a tenth of the time.
TIMES_AS_LONG = 10
QUICK_SECONDS = 0.2
LONGEST_SECONDS = 60
# Finished first, then waiting, then in a call; what is left is callable.
DOWNWARD = (3, 1, 2, 0)


@dataclass(frozen=True, slots=True)
class Bar:
    """Leads that share a fate; `above` leads were taken off by the bars before it."""

    group: LeadGroup
    above: int
    rule: str

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
    return Waterfall(at, above, tuple(bars))


def _counted(campaign: Campaign, now: datetime) -> tuple[datetime, list[LeadGroup]]:
    key = f"waterfall-{campaign.pk}"
    kept: tuple[datetime, datetime, list[LeadGroup]] | None = _cached(key)
    if kept and (now < kept[1] or not _may_count(key)):
        return kept[0], kept[2]
    started = time.monotonic()
    groups = selectors.lead_groups(campaign, now)
    took = time.monotonic() - started
    if took > QUICK_SECONDS:
        fresh = timedelta(seconds=min(TIMES_AS_LONG * took, LONGEST_SECONDS))
        _keep(key, (now, now + fresh, groups))
    return now, groups

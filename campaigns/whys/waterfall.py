"""From all leads of a campaign down to those callable now: one bar for each reason, reconciling to the total.

Finished leads come first, then those that wait, then calls; within each, reasons come in the order of number validity
(campaigns.rules.records). Counting reads every lead of the campaign: 0.4 s for a million of them on two cores with all
of it in memory, more from disk; so a count that was slow is kept for a while (campaigns.whys.kept).
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from campaigns import selectors
from campaigns.models import Campaign
from campaigns.rules import records
from campaigns.selectors import LeadGroup
from campaigns.whys import kept, telling
from campaigns.whys.leads import policy_of, versions_of

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
    at, rows = kept.counted(
        f"campaign-{campaign.pk}-waterfall", lambda: [astuple(g) for g in selectors.lead_groups(campaign, now)], now
    )
    groups = [LeadGroup(*row) for row in rows]
    versions = versions_of(group.policy_id for group in groups)
    bars, above = [], 0
    for group in sorted(groups, key=_downward):
        policy = policy_of(versions.get(group.policy_id or 0))
        bars.append(Bar(group, above, telling.rule(policy, group.rule, campaign)))
        above += group.count
    return Waterfall(at, above, tuple(bars), at != now)


def _downward(group: LeadGroup) -> tuple[int, int, int]:
    return DOWNWARD.index(group.rank), records.place(group.reason), -group.count

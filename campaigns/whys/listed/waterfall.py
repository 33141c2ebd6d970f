"""From all rows of a list down to those who may be called: one bar for each reason, reconciling to the rows.

Rows that became nobody, people whose numbers are barred, and in a campaign what became of their leads: every row is in
exactly one bar. Bars come in the order of number validity (campaigns.rules.records), and the share of valid numbers is
worked out from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count
from django.utils.translation import gettext as _

from campaigns import words
from campaigns.models import Campaign, ContactList
from campaigns.rules import records
from campaigns.rules.records import Standing
from campaigns.whys import kept, telling
from campaigns.whys.leads import policy_of, versions_of
from campaigns.whys.listed import fates
from campaigns.whys.listed.fates import Key

# The stage of rows that became nobody; the others are those of campaigns.whys.listed.fates.
REJECTED = "rejected"
# What is no limit of the record comes after what is one; what is left is callable.
DOWNWARD = ("absent", "finished", "waiting", "in_call", "callable")
# Of people, in the order of the fall.
STAGES = ("limited", *DOWNWARD)


@dataclass(frozen=True, slots=True)
class Bar:
    """Records that share a fate; `above` records were taken off by the bars before it."""

    key: Key
    count: int
    next_at: datetime | None
    above: int
    rule: str
    in_campaign: bool

    @property
    def is_left(self) -> bool:
        return self.key.stage == "callable"

    @property
    def is_limit(self) -> bool:
        """Whether these records count as invalid."""
        return records.is_limit(self.key.why)

    @property
    def words(self) -> str:
        return stage_words(self.key, self.in_campaign)

    @property
    def query(self) -> str:
        """What selects exactly these records."""
        said = {"stage": self.key.stage, "why": self.key.why, "rule": self.key.rule}
        return urlencode({name: text for name, text in said.items() if text})


@dataclass(frozen=True, slots=True)
class Waterfall:
    """The bars of a list, from top to bottom, as they were counted at `at`. `total` are the rows that were uploaded."""

    at: datetime
    total: int
    bars: tuple[Bar, ...]
    standing: Standing
    is_kept: bool = False

    @property
    def callable(self) -> int:
        return sum(bar.count for bar in self.bars if bar.is_left)


def of(listed: ContactList, campaign: Campaign | None, now: datetime) -> Waterfall:
    """The list's waterfall, in the reader's language: of its numbers alone, or for one of its campaigns."""
    # Of the version in force: what was counted of the one before would be shown beside its figures for a minute.
    key = f"list-{listed.pk}-{listed.current_id or 0}-{campaign.pk if campaign else 0}-waterfall"
    at, rows = kept.counted(key, lambda: _count(listed, campaign, now), now)
    versions = versions_of(row[-1] for row in rows)
    bars, above = [], 0
    for stage, why, rule, count, next_at, policy_id in sorted(rows, key=_downward):
        told = telling.rule(policy_of(versions.get(policy_id or 0)), rule, campaign)
        bars.append(Bar(Key(stage, why, rule), count, next_at, above, told, campaign is not None))
        above += count
    return Waterfall(at, above, tuple(bars), _standing(bars), at != now)


def stage_words(key: Key, in_campaign: bool) -> str:
    """Why these records stand where they do."""
    if key.stage == REJECTED:
        return words.of(words.REJECT_REASONS, key.why)
    if key.stage == "absent":
        return _("not in this campaign")
    if key.stage == "in_call":
        return _("in a call")
    if key.stage == "callable" and not in_campaign:
        return _("nothing is known against them")
    return telling.reason(key.why)


def _count(listed: ContactList, campaign: Campaign | None, now: datetime) -> list[tuple[Any, ...]]:
    rejects = listed.rejects.order_by().values_list("reason").annotate(n=Count("pk"))
    rejected = [(REJECTED, reason, "", count, None, None) for reason, count in rejects]
    return [*rejected, *fates.count(listed, campaign, now)]


def _downward(row: tuple[Any, ...]) -> tuple[int, int, int]:
    """Limits first, in their order, whether the file or we found them; then stage by stage, the largest first."""
    stage, why, _rule, count, *_rest = row
    return DOWNWARD.index(stage) if stage in DOWNWARD else -1, records.place(why), -count


def _standing(bars: list[Bar]) -> Standing:
    counts: dict[str, int] = {}
    for bar in bars:
        counts[bar.key.why] = counts.get(bar.key.why, 0) + bar.count
    return records.standing(counts)

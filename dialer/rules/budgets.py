"""How much of an abandon budget is used, what may still be risked, and which of several budgets decides.

Counted are calls, one by one: a call is worth (0 or 1 of the calls a definition is of, 0 or 1 abandoned), and sums of
whole numbers never drift. A call that still lives counts as soon as it is decided: an agent came, or came too late.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import floor, inf

from campaigns.rules.abandons import AbandonLimit, Of, Start, Unit
from dialer.rules.kpi import is_abandoned, share

ROLLING_PLAN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Answered:
    """An answered call. `dropped`: we ended it for want of an agent; `machine`: it was taken for an answering machine;
    `false_machine`: wrongly, as was found out. `ended_at` is None while it lives."""

    answered_at: datetime
    bridged_at: datetime | None = None
    ended_at: datetime | None = None
    dropped: bool = False
    greeted_at: datetime | None = None
    detected_at: datetime | None = None
    machine: bool = False
    false_machine: bool = False

    def waits_from(self, start: Start) -> datetime:
        """What is not known counts from the answer, which is the strictest."""
        known = {Start.GREETING: self.greeted_at, Start.DETECTION: self.detected_at}.get(start)
        return known or self.answered_at


@dataclass(frozen=True, slots=True)
class Tally:
    """So many calls, of them so many abandoned."""

    calls: int = 0
    abandoned: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.calls + other.calls, self.abandoned + other.abandoned)

    def __sub__(self, other: Tally) -> Tally:
        return Tally(self.calls - other.calls, self.abandoned - other.abandoned)


NOTHING, SERVED, ABANDONED = Tally(), Tally(1, 0), Tally(1, 1)


def worth(rule: AbandonLimit, call: Answered) -> Tally:
    """What one answered call adds to this budget's count; nothing while it is undecided."""
    if call.machine and not (call.false_machine and rule.false_machines):
        return SERVED if rule.of is Of.ANSWERED else NOTHING
    if call.machine:
        return ABANDONED
    began = call.waits_from(rule.start)
    if is_abandoned(began, call.bridged_at, call.ended_at, dropped=call.dropped, threshold=rule.threshold):
        return ABANDONED
    if call.bridged_at is not None:
        return SERVED
    return SERVED if call.ended_at is not None and rule.of is not Of.CONNECTED else NOTHING


def worth_so_far(rule: AbandonLimit, call: Answered, now: datetime) -> Tally:
    """What a call that lives is worth already: who waits past the threshold is abandoned, whatever comes then."""
    if call.machine or call.bridged_at is not None:
        return worth(rule, call)
    return ABANDONED if worth(rule, replace(call, ended_at=now)) == ABANDONED else NOTHING


@dataclass(frozen=True, slots=True)
class Usage:
    """A budget at one moment: its count, when its window ends (None: it only rolls on), what is aimed at, and whether
    it is the day's part of a longer window."""

    rule: AbandonLimit
    tally: Tally
    until: datetime | None
    aim: float
    of_day: bool = False

    @property
    def rate(self) -> float | None:
        """abandoned / calls"""
        return share(self.tally.abandoned, self.tally.calls)

    @property
    def remaining(self) -> int:
        """Calls that may still be abandoned, were they the next ones: the largest k with a + k <= aim (n + k)."""
        return room(self.tally, self.aim)

    @property
    def to_limit(self) -> int:
        """As `remaining`, of the limit itself; below 0 when it has been passed."""
        return room(self.tally, self.rule.limit)


def room(tally: Tally, allowed: float) -> int:
    """The largest k with abandoned + k <= allowed (calls + k); below 0 when there are too many already."""
    if allowed >= 1:
        return tally.calls - tally.abandoned if allowed == 1 else 0
    return floor(round((allowed * tally.calls - tally.abandoned) / (1 - allowed), 9))


@dataclass(frozen=True, slots=True)
class Strictest:
    """The usage that decides, and the seconds of dialling its window still has."""

    usage: Usage
    seconds_left: float


def strictest(usages: Iterable[Usage], now: datetime, per_second: float, day_ends: datetime) -> Strictest:
    """The budget that leaves the smallest share of the answers to come, at `per_second` live answers until it ends.

    A rolling window is held at every moment, so it is planned for a few minutes only; one of a campaign, or longer
    than a day, until the day's end. There must be one usage at least.
    """
    planned = [Strictest(usage, _seconds_left(usage, now, day_ends)) for usage in usages]
    return min(planned, key=lambda each: (_to_come(each, per_second), each.usage.remaining))


def _seconds_left(usage: Usage, now: datetime, day_ends: datetime) -> float:
    until = usage.until or day_ends
    if usage.rule.window.unit is Unit.HOURS and not usage.of_day:
        until = now + ROLLING_PLAN
    return max(0.0, (min(until, day_ends) - now).total_seconds())


def _to_come(planned: Strictest, per_second: float) -> float:
    """Share of the answers still to come in its window that may be abandoned."""
    usage, to_come = planned.usage, max(per_second * planned.seconds_left, 1.0)
    left = usage.aim * (usage.tally.calls + to_come) - usage.tally.abandoned
    return left / to_come if left > 0 else -inf


def aim_of(rule: AbandonLimit, campaign_aim: float | None) -> float:
    """What is steered for: the definition's own aim, or the campaign's where that is less."""
    return rule.aim if campaign_aim is None else min(rule.aim, campaign_aim)


def tally(rule: AbandonLimit, calls: Sequence[Answered]) -> Tally:
    return sum((worth(rule, call) for call in calls), NOTHING)

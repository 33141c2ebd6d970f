"""What a law, or a centre of its own will, asks of abandoned calls, as data: several definitions may hold at once.

A definition says which calls it counts, from when on a person waits and how long they may, over which window, and
which share of them may be abandoned at most. `aim` is what pacing steers for: a little below, because a limit that is
aimed at is passed half of the time. Counting is in dialer.rules.budgets; a limit is met over its window or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from campaigns.rules.reading import Field, Must

# Of the limit: 2.8 % for a legal 3 %, measured to leave no window above it (docs/pacing.md).
AIM = 2.8 / 3
LONGEST_ROLLING_H, LONGEST_DAYS = 31 * 24, 366


class Start(StrEnum):
    """From when on a person waits. What is not known of a call counts from its answer, which is never later."""

    ANSWER = "answer"
    GREETING = "greeting"  # the end of the called person's greeting
    DETECTION = "detection"  # a person was told from a machine


class Of(StrEnum):
    """Which calls the abandoned are a share of."""

    LIVE = "live"  # answered by a person
    ANSWERED = "answered"  # answered, machines too
    CONNECTED = "connected"  # passed to an agent, and the abandoned


class Unit(StrEnum):
    """What a window is: any so many hours, a calendar day or month of the centre, all of the campaign, or each
    successive so many days of it, of which a single day may not use more than its share either."""

    HOURS = "hours"
    DAY = "day"
    MONTH = "month"
    CAMPAIGN = "campaign"
    DAYS = "days"


class Scope(StrEnum):
    """Whose calls are counted together."""

    CAMPAIGN = "campaign"
    LINE_OF_BUSINESS = "line_of_business"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Window:
    """`length`: how many hours or days; 1 where a window is one of the calendar."""

    unit: Unit
    length: int = 1

    def begins(self, now: datetime, campaign_began: datetime) -> datetime:
        """Its first moment, `now` being on the clock of the centre. Rolling windows begin at a whole minute."""
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        match self.unit:
            case Unit.HOURS:
                return now.replace(second=0, microsecond=0) - timedelta(hours=self.length)
            case Unit.DAY:
                return midnight
            case Unit.MONTH:
                return midnight.replace(day=1)
            case Unit.CAMPAIGN:
                return campaign_began
            case Unit.DAYS:
                whole = timedelta(days=self.length)
                return campaign_began + max(0, (now - campaign_began) // whole) * whole

    def ends(self, now: datetime, campaign_began: datetime) -> datetime | None:
        """When its count begins anew; None for windows that never do so at once."""
        match self.unit:
            case Unit.DAY:
                return _next_midnight(now)
            case Unit.MONTH:
                later = now.replace(day=28, hour=0, minute=0, second=0, microsecond=0) + timedelta(days=4)
                return later.replace(day=1)
            case Unit.DAYS:
                return self.begins(now, campaign_began) + timedelta(days=self.length)
        return None

    @property
    def is_long(self) -> bool:
        """Longer than a day: then a day of it is held to the same share."""
        return self.unit in (Unit.MONTH, Unit.CAMPAIGN, Unit.DAYS) or (self.unit is Unit.HOURS and self.length > 24)


@dataclass(frozen=True, slots=True)
class AbandonLimit:
    """At most `limit` (0.03 for 3 %) of the calls `of` may wait longer than `threshold` from `start` on, in a `window`.

    `false_machines`: people taken for answering machines and hung up on count as abandoned.
    """

    name: str
    limit: float
    aim: float
    threshold: timedelta
    start: Start = Start.ANSWER
    of: Of = Of.LIVE
    window: Window = Window(Unit.DAY)
    scope: Scope = Scope.CAMPAIGN
    false_machines: bool = True


# Where nobody set one: predictive dialling without a budget is not to be had.
HOUSE = AbandonLimit("house.abandon", 0.03, 0.028, timedelta(seconds=2))


def aim_for(limit: float) -> float:
    """What is aimed at where nothing else was said."""
    return round(limit * AIM, 6)


def dump(rule: AbandonLimit) -> dict[str, Any]:
    """As JSON; the threshold in milliseconds."""
    return {
        "name": rule.name,
        "limit": rule.limit,
        "aim": rule.aim,
        "threshold_ms": round(rule.threshold.total_seconds() * 1000),
        "start": str(rule.start),
        "of": str(rule.of),
        "window": [str(rule.window.unit), rule.window.length],
        "scope": str(rule.scope),
        "false_machines": rule.false_machines,
    }


def load(data: Mapping[str, Any]) -> AbandonLimit:
    """What `dump` wrote."""
    unit, length = data["window"]
    return AbandonLimit(
        name=data["name"],
        limit=data["limit"],
        aim=data["aim"],
        threshold=timedelta(milliseconds=data["threshold_ms"]),
        start=Start(data["start"]),
        of=Of(data["of"]),
        window=Window(Unit(unit), length),
        scope=Scope(data["scope"]),
        false_machines=data["false_machines"],
    )


KEYS = (
    "limit",
    "aim",
    "seconds",
    "measured_from",
    "denominator",
    "window",
    "window_hours",
    "window_days",
    "scope",
    "false_machines_count",
)


def read(name: str, field: Field) -> AbandonLimit:
    """One definition of a profile's file; raises BadProfile. Shares are 0 to 1; what is left out is the strictest."""
    field.record(KEYS)
    limit = field.at("limit").number(0, 1)
    return AbandonLimit(
        name=name,
        limit=limit,
        aim=field.at("aim").number(0, limit) if field.has("aim") else aim_for(limit),
        threshold=timedelta(milliseconds=round(field.at("seconds").number(0, 60) * 1000)),
        start=Start(field.at("measured_from").choice(Start)) if field.has("measured_from") else Start.ANSWER,
        of=Of(field.at("denominator").choice(Of)) if field.has("denominator") else Of.CONNECTED,
        window=_window(field),
        scope=Scope(field.at("scope").choice(Scope)) if field.has("scope") else Scope.CAMPAIGN,
        false_machines=field.at("false_machines_count").flag() if field.has("false_machines_count") else True,
    )


def _window(field: Field) -> Window:
    said = [key for key in ("window", "window_hours", "window_days") if field.has(key)]
    if len(said) != 1:
        raise field.bad(Must.ONE_WINDOW)
    if said == ["window_hours"]:
        return Window(Unit.HOURS, field.at("window_hours").whole(1, LONGEST_ROLLING_H))
    if said == ["window_days"]:
        return Window(Unit.DAYS, field.at("window_days").whole(2, LONGEST_DAYS))
    return Window(Unit(field.at("window").choice((Unit.DAY, Unit.MONTH, Unit.CAMPAIGN))))


def _next_midnight(now: datetime) -> datetime:
    # Of the clock on the wall: where it is put forward or back, a day has 23 or 25 hours.
    return (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)

"""Has this person been called too often or too recently, and until when?

A cap is data: limit = (what is counted) x (per phone or person) x (scope) x (window). A gap is the least time between
a call that came to a certain outcome and the next one. Both look at touches: those of the person and of the phone,
each with how far its call came. Several hold together; each says for itself until when it refuses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

LEVELS = {"attempts": 1, "answered": 2, "conversations": 3}

# Touches older than this are read only for gaps that are longer, and by their outcome.
LONG = timedelta(days=35)

# The outcome of a conversation whose agent chose a disposition of the category refusal: it takes the other's place.
REFUSAL, CONVERSATION = "refusal", "conversation"


class Period(StrEnum):
    """A window of the calendar, on the callee's clock; weeks begin on Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Calls(StrEnum):
    """Which calls a rule counts and refuses: a callback is a call the person asked for."""

    ALL = "all"
    UNASKED = "unasked"
    CALLBACKS = "callbacks"


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `limit` touches of at least level `counts` per `per` in `scope` in any `window`."""

    name: str
    counts: str  # attempts | answered | conversations
    per: str  # phone | contact
    scope: str  # campaign | line_of_business | all
    window: timedelta | Period
    limit: int
    calls: Calls = Calls.ALL


@dataclass(frozen=True, slots=True)
class Gap:
    """At least `wait` after a touch that came to `after`; None: never again."""

    name: str
    after: str  # an outcome, or REFUSAL
    per: str
    scope: str
    wait: timedelta | None
    calls: Calls = Calls.ALL


@dataclass(frozen=True, slots=True)
class Touch:
    """One counted contact: when, which phone and person, for whom, and how far it came (1 attempt … 3 conversation).

    `outcome` is empty until its call has ended.
    """

    at: datetime
    phone: int
    contact_id: int
    campaign_id: int
    line_of_business_id: int | None
    level: int
    outcome: str = ""
    callback: bool = False
    call_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom we would touch, and for which campaign; `callback`: because they asked for it."""

    phone: int
    contact_id: int
    campaign_id: int
    line_of_business_id: int | None
    callback: bool = False


@dataclass(frozen=True, slots=True)
class Spent:
    """What is used of a cap: by which touches (oldest first), whether it is full, and until when (None: for good)."""

    cap: Cap
    touches: tuple[Touch, ...]
    full: bool
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Reached:
    """A cap that is used up: by which touches (oldest first), and when it frees (None: a limit of 0 never does)."""

    cap: Cap
    until: datetime | None
    touches: tuple[Touch, ...]


@dataclass(frozen=True, slots=True)
class TooSoon:
    """A gap that has not passed: after which touch, and until when (None: never again)."""

    gap: Gap
    until: datetime | None
    touch: Touch


def reached(
    cap: Cap, subject: Subject, touches: Sequence[Touch], zones: Sequence[ZoneInfo], now: datetime
) -> Reached | None:
    """Whether the cap refuses one more touch now. A calendar window must have room in every zone they may be in."""
    if len(_counted(cap, subject, touches)) < cap.limit:
        return None  # as most are, whatever the window
    found = spent(cap, subject, touches, zones, now)
    return Reached(cap, found.until, found.touches) if found and found.full else None


def spent(
    cap: Cap, subject: Subject, touches: Iterable[Touch], zones: Sequence[ZoneInfo], now: datetime
) -> Spent | None:
    """What such a touch would be counted with; None where the cap does not concern it.

    Where zones differ, so may the windows: the fullest one tells who spent it.
    """
    if not _applies(cap.calls, subject.callback):
        return None
    counted = sorted(_counted(cap, subject, touches), key=lambda t: t.at)
    windows = [(_since(counted, start), end) for start, end in _windows(cap, zones, now)]
    fullest = max((inside for inside, _ in windows), key=len, default=[])
    untils = [_frees(cap, inside, end) for inside, end in windows if len(inside) >= cap.limit]
    return Spent(cap, tuple(fullest), bool(untils), max(untils, default=None) if cap.limit else None)


def leaves(cap: Cap, touch: Touch, zones: Sequence[ZoneInfo], now: datetime) -> datetime:
    """When this touch, which counts now, has left the window in the last of the zones."""
    if isinstance(cap.window, timedelta):
        return touch.at + cap.window
    return max((end for start, end in _windows(cap, zones, now) if touch.at >= start), default=now)


def too_soon(gap: Gap, subject: Subject, touches: Iterable[Touch], now: datetime) -> TooSoon | None:
    """Whether the gap refuses a touch now, because of the latest touch that came to its outcome."""
    if not _applies(gap.calls, subject.callback):
        return None
    outcomes = (gap.after, REFUSAL) if gap.after == CONVERSATION else (gap.after,)
    matching = _concerning(gap, subject, [t for t in touches if t.outcome in outcomes])
    if not matching:
        return None
    last = max(matching, key=lambda t: t.at)
    if gap.wait is None:
        return TooSoon(gap, None, last)
    return TooSoon(gap, last.at + gap.wait, last) if last.at + gap.wait > now else None


def since(caps: Sequence[Cap], gaps: Sequence[Gap], now: datetime) -> datetime:
    """From when on touches matter, but for those of `long_after`; a month may have begun earlier in another zone."""
    longest = [_length(cap.window) for cap in caps] + [gap.wait for gap in gaps if gap.wait and gap.wait <= LONG]
    return now - max(longest, default=timedelta(0))


def long_after(gaps: Sequence[Gap]) -> list[str]:
    """Outcomes whose touches matter however old they are."""
    found = {gap.after for gap in gaps if gap.wait is None or gap.wait > LONG}
    return sorted(found | {REFUSAL} if CONVERSATION in found else found)


def period_start(period: Period, in_zone: ZoneInfo, now: datetime) -> datetime:
    """When the calendar day, week or month that `now` is in began there."""
    return _midnight(_first_day(period, now.astimezone(in_zone).date()), in_zone)


def period_end(period: Period, in_zone: ZoneInfo, now: datetime) -> datetime:
    first = _first_day(period, now.astimezone(in_zone).date())
    return _midnight(_first_day(period, first + _longer(period)), in_zone)


def _first_day(period: Period, day: date) -> date:
    if period == Period.DAY:
        return day
    return day - timedelta(days=day.weekday()) if period == Period.WEEK else day.replace(day=1)


def _longer(period: Period) -> timedelta:
    """From the first day of a period into the next one."""
    return {Period.DAY: timedelta(days=1), Period.WEEK: timedelta(days=7), Period.MONTH: timedelta(days=31)}[period]


def _midnight(day: date, in_zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), in_zone).astimezone(UTC)


def _length(window: timedelta | Period) -> timedelta:
    return window if isinstance(window, timedelta) else _longer(window) + timedelta(days=1)


def _windows(cap: Cap, zones: Sequence[ZoneInfo], now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """(start, end) of the window that `now` is in, in each zone; a rolling one is the same in all."""
    if isinstance(cap.window, timedelta):
        # Strictly younger: a touch as old as the window has left it.
        yield now - cap.window + timedelta(microseconds=1), now + cap.window
        return
    for in_zone in zones:
        yield _period(cap.window, in_zone, now)


@lru_cache(maxsize=4096)
def _period(period: Period, in_zone: ZoneInfo, now: datetime) -> tuple[datetime, datetime]:
    """The same for everybody there at this moment, hence worked out once."""
    return period_start(period, in_zone, now), period_end(period, in_zone, now)


def _since(touches: list[Touch], start: datetime) -> list[Touch]:
    return [t for t in touches if t.at >= start]


def _frees(cap: Cap, inside: list[Touch], end: datetime) -> datetime:
    if isinstance(cap.window, timedelta) and cap.limit:
        return inside[-cap.limit].at + cap.window
    return end


def _applies(calls: Calls, callback: bool) -> bool:
    return calls == Calls.ALL or (calls == Calls.CALLBACKS) == callback


def _counted(cap: Cap, subject: Subject, touches: Iterable[Touch]) -> list[Touch]:
    """Those that the cap counts, whenever they were: asked for every lead and cap, hence in few passes."""
    level = LEVELS[cap.counts]
    found = _concerning(cap, subject, [t for t in touches if t.level >= level])
    return found if cap.calls == Calls.ALL else [t for t in found if _applies(cap.calls, t.callback)]


def _concerning(rule: Cap | Gap, subject: Subject, touches: list[Touch]) -> list[Touch]:
    """Those of the same phone or person, within the rule's scope."""
    if not touches:
        return touches
    if rule.per == "phone":
        found = [t for t in touches if t.phone == subject.phone]
    else:
        found = [t for t in touches if t.contact_id == subject.contact_id]
    if rule.scope == "campaign":
        return [t for t in found if t.campaign_id == subject.campaign_id]
    if rule.scope == "line_of_business":
        return [t for t in found if t.line_of_business_id == subject.line_of_business_id]
    return found

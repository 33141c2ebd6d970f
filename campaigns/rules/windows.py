"""Is it a lawful hour where they live, and when is the next one?

Several sets of calling hours may hold together (each compliance profile's, the campaign's own), and a person may be
in any of several time zones: the call is lawful only within all of them, everywhere they may be. Hours are judged on
the local wall clock, so that days with a clock change come out right; all instants in and out are aware and in UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from campaigns.rules import places
from campaigns.rules.places import Place

# Minutes of the local day, [start, end); the whole day is (0, 1440).
Span = tuple[int, int]
WHOLE_DAY: tuple[Span, ...] = ((0, 1440),)

# A lawful hour that is further away than this is taken for none, for good: hence longer than a year, in which whatever
# comes back does, and than any run of days without calls.
SEARCH_DAYS = 400


class Closed(StrEnum):
    """Why a moment is outside the hours, in order of precedence. The values are reasons of rules.eligibility."""

    NOT_BEGUN = "campaign_not_begun"
    OVER = "campaign_over"
    BLACKOUT = "blackout_date"
    HOLIDAY = "holiday"
    OUTSIDE = "outside_calling_hours"


@dataclass(frozen=True, slots=True)
class Hours:
    """When calls are allowed, by one rule.

    `week` has the spans of seven days, Monday first. `holiday` are those of public holidays (None: as on any other
    day). `first_day` and `last_day` are local days, both included. With `regions` (ISO 3166 codes, of countries or of
    their regions) it holds only for people there, and for those of whom the region is not known.
    """

    name: str
    week: tuple[tuple[Span, ...], ...]
    holiday: tuple[Span, ...] | None = None
    first_day: date | None = None
    last_day: date | None = None
    closed: frozenset[date] = frozenset()
    regions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Shut:
    """One rule is closed now: which and why, and when it opens next (None: never, as far as we look)."""

    hours: Hours
    why: Closed
    opens: datetime | None


def every_day(name: str, opens: time, closes: time) -> Hours:
    """The same hours on all days; `closes` of 23:59 or later is the end of the day."""
    end = 1440 if closes >= time(23, 59) else closes.hour * 60 + closes.minute
    return Hours(name, (((opens.hour * 60 + opens.minute, end),),) * 7)


def concerns(hours: Hours, where: Place) -> bool:
    """Whether this rule holds for people there; the unknown are treated as if they might be there."""
    if not hours.regions or not where.country:
        return True
    if where.country in hours.regions or where.region in hours.regions:
        return True
    return not where.region and any(region.startswith(f"{where.country}-") for region in hours.regions)


def is_open(hours: Sequence[Hours], where: Place, now: datetime) -> bool:
    """Whether `now` is within all hours in every zone; without a zone we don't know and must not call."""
    zones = places.known_zones(where.zones)
    return bool(zones) and all(_is_open(h, where, z, now) for h in hours if concerns(h, where) for z in zones)


def next_open(hours: Sequence[Hours], where: Place, now: datetime) -> datetime | None:
    """The first instant >= now at which every rule is open in every zone; None when there is none in sight.

    Each pair of a rule and a zone moves the candidate on to its own next opening, until none of them does.
    """
    zones = places.known_zones(where.zones)
    pairs = [(h, z) for h in hours if concerns(h, where) for z in zones]
    if not zones:
        return None
    at, end = now, _horizon(hours, now)
    while at <= end:
        moved = at
        for rule, in_zone in pairs:
            opens = _next_open(rule, where, in_zone, moved)
            if opens is None:
                return None
            moved = opens
        if moved == at:
            return at
        at = moved
    return None


def stretches(hours: Sequence[Hours], where: Place, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """When every rule is open in every zone, between two instants: [opens, closes), in order."""
    zones = places.known_zones(where.zones)
    turns = {t for z in zones for h in hours if concerns(h, where) for t in _turns(h, where, z, start, end)}
    found: list[tuple[datetime, datetime]] = []
    for at, until in pairwise(sorted({start, end, *turns})):
        if not is_open(hours, where, at):
            continue
        if found and found[-1][1] == at:
            found[-1] = (found[-1][0], until)
        else:
            found.append((at, until))
    return found


def shut(hours: Sequence[Hours], where: Place, now: datetime) -> list[Shut]:
    """Every rule that is closed now in one of the zones, with the latest of its next openings."""
    found = []
    zones = places.known_zones(where.zones)
    for rule in hours:
        closed = [z for z in zones if concerns(rule, where) and not _is_open(rule, where, z, now)]
        if closed:
            why = min((why_closed(rule, where, z, now) for z in closed), key=list(Closed).index)
            found.append(Shut(rule, why, next_open([rule], where, now)))
    return found


def why_closed(hours: Hours, where: Place, in_zone: ZoneInfo, now: datetime) -> Closed:
    """Why a rule that is closed at `now` is."""
    local = now.astimezone(in_zone)
    day = local.date()
    if hours.first_day and day < hours.first_day:
        return Closed.NOT_BEGUN
    if hours.last_day and day > hours.last_day:
        return Closed.OVER
    if day in hours.closed:
        return Closed.BLACKOUT
    if hours.holiday is not None and places.holiday(where, day) and not _within(hours.holiday, local):
        return Closed.HOLIDAY
    return Closed.OUTSIDE


def spans_of(hours: Hours, where: Place, day: date) -> tuple[Span, ...]:
    """When calls are allowed on this local day."""
    if (hours.first_day and day < hours.first_day) or (hours.last_day and day > hours.last_day) or day in hours.closed:
        return ()
    if hours.holiday is not None and places.holiday(where, day):
        return hours.holiday
    return hours.week[day.weekday()]


def common_spans(groups: Iterable[tuple[Span, ...]]) -> tuple[Span, ...]:
    """The minutes that are in every group of spans."""
    common: tuple[Span, ...] = WHOLE_DAY
    for spans in groups:
        pairs = [(max(a[0], b[0]), min(a[1], b[1])) for a in common for b in spans]
        common = tuple(sorted(pair for pair in pairs if pair[0] < pair[1]))
    return common


def _is_open(hours: Hours, where: Place, in_zone: ZoneInfo, now: datetime) -> bool:
    local = now.astimezone(in_zone)
    return _within(spans_of(hours, where, local.date()), local)


def _within(spans: tuple[Span, ...], local: datetime) -> bool:
    minute = local.hour * 60 + local.minute
    return any(start <= minute < end for start, end in spans)


def _turns(hours: Hours, where: Place, in_zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[datetime]:
    """Every instant between these two at which the rule may open or close there, and some at which it does not."""
    first, last = start.astimezone(in_zone).date(), end.astimezone(in_zone).date()
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        minutes = {0, *(minute for span in spans_of(hours, where, day) for minute in span)}
        for at in (*_changes(day, in_zone), *(at for m in minutes for at in _both_times(day, m, in_zone))):
            if start < at < end:
                yield at


def _both_times(day: date, minute: int, in_zone: ZoneInfo) -> tuple[datetime, datetime]:
    """When the wall clock shows this minute: twice on the day on which clocks are put back."""
    wall = datetime.combine(day + timedelta(days=minute // 1440), time(minute // 60 % 24, minute % 60), in_zone)
    return wall.astimezone(UTC), wall.replace(fold=1).astimezone(UTC)


def _next_open(hours: Hours, where: Place, in_zone: ZoneInfo, now: datetime) -> datetime | None:
    if _is_open(hours, where, in_zone, now):
        return now
    first = now.astimezone(in_zone).date()
    if hours.first_day and hours.first_day > first:
        first = hours.first_day
    for n in range(SEARCH_DAYS):
        day = first + timedelta(days=n)
        if hours.last_day and day > hours.last_day:
            return None
        for at in _openings(spans_of(hours, where, day), day, in_zone):
            if at > now and _is_open(hours, where, in_zone, at):
                return at
    return None


def _openings(spans: tuple[Span, ...], day: date, in_zone: ZoneInfo) -> list[datetime]:
    """The instants at which a span can begin on a local day: when the clock shows its start, and when it is changed.

    A clock that is put back shows a start twice (`fold`). For a start that the clock skips Python makes up instants:
    within the day they do no harm, as they are not the first that is open, but they may be in the next day.
    """
    if not spans:
        return []
    walls = [datetime.combine(day, time(start // 60, start % 60), in_zone) for start, _ in spans]
    starts = {wall.replace(fold=fold).astimezone(UTC) for wall in walls for fold in (0, 1)}
    return [at for at in sorted(starts.union(_changes(day, in_zone))) if at.astimezone(in_zone).date() == day]


def _changes(day: date, in_zone: ZoneInfo) -> Iterator[datetime]:
    """The instant at which the clocks change on this local day, or some hours from it, to the minute."""
    low = datetime.combine(day, time(), in_zone).astimezone(UTC) - timedelta(hours=2)
    high = low + timedelta(hours=29)
    before = _offset(low, in_zone)
    if _offset(high, in_zone) == before:
        return
    while high - low > timedelta(minutes=1):
        middle = low + timedelta(minutes=int((high - low) / timedelta(minutes=2)))
        low, high = (middle, high) if _offset(middle, in_zone) == before else (low, middle)
    yield high


def _offset(at: datetime, in_zone: ZoneInfo) -> timedelta | None:
    return at.astimezone(in_zone).utcoffset()


def _horizon(hours: Sequence[Hours], now: datetime) -> datetime:
    """How far to look: from now, or from the day on which the last rule begins."""
    begins = (datetime.combine(h.first_day, time(), UTC) for h in hours if h.first_day)
    return max([now, *begins]) + timedelta(days=SEARCH_DAYS)

"""Is it a lawful hour where they live, and when is the next one?

A person may be in any of several time zones (a number's area code can span zones): the call is lawful only when it is
within the hours in *every* one of them. Times are judged on the local wall clock, so that days with a clock change
come out right; all instants in and out are aware and in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# Hours are whole minutes in practice; a week is searched before we say that there is no common hour.
SEARCH_DAYS = 8


@dataclass(frozen=True, slots=True)
class Hours:
    """Calls are allowed at local times `opens` <= t < `closes`, every day."""

    opens: time
    closes: time

    def contains(self, local: time) -> bool:
        return self.opens <= local < self.closes


@lru_cache(maxsize=512)
def zone(name: str) -> ZoneInfo | None:
    """The named IANA zone, or None when there is no such zone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def known_zones(names: tuple[str, ...]) -> tuple[ZoneInfo, ...]:
    return tuple(found for found in map(zone, names) if found)


def is_open(hours: Hours, zones: tuple[ZoneInfo, ...], now: datetime) -> bool:
    """Whether `now` is within the hours in every zone; without a zone we don't know and must not call."""
    return bool(zones) and all(hours.contains(now.astimezone(z).time()) for z in zones)


def next_open(hours: Hours, zones: tuple[ZoneInfo, ...], now: datetime) -> datetime | None:
    """The first instant >= now at which all zones are open; None when the zones never share an hour.

    The common window can only begin when one of the zones opens, so only those instants are looked at.
    """
    if is_open(hours, zones, now):
        return now
    candidates = sorted(opening for z in zones for opening in _openings(hours, z, now))
    return next((at for at in candidates if is_open(hours, zones, at)), None)


def _openings(hours: Hours, in_zone: ZoneInfo, now: datetime) -> list[datetime]:
    today = now.astimezone(in_zone).date()
    days = (today + timedelta(days=n) for n in range(SEARCH_DAYS))
    # An opening time that a clock change skips comes out as the first instant after the gap, once in UTC.
    openings = (datetime.combine(day, hours.opens, in_zone).astimezone(UTC) for day in days)
    return [opening for opening in openings if opening > now]

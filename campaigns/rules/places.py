"""Where may the person who answers be, and is it a public holiday there?

The time zone comes from the record, else from the record's region, else from the number; when that leaves several
zones, whatever is asked must hold in every one of them. Public holidays are those of the `holidays` library for the
country and, when it is known, the region; own dates are part of the calling hours (rules.windows).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays

from campaigns.rules.regions import ZONES_OF_REGION


@dataclass(frozen=True, slots=True)
class Place:
    """Where the person may be. `region` is an ISO 3166-2 code such as US-FL; empty texts are unknown."""

    zones: tuple[str, ...]
    country: str = ""
    region: str = ""


@lru_cache(maxsize=512)
def zone(name: str) -> ZoneInfo | None:
    """The named IANA zone, or None when there is no such zone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def known_zones(names: tuple[str, ...]) -> tuple[ZoneInfo, ...]:
    return tuple(found for found in map(zone, names) if found)


@lru_cache(maxsize=65536)
def place(record_zone: str, record_region: str, number_zones: tuple[str, ...], number_country: str) -> Place:
    """Where the person may be, from the most to the least certain source; zones that do not exist are no zones."""
    country = record_region[:2] or number_country
    for names in ((record_zone,), ZONES_OF_REGION.get(record_region, ()), number_zones):
        real = tuple(name for name in names if zone(name))
        if real:
            return Place(real, country, record_region)
    return Place((), country, record_region)


def holiday(at: Place, day: date) -> str:
    """The name of the public holiday of that local day there; empty on any other day and where none are known."""
    return _holidays(at.country, at.region, day.year).get(day, "")


def has_holidays(country: str) -> bool:
    """Whether the public holidays of this country are known."""
    return country in holidays.list_supported_countries()


@lru_cache(maxsize=1024)
def _holidays(country: str, region: str, year: int) -> dict[date, str]:
    supported = holidays.list_supported_countries()
    if country not in supported:
        return {}
    part = region.partition("-")[2]
    found = holidays.country_holidays(country, subdiv=part if part in supported[country] else None, years=year)
    return {day: name for day, name in found.items() if day.year == year}

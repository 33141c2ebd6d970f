"""Where may the person who answers be, and is it a public holiday there?

The time zone comes from the record, else from the record's region, else from the number; when that leaves several
zones, whatever is asked must hold in every one of them. Public holidays are those of the `holidays` library for the
country and, when it is known, the region; own dates are part of the calling hours (rules.windows).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays

from campaigns.rules.regions import CODE_OF_NAME, ZONES_OF_REGION

_CODE = re.compile(r"\s*([A-Za-z]{2})[-_ /.]([A-Za-z0-9]{1,3})\s*")


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


@lru_cache(maxsize=4096)
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


def region_code(text: str, country: str) -> str:
    """The ISO 3166-2 code that a list means by FL, Florida, us_fl or US-FL; empty when it is none we know.

    A text without a country is one of `country`: it is never looked for elsewhere, as WA is in two of them.
    """
    written = _CODE.fullmatch(text)
    if written:
        found = _codes(written[1].upper()).get(_plain(written[2]), "")
        if found:
            return found
    return _codes(country).get(_plain(text), "")


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


@lru_cache(maxsize=256)
def _codes(country: str) -> dict[str, str]:
    """The codes of a country's regions, by how they are written: those with zones, holidays or names of their own."""
    parts = {part for at, _, part in (code.partition("-") for code in ZONES_OF_REGION) if at == country}
    parts |= {part for part in holidays.list_supported_countries().get(country, ()) if _CODE.fullmatch(f"xx-{part}")}
    codes = {_plain(part): f"{country}-{part}" for part in sorted(parts)}
    return codes | {_plain(name): code for (at, name), code in CODE_OF_NAME.items() if at == country}


def _plain(text: str) -> str:
    """Letters and digits alone, without case and accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", text).casefold() if c.isalnum())

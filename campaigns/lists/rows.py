"""One row → the person it describes, or why it describes none.

The person is known by the customer id, else by the first phone that can be dialled. Whatever could make one person of
two, or send a call into their night, refuses the row: a rounded customer id, shifted cells, an unknown time zone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import available_timezones

from campaigns.lists import details
from campaigns.lists.columns import Layout
from campaigns.lists.details import Attributes, Consent
from campaigns.lists.reading.records import Row
from campaigns.lists.values import LANGUAGE_OF
from campaigns.rules import numbers, places
from campaigns.rules.numbers import NotANumber, Number

LONGEST_CUSTOMER_ID = 64
LONGEST_NAME = 200
LONGEST_LABEL = 32
SCIENTIFIC = re.compile(r"\d+[.,]\d+e[+-]?\d+", re.IGNORECASE)


class Reason(StrEnum):
    """Why a row is nobody, beside the reasons of rules.numbers; the words are in campaigns.words."""

    DUPLICATE = "duplicate"
    TOO_MANY_CELLS = "too_many_cells"
    CUSTOMER_ID_TOO_LONG = "customer_id_too_long"
    UNKNOWN_TIME_ZONE = "unknown_time_zone"
    REQUIRED_MISSING = "required_missing"


class PersonPhone(NamedTuple):
    """A number of a person, what the list calls it, and what the list says of its state (rules.validity's codes)."""

    number: Number
    label: str
    status: str = ""


class Person(NamedTuple):
    """What a good row says. Exactly one of `customer_id` and `first_phone` identifies the person.

    `doubts` are the columns whose values could not be read as what they should be; attributes keep their text.
    """

    customer_id: str | None
    first_phone: int | None
    name: str
    language: str
    time_zone: str
    region: str
    attributes: Attributes
    phones: tuple[PersonPhone, ...]
    products: tuple[str, ...] = ()
    consent: Consent | None = None
    priority: int | None = None
    score: int | None = None
    doubts: tuple[str, ...] = ()

    @property
    def key(self) -> str | int | None:
        return self.customer_id if self.customer_id is not None else self.first_phone


@dataclass(frozen=True, slots=True)
class Refused:
    """Why the row is nobody, in which column, by which value."""

    reason: str
    column: str = ""
    value: str = ""


Reader = Callable[[list[str]], Person | Refused]


def read_row(layout: Layout, row: Row, default_country: str) -> Person | Refused:
    """The person in this row of a file, unless the row is damaged."""
    if row.flaw:
        return Refused(row.flaw, value=row.cells[0] if row.cells else "")
    return reader(layout, default_country)(row.cells)


def read(layout: Layout, cells: list[str], default_country: str) -> Person | Refused:
    """The person in this row; national numbers are read as of `default_country`."""
    return reader(layout, default_country)(cells)


@lru_cache(maxsize=64)
def reader(layout: Layout, default_country: str) -> Reader:
    """What reads the rows of a list: all that is the same in each of them is found once."""
    width = len(layout.header)
    id_of, zone_of, language_of, region_of = map(layout.cell, ("customer_id", "time_zone", "language", "region"))
    name_of, first_name_of, last_name_of = map(layout.cell, ("name", "first_name", "last_name"))
    details_of = details.reader(layout)

    def read_cells(cells: list[str]) -> Person | Refused:
        if len(cells) != width:
            if surplus := [cell for cell in cells[width:] if cell.strip()]:
                return Refused(Reason.TOO_MANY_CELLS, value=surplus[0])
            cells = cells[:width] + [""] * (width - len(cells))
        cells = list(map(str.strip, cells))
        zone = _time_zone(zone_of(cells))
        if zone is None:
            return _refused(layout, cells, layout.fields["time_zone"], Reason.UNKNOWN_TIME_ZONE)
        customer_id = id_of(cells).lstrip("'")
        if customer_id and (flaw := _customer_id_flaw(customer_id)):
            return _refused(layout, cells, layout.fields["customer_id"], flaw)
        phones = _phones(layout, cells, default_country)
        if isinstance(phones, Refused):
            return phones
        more = details_of(cells)
        if layout.required and (lacking := _lacking(layout, cells, more.doubts)) is not None:
            return _refused(layout, cells, lacking, Reason.REQUIRED_MISSING)
        return Person(
            customer_id or None,
            None if customer_id else phones[0].number.phone,
            (name_of(cells) or f"{first_name_of(cells)} {last_name_of(cells)}".strip())[:LONGEST_NAME],
            _language(language_of(cells)),
            zone,
            _region(region_of(cells), phones[0].number.country),
            more.attributes,
            phones,
            more.products,
            more.consent,
            more.priority,
            more.score,
            tuple(layout.header[index] for index in more.doubts),
        )

    return read_cells


def _lacking(layout: Layout, cells: list[str], doubts: tuple[int, ...]) -> int | None:
    """A column whose value every row must have and this one has not."""
    return next((index for index in layout.required if index in doubts or not cells[index]), None)


def _refused(layout: Layout, cells: list[str], index: int, reason: str) -> Refused:
    return Refused(reason, layout.header[index], cells[index])


def _customer_id_flaw(customer_id: str) -> str | None:
    if SCIENTIFIC.fullmatch(customer_id):
        return numbers.Reason.RUINED_BY_SPREADSHEET
    return Reason.CUSTOMER_ID_TOO_LONG if len(customer_id) > LONGEST_CUSTOMER_ID else None


def _phones(layout: Layout, cells: list[str], default_country: str) -> tuple[PersonPhone, ...] | Refused:
    """Every number that can be dialled, each once; without any, the first flaw that is not just an empty cell."""
    good: dict[int, PersonPhone] = {}
    flaw = None
    for column in layout.phones:
        text = cells[column.index]
        number = numbers.check(text, default_country) if text else numbers.MISSING
        if isinstance(number, NotANumber):
            if flaw is None and number.reason != numbers.Reason.MISSING:
                flaw = _refused(layout, cells, column.index, number.reason)
        elif number.phone not in good:
            status = details.status(layout, cells, column.index) if layout.statuses else ""
            good[number.phone] = PersonPhone(number, _label(column.label, number.extension), status)
    if good:
        return tuple(good.values())
    return flaw or Refused(numbers.Reason.MISSING, layout.header[layout.phones[0].index])


def _label(label: str, extension: str) -> str:
    return f"{label} ext. {extension}".strip()[:LONGEST_LABEL] if extension else label


@lru_cache(maxsize=1024)
def _language(text: str) -> str:
    return LANGUAGE_OF.get(text.lower(), text.lower()[:10])


@lru_cache(maxsize=8192)
def _region(text: str, country: str) -> str:
    return places.region_code(text, country) if text else ""


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    return {zone.lower(): zone for zone in available_timezones()}


@lru_cache(maxsize=1024)
def _time_zone(text: str) -> str | None:
    """The zone's own spelling; None when there is no such zone."""
    return _zones().get(text.lower()) if text else ""

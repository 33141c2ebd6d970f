"""One row → the person it describes, or why it describes none.

The person is known by the customer id, else by the first phone that can be dialled. Whatever could make one person of
two, or send a call into their night, refuses the row: a rounded customer id, shifted cells, an unknown time zone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from zoneinfo import available_timezones

from campaigns.lists.columns import Layout
from campaigns.lists.reading.records import Row
from campaigns.rules import numbers, places
from campaigns.rules.numbers import NotANumber, Number

LONGEST_CUSTOMER_ID = 64
LONGEST_NAME = 200
LONGEST_LABEL = 32
SCIENTIFIC = re.compile(r"\d+[.,]\d+e[+-]?\d+", re.IGNORECASE)
LANGUAGES = {
    "zh": "zh zh-cn zh-hans zh_cn chinese mandarin cn 中文 汉语 普通话 国语",
    "en": "en en-us en-gb en_us en_gb english 英文 英语",
}
LANGUAGE_OF = {name: code for code, names in LANGUAGES.items() for name in names.split()}

Attributes = dict[str, dict[str, str]]


class Reason(StrEnum):
    """Why a row is nobody, beside the reasons of rules.numbers; the words are in campaigns.words."""

    DUPLICATE = "duplicate"
    TOO_MANY_CELLS = "too_many_cells"
    CUSTOMER_ID_TOO_LONG = "customer_id_too_long"
    UNKNOWN_TIME_ZONE = "unknown_time_zone"


@dataclass(frozen=True, slots=True)
class PersonPhone:
    """A number of a person and what the list calls it."""

    number: Number
    label: str


@dataclass(frozen=True, slots=True)
class Person:
    """What a good row says. Exactly one of `customer_id` and `first_phone` identifies the person."""

    customer_id: str | None
    first_phone: int | None
    name: str
    language: str
    time_zone: str
    region: str
    attributes: Attributes
    phones: tuple[PersonPhone, ...]

    @property
    def key(self) -> str | int | None:
        return self.customer_id if self.customer_id is not None else self.first_phone


@dataclass(frozen=True, slots=True)
class Refused:
    """Why the row is nobody, in which column, by which value."""

    reason: str
    column: str = ""
    value: str = ""


def read_row(layout: Layout, row: Row, default_country: str) -> Person | Refused:
    """The person in this row of a file, unless the row is damaged."""
    if row.flaw:
        return Refused(row.flaw, value=row.cells[0] if row.cells else "")
    return read(layout, row.cells, default_country)


def read(layout: Layout, cells: list[str], default_country: str) -> Person | Refused:
    """The person in this row; national numbers are read as of `default_country`."""
    width = len(layout.header)
    if surplus := [cell for cell in cells[width:] if cell.strip()]:
        return Refused(Reason.TOO_MANY_CELLS, value=surplus[0])
    cells = cells + [""] * (width - len(cells))
    zone = _time_zone(_cell(layout, cells, "time_zone"))
    if zone is None:
        return _refused(layout, cells, "time_zone", Reason.UNKNOWN_TIME_ZONE)
    customer_id = _cell(layout, cells, "customer_id").lstrip("'")
    if flaw := _customer_id_flaw(customer_id):
        return _refused(layout, cells, "customer_id", flaw)
    phones = _phones(layout, cells, default_country)
    if isinstance(phones, Refused):
        return phones
    return Person(
        customer_id=customer_id or None,
        first_phone=None if customer_id else phones[0].number.phone,
        name=_name(layout, cells),
        language=_language(_cell(layout, cells, "language")),
        time_zone=zone,
        region=places.region_code(_cell(layout, cells, "region"), phones[0].number.country),
        attributes=_attributes(layout, cells),
        phones=phones,
    )


def _cell(layout: Layout, cells: list[str], field: str) -> str:
    index = layout.fields.get(field)
    return "" if index is None else cells[index].strip()


def _refused(layout: Layout, cells: list[str], field: str, reason: str) -> Refused:
    index = layout.fields[field]
    return Refused(reason, layout.header[index], cells[index])


def _customer_id_flaw(customer_id: str) -> str | None:
    if SCIENTIFIC.fullmatch(customer_id):
        return numbers.Reason.RUINED_BY_SPREADSHEET
    return Reason.CUSTOMER_ID_TOO_LONG if len(customer_id) > LONGEST_CUSTOMER_ID else None


def _phones(layout: Layout, cells: list[str], default_country: str) -> tuple[PersonPhone, ...] | Refused:
    """Every number that can be dialled, each once; without any, the first flaw that is not just an empty cell."""
    good: dict[int, PersonPhone] = {}
    flaw = Refused(numbers.Reason.MISSING, layout.header[layout.phones[0].index])
    for column in layout.phones:
        match numbers.check(cells[column.index], default_country):
            case NotANumber(reason) if reason != numbers.Reason.MISSING:
                if flaw.reason == numbers.Reason.MISSING:
                    flaw = Refused(reason, layout.header[column.index], cells[column.index])
            case Number() as number:
                good.setdefault(number.phone, PersonPhone(number, _label(column.label, number.extension)))
    return tuple(good.values()) or flaw


def _label(label: str, extension: str) -> str:
    return f"{label} ext. {extension}".strip()[:LONGEST_LABEL] if extension else label


def _name(layout: Layout, cells: list[str]) -> str:
    name = _cell(layout, cells, "name")
    parts = (_cell(layout, cells, "first_name"), _cell(layout, cells, "last_name"))
    return (name or " ".join(part for part in parts if part))[:LONGEST_NAME]


def _language(text: str) -> str:
    return LANGUAGE_OF.get(text.lower(), text.lower()[:10])


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    return {zone.lower(): zone for zone in available_timezones()}


def _time_zone(text: str) -> str | None:
    """The zone's own spelling; None when there is no such zone."""
    return _zones().get(text.lower()) if text else ""


def _attributes(layout: Layout, cells: list[str]) -> Attributes:
    found: Attributes = {}
    for column in layout.attributes:
        if value := cells[column.index].strip():
            found.setdefault(column.group, {})[column.key] = value
    return found

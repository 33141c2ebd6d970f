"""The file of a version, as imports see it: cut once into parts of whole rows, each read on its own by any process."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import dropwhile, takewhile
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from campaigns.lists import reading, rows
from campaigns.lists.columns import Layout, Unreadable, understand
from campaigns.lists.reading import Row, Sheet
from campaigns.lists.rows import Person, Refused
from campaigns.models import ImportPart, ListVersion

ROWS_PER_PART = 25_000


@dataclass(frozen=True, slots=True)
class Stretch:
    """Where a part is, and which rows of the file it has (as a spreadsheet counts them)."""

    place: dict[str, Any]
    first_row: int
    last_row: int
    rows: int


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that can be read: what its columns mean, and its parts."""

    header: tuple[str, ...]
    mapping: dict[str, str]
    rows_total: int
    stretches: list[Stretch]


def path_of(version: ListVersion) -> Path:
    """Where the file is. Raises Unreadable when it is no more."""
    try:
        path = Path(version.file.path)
    except ValueError:
        path = Path()
    if not path.is_file():
        raise Unreadable(_("The uploaded file is no longer on this machine. Upload the list again."))
    return path


def open_file(version: ListVersion) -> Opened:
    """Look through the whole file once. Raises Unreadable."""
    sheet = reading.open_sheet(path_of(version))
    return Opened(sheet.layout.header, sheet.layout.mapping(), sheet.rows_total, list(_cut(sheet)))


def _cut(sheet: Sheet) -> Iterator[Stretch]:
    place = {
        "encoding": sheet.encoding,
        "delimiter": sheet.delimiter,
        "header_no": sheet.header_no,
        "header": list(sheet.layout.header),
    }
    first, last, count = 0, 0, 0
    for row in sheet.rows():
        first, last, count = first or row.no, row.no, count + 1
        if count == ROWS_PER_PART:
            yield Stretch(place, first, last, count)
            first, count = 0, 0
    if count:
        yield Stretch(place, first, last, count)


def people(version: ListVersion, part: ImportPart) -> Iterator[tuple[int, Person | Refused]]:
    """What each row of the part says."""
    sheet = _sheet(version, part.place)
    for row in _rows(sheet, part.first_row, part.last_row):
        yield row.no, rows.read(sheet.layout, row.cells, version.default_country)


def cells(version: ListVersion, places: list[dict[str, Any]]) -> Iterator[tuple[int, list[str]]]:
    """Every row of the file as it is, for whoever gives rows back. Nothing when the file is no more."""
    try:
        sheet = _sheet(version, places[0]) if places else None
    except Unreadable:
        return
    if sheet:
        yield from ((row.no, row.cells) for row in sheet.rows())


def header(version: ListVersion, places: list[dict[str, Any]]) -> list[str]:
    return list(places[0]["header"]) if places else []


def _sheet(version: ListVersion, place: dict[str, Any]) -> Sheet:
    layout: Layout = understand(place["header"])
    return Sheet(path_of(version), place["encoding"], place["delimiter"], place["header_no"], layout, 0)


def _rows(sheet: Sheet, first: int, last: int) -> Iterator[Row]:
    return takewhile(lambda row: row.no <= last, dropwhile(lambda row: row.no < first, sheet.rows()))


def fingerprint(names: tuple[str, ...]) -> str:
    """Files of one source have the same columns in the same order."""
    return hashlib.blake2s("\n".join(names).encode(), digest_size=16).hexdigest()

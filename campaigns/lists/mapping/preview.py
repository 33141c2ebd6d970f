"""The first rows of a file as they would be read, for the person who says what its columns mean."""

from __future__ import annotations

from dataclasses import dataclass

from campaigns.lists import rows
from campaigns.lists.mapping import Mapping
from campaigns.lists.reading.sheet import Sheet
from campaigns.lists.rows import Person, Refused


@dataclass(frozen=True, slots=True)
class Preview:
    """A row as it stands in the file, and what it would become."""

    no: int
    cells: tuple[str, ...]
    read: Person | Refused


def preview(sheet: Sheet, mapping: Mapping, default_country: str, count: int = 20) -> list[Preview]:
    """The first `count` rows by a mapping without problems. Raises Unreadable when the file has changed."""
    layout = mapping.layout()
    return [
        Preview(row.no, tuple(row.cells), rows.read_row(layout, row, default_country)) for row in sheet.sample(count)
    ]

"""What a row says of a person beside who they are and where they can be called: products, consent, order, attributes.

Nothing here refuses a row. A value that can't be read as what its column should hold is a doubt: an attribute keeps its
text, anything else is left out, and the import counts doubts by column.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import NamedTuple

from campaigns.lists import values
from campaigns.lists.columns import AttributeColumn, Layout
from campaigns.lists.values import Type, Value

LONGEST_SOURCE = 64

Attributes = dict[str, dict[str, Value]]


class Consent(NamedTuple):
    """What the list says the person agreed to: `basis` is one of rules.consent's codes, empty: they do not agree."""

    basis: str
    date: date | None = None
    source: str = ""


class Details(NamedTuple):
    """`doubts` are the columns whose values could not be read."""

    attributes: Attributes
    products: tuple[str, ...]
    consent: Consent | None
    priority: int | None
    score: int | None
    doubts: tuple[int, ...]


def reader(layout: Layout) -> Callable[[list[str]], Details]:
    """What reads the details of a row that has a cell, without spaces around it, for every column."""
    plain = _plain_groups(layout)
    typed = [column for column in layout.attributes if column.type != Type.TEXT]
    rest_of = _rest_reader(layout) if layout.has_details else None

    def read_cells(cells: list[str]) -> Details:
        attributes: Attributes = {}
        for group, columns in plain:
            found: dict[str, Value] = {key: text for index, key in columns if (text := cells[index])}
            if found:
                attributes[group] = found
        doubts = _add_typed(attributes, typed, cells) if typed else []
        if rest_of is None:
            return Details(attributes, (), None, None, None, tuple(doubts))
        return rest_of(cells, attributes, doubts)

    return read_cells


def _plain_groups(layout: Layout) -> list[tuple[str, list[tuple[int, str]]]]:
    groups: dict[str, list[tuple[int, str]]] = {}
    for column in layout.attributes:
        if column.type == Type.TEXT:
            groups.setdefault(column.group, []).append((column.index, column.key))
    return list(groups.items())


def _rest_reader(layout: Layout) -> Callable[[list[str], Attributes, list[int]], Details]:
    has_consent = any(field.startswith("consent_") for field in layout.fields)
    priority_of = _whole_reader(layout, "priority", values.priority)
    score_of = _whole_reader(layout, "score", values.whole)

    def read_cells(cells: list[str], attributes: Attributes, doubts: list[int]) -> Details:
        products = _products(layout, cells) if layout.products else ()
        consent = _consent(layout, cells, doubts) if has_consent else None
        priority, score = priority_of(cells, doubts), score_of(cells, doubts)
        doubts += [column.index for column in layout.statuses if values.status(cells[column.index]) is None]
        return Details(attributes, products, consent, priority, score, tuple(doubts))

    return read_cells


def _products(layout: Layout, cells: list[str]) -> tuple[str, ...]:
    """Each product once, in whatever column it is."""
    named = (name for column in layout.products for name in values.products(cells[column.index], column.separator))
    return tuple(dict.fromkeys(named))


def status(layout: Layout, cells: list[str], phone: int) -> str:
    """What the row says of the number in the column `phone`; empty when nothing that we know."""
    found = (values.status(cells[column.index]) for column in layout.statuses if column.phone == phone)
    return next((code for code in found if code), "")


def _add_typed(attributes: Attributes, columns: list[AttributeColumn], cells: list[str]) -> list[int]:
    """Those columns whose text is none of their type; they keep it."""
    doubts = []
    for column in columns:
        if text := cells[column.index]:
            value = values.typed(text, column.type, column.date_order)
            if value is None:
                doubts.append(column.index)
            attributes.setdefault(column.group, {})[column.key] = text if value is None else value
    return doubts


def _consent(layout: Layout, cells: list[str], doubts: list[int]) -> Consent | None:
    """The consent, when the row is clear about it: a date alone is the date of some, a source alone is nothing."""
    basis_at, date_at, source_at = (layout.fields.get(f"consent_{part}") for part in ("basis", "date", "source"))
    given = cells[date_at] if date_at is not None else ""
    on = values.day(given, layout.consent_date_order) if given else None
    if date_at is not None and given and on is None:
        doubts.append(date_at)
    basis: str | None = values.EXPLICIT if on else None
    if basis_at is not None:
        text = cells[basis_at]
        basis = values.basis(text) if text else None
        if text and basis is None:
            doubts.append(basis_at)
    source = cells[source_at][:LONGEST_SOURCE] if source_at is not None else ""
    return None if basis is None else Consent(basis, on, source)


def _whole_reader(
    layout: Layout, field: str, read: Callable[[str], int | None]
) -> Callable[[list[str], list[int]], int | None]:
    index = layout.fields.get(field)
    if index is None:
        return lambda cells, doubts: None

    def read_cells(cells: list[str], doubts: list[int]) -> int | None:
        found = read(cells[index]) if cells[index] else None
        if found is None and cells[index]:
            doubts.append(index)
        return found

    return read_cells

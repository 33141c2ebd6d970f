"""What each column of a list is to be read as: guessed, shown, corrected by a person, kept for the next such list.

A mapping belongs to names, not to places: `fit` puts it on another file whose columns stand in another order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any

from campaigns.lists.columns import (
    GROUPS,
    OTHER_GROUP,
    AttributeColumn,
    Layout,
    PhoneColumn,
    ProductsColumn,
    StatusColumn,
)
from campaigns.lists.values import DateOrder, Type

VERSION = 1
LONGEST_LABEL = 32
LONGEST_KEY = 100


class Means(StrEnum):
    """What a column may be; the words are in campaigns.words."""

    IGNORE = "ignore"
    CUSTOMER_ID = "customer_id"
    NAME = "name"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    PHONE = "phone"
    NUMBER_STATUS = "number_status"
    TIME_ZONE = "time_zone"
    REGION = "region"
    LANGUAGE = "language"
    PRODUCTS = "products"
    CONSENT_BASIS = "consent_basis"
    CONSENT_DATE = "consent_date"
    CONSENT_SOURCE = "consent_source"
    PRIORITY = "priority"
    SCORE = "score"
    ATTRIBUTE = "attribute"


SEVERAL = (Means.IGNORE, Means.PHONE, Means.NUMBER_STATUS, Means.ATTRIBUTE)


class Trouble(StrEnum):
    """Why a list can't be read by a mapping; the words are in campaigns.words."""

    NO_PHONE = "no_phone"
    SAME_MEANING = "same_meaning"
    SAME_ATTRIBUTE = "same_attribute"
    NO_SUCH_PHONE = "no_such_phone"
    NO_KEY = "no_key"
    TOO_LONG = "too_long"
    UNKNOWN_CODE = "unknown_code"
    MISSING_COLUMN = "missing_column"


class NoMapping(Exception):
    """What was given is no mapping of a version we know."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. What else is said of it depends on what it means.

    phone: `label`, and `order` in which phones are tried (then by place). number_status: `phone`, the name of a phone's
    column, empty for the first. products: `separator`, empty for any usual one. attribute: `group`, `key`, `type`.
    Dates of any kind: `date_order`. `required`: a row without a readable value is rejected. `why` and `confidence`
    (0 to 1) are what it was guessed by.
    """

    name: str
    means: str
    label: str = ""
    order: int = 0
    phone: str = ""
    separator: str = ""
    group: str = OTHER_GROUP
    key: str = ""
    type: str = Type.TEXT
    date_order: str = ""
    required: bool = False
    why: str = ""
    confidence: float = 0.0


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a mapping, and the columns that have it."""

    code: Trouble
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mapping:
    """A column for each of the file's, in its order."""

    columns: tuple[Column, ...]

    def as_json(self) -> dict[str, Any]:
        plain = Column("", "")
        return {
            "version": VERSION,
            "columns": [
                {name: value for name, value in asdict(column).items() if value != getattr(plain, name)}
                for column in self.columns
            ],
        }

    @classmethod
    def from_json(cls, known: Any) -> Mapping:
        """Raises NoMapping."""
        if not isinstance(known, dict) or known.get("version") != VERSION or not isinstance(known.get("columns"), list):
            raise NoMapping
        return cls(tuple(_column(column) for column in known["columns"]))

    def layout(self) -> Layout:
        """The same as where in a row each thing is. The mapping has no problems."""
        at = {column.name: index for index, column in reversed(list(enumerate(self.columns)))}
        phones = sorted(self._of(Means.PHONE), key=lambda found: (found[1].order, found[0]))
        places = [index for index, _column in phones]
        attributes = ((i, c) for i, c in self._of(Means.ATTRIBUTE))
        return Layout(
            header=tuple(column.name for column in self.columns),
            fields={c.means: i for i, c in enumerate(self.columns) if c.means not in (*SEVERAL, Means.PRODUCTS)},
            phones=tuple(PhoneColumn(index, column.label) for index, column in phones),
            attributes=tuple(AttributeColumn(i, c.group, c.key, c.type, c.date_order) for i, c in attributes),
            products=tuple(ProductsColumn(i, c.separator) for i, c in self._of(Means.PRODUCTS)),
            statuses=tuple(
                StatusColumn(i, at[c.phone] if c.phone else places[0]) for i, c in self._of(Means.NUMBER_STATUS)
            ),
            required=tuple(i for i, c in enumerate(self.columns) if c.required),
            consent_date_order=next((c.date_order for _i, c in self._of(Means.CONSENT_DATE)), ""),
        )

    def _of(self, means: Means) -> Iterator[tuple[int, Column]]:
        return ((index, column) for index, column in enumerate(self.columns) if column.means == means)


def check(mapping: Mapping) -> list[Problem]:
    """What keeps a list from being read by this mapping."""
    columns = mapping.columns
    phones = [column.name for column in columns if column.means == Means.PHONE]
    found = [] if phones else [Problem(Trouble.NO_PHONE)]
    meanings = Counter(column.means for column in columns if column.means not in SEVERAL)
    found += [
        Problem(Trouble.SAME_MEANING, tuple(c.name for c in columns if c.means == means))
        for means, times in meanings.items()
        if times > 1
    ]
    keys = Counter((c.group, c.key) for c in columns if c.means == Means.ATTRIBUTE and c.key)
    found += [
        Problem(Trouble.SAME_ATTRIBUTE, tuple(c.name for c in columns if (c.group, c.key) == key))
        for key, times in keys.items()
        if times > 1
    ]
    return found + [Problem(code, (c.name,)) for c in columns for code in _troubles(c, phones)]


def fit(mapping: Mapping, header: Sequence[str]) -> tuple[Mapping, list[Problem]]:
    """The mapping for a file with these columns; those it does not know are ignored, and it says which are missing."""
    known = {column.name: column for column in mapping.columns}
    columns = tuple(known.get(name, Column(name, Means.IGNORE)) for name in header)
    needed = [column for column in mapping.columns if column.means != Means.IGNORE and column.name not in header]
    return Mapping(columns), [Problem(Trouble.MISSING_COLUMN, (column.name,)) for column in needed]


def _troubles(column: Column, phones: Sequence[str]) -> Iterator[Trouble]:
    codes = column.means in set(Means) and column.type in set(Type) and column.date_order in ("", *DateOrder)
    if not codes or column.group not in (*GROUPS, OTHER_GROUP):
        yield Trouble.UNKNOWN_CODE
    if column.means == Means.NUMBER_STATUS and column.phone and column.phone not in phones:
        yield Trouble.NO_SUCH_PHONE
    if column.means == Means.ATTRIBUTE and not column.key.strip():
        yield Trouble.NO_KEY
    if len(column.label) > LONGEST_LABEL or len(column.key) > LONGEST_KEY:
        yield Trouble.TOO_LONG


def _column(known: Any) -> Column:
    if not isinstance(known, dict):
        raise NoMapping
    column = replace(Column("", Means.IGNORE), **{f.name: known[f.name] for f in fields(Column) if f.name in known})
    plain = Column("", "")
    for item in fields(Column):
        kind = float if item.name == "confidence" else type(getattr(plain, item.name))
        value = getattr(column, item.name)
        if not isinstance(value, (int, float) if kind is float else str if issubclass(kind, str) else kind):
            raise NoMapping
    return column

"""What a person says the columns of a file mean: one choice per column, by its place in the file."""

from __future__ import annotations

from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext_lazy as _

from campaigns.lists.columns import GROUPS, OTHER_GROUP
from campaigns.lists.importing import source
from campaigns.lists.mapping import Column, Mapping, Means
from campaigns.lists.reading import Sheet
from campaigns.models import ListVersion

ATTRIBUTE = "attribute."
CHOICES = [
    (Means.IGNORE.value, _("left out")),
    (Means.CUSTOMER_ID.value, _("customer id")),
    (Means.NAME.value, _("name of the person")),
    (Means.FIRST_NAME.value, _("first name")),
    (Means.LAST_NAME.value, _("last name")),
    (Means.PHONE.value, _("phone")),
    (Means.NUMBER_STATUS.value, _("status of the number")),
    (Means.TIME_ZONE.value, _("time zone")),
    (Means.REGION.value, _("region")),
    (Means.LANGUAGE.value, _("language")),
    (Means.PRODUCTS.value, _("products held")),
    (Means.CONSENT_BASIS.value, _("consent: basis")),
    (Means.CONSENT_DATE.value, _("consent: date")),
    (Means.CONSENT_SOURCE.value, _("consent: source")),
    (Means.PRIORITY.value, _("priority")),
    (Means.SCORE.value, _("score")),
    (f"{ATTRIBUTE}social", _("tag: social")),
    (f"{ATTRIBUTE}account", _("tag: account")),
    (f"{ATTRIBUTE}transaction", _("tag: transaction")),
    (f"{ATTRIBUTE}{OTHER_GROUP}", _("kept as it is")),
]


@dataclass(frozen=True, slots=True)
class ColumnShown:
    """A column, what it is read as, and what stands in its first rows."""

    field: str
    name: str
    meaning: str
    examples: str


def shown(version: ListVersion, sheet: Sheet) -> list[ColumnShown]:
    """The file's columns in their order."""
    rows = [row.cells for row in sheet.sample(20)]
    return [
        ColumnShown(f"means-{index}", column.name, _code(column), _examples(rows, index))
        for index, column in enumerate(source.mapping_of(version, sheet).columns)
    ]


def said(version: ListVersion, posted: AnyMapping[str, Any]) -> dict[str, Any] | None:
    """The mapping that was posted; None when no column was."""
    if not version.sheet or not any(name.startswith("means-") for name in posted):
        return None
    columns = source.mapping_of(version, source.sheet_of(version)).columns
    chosen = (_with(column, str(posted.get(f"means-{index}", ""))) for index, column in enumerate(columns))
    return Mapping(tuple(chosen)).as_json()


def _code(column: Column) -> str:
    return f"{ATTRIBUTE}{column.group}" if column.means == Means.ATTRIBUTE else column.means


def _with(column: Column, code: str) -> Column:
    if code not in dict(CHOICES) or code == _code(column):
        return column
    if code.startswith(ATTRIBUTE):
        group = code.removeprefix(ATTRIBUTE)
        group = group if group in GROUPS else OTHER_GROUP
        return replace(column, means=Means.ATTRIBUTE, group=group, key=column.key or column.name[:100])
    return replace(column, means=code)


def _examples(rows: list[list[str]], index: int) -> str:
    found = dict.fromkeys(row[index].strip()[:24] for row in rows if len(row) > index and row[index].strip())
    return ", ".join(list(found)[:3])

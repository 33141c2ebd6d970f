"""What the rows of a part say beside who they are → its tables, and how many values could not be read, by column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from campaigns.lists import copying
from campaigns.lists.columns import Layout
from campaigns.lists.mapping import Mapping
from campaigns.lists.rows import Person
from campaigns.lists.said import tables
from campaigns.lists.values import Type
from campaigns.models import ListVersion

Found = Sequence[tuple[int, Person]]


def keep(version: ListVersion, found: Found) -> dict[str, int]:
    """Put aside what these rows say; returns column → how many of its values could not be read."""
    layout = Mapping.from_json(version.mapping).layout()
    if says_anything(layout):
        copying.copy(tables.COPY_SAID.format(id=int(version.pk)), _said(found))
    if layout.statuses:
        copying.copy(tables.COPY_STATUSES.format(id=int(version.pk)), _statuses(found))
    return dict(Counter(name for _no, person in found for name in person.doubts)) if _may_doubt(layout) else {}


def says_anything(layout: Layout) -> bool:
    """Whether a row may say what the person holds or agreed to."""
    return bool(layout.products or layout.fields.keys() & {"consent_basis", "consent_date"})


def _may_doubt(layout: Layout) -> bool:
    return layout.has_details or any(column.type != Type.TEXT for column in layout.attributes)


def _said(found: Found) -> Iterator[str]:
    for no, person in found:
        consent = person.consent
        if consent:
            on = consent.date.isoformat() if consent.date else copying.NULL
            said = f"{consent.basis}\t{on}\t{copying.text(consent.source)}"
        elif person.products:
            said = f"{copying.NULL}\t{copying.NULL}\t"
        else:
            continue
        yield f"{no}\t{copying.text(_array(person.products))}\t{said}\n"


def _array(texts: Sequence[str]) -> str:
    """As PostgreSQL writes an array of texts."""
    quoted = ('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' for text in texts)
    return "{" + ",".join(quoted) + "}"


def _statuses(found: Found) -> Iterator[str]:
    for no, person in found:
        for phone in person.phones:
            if phone.status:
                yield f"{no}\t{phone.number.phone}\t{phone.status}\n"

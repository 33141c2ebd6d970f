"""What the rows of a part say beside who they are → its tables, and how many values could not be read, by column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from campaigns.lists import copying
from campaigns.lists.columns import Layout
from campaigns.lists.mapping import Mapping
from campaigns.lists.rows import Person
from campaigns.lists.said import tables
from campaigns.models import ListVersion


class Keeper:
    """What people say beside who they are, written down as they come; `doubts`: column → values that were not read."""

    def __init__(self, version: ListVersion) -> None:
        self.doubts: Counter[str] = Counter()
        layout = Mapping.from_json(version.mapping).layout()
        self._says, self._has_statuses = says_anything(layout), bool(layout.statuses)
        self._said: list[str] = []
        self._statuses: list[str] = []

    def add(self, no: int, person: Person) -> None:
        """Take in what the person of this row says."""
        if person.doubts:
            self.doubts.update(person.doubts)
        if self._says:
            self._said += _said(no, person)
        if self._has_statuses:
            self._statuses += _statuses(no, person)

    def write(self, version_id: int) -> None:
        """Put it aside."""
        if self._says:
            copying.copy(tables.COPY_SAID.format(id=int(version_id)), self._said)
        if self._has_statuses:
            copying.copy(tables.COPY_STATUSES.format(id=int(version_id)), self._statuses)


def says_anything(layout: Layout) -> bool:
    """Whether a row may say what the person holds or agreed to."""
    return bool(layout.products or layout.fields.keys() & {"consent_basis", "consent_date"})


def _said(no: int, person: Person) -> Iterator[str]:
    consent = person.consent
    if consent:
        on = consent.date.isoformat() if consent.date else copying.NULL
        said = f"{consent.basis}\t{on}\t{copying.text(consent.source)}"
    elif person.products:
        said = f"{copying.NULL}\t{copying.NULL}\t"
    else:
        return
    yield f"{no}\t{copying.text(_array(person.products))}\t{said}\n"


def _array(texts: Sequence[str]) -> str:
    """As PostgreSQL writes an array of texts."""
    quoted = ('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' for text in texts)
    return "{" + ",".join(quoted) + "}"


def _statuses(no: int, person: Person) -> Iterator[str]:
    for phone in person.phones:
        if phone.status:
            yield f"{no}\t{phone.number.phone}\t{phone.status}\n"

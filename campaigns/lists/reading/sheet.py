"""A list that can be read, whole or in parts.

A part is a range of bytes that begins and ends with a row, so that several processes read a file at the same time, and
one that was stopped goes on where it was. Each part carries a checksum of its bytes: a file that is not what it was
when it was looked through is refused before a row of it is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from itertools import chain, islice
from pathlib import Path
from typing import Any
from zlib import crc32

from django.utils.translation import gettext as _

from campaigns.lists.columns import Layout, Unreadable, understand
from campaigns.lists.mapping import check
from campaigns.lists.mapping.guessing import guess
from campaigns.lists.reading.characters import shown_again
from campaigns.lists.reading.evidence import Evidence, Why
from campaigns.lists.reading.records import Flaw, Format, Row, rows

VERSION = 1


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes `start` to `stop` of the file; `rows` are those below the header that are not blank."""

    index: int
    start: int
    stop: int
    first_no: int
    rows: int
    checksum: int


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Sheet:
    """A file that was looked through: how it is read, and how many rows it has.

    `header` has a name for every column, "column 1" and so on where the file has none; the rows up to `header_no` are
    no data. `path` is the file itself, or what it was converted into. `cut_off_no` is the row in whose middle the file
    ends, 0 when it ends well; that row is read with a flaw. `sheet_names` are those of a workbook, `sheet_name` the one
    that is read.
    """

    path: Path
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    has_header: bool
    header_no: int
    rows_total: int
    cut_off_no: int
    index: tuple[Part, ...]
    evidence: Evidence
    sheet_name: str = ""
    sheet_names: tuple[str, ...] = ()

    @property
    def layout(self) -> Layout:
        """What the columns mean by their names, or without them by content. Raises Unreadable when none is a phone."""
        if self.has_header:
            return understand(list(self.header))
        mapping = guess(self.header, [row.cells for row in self.sample() if not row.flaw])
        if check(mapping):
            raise Unreadable(
                _(
                    "The file has no names of columns, and no column holds only phone numbers. Add a row of names "
                    "above it, for example “customer id, name, phone”, and upload the list again."
                )
            )
        return mapping.layout()

    def parts(self) -> tuple[Part, ...]:
        return self.index

    def rows(self) -> Iterator[Row]:
        """All rows below the header in their order; blank ones are left out. Raises Unreadable."""
        return chain.from_iterable(map(self.read, self.index))

    def sample(self, count: int = 200) -> list[Row]:
        """The first rows."""
        return list(islice(self.rows(), count))

    def shown_evidence(self) -> Evidence:
        """How its characters are read, with pieces of the file as they look so, and otherwise."""
        if self.evidence.samples or self.evidence.why in (Why.ASCII, Why.WORKBOOK):
            return self.evidence
        return shown_again(self.path, self.encoding, self.evidence)

    def read(self, part: Part) -> Iterator[Row]:
        """The rows of one part. Raises Unreadable, before the first row, when the file has changed."""
        with self.path.open("rb") as file:
            file.seek(part.start)
            data = file.read(part.stop - part.start)
        if crc32(data) != part.checksum:
            raise Unreadable(changed())
        found = rows(data, Format(self.encoding, self.delimiter), part.first_no)
        return found if 0 < part.index < len(self.index) - 1 else self._below_header(found)

    def _below_header(self, found: Iterator[Row]) -> Iterator[Row]:
        for row in found:
            if row.no == self.cut_off_no:
                yield row._replace(flaw=row.flaw or Flaw.CUT_OFF)
            elif row.no > self.header_no:
                yield row

    def as_json(self) -> dict[str, Any]:
        """To be kept beside the list, so that a part can be read by another process or after a restart.

        The pieces of text in the evidence are people's data and stay in the file.
        """
        known = {name: getattr(self, name) for name in PLAIN_FIELDS}
        return known | {
            "version": VERSION,
            "index": [list(asdict(part).values()) for part in self.index],
            "evidence": [self.evidence.encoding, self.evidence.why, self.evidence.plausible],
        }

    @classmethod
    def from_json(cls, path: Path, known: dict[str, Any]) -> Sheet:
        """The sheet that as_json told of; `path` is where its file is now."""
        plain = {name: known[name] for name in PLAIN_FIELDS}
        lists = {name: tuple(plain[name]) for name in ("header", "sheet_names")}
        index = tuple(Part(*values) for values in known["index"])
        encoding, why, plausible = known["evidence"]
        return cls(path=path, index=index, evidence=Evidence(encoding, Why(why), plausible), **(plain | lists))


PLAIN_FIELDS = [item.name for item in fields(Sheet) if item.name not in ("path", "index", "evidence")]


def changed() -> str:
    return _("The file changed while it was being read. Upload it again.")

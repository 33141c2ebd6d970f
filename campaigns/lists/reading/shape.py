"""How the text is laid out: by which delimiter, and whether a row names the columns.

Both are read off the first rows. A delimiter that gives names we know, or rows of one width, is the right one. The
header is the first row, or, below a title, the first with names we know; a row that holds data is none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from campaigns.lists.columns import Unreadable, is_known
from campaigns.lists.reading.records import Format, Record, decode, records

DELIMITERS = ",;\t|"
MOST_COLUMNS = 1_000
LOOKED_AT = 50
TITLES = 10
_DATA = re.compile(r"'?[+(]*\d[\d\s().:/+-]{3,}\d|[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, slots=True)
class Shape:
    """`names` of the columns; the rows up to `header_no` are no data, `above` of them not blank."""

    names: tuple[str, ...]
    has_header: bool
    header_no: int
    above: int


def find_delimiter(data: bytes, encoding: str) -> str:
    """The delimiter of the rows that these bytes begin with; Excel's own `sep=` line wins."""
    line = decode(data[:100], encoding).lstrip().partition("\n")[0].strip(' "\r')
    if line.lower().startswith("sep=") and len(line) == 5 and line[4] in DELIMITERS:
        return line[4]
    return max(DELIMITERS, key=lambda delimiter: _score(data, Format(encoding, delimiter)))


def find_shape(data: bytes, form: Format, has_header: bool | None) -> Shape:
    """Which row of these names the columns; `has_header` says it when somebody knows. Raises Unreadable."""
    found = _first(data, form)
    rows = [(no, record) for no, record in enumerate(found, 1) if not record.is_blank]
    if rows and _is_sep_line(rows[0][1].cells):
        skipped, rows = rows[:1], rows[1:]
    else:
        skipped = []
    if not rows:
        raise Unreadable(_("The file has no rows. Export the list again and upload the new file."))
    if all(record.flaw for _no, record in rows) or (rows[0][1].flaw and has_header is not False):
        raise Unreadable(_("The first rows of the file are damaged. Export the list again and upload the new file."))
    at = _header_at([record for _no, record in rows], has_header)
    if at is None:
        width = _usual_width([record for _no, record in rows])
        return _shape(("",) * width, False, skipped[0][0] if skipped else 0, len(skipped))
    no, record = rows[at]
    return _shape(tuple(record.cells), True, no, len(skipped) + at + 1)


def _first(data: bytes, form: Format) -> list[Record]:
    return [record for record, _ in zip(records(data, form, final=True), range(LOOKED_AT), strict=False)]


def _score(data: bytes, form: Format) -> tuple[int, float, int]:
    rows = [record for record in _first(data, form) if not record.is_blank]
    if not rows:
        return 0, 0, 0
    known = max(_known(record) for record in rows[:TITLES])
    width = _usual_width(rows)
    share = sum(not record.flaw and len(record.cells) == width for record in rows) / len(rows)
    return known, round(share, 1) if width > 1 else 0, width


def _known(record: Record) -> int:
    return 0 if record.flaw else sum(is_known(cell[:100]) for cell in record.cells[:MOST_COLUMNS])


def _usual_width(rows: Sequence[Record]) -> int:
    widths = Counter(len(record.cells) for record in rows if not record.flaw)
    return widths.most_common(1)[0][0] if widths else 0


def _header_at(rows: Sequence[Record], has_header: bool | None) -> int | None:
    """Where the header is among the rows."""
    if has_header is False:
        return None
    if not _known(rows[0]):
        below_titles = next((at for at, record in enumerate(rows[:TITLES]) if _known(record) > 1), None)
        if below_titles is not None and not any(record.flaw or _is_data(record) for record in rows[:below_titles]):
            return below_titles
        if not has_header and _is_data(rows[0]):
            return None
    return 0


def _is_data(record: Record) -> bool:
    return any(_DATA.fullmatch(cell.strip()[:100]) for cell in record.cells[:MOST_COLUMNS])


def _is_sep_line(cells: list[str]) -> bool:
    return cells[0].lower().startswith("sep=") or [cell.lower() for cell in cells] == ["sep=", ""]


def _shape(names: tuple[str, ...], has_header: bool, header_no: int, above: int) -> Shape:
    if len(names) > MOST_COLUMNS:
        sentence = _("The file has %(count)s columns, more than a list has. Export it again with a few of them.")
        raise Unreadable(sentence % {"count": len(names)})
    names = tuple(name.strip() or f"column {index}" for index, name in enumerate(names, 1))
    return Shape(names, has_header, header_no, above)

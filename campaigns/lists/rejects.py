"""The rejects of a version to correct and upload again: the user's own columns, then row, reason, column, value.

The cells are the file's own, read again beside the rejects. No spreadsheet runs a cell as a formula: CSV cells that
begin like one are led by an apostrophe, cells of a workbook are text whatever they begin with.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from typing import IO, Any

import xlsxwriter
from django.utils.translation import gettext as _

from campaigns import words
from campaigns.lists import shown
from campaigns.lists.importing import source
from campaigns.models import ListVersion, Reject

# A cell that begins with one of these is a formula to a spreadsheet.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
AT_A_TIME = 2000
MOST_SHEET_ROWS = 1_048_575
LONGEST_CELL = 32_767


def harmless(cell: Any) -> str:
    """The cell as text that no spreadsheet runs as a formula."""
    text = str(cell)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def csv_lines(version: ListVersion) -> Iterator[str]:
    """The file as CSV, for a response that streams."""
    writer = csv.writer(_Line())
    lines = _lines(version)
    # The mark tells Excel that this is UTF-8.
    yield "\ufeff" + writer.writerow([harmless(cell) for cell in next(lines)])
    for line in lines:
        yield writer.writerow([harmless(cell) for cell in line])


def workbook(version: ListVersion) -> IO[bytes]:
    """The same as an Excel file, written row by row; the caller closes it."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet()
    for number, line in enumerate(_lines(version)):
        if number > MOST_SHEET_ROWS:
            break
        for column, cell in enumerate(line):
            sheet.write_string(number, column, str(cell)[:LONGEST_CELL])
    book.close()
    file.seek(0)
    return file


class _Line:
    """What csv.writer writes to: gives the line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def _lines(version: ListVersion) -> Iterator[list[Any]]:
    """The head, then a line for each reject."""
    columns, found = source.cells(version)
    names = list(columns) or _older_columns(version)
    yield [*names, _("row"), _("reason"), _("column"), _("value"), _("same as")]
    row = next(found, None)
    for reject, same in _rejects(version):
        while row and row.no < reject.row_no:
            row = next(found, None)
        cells = row.cells if row and row.no == reject.row_no else [reject.row.get(name, "") for name in names]
        cells = [*cells[: len(names)], *[""] * (len(names) - len(cells))]
        reason = words.of(words.REJECT_REASONS, reject.reason)
        yield [*cells, reject.row_no, reason, reject.column, reject.value, same]


def _rejects(version: ListVersion) -> Iterator[tuple[Reject, str]]:
    after = 0
    while page := list(version.rejects.filter(row_no__gt=after).order_by("row_no")[:AT_A_TIME]):
        names = shown.names_of(page)
        yield from ((reject, shown.evidence_of(reject, names)) for reject in page)
        after = page[-1].row_no


def _older_columns(version: ListVersion) -> list[str]:
    """Lists that were read before versions kept their cells with the reject."""
    first = version.rejects.order_by("row_no").first()
    return list(first.row) if first else []

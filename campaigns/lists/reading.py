"""A file somebody exported somewhere → its rows, or one sentence that says what is wrong and what to do.

Encoding and delimiter are found, never asked for. The whole file is read once before anything is applied, so that a
file cut off in the middle is refused as a whole: half a list that looks whole is worse than none.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from io import SEEK_END, TextIOWrapper
from pathlib import Path
from typing import TextIO

from django.utils.translation import gettext as _

from campaigns.lists.columns import Layout, Unreadable, is_known, understand

CHUNK = 1 << 20
LONGEST_LINE = 1 << 20
LONGEST_HEADER = 100_000
DELIMITERS = ",;\t|"
NOT_TEXT = {
    b"PK\x03\x04": ".xlsx",
    b"\xd0\xcf\x11\xe0": ".xls",
    b"%PDF": ".pdf",
}
BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the file; `no` counts as a spreadsheet does, the header included."""

    no: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file that can be read: how, what its columns mean, and how many rows it has."""

    path: Path
    encoding: str
    delimiter: str
    header_no: int
    layout: Layout
    rows_total: int

    def rows(self) -> Iterator[Row]:
        """Its rows below the header; empty ones are left out."""
        return (row for row in _rows(self.path, self.encoding, self.delimiter) if row.no > self.header_no)


def open_sheet(path: Path) -> Sheet:
    """Look through the whole file. Raises Unreadable."""
    encoding = _find_encoding(path)
    delimiter = _find_delimiter(path, encoding)
    rows = _rows(path, encoding, delimiter)
    header = next(rows, None)
    if header is None:
        raise Unreadable(_("The file has no rows. Export the list again and upload the new file."))
    layout = understand(header.cells)
    total = _count(rows, len(header.cells), _ends_with_newline(path, encoding))
    return Sheet(path, encoding, delimiter, header.no, layout, total)


def _find_encoding(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(4096)
    if not head:
        raise Unreadable(_("The file is empty (0 bytes). Export the list again and upload the new file."))
    for magic, kind in NOT_TEXT.items():
        if head.startswith(magic):
            sentence = _("This is a %(kind)s file, not text. Open it, save it as “CSV UTF-8” and upload that.")
            raise Unreadable(sentence % {"kind": kind})
    candidates = _candidates(head)
    for encoding in candidates:
        if _decodes(path, encoding):
            return encoding
    raise Unreadable(
        _("The characters can't be read as UTF-8, UTF-16 or GB18030. Save the list as “CSV UTF-8” and upload it again.")
    )


def _candidates(head: bytes) -> list[str]:
    for bom, encoding in BOMS.items():
        if head.startswith(bom):
            return [encoding]
    # Digits, commas and line ends of UTF-16 have a zero byte: many, nearly all on one side.
    zeros = (head[::2].count(0), head[1::2].count(0))
    if max(zeros) > len(head) // 20 and max(zeros) > 4 * min(zeros):
        return ["utf-16-le" if zeros[1] else "utf-16-be"]
    return ["utf-8", "gb18030"]


def _decodes(path: Path, encoding: str) -> bool:
    """Whether the whole file is of this encoding. Raises Unreadable when it is, but is damaged."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
    with path.open("rb") as file:
        try:
            while chunk := file.read(CHUNK):
                if "\0" in decoder.decode(chunk):
                    raise Unreadable(
                        _("The file contains NUL bytes: it is damaged. Export the list again and upload the new file.")
                    )
        except UnicodeDecodeError:
            return False
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise Unreadable(_cut_off()) from error
    return True


def _cut_off() -> str:
    return _("The file ends in the middle of a row: it was cut off. Export the list again and upload the new file.")


def _open(path: Path, encoding: str) -> TextIO:
    # The csv module wants line ends as they are: quoted cells may contain them.
    return TextIOWrapper(path.open("rb"), encoding=encoding, newline="")


def _find_delimiter(path: Path, encoding: str) -> str:
    """The delimiter that gives the header most columns we know; Excel's own `sep=` line wins."""
    with _open(path, encoding) as file:
        line = next((line for line in _lines(file) if line.strip()), "")
    if line.lower().startswith("sep=") and len(line.strip()) == 5:
        return line[4]
    return max(DELIMITERS, key=lambda delimiter: _score(line, delimiter))


def _score(line: str, delimiter: str) -> tuple[int, int]:
    cells = next(csv.reader([line[:LONGEST_HEADER].rstrip("\r\n")], delimiter=delimiter), [])
    return sum(is_known(cell) for cell in cells), len(cells)


def _lines(file: TextIO) -> Iterator[str]:
    """Lines, never holding more than one of bounded length in memory."""
    while line := file.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE and not line.endswith(("\n", "\r")):
            raise Unreadable(
                _("The file has a line of more than a million characters, so it is not a list. Export it again as CSV.")
            )
        yield line


def _rows(path: Path, encoding: str, delimiter: str) -> Iterator[Row]:
    with _open(path, encoding) as file:
        reader = csv.reader(_lines(file), delimiter=delimiter, strict=True)
        no = 0
        while True:
            began = reader.line_num + 1
            try:
                cells = next(reader, None)
            except csv.Error as error:
                raise Unreadable(_broken_quote(began)) from error
            if cells is None:
                return
            no += 1
            if any(cell.strip() for cell in cells) and not (no == 1 and _is_sep_line(cells)):
                yield Row(no, cells)


def _is_sep_line(cells: list[str]) -> bool:
    return cells[0].lower().startswith("sep=") or [cell.lower() for cell in cells] == ["sep=", ""]


def _broken_quote(line: int) -> str:
    sentence = _(
        "A quotation mark that opens in the row at line %(line)s is never closed properly, or the file was cut off "
        "there. Correct that row or export the list again, and upload the new file."
    )
    return sentence % {"line": line}


def _count(rows: Iterator[Row], width: int, ends_with_newline: bool) -> int:
    total, last_width = 0, width
    for row in rows:
        total, last_width = total + 1, len(row.cells)
    if last_width < width and not ends_with_newline:
        raise Unreadable(_cut_off())
    if not total:
        raise Unreadable(_("The file has a header but no rows. Export the list again and upload the new file."))
    return total


def _ends_with_newline(path: Path, encoding: str) -> bool:
    with path.open("rb") as file:
        file.seek(-2 if encoding.startswith("utf-16") else -1, SEEK_END)
        return bool(file.read().strip(b"\0") in (b"\r", b"\n"))

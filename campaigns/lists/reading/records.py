"""Bytes → rows, each with its cells or with what is wrong with it; the bytes may be any part that begins with a row.

A damaged row costs itself and no other. A quotation mark that is never closed, read by the letter, swallows the rest of
the file; here its line is one rejected row and reading resumes at the next line. What a line becomes depends only on
the bytes from it on, so that a file gives the same rows read at once or in parts.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

MOST_LINES = 100  # of one row, in its quoted cells
MOST_CHARACTERS = 1 << 20  # of one row
MOST_CHARACTERS_OF_A_CELL = csv.field_size_limit()
LONGEST_SHOWN = 200
SPACES = "".join(chr(code) for code in range(0x3001) if chr(code).isspace())
_DAMAGE = re.compile("[\0\ud800-\udfff]")


class Flaw(StrEnum):
    """Why a row can't be told apart into cells that mean anything."""

    BROKEN_QUOTE = "broken_quote"
    CELL_TOO_LONG = "cell_too_long"
    UNDECODABLE = "undecodable"
    NUL_BYTES = "nul_bytes"
    CUT_OFF = "cut_off"


class _TooLong(Exception):
    """A row has more lines than rows have."""


class Row(NamedTuple):
    """One row of the file; `no` counts as a spreadsheet does, the header included.

    A row with a flaw is to be counted as rejected; its cells are what could be read of it, or how its text begins.
    """

    no: int
    cells: list[str]
    flaw: str = ""


class Record(NamedTuple):
    """A row that is not numbered yet, and how many lines of the text it has."""

    cells: list[str]
    flaw: str
    lines: int

    @property
    def is_blank(self) -> bool:
        return not self.flaw and not any(map(str.strip, self.cells))


@dataclass(frozen=True, slots=True)
class Format:
    """How text is written down: an encoding in which line ends and quotation marks are ASCII, and a delimiter."""

    encoding: str
    delimiter: str


def decode(data: bytes, encoding: str) -> str:
    """The text; each byte that is none becomes a lone surrogate, which damages only its own row."""
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return data.decode(encoding, "surrogateescape")


def readable(text: str) -> str:
    """What can be shown and stored of a damaged text."""
    return _DAMAGE.sub("\ufffd", text[:LONGEST_SHOWN]).strip()


def count_plain(data: bytes, form: Format) -> tuple[int, int] | None:
    """How many lines and how many rows these bytes are, where each line is a row; None where that takes more care."""
    text = decode(data, form.encoding)
    lines = _lines(text)
    if '"' not in text:
        blank = SPACES + form.delimiter
        return len(lines), sum(1 for line in lines if line.strip(blank))
    plain = None if _DAMAGE.search(text) else _plain(lines, form.delimiter, may_fail=True)
    return None if plain is None else (len(lines), sum(1 for cells in plain if any(map(str.strip, cells))))


def rows(data: bytes, form: Format, first_no: int) -> Iterator[Row]:
    """The rows of bytes that end where a row does, numbered from `first_no`; blank ones are counted and left out."""
    text = decode(data, form.encoding)
    lines = _lines(text)
    plain = None if _DAMAGE.search(text) else _plain(lines, form.delimiter, may_fail='"' in text)
    if plain is not None:
        return (Row(no, cells) for no, cells in enumerate(plain, first_no) if any(map(str.strip, cells)))
    found = enumerate(map(_marked, _records(lines, form.delimiter, final=True)), first_no)
    return (Row(no, record.cells, record.flaw) for no, record in found if not record.is_blank)


def _plain(lines: list[str], delimiter: str, may_fail: bool) -> Iterable[list[str]] | None:
    """The cells of undamaged lines that are a row each, at once; None where rows have to be told apart with care."""
    if max(map(len, lines), default=0) > MOST_CHARACTERS_OF_A_CELL:
        return None
    found = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
    if not may_fail:
        return found
    try:
        cells = list(found)
    except csv.Error:
        return None
    return cells if len(cells) == len(lines) else None


def records(data: bytes, form: Format, final: bool) -> Iterator[Record]:
    """The records of these bytes, blank ones too; unless `final`, without a last one that may go on behind them."""
    return map(_marked, _records(_lines(decode(data, form.encoding)), form.delimiter, final))


def _lines(text: str) -> list[str]:
    """All kinds of line ends, mixed too, become one."""
    return list(io.StringIO(text, newline=None))


def _records(lines: list[str], delimiter: str, final: bool) -> Iterator[Record]:
    at = 0
    while at < len(lines):
        done, flaw = yield from _until_flaw(lines, at, delimiter, final)
        at += done
        if not flaw:
            return
        yield Record([readable(lines[at])], flaw, 1)
        at += 1


def _until_flaw(
    lines: list[str], at: int, delimiter: str, final: bool
) -> Generator[Record, None, tuple[int, Flaw | None]]:
    """Good records from line `at` on; in the end how many lines they are, and what is wrong with the next one."""
    done = 0

    def feed() -> Iterator[str]:
        for index in range(at, len(lines)):
            # Else each line that opens a quotation mark would be read to the end of the block.
            if index - at - done > MOST_LINES:
                raise _TooLong
            yield lines[index]

    reader = csv.reader(feed(), delimiter=delimiter, strict=True, skipinitialspace=True)
    try:
        for cells in reader:
            if _is_too_long(lines, at + done, at + reader.line_num):
                return done, Flaw.BROKEN_QUOTE
            yield Record(cells, "", reader.line_num - done)
            done = reader.line_num
    except _TooLong:
        return done, Flaw.BROKEN_QUOTE
    except csv.Error as error:
        goes_on = not final and at + reader.line_num == len(lines)
        if goes_on and not _is_too_long(lines, at + done, at + reader.line_num):
            return done, None
        in_one_line = reader.line_num - done == 1 and "field larger" in str(error)
        return done, Flaw.CELL_TOO_LONG if in_one_line else Flaw.BROKEN_QUOTE
    return done, None


def _is_too_long(lines: list[str], start: int, stop: int) -> bool:
    if stop - start < 2:
        return False
    return stop - start > MOST_LINES or sum(map(len, lines[start:stop])) > MOST_CHARACTERS


def _marked(record: Record) -> Record:
    """The record, with a flaw when characters of it are lost."""
    if record.flaw:
        return record
    text = ",".join(record.cells)
    damage = _DAMAGE.search(text)
    if not damage:
        return record
    flaw = Flaw.NUL_BYTES if damage[0] == "\0" else Flaw.UNDECODABLE
    return Record([readable(text)], flaw, record.lines)

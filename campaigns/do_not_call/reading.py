"""A do-not-call file → its numbers, or one sentence that says what is wrong and what to do.

Registers come as text, or as a workbook or a zip file, which campaigns.lists.reading opens: a number a line, or columns
of which one holds the numbers, with or without names above. The column is the one that holds most numbers, so nobody is
asked for it. What is read of text are digits, which all encodings but UTF-16 write alike. A number counts though nobody
could dial it today (of a range not assigned, of a kind we don't call): who is on the register is on the register.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator
from io import TextIOWrapper
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

import rphonenumbers
from django.utils.translation import gettext as _

from campaigns.lists import reading as lists
from campaigns.lists.columns import Unreadable
from campaigns.lists.reading import ReadOptions
from campaigns.rules import numbers
from campaigns.rules.numbers import NotANumber, Reason

LOOKED_AT = 200  # rows that tell which column holds the numbers
LONGEST_LINE = 1 << 16
DELIMITERS = ",;\t|"
PACKED = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # zip and .xlsx; .xls
NOT_TEXT = (b"%PDF", b"\x1f\x8b")
PLAIN = re.compile(r"\+?[0-9]{4,16}", re.ASCII)
POSSIBLE = rphonenumbers.ValidationResult.IS_POSSIBLE

Line = tuple[int, list[str]]  # its number in the file, its cells
Row = tuple[int, str, int | Reason]  # its number in the file, the cell, what that came to


def rows(path: Path, default_country: str) -> Iterator[Row]:
    """Every row that is not empty; row numbers count as a spreadsheet does. Raises Unreadable."""
    if _is_packed(path):
        yield from _numbers(_cells_of_sheet(path), default_country)
    else:
        with _open(path) as file:
            yield from _numbers(_cells(file), default_country)


def _numbers(lines: Iterator[Line], default_country: str) -> Iterator[Row]:
    head = list(islice(lines, LOOKED_AT))
    column = _column([cells for _, cells in head], default_country)
    for no, cells in chain(head[_names_above(head, column) :], lines):
        cell = cells[column].strip() if column < len(cells) else ""
        yield no, cell, number(cell, default_country)


def _is_packed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) in PACKED


def _cells_of_sheet(path: Path) -> Iterator[Line]:
    """Its rows as they are: whether there are names above is told by the numbers here."""
    sheet = lists.open_sheet(path, ReadOptions(has_header=False))
    return ((row.no, row.cells) for row in sheet.rows() if any(cell.strip() for cell in row.cells))


def number(text: str, default_country: str) -> int | Reason:
    """The E.164 digits that the text means, also of a number nobody could dial today; else why it means none."""
    if PLAIN.fullmatch(text):
        return _of_digits(text, default_country)
    found = numbers.check(text, default_country)
    if not isinstance(found, NotANumber):
        return found.phone
    if found.reason in (Reason.UNASSIGNED_RANGE, Reason.WRONG_LINE_TYPE):
        return _of_digits(re.sub(r"[^0-9+]", "", unicodedata.normalize("NFKC", text)), default_country)
    return found.reason


def _of_digits(digits: str, country: str) -> int | Reason:
    # Everyone writes 00, wherever they are.
    text = f"+{digits[2:]}" if digits.startswith("00") else digits
    try:
        found = rphonenumbers.parse(text, country)
    except rphonenumbers.NumberParseException:
        return Reason.MALFORMED
    if rphonenumbers.is_possible_number_with_reason(found) != POSSIBLE:
        return Reason.MALFORMED
    if found.italian_leading_zero:
        return int(rphonenumbers.format_number(found, rphonenumbers.PhoneNumberFormat.E164)[1:])
    return int(f"{found.country_code}{found.national_number}")


def _open(path: Path) -> TextIO:
    with path.open("rb") as file:
        head = file.read(4096)
    if not head:
        raise Unreadable(_("The file is empty (0 bytes). Export it again and choose the new one."))
    if head.startswith(NOT_TEXT):
        raise Unreadable(_("This is not a text file. Open it, save it as “CSV UTF-8” and choose that."))
    # What is no digit may be anything.
    return TextIOWrapper(path.open("rb"), encoding=_encoding(head), errors="replace", newline="")


def _encoding(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    zeros = (head[::2].count(0), head[1::2].count(0))
    if max(zeros) > len(head) // 5:
        return "utf-16-le" if zeros[1] > zeros[0] else "utf-16-be"
    return "utf-8-sig"


def _cells(file: TextIO) -> Iterator[tuple[int, list[str]]]:
    lines = _lines(file)
    first = next(lines, "")
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(chain([first], lines), delimiter=delimiter)
    no = 0
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as flaw:
            sentence = _("The row after row %(row)s can't be read: a quotation mark is never closed. Correct it.")
            raise Unreadable(sentence % {"row": no}) from flaw
        if cells is None:
            return
        no += 1
        if any(cell.strip() for cell in cells):
            yield no, cells


def _lines(file: TextIO) -> Iterator[str]:
    while line := file.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise Unreadable(_("The file has a line of more than 65,000 characters, so it is no list of numbers."))
        yield line.replace("\0", "")


def _column(head: list[list[str]], country: str) -> int:
    """The column that holds most numbers; of equals the first."""
    width = max((len(cells) for cells in head), default=0)
    held = [
        sum(isinstance(number(cells[column].strip(), country), int) for cells in head if column < len(cells))
        for column in range(min(width, 100))
    ]
    if not any(held):
        raise Unreadable(_("No column of the file holds phone numbers. Check the file and the country."))
    return held.index(max(held))


def _names_above(head: list[tuple[int, list[str]]], column: int) -> int:
    """How many rows are names of columns: one or none."""
    first = head[0][1]
    return int(column < len(first) and not any(c.isdecimal() for c in first[column]))

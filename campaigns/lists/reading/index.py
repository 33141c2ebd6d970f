"""The first pass over a file: where its parts are and how many rows it has, without taking most rows to pieces."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO
from zlib import crc32

from django.utils.translation import gettext as _

from campaigns.lists.columns import Unreadable
from campaigns.lists.reading.blocks import BLOCK, length_of_lines, whole_lines
from campaigns.lists.reading.records import Flaw, Format, count_plain, records
from campaigns.lists.reading.sheet import Part, changed

ROWS_OF_A_PART = 20_000
BYTES_OF_A_PART = 4 << 20
MANY_FLAWS = 1_000
CUT = (Flaw.BROKEN_QUOTE, Flaw.UNDECODABLE)


@dataclass(frozen=True, slots=True)
class Index:
    """The parts of a file, the header's rows included; `cut_off_no` is the row in whose middle it ends, or 0."""

    parts: tuple[Part, ...]
    rows: int
    cut_off_no: int


@dataclass(frozen=True, slots=True)
class Block:
    """Whole rows of the file: their bytes, how many, blank ones too, how many are not blank and how many flawed."""

    data: bytes
    records: int
    rows: int
    flaws: int


def look_through(path: Path, form: Format, start: int, width: int) -> Index:
    """The index of the file from `start` (behind a byte order mark) on; rows have `width` cells. Raises Unreadable."""
    with path.open("rb") as file:
        before = os.fstat(file.fileno())
        found = list(_parts(_blocks(file, form, start, before.st_size), start))
        after = path.stat()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise Unreadable(changed())
    total = sum(part.rows for part in found)
    return Index(tuple(found), total, _cut_off_no(path, form, found[-1], width) if found else 0)


def without_header(parts: tuple[Part, ...], above: int) -> tuple[Part, ...]:
    """The parts, the first of which counts only what is below the `above` rows of the header."""
    return (replace(parts[0], rows=parts[0].rows - above), *parts[1:]) if parts else ()


def _blocks(file: BinaryIO, form: Format, start: int, stop: int) -> Iterator[Block]:
    size, rows, flaws = BLOCK, 0, 0
    while start < stop:
        file.seek(start)
        data = whole_lines(file, size)
        if not data:
            raise Unreadable(changed())
        block = _block(data, form, final=start + len(data) >= stop)
        # A row that goes on behind the block needs a larger one.
        size = BLOCK if block.data else size * 2
        if block.data:
            yield block
        start, rows, flaws = start + len(block.data), rows + block.rows, flaws + block.flaws
        _refuse_ruins(rows, flaws)


def _block(data: bytes, form: Format, final: bool) -> Block:
    plain = count_plain(data, form)
    if plain:
        return Block(data, *plain, flaws=0)
    found = [(record.lines, record.is_blank, bool(record.flaw)) for record in records(data, form, final)]
    if not final:
        data = data[: length_of_lines(data, sum(lines for lines, _, _ in found))]
    blank, flaws = (sum(column) for column in list(zip(*found, strict=True))[1:]) if found else (0, 0)
    return Block(data, len(found), len(found) - blank, flaws)


def _refuse_ruins(rows: int, flaws: int) -> None:
    if flaws > MANY_FLAWS and flaws * 2 > rows:
        raise Unreadable(
            _(
                "Most rows have a quotation mark that is never closed, so the columns can't be told apart. Export the "
                "list again with a quotation mark on both sides of such cells, and upload the new file."
            )
        )


def _parts(blocks: Iterator[Block], start: int) -> Iterator[Part]:
    index, no = 0, 1
    part = Part(index, start, start, no, 0, 0)
    for block in blocks:
        no += block.records
        stop, checksum = part.stop + len(block.data), crc32(block.data, part.checksum)
        part = Part(part.index, part.start, stop, part.first_no, part.rows + block.rows, checksum)
        if part.rows >= ROWS_OF_A_PART or part.stop - part.start >= BYTES_OF_A_PART:
            yield part
            part = Part(part.index + 1, stop, stop, no, 0, 0)
    if part.stop > part.start:
        yield part


def _cut_off_no(path: Path, form: Format, part: Part, width: int) -> int:
    """The last row, when it has too few cells and no line end."""
    with path.open("rb") as file:
        file.seek(part.start)
        data = file.read(part.stop - part.start)
    if data.endswith((b"\n", b"\r")):
        return 0
    for no, record in enumerate(records(data, form, final=True), part.first_no):
        last_no, last = no, record
    is_short = not last.flaw and len(last.cells) < width
    return last_no if not last.is_blank and (last.flaw in CUT or is_short) else 0

"""Whatever the bytes are: a sentence or rows, never a traceback, and no row lost or doubled, read whole or in parts."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from campaigns.lists.reading import ReadOptions, Unreadable, index, open_sheet
from campaigns.lists.reading.evidence import ENCODINGS
from campaigns.lists.reading.records import Format, records
from tests.campaigns.lists.reading.making import HEADER, SIMPLIFIED, in_parts, text_of, workbook

FILES = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
ENDS = ("\r\n", "\n", "\r")
CELLS = st.sampled_from(
    [
        "王芳",
        "欧阳晓婷",
        "陳美麗",
        "José Müller",
        "Ann",
        "13800138000",
        "+1 212 555 0123",
        "1.38E+10",
        "",
        " ",
        'a"b',
        "x,y",
        "l1\nl2",
        "'1",
    ]
)
MUTATIONS = st.lists(
    st.tuples(
        st.sampled_from(["flip", "drop", "insert", "repeat", "cut"]),
        st.integers(0, 4000),
        st.integers(1, 40),
        st.binary(max_size=6),
    ),
    max_size=6,
)
NASTY = st.lists(
    st.sampled_from(['"', '""', ",", "\n", "\r", "\r\n", "a", "王", " ", "\0", ";", '","', '"\n']), max_size=60
).map("".join)


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that rows go over the ends of blocks and there are parts even in a small file."""
    monkeypatch.setattr(index, "BLOCK", 64)
    monkeypatch.setattr(index, "ROWS_OF_A_PART", 3)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@st.composite
def texts(draw: st.DrawFn) -> bytes:
    rows = [HEADER, *draw(st.lists(st.lists(CELLS, min_size=1, max_size=5), max_size=12))]
    text = text_of(rows, draw(st.sampled_from(",;\t|")), draw(st.sampled_from(ENDS)))
    return text.encode(draw(st.sampled_from([*ENCODINGS, "utf-8-sig", "utf-16"])), "replace")


def mutated(data: bytes, mutations: list[tuple[str, int, int, bytes]]) -> bytes:
    for kind, at, length, new in mutations:
        at %= len(data) + 1
        piece = data[at : at + length]
        if kind == "cut":
            return data[:at]
        middle = {"flip": bytes(byte ^ 0xFF for byte in piece), "drop": b"", "insert": new + piece, "repeat": piece * 3}
        data = data[:at] + middle[kind] + data[at + length :]
    return data


def accounted_for(path: Path, options: ReadOptions | None = None) -> None:
    with suppress(Unreadable):
        sheet = open_sheet(path, options)
        rows = list(sheet.rows())
        numbers = [row.no for row in rows]
        assert len(rows) == sheet.rows_total == sum(part.rows for part in sheet.parts())
        assert numbers == sorted(set(numbers))
        assert in_parts(sheet) == rows
        assert all(row.flaw or any(cell.strip() for cell in row.cells) for row in rows)
        assert not any("\0" in cell or "\ud800" <= cell <= "\udfff" for row in rows for cell in row.cells)
        assert not sheet.evidence.samples or all(sample.text.encode() for sample in sheet.evidence.samples)


@given(data=texts(), mutations=MUTATIONS)
@FILES
def test_every_row_of_a_damaged_text_is_accounted_for(folder: Path, data: bytes, mutations: Any) -> None:
    path = folder / "text"
    path.write_bytes(mutated(data, mutations))

    accounted_for(path)


@given(text=NASTY, encoding=st.sampled_from(sorted(ENCODINGS)), chosen=st.sampled_from([None, *ENCODINGS]))
@example(text='n,phone\n"' + 'a","\n' * 300, encoding="utf-8", chosen=None)
@FILES
def test_quotation_marks_anywhere_lose_no_row(folder: Path, text: str, encoding: str, chosen: str | None) -> None:
    path = folder / "nasty"
    path.write_bytes(text.encode(encoding, "replace"))

    accounted_for(path, ReadOptions(encoding=chosen))


@given(text=NASTY)
@settings(deadline=None, max_examples=300)
def test_every_line_belongs_to_one_record(text: str) -> None:
    data = text.encode()

    found = list(records(data, Format("utf-8", ","), final=True))

    assert sum(record.lines for record in found) == len(data.splitlines())


def _workbook_bytes(folder: Path) -> bytes:
    return workbook(folder / "a.xlsx", {"客户": [HEADER, *SIMPLIFIED, ("C4", "韩梅梅", 13800138004, "")]}).read_bytes()


def _zip_bytes() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("list.csv", text_of([HEADER, *SIMPLIFIED] * 20))
    return out.getvalue()


@given(mutations=MUTATIONS)
@settings(FILES, max_examples=25)
def test_a_damaged_workbook_is_refused_or_read(folder: Path, mutations: Any) -> None:
    path = folder / "book"
    path.write_bytes(mutated(_workbook_bytes(folder), mutations))

    accounted_for(path)


@given(mutations=MUTATIONS)
@FILES
def test_a_damaged_zip_file_is_refused_or_read(folder: Path, mutations: Any) -> None:
    path = folder / "zip"
    path.write_bytes(mutated(_zip_bytes(), mutations))

    accounted_for(path)


@given(data=st.binary(max_size=300))
@example(data=b"name,phone\n\x88b\x88b,13800138000\n")
@FILES
def test_any_bytes_are_refused_or_read(folder: Path, data: bytes) -> None:
    path = folder / "bytes"
    path.write_bytes(data)

    accounted_for(path)

"""Several processes read one file, each from where its part begins; all of them together read every row once."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from pathlib import Path

import pytest

from campaigns.lists.reading import Sheet, index, open_sheet
from tests.campaigns.lists.reading.making import in_parts, read, written

ROWS = [[f"C{n}", f"王芳{n}", f"138{n:08d}", 'a "note"\nof two lines' if n % 3 == 0 else ""] for n in range(3_000)]


@pytest.fixture
def sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sheet:
    monkeypatch.setattr(index, "ROWS_OF_A_PART", 500)
    monkeypatch.setattr(index, "BLOCK", 10_000)
    out = io.StringIO()
    csv.writer(out).writerows([["客户号", "姓名", "手机号", "备注"], *ROWS])
    return read(tmp_path, out.getvalue())


def test_the_parts_are_the_whole(sheet: Sheet) -> None:
    assert len(sheet.parts()) == 6
    assert [row.cells for row in sheet.rows()] == ROWS
    assert in_parts(sheet) == list(sheet.rows())
    assert [row.no for row in sheet.rows()] == list(range(2, 3_002))


def test_what_is_known_of_a_sheet_can_be_kept(sheet: Sheet) -> None:
    known = json.loads(json.dumps(sheet.as_json()))

    again = Sheet.from_json(sheet.path, known)

    assert again.parts() == sheet.parts()
    assert again.layout.mapping() == sheet.layout.mapping()
    assert (again.evidence.encoding, again.evidence.why) == (sheet.evidence.encoding, sheet.evidence.why)
    assert "王芳" not in json.dumps(known, ensure_ascii=False)


def test_a_large_file_costs_little_memory(tmp_path: Path) -> None:
    path = written(tmp_path / "list", "name,phone\n" + "王芳,13800138000\n" * 400_000)
    tracemalloc.start()

    sheet = open_sheet(path)
    read_rows = sum(1 for _row in sheet.rows())

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert read_rows == sheet.rows_total == 400_000
    assert peak < 40_000_000


def test_one_line_without_end_costs_little_memory(tmp_path: Path) -> None:
    path = written(tmp_path / "list", b'name,phone\n"Ann,' + b"1\n" * 2_000_000)
    tracemalloc.start()

    assert open_sheet(path).rows_total == 2_000_000

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40_000_000

"""Workbooks and zip files give the rows of the list in them, or a sentence."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
import xlsxwriter

from campaigns.lists.reading import ReadOptions, Unreadable, Why, open_sheet, workbooks
from campaigns.lists.reading.workbook_to_csv import text
from tests.campaigns.lists.reading.making import HEADER, SIMPLIFIED, cells, in_parts, text_of, workbook, written, zipped

XLS = Path(__file__).with_name("old.xls")


def test_a_workbook_is_read_as_its_text(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a", {"客户": [HEADER, *SIMPLIFIED]})

    sheet = open_sheet(path)

    assert cells(sheet) == [list(row) for row in SIMPLIFIED]
    assert (sheet.sheet_name, sheet.sheet_names, sheet.evidence.why) == ("客户", ("客户",), Why.WORKBOOK)
    assert in_parts(sheet) == list(sheet.rows())
    assert [row.no for row in sheet.rows()] == [2, 3, 4]


def test_a_workbook_of_old_is_read_too() -> None:
    sheet = open_sheet(XLS)

    assert sheet.header == ("客户号", "姓名", "手机号")
    assert cells(sheet) == [["C1", "王芳", "13800138000"], ["C2", "李", "+1 212 555 0123"]]


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (13800138000.0, "13800138000"),
        (0.0, "0"),
        (12.5, "12.5"),
        (6.2220212345678e18, "6.22202123456780e+18"),
        (True, "TRUE"),
        (date(2024, 1, 31), "2024-01-31"),
        (datetime(2024, 1, 31), "2024-01-31"),
        (datetime(2024, 1, 31, 9, 5), "2024-01-31 09:05:00"),
        ("=1+1", "=1+1"),
    ],
)
def test_a_cell_is_what_a_person_sees_in_it(value: object, read: str) -> None:
    assert text(value) == read


def test_the_first_sheet_with_rows_is_read_unless_one_is_named(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a", {"empty": [], "one": [("phone",), ("13800138000",)], "two": [("phone",), ("1",), ("2",)]}
    )

    assert open_sheet(path).sheet_name == "one"
    assert open_sheet(path, ReadOptions(sheet="two")).rows_total == 2
    with pytest.raises(Unreadable, match="no such sheet; it has: empty, one, two"):
        open_sheet(path, ReadOptions(sheet="three"))


def test_rows_are_numbered_as_the_workbook_numbers_them(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "a") as book:
        sheet = book.add_worksheet()
        sheet.write_row(2, 1, ("name", "phone"))
        sheet.write_row(5, 1, ("Ann", "13800138000"))

    found = open_sheet(tmp_path / "a")

    assert found.header_no == 3
    assert [row.no for row in found.rows()] == [6]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"PK\x03\x04rest", "is damaged"),
        (b"\xd0\xcf\x11\xe0rest", "damaged or no workbook"),
    ],
)
def test_a_damaged_workbook_is_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(Unreadable, match=sentence):
        open_sheet(written(tmp_path / "a", content))


def test_an_empty_workbook_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="workbook has no rows"):
        open_sheet(workbook(tmp_path / "a", {"one": []}))


def test_two_cells_at_the_ends_of_a_sheet_do_not_fill_the_memory(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "a") as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "phone")
        sheet.write(1_048_575, 16_383, "13800138000")

    with pytest.raises(Unreadable, match=r"too large|1,000 columns"):
        open_sheet(tmp_path / "a")


def test_a_converter_that_says_nothing_in_time_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "LONGEST", 0.001)

    with pytest.raises(Unreadable, match="too large to be read"):
        open_sheet(workbook(tmp_path / "a", {"one": [("phone",), ("1",)]}))


def test_the_one_list_in_a_zip_file_is_read(tmp_path: Path) -> None:
    plain = text_of([HEADER, *SIMPLIFIED])
    book = workbook(tmp_path / "book", {"客户": [HEADER, *SIMPLIFIED]}).read_bytes()

    for content in (plain.encode("gb18030"), plain.encode("utf-16"), book):
        path = zipped(tmp_path / "a", {"名单.csv": content, "__MACOSX/._名单.csv": b"x", "readme.pdf": b"%PDF"})
        assert cells(open_sheet(path)) == [list(row) for row in SIMPLIFIED]


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({}, "zip file is empty"),
        ({"a.csv": b"phone\n1\n", "b.xlsx": b"PK"}, "2 lists in it: a.csv, b.xlsx"),
        ({"a.zip": b"PK\x05\x06" + b"\0" * 18}, "zip file in the zip file"),
        ({"a.csv": b""}, "empty"),
    ],
)
def test_a_zip_file_without_one_list_is_refused(tmp_path: Path, members: dict[str, bytes], sentence: str) -> None:
    with pytest.raises(Unreadable, match=sentence):
        open_sheet(zipped(tmp_path / "a", members))


def test_a_zip_file_that_unpacks_to_far_too_much_is_left(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a", {"a.csv": b"\n" * 60_000_000})
    assert path.stat().st_size < 100_000

    with pytest.raises(Unreadable, match="far more than a list can be"):
        open_sheet(path)


def test_a_zip_file_with_a_password_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a", {"a.csv": b"phone\n1\n"})
    data = bytearray(path.read_bytes())
    for magic, at in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        data[data.index(magic) + at] |= 1
    path.write_bytes(data)
    assert zipfile.ZipFile(path).infolist()[0].flag_bits & 1

    with pytest.raises(Unreadable, match="has a password"):
        open_sheet(path)

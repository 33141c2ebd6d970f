"""Delimiters and headers are found, or said."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaigns.lists.reading import Unreadable
from tests.campaigns.lists.reading.making import HEADER, SIMPLIFIED, cells, read, text_of


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("header", [True, False])
def test_a_delimiter_is_found_with_and_without_names(tmp_path: Path, delimiter: str, header: bool) -> None:
    rows = [HEADER, *SIMPLIFIED] if header else SIMPLIFIED

    sheet = read(tmp_path, text_of(rows, delimiter))

    assert (sheet.delimiter, sheet.has_header) == (delimiter, header)
    assert cells(sheet) == [list(row) for row in SIMPLIFIED]


def test_columns_without_names_are_numbered(tmp_path: Path) -> None:
    sheet = read(tmp_path, text_of(SIMPLIFIED))

    assert (sheet.header, sheet.header_no) == (("column 1", "column 2", "column 3", "column 4"), 0)


def test_a_title_above_the_names_is_no_row(tmp_path: Path) -> None:
    sheet = read(tmp_path, "客户名单 2024,,\n,,\n导出人：王芳,,\n客户号,姓名,手机号\nC1,李雷,13800138000\n")

    assert (sheet.header, sheet.header_no, sheet.rows_total) == (("客户号", "姓名", "手机号"), 4, 1)


def test_excel_says_its_delimiter(tmp_path: Path) -> None:
    sheet = read(tmp_path, "sep=|\nname,x|phone\nAnn|13800138000\n")

    assert (sheet.delimiter, sheet.header, sheet.rows_total) == ("|", ("name,x", "phone"), 1)


def test_what_somebody_says_of_the_file_counts(tmp_path: Path) -> None:
    content = "name:phone\nAnn:13800138000\n"

    assert read(tmp_path, content, delimiter=":").header == ("name", "phone")
    assert read(tmp_path, content, has_header=False).rows_total == 2
    assert read(tmp_path, text_of(SIMPLIFIED), has_header=True).rows_total == 2
    with pytest.raises(Unreadable, match="A delimiter is one character"):
        read(tmp_path, content, delimiter="::")


@pytest.mark.parametrize(
    "content",
    [
        "13800138000\n13900139000\n",
        "phone\n13800138000\n13900139000\n",
        "姓名\t电话\r\n王芳\t13800138000\n李雷\t13900139000",
    ],
)
def test_small_lists_are_lists(tmp_path: Path, content: str) -> None:
    sheet = read(tmp_path, content)

    assert sheet.rows_total == 2
    assert len(sheet.layout.phones) == 1

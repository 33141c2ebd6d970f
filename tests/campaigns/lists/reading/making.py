"""Files as banks send them, made of bytes."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import xlsxwriter

from campaigns.lists.reading import ReadOptions, Row, Sheet, open_sheet

HEADER = ("客户号", "姓名", "手机号", "备注")
SIMPLIFIED = (
    ("C1", "王芳", "13800138000", "已同意"),
    ("C2", "欧阳晓婷", "13900139000", ""),
    ("C3", "李 雷", "13700137000", '说"再打"'),
)
TRADITIONAL = (("C1", "陳美麗", "0912345678", "台北市"), ("C2", "黃志強", "0912345679", "信用卡客戶"))


def text_of(rows: Sequence[Sequence[str]], delimiter: str = ",", end: str = "\r\n") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(rows)
    return out.getvalue()


def written(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(folder: Path, content: bytes | str, **options: object) -> Sheet:
    return open_sheet(written(folder / "list", content), ReadOptions(**options))  # type: ignore[arg-type]


def cells(sheet: Sheet) -> list[list[str]]:
    return [row.cells for row in sheet.rows()]


def fates(sheet: Sheet) -> list[tuple[int, str]]:
    return [(row.no, row.flaw) for row in sheet.rows()]


def in_parts(sheet: Sheet) -> list[Row]:
    """Read as other processes do, from what was kept, the last part first."""
    known = Sheet.from_json(sheet.path, sheet.as_json())
    found = [list(known.read(part)) for part in reversed(known.parts())]
    assert [len(rows) for rows in found] == [part.rows for part in reversed(known.parts())]
    return [row for rows in reversed(found) for row in rows]


def workbook(path: Path, sheets: dict[str, Sequence[Sequence[object]]]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                sheet.write_row(at, 0, row)
    return path


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path

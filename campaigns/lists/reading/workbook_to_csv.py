"""Run as a program: WORKBOOK TARGET SHEET → the sheet as UTF-8 CSV in TARGET, and on standard output what was found.

It knows nothing of the product and is bounded in memory, time and what it writes; see workbooks.
"""

from __future__ import annotations

import csv
import json
import resource
import sys
from datetime import date, datetime, time
from typing import Any

import python_calamine as calamine

MEMORY = 768 << 20
SECONDS = 240
WRITTEN = 2 << 30
MOST_COLUMNS = 1_000
EXACT = 10**15  # spreadsheets keep 15 digits of a number


class Problem(Exception):
    """str() is its code."""


def convert(path: str, target: str, wanted: str) -> dict[str, Any]:
    with open(path, "rb") as file:
        book = calamine.load_workbook(file)
        names = [sheet.name for sheet in book.sheets_metadata if sheet.visible == calamine.SheetVisibleEnum.Visible]
        if wanted and wanted not in book.sheet_names:
            return {"problem": "no_such_sheet", "sheets": names}
        for name in [wanted] if wanted else names:
            sheet = book.get_sheet_by_name(name)
            if sheet.start is None:
                continue
            if sheet.total_width > MOST_COLUMNS:
                return {"problem": "too_wide"}
            _write(sheet, target)
            return {"sheet": name, "sheets": names}
    return {"problem": "empty"}


def _write(sheet: calamine.CalamineSheet, target: str) -> None:
    with open(target, "w", encoding="utf-8", errors="surrogatepass", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        for row in sheet.iter_rows():
            writer.writerow([value if type(value) is str else text(value) for value in row])


def text(value: Any) -> str:
    """What a person sees in the cell, or the digits themselves where a spreadsheet would shorten them."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


def _number(value: float) -> str:
    """Digits behind the fifteenth are lost: written so, the row is refused instead of calling somebody else."""
    if abs(value) >= EXACT:
        return f"{value:.14e}"
    return str(int(value)) if value.is_integer() else repr(value)


def main(path: str, target: str, wanted: str) -> dict[str, Any]:
    try:
        return convert(path, target, wanted)
    except calamine.PasswordError:
        return {"problem": "password"}
    except (MemoryError, OSError):
        return {"problem": "too_large"}
    except (calamine.CalamineError, ValueError):
        return {"problem": "damaged"}


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (WRITTEN, WRITTEN))
    print(json.dumps(main(*sys.argv[1:])))

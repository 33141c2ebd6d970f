"""A workbook (.xlsx, .xlsm, .xlsb, .xls) → one of its sheets as a file of text.

The library that reads it holds a whole sheet in memory, about a kilobyte for each row of twelve cells, and a file of a
few bytes may ask for gigabytes. So it runs in a process of its own, with limits, and only that process can fail.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from campaigns.lists.columns import Unreadable

CONVERTER = Path(__file__).with_name("workbook_to_csv.py")
LONGEST = 300  # seconds


@dataclass(frozen=True, slots=True)
class Converted:
    """The text of one sheet, and the names of all."""

    path: Path
    sheet: str
    sheets: tuple[str, ...]


def convert(path: Path, folder: Path, sheet: str | None) -> Converted:
    """The named sheet, or the first visible one that is not empty, as UTF-8 CSV in `folder`. Raises Unreadable."""
    target = folder / "workbook.csv"
    said = _run(path, target, sheet)
    if problem := said.get("problem"):
        raise Unreadable(_sentence(problem, said))
    return Converted(target, said["sheet"], tuple(said["sheets"]))


def _run(path: Path, target: Path, sheet: str | None) -> dict[str, Any]:
    command = [sys.executable, "-P", str(CONVERTER), str(path), str(target), sheet or ""]
    try:
        done = subprocess.run(command, capture_output=True, timeout=LONGEST, check=False)  # its own code, no shell
    except subprocess.TimeoutExpired:
        return {"problem": "too_large"}
    try:
        return dict(json.loads(done.stdout))
    except ValueError:
        # Out of memory or time it can say nothing any more; a panic of the library ends it with a traceback.
        return {"problem": "too_large" if done.returncode < 0 else "damaged"}


def _sentence(problem: str, said: dict[str, Any]) -> str:
    sheets = ", ".join(name[:40] for name in said.get("sheets", ())[:10])
    return {
        "password": _("The workbook has a password. Save it without one and upload it again."),
        "no_such_sheet": _("The workbook has no such sheet; it has: %(sheets)s. Choose one of them.")
        % {"sheets": sheets},
        "empty": _("The workbook has no rows. Export the list again and upload the new file."),
        "too_wide": _(
            "The sheet has more than 1,000 columns, more than a list has. Export it again with a few of them."
        ),
        "too_large": _("The workbook is too large to be read. Save the sheet as “CSV UTF-8” and upload that."),
    }.get(problem, _("The workbook is damaged or no workbook at all. Open it, save it as .xlsx and upload that."))

"""Any file that somebody exported somewhere → its rows, or one sentence that says what is wrong and what to do.

    path → kinds (text? workbook? zip?) → characters (encoding) → shape (delimiter, header) → index (parts) → Sheet

Nothing is asked for, all of it can be said: ReadOptions overrides what was found, Evidence shows why it was found. A
damaged row is a row with a flaw, to be counted as rejected; only a file that is no list at all is refused whole.
"""

from __future__ import annotations

import tempfile
import weakref
from pathlib import Path
from shutil import rmtree

from campaigns.lists.columns import Unreadable
from campaigns.lists.reading.evidence import ENCODINGS, Alternative, Evidence, Sample, Why
from campaigns.lists.reading.opening import ReadOptions, prepare
from campaigns.lists.reading.records import Flaw, Row
from campaigns.lists.reading.sheet import Part, Sheet

__all__ = [
    "ENCODINGS",
    "Alternative",
    "Evidence",
    "Flaw",
    "Part",
    "ReadOptions",
    "Row",
    "Sample",
    "Sheet",
    "Unreadable",
    "Why",
    "open_sheet",
    "prepare",
]


def open_sheet(path: Path, options: ReadOptions | None = None) -> Sheet:
    """Look through the whole file. Raises Unreadable.

    What has to be converted first is kept in a temporary folder for as long as the sheet is; use `prepare` for a sheet
    that other processes read too.
    """
    folder = Path(tempfile.mkdtemp(prefix="list-"))
    try:
        sheet = prepare(path, folder, options)
    except BaseException:
        rmtree(folder, ignore_errors=True)
        raise
    if sheet.path.parent == folder:
        weakref.finalize(sheet, rmtree, folder, ignore_errors=True)
    else:
        folder.rmdir()
    return sheet

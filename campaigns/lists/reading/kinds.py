"""What kind of file this is, by its first bytes: its name says what somebody hoped."""

from __future__ import annotations

import zipfile
from enum import Enum, auto
from pathlib import Path

from django.utils.translation import gettext as _

from campaigns.lists.columns import Unreadable

HEAD = 4096
ZIP = b"PK"
OLD_OFFICE = b"\xd0\xcf\x11\xe0"
NOT_A_LIST = {
    b"%PDF": ".pdf",
    b"\x89PNG": ".png",
    b"\xff\xd8\xff": ".jpg",
    b"GIF8": ".gif",
    b"BM": ".bmp",
    b"II*\0": ".tif",
    b"MM\0*": ".tif",
    b"\x1f\x8b": ".gz",
    b"BZh": ".bz2",
    b"\xfd7zXZ": ".xz",
    b"Rar!": ".rar",
    b"7z\xbc\xaf": ".7z",
    b"{\\rtf": ".rtf",
    b"PAR1": ".parquet",
    b"SQLite": ".sqlite",
}
WEB_PAGE = (b"<!doctype html", b"<html", b"<head", b"<meta", b"<table", b"<body", b"<style")
CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x1a"))


class Kind(Enum):
    TEXT = auto()
    WORKBOOK = auto()
    ZIP = auto()


def kind_of(path: Path) -> Kind:
    """What has to be done to read it. Raises Unreadable for what is no list."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head:
        raise Unreadable(_("The file is empty (0 bytes). Export the list again and upload the new file."))
    if head.startswith(OLD_OFFICE):
        return Kind.WORKBOOK
    if head.startswith((ZIP + b"\x03\x04", ZIP + b"\x05\x06", ZIP + b"\x07\x08")):
        return Kind.WORKBOOK if _has_sheets(path) else Kind.ZIP
    _refuse(head)
    return Kind.TEXT


def _has_sheets(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.startswith("xl/workbook") for name in archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError) as error:
        raise Unreadable(
            _("The zip or .xlsx file is damaged. Save or pack it again and upload the new file.")
        ) from error


def _refuse(head: bytes) -> None:
    for magic, kind in NOT_A_LIST.items():
        # Two letters may begin a text as well; a picture goes on with zeros.
        if head.startswith(magic) and (len(magic) > 2 or not _is_text(head)):
            sentence = _("This is a %(kind)s file, not a list. Export the list as CSV or .xlsx and upload that.")
            raise Unreadable(sentence % {"kind": kind})
    begin = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if begin.startswith(WEB_PAGE):
        raise Unreadable(
            _("This is a web page (HTML), whatever its name says. Open it in a spreadsheet and save it as .xlsx.")
        )
    if begin.startswith(b"<?xml"):
        raise Unreadable(
            _("This is an XML file, not a list. Open it in a spreadsheet, save it as .xlsx and upload that.")
        )
    if not _is_text(head) and not utf16_order(head):
        raise Unreadable(
            _("The file is binary data with NUL bytes, not a list. Export the list as CSV or .xlsx and upload that.")
        )


def _is_text(head: bytes) -> bool:
    controls = len(head) - len(head.translate(None, CONTROLS))
    return controls * 10 <= len(head)


def utf16_order(head: bytes) -> str | None:
    """UTF-16's byte order, when that is what the bytes are.

    Digits, commas and line ends of UTF-16 have a zero byte: many, nearly all on one side.
    """
    if head.startswith(b"\xff\xfe"):
        return "utf-16-le"
    if head.startswith(b"\xfe\xff"):
        return "utf-16-be"
    zeros = (head[::2].count(0), head[1::2].count(0))
    if max(zeros) > max(1, len(head) // 20) and max(zeros) > 4 * min(zeros):
        return "utf-16-le" if zeros[1] > zeros[0] else "utf-16-be"
    return None

"""From a file to a sheet: each step finds something out, or is told it by the options."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from django.utils.translation import gettext as _

from campaigns.lists.columns import Unreadable
from campaigns.lists.reading import archives, characters, index, shape, workbooks
from campaigns.lists.reading.blocks import BLOCK, whole_lines
from campaigns.lists.reading.characters import Text
from campaigns.lists.reading.evidence import Evidence, Why
from campaigns.lists.reading.kinds import Kind, kind_of
from campaigns.lists.reading.records import Format
from campaigns.lists.reading.sheet import Sheet


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What somebody says of a file instead of leaving it to be found; None leaves it.

    `encoding` is one of ENCODINGS, `delimiter` one character, `sheet` the name of a workbook's sheet.
    """

    encoding: str | None = None
    delimiter: str | None = None
    has_header: bool | None = None
    sheet: str | None = None


def prepare(path: Path, folder: Path, options: ReadOptions | None = None) -> Sheet:
    """Look through the whole file; what must be converted to be read in parts is written into `folder`.

    The caller removes it with the folder when nobody reads the sheet any more. Raises Unreadable.
    """
    options = options or ReadOptions()
    if options.delimiter is not None and not _is_delimiter(options.delimiter):
        raise Unreadable(_("A delimiter is one character that is neither a letter, a digit nor a quotation mark."))
    kind = kind_of(path)
    if kind == Kind.ZIP:
        path = archives.unpack(path, folder)
        kind = kind_of(path)
    if kind == Kind.ZIP:
        raise Unreadable(_("There is a zip file in the zip file. Unpack it and upload the list itself."))
    if kind == Kind.WORKBOOK:
        return _workbook(path, folder, options)
    return _text(characters.find(path, folder, options.encoding), options)


def _is_delimiter(text: str) -> bool:
    return len(text) == 1 and text.isascii() and not text.isalnum() and text not in '"\r\n\0 '


def _workbook(path: Path, folder: Path, options: ReadOptions) -> Sheet:
    converted = workbooks.convert(path, folder, options.sheet)
    text = Text(converted.path, "utf-8", 0, Evidence("utf-8", Why.WORKBOOK))
    sheet = _text(text, replace(options, delimiter=","))
    return replace(sheet, sheet_name=converted.sheet, sheet_names=converted.sheets)


def _text(text: Text, options: ReadOptions) -> Sheet:
    head = _head(text.path, text.start)
    delimiter = options.delimiter or shape.find_delimiter(head, text.encoding)
    form = Format(text.encoding, delimiter)
    found = shape.find_shape(head, form, options.has_header)
    looked = index.look_through(text.path, form, text.start, len(found.names))
    total = looked.rows - found.above
    if total <= 0:
        raise Unreadable(_("The file has a header but no rows. Export the list again and upload the new file."))
    return Sheet(
        path=text.path,
        encoding=text.encoding,
        delimiter=delimiter,
        header=found.names,
        has_header=found.has_header,
        header_no=found.header_no,
        rows_total=total,
        cut_off_no=looked.cut_off_no,
        index=index.without_header(looked.parts, found.above),
        evidence=text.evidence,
    )


def _head(path: Path, start: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return whole_lines(file, BLOCK)

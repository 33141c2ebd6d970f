"""The file of a version, as imports see it: looked through once, then read in parts by any process.

What was found out about it is kept with the version; what had to be converted for that lies in a folder of its own
until the import is over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from shutil import rmtree

from django.conf import settings
from django.utils.translation import gettext as _

from campaigns.lists import reading, rows
from campaigns.lists.columns import Layout, Unreadable, understand
from campaigns.lists.mapping import Mapping, check, fit
from campaigns.lists.mapping.guessing import guess
from campaigns.lists.reading import ReadOptions, Row, Sheet
from campaigns.lists.rows import Person, Refused
from campaigns.models import ImportPart, ListVersion

LOOKED_AT = 40  # rows that meanings are guessed from: texts that are no numbers are slow to refuse
OPTIONS = [item.name for item in fields(ReadOptions)]


def path_of(version: ListVersion) -> Path:
    """Where the file is. Raises Unreadable when it is no more."""
    try:
        path = Path(version.file.path)
    except ValueError:
        path = Path()
    if not path.is_file():
        raise Unreadable(_("The uploaded file is no longer on this machine. Upload the list again."))
    return path


def look_through(version: ListVersion) -> Sheet:
    """Read the whole file once and keep what was found out; the caller saves `version.sheet`. Raises Unreadable."""
    folder = _folder(version)
    rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    sheet = reading.prepare(path_of(version), folder, options(version))
    if not any(folder.iterdir()):
        folder.rmdir()
    version.sheet = {**sheet.as_json(), "converted": sheet.path.name if sheet.path.parent == folder else ""}
    return sheet


def sheet_of(version: ListVersion) -> Sheet:
    """The file as it was looked through, or looked through now. Raises Unreadable."""
    known = version.sheet
    if not known:
        return look_through(version)
    path = _folder(version) / known["converted"] if known["converted"] else path_of(version)
    return Sheet.from_json(path, known) if path.is_file() else look_through(version)


def options(version: ListVersion) -> ReadOptions:
    """What people said of how to read it."""
    return ReadOptions(**{name: version.options[name] for name in OPTIONS if name in version.options})


def mapping_of(version: ListVersion, sheet: Sheet) -> Mapping:
    """What people said its columns mean, else what they look like."""
    if version.mapping:
        return fit(Mapping.from_json(version.mapping), sheet.header)[0]
    return guess(sheet.header, [row.cells for row in sheet.sample(LOOKED_AT)], version.default_country)


def layout_of(version: ListVersion, sheet: Sheet) -> Layout:
    """Where in a row each thing is. Raises Unreadable when the columns don't make a list."""
    mapping = mapping_of(version, sheet)
    if check(mapping):
        understand(list(sheet.header))  # it says better what is missing
        raise Unreadable(_("Its columns don't make a list: one must be a phone, and none twice the same."))
    return mapping.layout()


def people(version: ListVersion, part: ImportPart) -> Iterator[tuple[int, Person | Refused]]:
    """What each row of the part says."""
    sheet = sheet_of(version)
    layout = layout_of(version, sheet)
    for row in sheet.read(sheet.index[part.number - 1]):
        yield row.no, rows.read_row(layout, row, version.default_country)


def cells(version: ListVersion) -> tuple[tuple[str, ...], Iterator[Row]]:
    """(the names of the columns, every row as it is), to give rows back; nothing when the file is no more."""
    try:
        sheet = sheet_of(version)
    except Unreadable:
        return (), iter(())
    return sheet.header, sheet.rows()


def forget(version: ListVersion) -> None:
    """Remove what was converted."""
    rmtree(_folder(version), ignore_errors=True)


def fingerprint(names: tuple[str, ...]) -> str:
    """Files of one source have the same columns in the same order."""
    return hashlib.blake2s("\n".join(names).encode(), digest_size=16).hexdigest()


def _folder(version: ListVersion) -> Path:
    return Path(settings.MEDIA_ROOT) / "lists" / f"version-{version.pk}"

"""A zip file → the one list in it.

What an archive says of itself is not believed: bytes are counted while they are inflated, and an archive that inflates
to what no list is, in all or beside what it was, is left.
"""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import IO

from django.utils.translation import gettext as _

from campaigns.lists.columns import Unreadable

CHUNK = 1 << 20
MOST_BYTES = 2 << 30
MOST_TIMES = 250  # as large as the packed file, once there are MANY_BYTES
MANY_BYTES = 32 << 20
MOST_NAMES = 10_000
LISTS = (".csv", ".tsv", ".txt", ".tab", ".dat", ".del", ".xlsx", ".xlsm", ".xlsb", ".xls")
IN_UTF8 = 0x800
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError)


def unpack(path: Path, folder: Path) -> Path:
    """The list of the archive, as a file in `folder`. Raises Unreadable."""
    try:
        with zipfile.ZipFile(path) as archive:
            member = _only_list(archive)
            target = folder / "unpacked"
            with archive.open(member) as packed, target.open("wb") as file:
                _inflate(packed, file, path.stat().st_size)
    except RuntimeError as error:  # NotImplementedError too: a way of packing that few know
        raise Unreadable(
            _("The zip file has a password or is packed in an unusual way. Pack the list without, and upload that.")
        ) from error
    except DAMAGED as error:
        raise Unreadable(
            _("The zip or .xlsx file is damaged. Save or pack it again and upload the new file.")
        ) from error
    return target


def _only_list(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = [member for member in archive.infolist()[:MOST_NAMES] if not _is_hidden(member)]
    lists = [member for member in members if member.filename.lower().endswith(LISTS)] or members
    if not lists:
        raise Unreadable(_("The zip file is empty. Pack the list into it and upload it again."))
    if len(lists) > 1:
        names = ", ".join(_name(member)[-40:] for member in lists[:5]) + (" …" if len(lists) > 5 else "")
        sentence = _("The zip file has %(count)s lists in it: %(names)s. Upload each of them on its own.")
        raise Unreadable(sentence % {"count": len(lists), "names": names})
    return lists[0]


def _is_hidden(member: zipfile.ZipInfo) -> bool:
    parts = Path(member.filename).parts
    return member.is_dir() or not parts or parts[0] == "__MACOSX" or parts[-1].startswith(".")


def _name(member: zipfile.ZipInfo) -> str:
    """Packers in China write names in GBK and do not say so; the library then reads them as cp437."""
    if member.flag_bits & IN_UTF8:
        return member.filename
    try:
        return member.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return member.filename


def _inflate(packed: IO[bytes], file: IO[bytes], packed_size: int) -> None:
    size = 0
    while chunk := packed.read(CHUNK):
        size += len(chunk)
        if size > MOST_BYTES or (size > MANY_BYTES and size > MOST_TIMES * packed_size):
            raise Unreadable(
                _("The zip file unpacks to far more than a list can be. Unpack it and upload the list in pieces.")
            )
        file.write(chunk)

"""A file → blocks of whole lines, never more than a few of bounded length in memory."""

from __future__ import annotations

from typing import BinaryIO

from django.utils.translation import gettext as _

from campaigns.lists.columns import Unreadable

BLOCK = 1 << 18
LONGEST_LINE = 1 << 20


def whole_lines(file: BinaryIO, size: int = BLOCK) -> bytes:
    """The lines from here on, about `size` bytes of them and at least one; the file is left behind them.

    Raises Unreadable when a line does not end within LONGEST_LINE bytes.
    """
    start = file.tell()
    data = file.read(size)
    if len(data) < size:
        return data
    end = _last_line_end(data)
    if not end:
        if size > LONGEST_LINE:
            raise Unreadable(
                _("The file has a line of more than a million characters, so it is not a list. Export it again as CSV.")
            )
        file.seek(start)
        return whole_lines(file, size * 2)
    file.seek(start + end)
    return data[:end]


def length_of_lines(data: bytes, count: int) -> int:
    """How many bytes the first `count` lines are."""
    return sum(map(len, data.splitlines(keepends=True)[:count]))


def _last_line_end(data: bytes) -> int:
    # A \r at the very end may be half of a \r\n.
    return data.rfind(b"\n") + 1 or data.rfind(b"\r", 0, len(data) - 1) + 1

"""What is on disk of unfinished uploads: one file each, only ever longer, beside the files that are whole."""

from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path
from typing import Protocol
from uuid import UUID

from django.conf import settings

BLOCK = 256 * 1024


class Stream(Protocol):
    """Where bytes come from; it gives fewer than asked for, or none, where the connection drops."""

    def read(self, size: int, /) -> bytes: ...


class Overtaken(Exception):
    """The file does not end where this piece goes on: another connection has written."""


def path(id: UUID) -> Path:
    return Path(settings.MEDIA_ROOT) / "unfinished" / f"{id}.part"


def create(id: UUID) -> None:
    path(id).parent.mkdir(parents=True, exist_ok=True)
    path(id).touch(mode=0o600, exist_ok=False)


def received(id: UUID) -> int | None:
    """How many bytes are here; None where there is no file."""
    try:
        return path(id).stat().st_size
    except FileNotFoundError:
        return None


def append(id: UUID, *, offset: int, stream: Stream, most: int) -> int:
    """Write what the stream gives from `offset` on, at most so many bytes; returns where the file ends then.

    Raises Overtaken, FileNotFoundError.
    """
    while most and (block := stream.read(min(BLOCK, most))):
        _write(id, offset, block)
        offset, most = offset + len(block), most - len(block)
    return offset


def _write(id: UUID, offset: int, block: bytes) -> None:
    # Locked for a block, not for a piece: a connection that died unnoticed would else keep its successor waiting.
    with path(id).open("r+b", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if file.seek(0, os.SEEK_END) != offset:
            raise Overtaken
        rest = memoryview(block)
        while rest:
            rest = rest[file.write(rest) :]


def remove(id: UUID) -> None:
    path(id).unlink(missing_ok=True)


def all_ids() -> set[UUID]:
    """Every upload that something is on disk of."""
    return {UUID(file.stem) for file in path(UUID(int=0)).parent.glob("*.part")}


def age_seconds(id: UUID, now: float) -> float:
    """How long ago anything was written; `now` is in seconds since 1970."""
    try:
        return now - path(id).stat().st_mtime
    except FileNotFoundError:
        return 0.0


def room() -> int:
    """Bytes that are free where uploads are kept."""
    root = Path(settings.MEDIA_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    return shutil.disk_usage(root).free

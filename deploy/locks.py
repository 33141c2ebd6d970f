"""One launcher per folder: a lock that the kernel drops when its holder dies, even by `kill -9`.

A pid file alone would have to be guessed about after a crash; `flock` needs no guess. The pid is
written beside it only so that the refusal can say who holds it.
"""

import fcntl
import os
import time
from pathlib import Path

from deploy.problems import AlreadyRunning, NotWritable


class FolderLock:
    """A folder's lock, held from `take` until `drop` or the end of this process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def take(self, what: str, wait: float = 0.0) -> None:
        """Hold the lock, waiting up to `wait` seconds; raises AlreadyRunning naming the holder, or NotWritable."""
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise NotWritable(
                f"{self.path} cannot be written ({error.strerror}): set FAIRDIAL_VAR to a folder that can."
            ) from error
        deadline = time.monotonic() + wait
        while not _locked(descriptor):
            if time.monotonic() >= deadline:
                holder = os.pread(descriptor, 32, 0).decode() or "unknown"
                os.close(descriptor)
                raise AlreadyRunning(
                    f"{what} of {self.path.parent} is already run by process {holder}: "
                    "stop that one, or set FAIRDIAL_VAR to another folder."
                )
            time.sleep(0.05)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        self._descriptor = descriptor

    def drop(self) -> None:
        """Let go; harmless when not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

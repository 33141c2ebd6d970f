"""Which processes have something to do with a folder: for "nothing is left running" after a test."""

from __future__ import annotations

import os
from pathlib import Path

from deploy import processes


def running_in(folder: Path) -> list[str]:
    """Command lines of processes that have something to do with this folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            inside = str((entry / "cwd").resolve()).startswith(str(folder))
        except OSError:
            continue
        if (
            entry.name != str(os.getpid())
            and processes.is_alive(int(entry.name))
            and (inside or str(folder) in command)
        ):
            found.append(command)
    return found

"""CPU time by process, from /proc: what a call costs each part of the system.

A process is counted with all its descendants, and with those that have ended and been waited for, so a database
backend that comes and goes in between is not lost. Resolution: a hundredth of a second.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


@dataclass(frozen=True)
class Usage:
    """One process: its parent, its own CPU seconds, and those of its children that it has waited for."""

    pid: int
    parent: int
    own: float
    reaped: float


def parse(stat: str) -> Usage:
    """A line of /proc/PID/stat. The name, in parentheses, may hold blanks and parentheses itself."""
    head, _, tail = stat.rpartition(")")
    fields = tail.split()
    user, system, child_user, child_system = (int(field) / TICKS for field in fields[11:15])
    return Usage(int(head.split()[0]), int(fields[1]), user + system, child_user + child_system)


def processes() -> dict[int, Usage]:
    """Every process there is now."""
    found = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                found[int(entry.name)] = parse((entry / "stat").read_text())
            except OSError:
                continue
    return found


def tree(root: int, everything: Mapping[int, Usage]) -> set[int]:
    """The process and all its living descendants."""
    members, added = set(), {root} & everything.keys()
    while added:
        members |= added
        added = {usage.pid for usage in everything.values() if usage.parent in added} - members
    return members


def seconds(roots: Iterable[int], everything: Mapping[int, Usage], without: Iterable[int] = ()) -> float:
    """CPU seconds so far of these processes with their descendants, living and reaped, but `without` some of them."""
    members = set().union(*(tree(root, everything) for root in roots)) - set(without)
    return sum(everything[pid].own + everything[pid].reaped for pid in members)


def busy() -> float:
    """CPU seconds of the whole machine so far, idle and stolen time left out."""
    user, nice, system, _idle, _waiting, irq, softirq, *_ = (PROC / "stat").read_text().split("\n")[0].split()[1:]
    return sum(map(int, (user, nice, system, irq, softirq))) / TICKS


class Neighbours:
    """What programs that are not ours take of this machine since it was made: the noise in every other figure."""

    def __init__(self) -> None:
        self._began = self._read()

    def share(self) -> float:
        """Per cent of one core, on average."""
        (at, others), (began, before) = self._read(), self._began
        return 100 * (others - before) / max(1e-9, at - began)

    def _read(self) -> tuple[float, float]:
        return time.monotonic(), busy() - seconds([os.getpid()], processes())


class Meter:
    """CPU seconds by name since it was made.

    `groups` are roots of process trees. `apart` are single processes that count under their own name and in no tree,
    e.g. this one, from which everything descends, and the database backend that serves it.
    """

    def __init__(self, groups: Mapping[str, Iterable[int]], apart: Mapping[str, Iterable[int]]) -> None:
        self._groups = {name: tuple(pids) for name, pids in groups.items()}
        self._apart = {name: tuple(pids) for name, pids in apart.items()}
        self._began = self._read()

    def spent(self) -> dict[str, float]:
        return {name: now - self._began[name] for name, now in self._read().items()}

    def _read(self) -> dict[str, float]:
        everything = processes()
        single = {pid for pids in self._apart.values() for pid in pids}
        trees = {name: seconds(pids, everything, single) for name, pids in self._groups.items()}
        return trees | {name: sum(everything[pid].own for pid in pids) for name, pids in self._apart.items()}

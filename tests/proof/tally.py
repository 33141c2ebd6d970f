"""What each process has done, in memory they share, which outlives the killed. No locks: a kill would hold them."""

from __future__ import annotations

import multiprocessing
from ctypes import c_double, c_int64

WORDS = ("turns", "reserved", "heard", "written_up", "edits", "recovered", "database_lost", "conflicts", "strays")
_context = multiprocessing.get_context("fork")


class Tally:
    """A row of counts for each slot; a slot has one process at a time."""

    def __init__(self, slots: int) -> None:
        self._counts = _context.RawArray(c_int64, slots * len(WORDS))
        self._stop = _context.RawValue(c_double, 0.0)

    def add(self, slot: int, word: str, n: int = 1) -> None:
        self._counts[slot * len(WORDS) + WORDS.index(word)] += n

    def of(self, slot: int, word: str) -> int:
        return self._counts[slot * len(WORDS) + WORDS.index(word)]

    def total(self, word: str) -> int:
        return sum(self._counts[WORDS.index(word) :: len(WORDS)])

    def stop(self) -> None:
        self._stop.value = 1.0

    @property
    def stopped(self) -> bool:
        return self._stop.value > 0

"""The race itself: start everybody, kill some of them again and again, and tell the rest when it is over.

Killed are engines, the recovery, the editor, and backends of PostgreSQL, upon which its postmaster ends all others and
recovers from its log. Everybody is a fork of this process, which holds no connection while it forks.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess

from django.db import Error, connection

from tests.proof import process
from tests.proof.clock import Clock
from tests.proof.editor import Editor
from tests.proof.engine import Engine
from tests.proof.process import Place, Racer
from tests.proof.recovery import Recovery
from tests.proof.tally import Tally

_context = multiprocessing.get_context("fork")
GOODBYE_SECONDS = 30.0
BACKENDS = """
SELECT pid FROM pg_catalog.pg_stat_activity
WHERE backend_type = 'client backend' AND pid <> pg_catalog.pg_backend_pid()
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long in seconds, and every how many of them (on average) one of each kind is killed."""

    seconds: float
    seed: int
    broken: bool = False
    every: dict[str, float] = field(
        default_factory=lambda: {"engine": 3.0, "backend": 25.0, "recovery": 20.0, "editor": 45.0}
    )


class Race:
    """Slots 0 … n-1 are engines, then recovery and editor."""

    def __init__(self, plan: Plan, clock: Clock, servers: list[int]) -> None:
        self.plan, self.clock, self.servers = plan, clock, servers
        self.recovery, self.editor = len(servers), len(servers) + 1
        self.tally = Tally(len(servers) + 2)
        self.kills: Counter[str] = Counter()
        self.rng = random.Random(plan.seed)
        self._processes: dict[int, BaseProcess] = {}
        self._lives: Counter[int] = Counter()

    def run(self) -> None:
        """Race for as long as planned; nobody is left when it returns."""
        due = {kind: self._next(kind) for kind in self.plan.every}
        ends = time.monotonic() + self.plan.seconds
        try:
            while time.monotonic() < ends:
                self._keep_alive()
                for kind, at in due.items():
                    if time.monotonic() >= at:
                        self._kill(kind)
                        due[kind] = self._next(kind)
                time.sleep(0.05)
        finally:
            self.tally.stop()
            self._end()

    def _next(self, kind: str) -> float:
        return time.monotonic() + self.rng.uniform(0.5, 1.5) * self.plan.every[kind]

    def _keep_alive(self) -> None:
        for slot in range(self.editor + 1):
            there = self._processes.get(slot)
            if there and not there.is_alive():
                self._bury(slot, there)
                there = None
            if there is None:
                self._start(slot)

    def _bury(self, slot: int, dead: BaseProcess) -> None:
        dead.join()
        del self._processes[slot]
        if dead.exitcode == -signal.SIGKILL:
            self.kills["half-way"] += 1  # nobody but itself: those we kill are buried at once
        elif dead.exitcode:
            raise RuntimeError(f"slot {slot} failed by itself with {dead.exitcode}: see above")

    def _start(self, slot: int) -> None:
        self._lives[slot] += 1
        place = Place(
            slot=slot,
            clock=self.clock,
            tally=self.tally,
            seed=f"{self.plan.seed}-{slot}-{self._lives[slot]}",
            broken=self.plan.broken,
            parent=os.getpid(),
        )
        connection.close()
        self._processes[slot] = _context.Process(target=process.run, args=(place, self._role(slot)), daemon=True)
        self._processes[slot].start()

    def _role(self, slot: int) -> Callable[[Place], Racer]:
        if slot == self.recovery:
            return Recovery
        if slot == self.editor:
            return Editor
        return lambda place: Engine(place, self.servers[slot])

    def _kill(self, kind: str) -> None:
        if kind == "backend":
            self._kill_backend()
            return
        slot = {"recovery": self.recovery, "editor": self.editor}.get(kind, self.rng.randrange(len(self.servers)))
        victim = self._processes.pop(slot, None)
        if victim is None:
            return
        died_before = not victim.is_alive()
        victim.kill()
        victim.join()
        self.kills["half-way" if died_before else kind] += 1

    def _kill_backend(self) -> None:
        """-9, as when the machine is out of memory."""
        with contextlib.suppress(Error, ProcessLookupError):
            with connection.cursor() as cursor:
                cursor.execute(BACKENDS)
                found = [pid for (pid,) in cursor.fetchall()]
            connection.close()
            if found:
                os.kill(self.rng.choice(found), signal.SIGKILL)
                self.kills["backend"] += 1
        connection.close()

    def _end(self) -> None:
        deadline = time.monotonic() + GOODBYE_SECONDS
        for slot, left in self._processes.items():
            left.join(max(0.0, deadline - time.monotonic()))
            if left.is_alive():
                print(f"slot {slot} did not end and is killed", file=sys.stderr)
                left.kill()
                left.join()
        self._processes.clear()

"""Facts of one call in order, of different calls in parallel, each batch in one transaction.

A lane is a thread with its own database connection, chosen by hash of the id. While it works, facts pile up; it then
takes all of them at once, so under load many facts share one commit. A fact that somebody waits for is taken at once;
one that only tells how far a call has come waits a moment for the next, which is about to follow: an answered call
enters the waiting bridge within a millisecond, and both then cost one transaction instead of two.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connections

from dialer.rules.facts import Answered, ChannelSeen, Fact, PhoneSeen, Ringing

T = TypeVar("T")
Work = Callable[[Sequence[Fact]], Awaitable[None]]

PATIENT = (ChannelSeen, Ringing, Answered, PhoneSeen)
PATIENCE_SECONDS = 0.2


class Lane:
    """One thread and what it has still to do. `work` gets every batch; what it raises ends the engine."""

    def __init__(self, name: str) -> None:
        self.executor = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._waiting: list[Fact] = []
        self._wake = asyncio.Event()
        self._later: asyncio.TimerHandle | None = None

    def put(self, facts: Sequence[Fact]) -> None:
        self._waiting.extend(facts)
        if not all(isinstance(fact, PATIENT) for fact in facts):
            self._wake.set()
        elif self._later is None:
            self._later = asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self._wake.set)

    async def run(self, work: Work) -> None:
        """Work for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self._later:
                self._later.cancel()
                self._later = None
            batch, self._waiting = self._waiting, []
            if batch:
                await work(batch)

    async def call(self, function: Callable[..., T], *args: object) -> T:
        """Run a blocking function in this lane's thread."""
        return await asyncio.get_running_loop().run_in_executor(self.executor, function, *args)

    def close(self) -> None:
        """Let the thread finish what it does and give its database connection back."""
        self.executor.submit(connections.close_all)
        self.executor.shutdown(wait=True)


class Lanes:
    """The lanes facts are spread over."""

    def __init__(self, count: int) -> None:
        self.lanes = [Lane(f"lane-{n}") for n in range(count)]

    def submit(self, facts: Sequence[Fact]) -> None:
        """Hand each fact to the lane of its call or shift, keeping their order."""
        if len(self.lanes) == 1:
            return self.lanes[0].put(facts)
        split: dict[int, list[Fact]] = {}
        for fact in facts:
            split.setdefault(hash(fact.id) % len(self.lanes), []).append(fact)
        for number, own in split.items():
            self.lanes[number].put(own)
        return None

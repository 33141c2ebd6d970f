"""Facts of one call in order, of different calls in parallel, each batch in one transaction.

A lane is a thread with its own database connection, chosen by hash of the id. While it works, facts pile up; it then
takes all of them at once, so under load many facts share one commit. A caller who waits for an agent is taken at once,
with all that is there by then; other facts wait a moment for company, shorter than anybody notices: an answered call
enters the waiting bridge within a millisecond, and both then cost one transaction instead of two.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connections

from dialer.rules.facts import AgentGone, Answered, ChannelSeen, Fact, PhoneSeen, Ringing, Waiting

T = TypeVar("T")
Work = Callable[[Sequence[Fact]], Awaitable[None]]

# In seconds: callers who wait, calls on their way, and everything else (an agent's screen may change 0.3 s late).
AT_ONCE, ON_THE_WAY, SOON = 0.0, 0.2, 0.05
PATIENCE = dict.fromkeys((Waiting, AgentGone), AT_ONCE) | dict.fromkeys(
    (ChannelSeen, Ringing, Answered, PhoneSeen), ON_THE_WAY
)


class Lane:
    """One thread and what it has still to do. `work` gets every batch; what it raises ends the engine."""

    def __init__(self, name: str) -> None:
        self.executor = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._waiting: list[Fact] = []
        self._wake = asyncio.Event()
        self._later: asyncio.TimerHandle | None = None

    def put(self, facts: Sequence[Fact]) -> None:
        if not facts:
            return
        self._waiting.extend(facts)
        loop = asyncio.get_running_loop()
        due = loop.time() + min(PATIENCE.get(type(fact), SOON) for fact in facts)
        if self._later and self._later.when() <= due:
            return
        if self._later:
            self._later.cancel()
        self._later = loop.call_at(due, self._wake.set)

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

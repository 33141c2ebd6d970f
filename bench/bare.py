"""The baseline: a script that places calls and bridges them, with nothing else in it. No database, no rules, no log.

It speaks AMI by itself, uses the dialer's own AMI user, dialplan and kind of nailed-up agent legs on the same
Asterisk, and reads the same events; so what it takes less is what our database and rules cost.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
import uuid
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Self

from bench.problems import BenchFailed

Event = dict[str, str]
UP = "6"
PATIENCE = 30.0  # seconds; what takes longer has failed
SEE_OUT_SECONDS = 15.0  # longer than any call takes by itself
MAX_WAIT_SECONDS = 10
FIRST_NUMBER = 10_000_000_000


@dataclass
class BareRun:
    """What came of one stretch; `to_agent`: seconds from each customer's answer to both legs in one bridge."""

    seconds: float
    placed: int = 0
    answered: int = 0
    ended: int = 0
    to_agent: list[float] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        return self.ended / self.seconds


class Bare:
    """One AMI session with `phones` as its agents; `async with Bare(...) as bare: await bare.run(...)`."""

    def __init__(self, port: int, secret: str, trunk: str, phones: list[str]) -> None:
        self._port, self._secret, self._trunk, self._phones = port, secret, trunk, phones
        self._legs: set[str] = set()
        self.stuck = 0
        self._free: dict[str, None] = {}  # a queue in which nobody stands twice
        self._waiting: deque[str] = deque()
        self._answered: dict[str, float | None] = {}  # every customer alive, and when they answered
        self._asked: dict[str, str] = {}  # customer: the leg the PBX was asked to bridge with, until it has
        self._bridges: dict[str, list[str]] = {}
        self._run = BareRun(0)
        self._room = asyncio.Semaphore()
        self._numbers = itertools.count(FIRST_NUMBER)

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._act("Login", Username="dialer", Secret=self._secret)
        self._listening = asyncio.create_task(self._listen())
        for phone in self._phones:
            self._legs.add(leg := str(uuid.uuid4()))
            self._originate(leg, f"PJSIP/{phone}", "agent")
        await self._until(lambda: len(self._free) == len(self._phones), "every agent's leg to be up")
        return self

    async def __aexit__(self, *exception: object) -> None:
        for leg in self._legs:
            self._act("Hangup", Channel=leg)
        with contextlib.suppress(BenchFailed):
            await self._until(lambda: not self._legs, "every agent's leg to be gone")
        self._listening.cancel()
        self._writer.close()

    async def run(self, rate: float, seconds: float, outstanding: int = 10_000) -> BareRun:
        """Place `rate` calls a second for `seconds`, while fewer than `outstanding` live.

        They go on afterwards: a second run begins among the calls of the first; `see_out` waits for their end.
        """
        run = self._run = BareRun(seconds)
        self._room = asyncio.Semaphore(max(0, outstanding - len(self._answered)))
        began = time.monotonic()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                for number in itertools.count():
                    await asyncio.sleep(began + number / rate - time.monotonic())
                    await self._room.acquire()
                    self._place()
        self._run = BareRun(0)
        return run

    async def see_out(self) -> None:
        """Returns when no customer is left. Raises BenchFailed.

        Asterisk 22 was seen to lose a customer's BYE that came within the Bridge: that leg stays up until an agent,
        here the script, ends it. Some are left when both sides are saturated, none otherwise.
        """
        with contextlib.suppress(BenchFailed):
            await self._until(lambda: not self._answered, "all calls to end", SEE_OUT_SECONDS)
        self.stuck += len(self._answered)
        for customer in self._answered:
            self._act("Hangup", Channel=customer)
        await self._until(lambda: not self._answered, "all calls to end")

    def _place(self) -> None:
        customer = str(uuid.uuid4())
        self._answered[customer] = None
        self._originate(customer, f"PJSIP/{next(self._numbers)}@{self._trunk}", "customer")
        self._run.placed += 1

    def _originate(self, channel: str, dial: str, context: str) -> None:
        where = {"Context": context, "Exten": "s", "Priority": "1", "Timeout": "20000", "Async": "true"}
        self._act("Originate", ChannelId=channel, Channel=dial, Variable=f"MAX_WAIT={MAX_WAIT_SECONDS}", **where)

    def _act(self, action: str, **headers: str) -> None:
        lines = [f"Action: {action}", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        self._writer.write("\r\n".join(lines).encode())

    async def _until(self, done: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
        deadline = time.monotonic() + seconds
        while not done():
            if self._listening.done() or time.monotonic() > deadline:
                raise BenchFailed(f"waited in vain for {what}; {len(self._free)} of {len(self._legs)} agents are free")
            await asyncio.sleep(0.01)

    # Hearing

    async def _listen(self) -> None:
        async for event in self._events():
            channel = event.get("Uniqueid", "")
            match event.get("Event"):
                case "Newstate" if channel in self._answered and event["ChannelState"] == UP:
                    self._answered[channel] = float(event["Timestamp"])
                    self._run.answered += 1
                case "BridgeEnter":
                    self._entered(channel, event)
                case "Hangup":
                    self._gone(channel)
                case "OriginateResponse" if event.get("Response") == "Failure":
                    self._gone(channel)

    async def _events(self) -> AsyncIterator[Event]:
        while True:
            text = (await self._reader.readuntil(b"\r\n\r\n")).decode(errors="replace")
            yield dict(line.split(": ", 1) for line in text.split("\r\n") if ": " in line)

    def _entered(self, channel: str, event: Event) -> None:
        if event["BridgeType"] == "basic":
            self._together(channel, event)
        elif channel in self._legs:
            self._free[channel] = None
        elif channel in self._answered:
            self._waiting.append(channel)
        self._connect()

    def _together(self, channel: str, event: Event) -> None:
        members = self._bridges.setdefault(event["BridgeUniqueid"], [])
        members.append(channel)
        if len(members) == 2:
            del self._bridges[event["BridgeUniqueid"]]
            customer = next(member for member in members if member not in self._legs)
            self._asked.pop(customer, None)
            if answered := self._answered.get(customer):
                self._run.to_agent.append(float(event["Timestamp"]) - answered)

    def _connect(self) -> None:
        while self._free and self._waiting:
            customer = self._waiting.popleft()
            if customer in self._answered:
                leg = self._asked[customer] = next(iter(self._free))
                del self._free[leg]
                self._act("Setvar", Channel=customer, Variable="MET", Value="1")
                self._act("Bridge", Channel1=customer, Channel2=leg)

    def _gone(self, channel: str) -> None:
        self._legs.discard(channel)
        if channel in self._answered:
            del self._answered[channel]
            self._run.ended += 1
            self._room.release()
        if leg := self._asked.pop(channel, None):
            self._free[leg] = None

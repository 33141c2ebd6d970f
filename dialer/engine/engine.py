"""Drives one Asterisk server for as long as its lease is held: listens, matches, ticks, audits.

asyncio stays at the edge: the loop reads the PBX, and everything that touches the database runs as plain Django in a
lane's thread. One task failing ends them all; whoever started the engine starts a new one, which finds out by a
snapshot what it missed. It does not know who started it.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import redis.asyncio
import structlog
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from campaigns import sweep
from dialer import calls, leases, matching, nudge, provision, shifts
from dialer.engine import chores, pool
from dialer.engine.faults import describe
from dialer.engine.lanes import Lane, Lanes
from dialer.leases import Lease
from dialer.models import PbxServer
from dialer.pacing.memory import Memory
from dialer.pbx import PbxError
from dialer.pbx.ami import Session
from dialer.pbx.provisioning import BadValue
from dialer.pbx.snapshot import missed
from dialer.rules.facts import AgentGone, CallFact, Effect, Fact, Originate, ShiftFact, Unsent

log = structlog.get_logger(__name__)

TICK_SECONDS = 1.0
LEAST_TICK_SECONDS = 0.25  # a burst of nudges makes no burst of ticks
SEND_LATE_SECONDS = 0.1  # calls that leave late may catch up with their pace by so much
RENEW_SECONDS = 2.0
FIRST_AUDIT_SECONDS = 6.0  # a little later than a call may need to appear on the PBX
AUDIT_SECONDS = 30.0
PROVISION_SECONDS = 5.0
NUDGE_SECONDS = 0.05  # what changes within this time after a nudge shares the next one

# What cannot be applied because of a slip of ours: others must not be stopped by it.
OUR_FAULTS = (DatabaseError, ArithmeticError, AttributeError, LookupError, ValueError, TypeError)


@dataclass(frozen=True, slots=True)
class Server:
    """Where a PBX is and how to log in; values, so that no thread shares a model instance."""

    id: int
    name: str
    host: str
    port: int
    username: str
    secret: str

    @classmethod
    def of(cls, row: PbxServer) -> Server:
        return cls(row.pk, row.name, row.ami_host, row.ami_port, row.ami_username, row.ami_secret)


class Engine:
    """One server's loop. `run` returns only by raising: LeaseLost, PbxError, a database error, or cancellation."""

    def __init__(self, server: Server, lease: Lease) -> None:
        self.server, self.lease = server, lease
        self.pbx = Session(server.host, server.port, server.username, server.secret)
        self.lanes = Lanes(settings.ENGINE_LANES)
        self.matcher, self.ticker, self.keeper, self.provider, self.nudger, self.sweeper = (
            Lane(name) for name in ("match", "tick", "lease", "provision", "nudge", "sweep")
        )
        self._closing = threading.Event()  # a sweep looks at it between two chunks
        self._match_wanted, self._tick_wanted, self._nudge_wanted, self._send_wanted, self._sweep_wanted = (
            asyncio.Event() for _ in range(5)
        )
        self._topics: set[str] = set()
        # Filled in the tick's thread: what that thread has written down is here even if nobody waits for it any more.
        self._unsent: deque[Originate] = deque()
        self._budgets: dict[int, pool.Budget] = {}
        self._memory = Memory(server.id)

    async def run(self) -> None:
        """Drive until something ends it; afterwards no thread, connection or task of it is left."""
        try:
            async with asyncio.TaskGroup() as group:
                # The lease is kept from the first moment on: logging in and looking around may take a while.
                group.create_task(_every(RENEW_SECONDS, self._renew))
                group.create_task(self._drive())
        except BaseExceptionGroup as failures:
            raise _first(failures) from None
        finally:
            self._closing.set()
            await self._take_back_unsent()
            single = (self.matcher, self.ticker, self.keeper, self.provider, self.nudger, self.sweeper)
            for lane in (*self.lanes.lanes, *single):
                await asyncio.to_thread(lane.close)

    async def _drive(self) -> None:
        async with self.pbx, asyncio.TaskGroup() as group:
            await self._provision()
            await self._resync()
            await self.ticker.call(self._report_healthy)
            for task in self._tasks():
                group.create_task(task)

    def _tasks(self) -> Iterable[Coroutine[Any, Any, None]]:
        yield self._listen()
        for lane in self.lanes.lanes:
            yield lane.run(partial(self._work, lane))
        yield self._matching()
        yield self._ticking()
        yield self._sending()
        yield self._nudging()
        yield self._hearing_nudges()
        yield self._auditing()
        yield _every(PROVISION_SECONDS, self._provision)
        yield self._sweeping()

    # Hearing

    async def _listen(self) -> None:
        async for facts in self.pbx.batches():
            self.lanes.submit(facts)

    async def _work(self, lane: Lane, facts: Sequence[Fact]) -> None:
        for heard in await lane.call(_hear, facts):
            self._post(heard.effects)
            self._say(heard.topics)
            if heard.match:
                self._match_wanted.set()
            if heard.ended:
                self._tick_wanted.set()
            self.lanes.submit([AgentGone(call, timezone.now()) for call in heard.tell_calls])

    async def _matching(self) -> None:
        while True:
            await _wait(self._match_wanted, TICK_SECONDS)
            matched = await self.matcher.call(matching.match, self.server.id)
            self._post(matched.connects)
            self._say(matched.topics)

    # Ticking

    async def _ticking(self) -> None:
        while True:
            topics = await self.ticker.call(self._tick)
            self._send_wanted.set()
            self._sweep_wanted.set()
            effects, more = await self.ticker.call(chores.run, self.server.id)
            self._post(effects)
            self._say(topics | more)
            await asyncio.sleep(LEAST_TICK_SECONDS)
            await _wait(self._tick_wanted, TICK_SECONDS - LEAST_TICK_SECONDS)

    def _tick(self) -> set[str]:
        originates, topics = pool.tick(self.lease, self._budgets, self._memory)
        self._unsent.extend(originates)
        return topics

    async def _sweeping(self) -> None:
        """After a tick that found little but refusals; on a thread of its own, since it may take a minute."""
        while True:
            await self._sweep_wanted.wait()
            self._sweep_wanted.clear()
            try:
                await self.sweeper.call(sweep.run_wanted, self._closing)
            except (OperationalError, InterfaceError):
                raise
            except OUR_FAULTS as fault:
                log.error("a sweep failed; ticks go on without it", fault=describe(fault))
                await self.sweeper.call(sweep.give_up)

    async def _sending(self) -> None:
        """Calls leave evenly, at the pace of the busiest trunk's limit; they have been written down already."""
        clock, due = asyncio.get_running_loop().time, 0.0
        while True:
            if not self._unsent:
                await self._send_wanted.wait()
                self._send_wanted.clear()
                continue
            self.pbx.post(self._unsent[0])
            self._unsent.popleft()
            pace = max((budget.per_second for budget in self._budgets.values()), default=1.0)
            due = max(due, clock() - SEND_LATE_SECONDS) + 1 / pace
            await asyncio.sleep(due - clock())

    async def _take_back_unsent(self) -> None:
        """Calls written down that never left: nobody was touched. Without a database the next engine counts them."""
        with contextlib.suppress(DatabaseError):
            await self.ticker.call(self._take_back)

    def _take_back(self) -> None:
        now = timezone.now()
        calls.hear([Unsent(originate.id, now) for originate in self._unsent], now)
        self._memory.save(now, at_once=True)

    def _post(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            self.pbx.post(effect)

    # Keeping in step

    async def _resync(self) -> None:
        """What the PBX shows against what we hold: the difference becomes facts, strays are hung up."""
        snapshot = await self.pbx.snapshot()
        held_calls = await self.ticker.call(chores.held_calls, self.server.id)
        held_shifts = await self.ticker.call(chores.held_shifts, self.server.id)
        facts, strays = missed(snapshot, held_calls, held_shifts)
        if facts or strays:
            log.info("resync", server=self.server.name, facts=len(facts), strays=len(strays))
        self.pbx.put(facts)
        self._post(strays)
        self._match_wanted.set()
        await self.ticker.call(self._mark_audited)

    async def _auditing(self) -> None:
        await asyncio.sleep(FIRST_AUDIT_SECONDS)
        while True:
            await self._resync()
            if strays := await self.ticker.call(chores.release_stray_leads):
                log.error("leads were held by no call", count=strays)
            await asyncio.sleep(AUDIT_SECONDS)

    async def _renew(self) -> None:
        await self.keeper.call(leases.renew, self.lease)

    async def _provision(self) -> None:
        """Agents and trunks as the database has them; the PBX reads them again without cutting a call."""
        try:
            changed = await self.provider.call(provision.write, self.server.id)
        except BadValue as flaw:  # one bad row must not end the driving of all others; forms refuse it
            log.error("the PBX keeps its endpoints as they were", server=self.server.name, reason=str(flaw))
            return
        if changed and not await self.pbx.reload("res_pjsip.so"):
            log.error("the PBX would not reload its endpoints", server=self.server.name)

    def _report_healthy(self) -> None:
        PbxServer.objects.filter(pk=self.server.id).update(problem="")

    def _mark_audited(self) -> None:
        PbxServer.objects.filter(pk=self.server.id).update(audited_at=timezone.now())

    # Nudges

    def _say(self, topics: set[str]) -> None:
        if topics:
            self._topics |= topics
            self._nudge_wanted.set()

    async def _nudging(self) -> None:
        while True:
            await self._nudge_wanted.wait()
            self._nudge_wanted.clear()
            topics, self._topics = self._topics, set()
            await self.nudger.call(nudge.publish_all, topics)
            await asyncio.sleep(NUDGE_SECONDS)

    async def _hearing_nudges(self) -> None:
        """Wake the tick when a page asks; without Redis the tick comes by itself."""
        while True:
            with contextlib.suppress(redis.RedisError, OSError):
                async with redis.asyncio.Redis.from_url(settings.REDIS_URL) as client, client.pubsub() as pubsub:
                    await pubsub.subscribe(nudge.channel(nudge.engine(self.server.id)))
                    while True:
                        if await nudge.hear(pubsub):
                            self._match_wanted.set()
                            self._tick_wanted.set()
            await asyncio.sleep(1)


@dataclass(slots=True)
class _Result(calls.Heard):
    tell_calls: Sequence[UUID] = ()


def _hear(facts: Sequence[Fact]) -> list[_Result]:
    """Apply a batch in this lane's thread; a fact that cannot be applied is logged and must not stop the others."""
    try:
        return [_apply(facts)]
    except (OperationalError, InterfaceError):
        raise
    except OUR_FAULTS as fault:
        log.error("a batch of facts failed; applying them one by one", facts=len(facts), fault=describe(fault))
    return [result for fact in facts if (result := _apply_alone(fact))]


def _apply(facts: Sequence[Fact]) -> _Result:
    heard = calls.hear([fact for fact in facts if isinstance(fact, CallFact)], timezone.now())
    changes = shifts.hear([fact for fact in facts if isinstance(fact, ShiftFact)])
    return _Result(
        effects=[*heard.effects, *changes.effects],
        topics=heard.topics | changes.topics,
        match=heard.match,
        ended=heard.ended,
        tell_calls=changes.tell_calls,
    )


def _apply_alone(fact: Fact) -> _Result | None:
    try:
        return _apply([fact])
    except (OperationalError, InterfaceError):
        raise
    except OUR_FAULTS as fault:
        log.error("a fact could not be applied", fact=type(fact).__name__, id=str(fact.id), fault=describe(fault))
        return None


async def _every(seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    while True:
        await asyncio.sleep(seconds)
        await work()


async def _wait(event: asyncio.Event, seconds: float) -> None:
    """Until the event or the time-out, whichever is first; the event is cleared."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
    event.clear()


def _first(failures: BaseExceptionGroup) -> BaseException:
    """What really ended the engine: a known reason before any other."""
    leaves = [e for e in failures.exceptions if not isinstance(e, BaseExceptionGroup)]
    leaves += [_first(e) for e in failures.exceptions if isinstance(e, BaseExceptionGroup)]
    known = [e for e in leaves if isinstance(e, (leases.LeaseLost, PbxError, DatabaseError))]
    return (known or leaves)[0]

"""The run of a scenario: events in the order of their time, and a decision every second.

A call is set up, rings, and is answered or not. Who answers gets the agent who has been ready longest, or waits for one
until the grace is over or they hang up; either counts as abandoned, and ends the call. An agent talks, writes up, and
is ready again, on a break, or gone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count, islice
from typing import Any

from dialer.rules.pacing import Budget, Decision, Floor, Flying, Limits, Pacer, Prospect
from dialer.simulator.agents import Agent, Desk, Doing
from dialer.simulator.customers import HIGHEST, Customer, course, customers
from dialer.simulator.scenario import Scenario

PEEKED = 16


@dataclass(slots=True, eq=False)
class Call:
    """A call that was started. `rang`: when it began to ring; `machine`: it answered; `over`: nothing more happens."""

    number: int
    customer: Customer
    dialled: float
    rang: float | None = None
    machine: bool = False
    answered: float = 0.0
    over: bool = False


@dataclass(slots=True)
class Tally:
    """`live`: (when, whether abandoned) of every person who answered."""

    dials: int = 0
    cancelled: int = 0
    live: list[tuple[float, bool]] = field(default_factory=list)
    abandoned: int = 0
    course: list[dict[str, float]] = field(default_factory=list)


class World:
    """One run; `play` goes through it. `watch`, if given, sees each decision."""

    def __init__(self, scenario: Scenario, agents: int, seconds: int, seed: int, pacer: Pacer) -> None:
        self.scenario, self.seconds, self.pacer = scenario, seconds, pacer
        self.now, self.tally = 0.0, Tally()
        self.desk = Desk(scenario, agents, seed)
        self._events: list[tuple[float, int, Callable[[Any], None], Any]] = []
        self._order = count()
        self._customers = customers(scenario, agents, seed)
        self._peeked: deque[Customer] = deque()
        self._course = course(scenario, seconds, seed)
        self._flying: dict[int, Call] = {}
        self._waiting: deque[Call] = deque()
        self._idle: deque[Agent] = deque()
        self._screening: set[int] = set()
        self._talking: dict[int, float] = {}
        self._wrapping: dict[int, float] = {}

    def play(self, watch: Callable[[float, Floor, Decision], None] | None = None) -> Tally:
        for agent, at in zip(self.desk.agents, self.desk.log_ins, strict=True):
            self._at(at, self._comes, agent)
        for share, staffed in self.scenario.staffing:
            self._at(share * self.seconds, self._staff, staffed)
        for second in range(self.seconds):
            self._run_until(float(second))
            floor = self.floor()
            decision = self.pacer.decide(floor)
            self._do(decision)
            if watch is not None:
                watch(self.now, floor, decision)
        self._run_until(float(self.seconds))
        self.desk.close(self.now)
        return self.tally

    def floor(self) -> Floor:
        now, calls, scenario = self.now, self._flying.values(), self.scenario
        flying = Flying(
            ids=list(self._flying),
            ages=[now - call.dialled for call in calls],
            ringing=[-1.0 if call.rang is None else now - call.rang for call in calls],
        )
        return Floor(
            ready=len(self._idle),
            limits=Limits(scenario.channels - len(calls) - len(self._talking), scenario.calls_per_second),
            flying=flying,
            talking=[now - since for since in self._talking.values()],
            wrapping=[now - since for since in self._wrapping.values()],
            screening=len(self._screening),
            waiting=len(self._waiting),
            connected=len(self._talking),
            prospects=self._prospects(),
            budget=Budget(scenario.cap, len(self.tally.live), self.tally.abandoned, self.seconds - now),
            cancel_after=scenario.cancel_after_s or None,
        )

    def _prospects(self) -> list[Prospect]:
        if not self.scenario.named:
            return []
        self._peeked.extend(islice(self._customers, PEEKED - len(self._peeked)))
        return [customer.lead for customer in self._peeked]

    def _at(self, when: float, what: Callable[[Any], None], whom: object) -> None:
        heappush(self._events, (when, next(self._order), what, whom))

    def _run_until(self, end: float) -> None:
        events = self._events
        while events and events[0][0] <= end:
            self.now, _order, what, whom = heappop(events)
            what(whom)
        self.now = end

    def _do(self, decision: Decision) -> None:
        for call in [call for call in self._flying.values() if call.number in decision.cancel]:
            self._cancel(call)
        for _call in range(decision.calls):
            self._dial(self._peeked.popleft() if self._peeked else next(self._customers))

    def _dial(self, customer: Customer) -> None:
        self.tally.dials += 1
        call = Call(self.tally.dials, customer, self.now)
        self._flying[call.number] = call
        self.pacer.dialled(call.number, customer.lead)
        self._foretell(call)

    def _foretell(self, call: Call) -> None:
        """What the drawn customer does with this call."""
        s, customer, dialled = self.scenario, call.customer, self.now + call.customer.set_up
        chance = customer.chance * (self._course[int(self.now)] if self._course else 1.0)
        if customer.dice < min(chance, HIGHEST):
            return self._rings(call, customer.ring)
        rest = (customer.dice - chance) / (1 - chance)
        if rest < s.busy + s.invalid:
            low, high = s.busy_after_s if rest < s.busy else s.invalid_after_s
            return self._at(dialled + low + customer.early * (high - low), self._fails, call)
        call.machine = customer.kind < s.machines
        return self._rings(call, customer.machine_ring if call.machine else s.ring_limit_s + 1.0)

    def _rings(self, call: Call, seconds: float) -> None:
        rings, limit = call.dialled + call.customer.set_up, self.scenario.ring_limit_s
        self._at(rings, self._begins_to_ring, call)
        if seconds < limit:
            self._at(rings + seconds, self._answers, call)
        else:
            self._at(rings + limit, self._fails, call)

    def _begins_to_ring(self, call: Call) -> None:
        if not call.over:
            call.rang = self.now

    def _fails(self, call: Call) -> None:
        if not call.over:
            self._end(call)
            self.pacer.failed(call.number, self.now - call.dialled)

    def _cancel(self, call: Call) -> None:
        self._end(call)
        self.tally.cancelled += 1
        self.pacer.cancelled(call.number, self.now - call.dialled)

    def _end(self, call: Call) -> None:
        call.over = True
        del self._flying[call.number]

    def _answers(self, call: Call) -> None:
        if call.over:
            return None
        self._end(call)
        call.answered = self.now
        self.pacer.answered(call.number, self.now - call.dialled)
        if not self.scenario.screening:
            return self._asks(call)
        mean = self.scenario.screen_machine_s if call.machine else self.scenario.screen_person_s
        self._screening.add(call.number)
        return self._at(self.now + mean * call.customer.screen, self._screened, call)

    def _screened(self, call: Call) -> None:
        self._screening.discard(call.number)
        goes_on = not call.machine or call.customer.passed
        self.pacer.screened(person=goes_on)
        if goes_on:
            self._asks(call)

    def _asks(self, call: Call) -> None:
        """Somebody is there and wants an agent."""
        if self._idle:
            return self._connect(call, self._idle.popleft())
        self._waiting.append(call)
        patience_ends = self.now + call.customer.patience
        deadline = call.answered + self.scenario.greeting_s + self.scenario.grace_s
        return self._at(min(patience_ends, max(deadline, self.now)), self._is_abandoned, call)

    def _is_abandoned(self, call: Call) -> None:
        if call in self._waiting:
            self._waiting.remove(call)
            if not call.machine:
                self._count(abandoned=True)

    def _count(self, *, abandoned: bool) -> None:
        self.tally.live.append((self.now, abandoned))
        self.tally.abandoned += abandoned
        self.pacer.live(abandoned=abandoned)

    def _connect(self, call: Call, agent: Agent) -> None:
        s, customer = self.scenario, call.customer
        talk, wrap = (s.machine_talk_s, s.machine_wrap_s) if call.machine else (customer.talk, customer.wrap)
        agent.wrap = wrap * agent.speed
        self.desk.begins(agent, Doing.TALKING, self.now)
        self._talking[agent.number] = self.now
        self._at(self.now + talk * agent.speed, self._hangs_up, agent)
        if not call.machine:
            self._count(abandoned=False)

    def _hangs_up(self, agent: Agent) -> None:
        self.pacer.talked(self.now - self._talking.pop(agent.number))
        self._wrapping[agent.number] = self.now
        self.desk.begins(agent, Doing.WRAPPING, self.now)
        self._at(self.now + agent.wrap, self._has_written_up, agent)

    def _has_written_up(self, agent: Agent) -> None:
        seconds, pause = self.now - self._wrapping.pop(agent.number), self.desk.break_after_wrap()
        away = pause > 0 or not agent.staying
        self.pacer.wrapped(seconds, ready=not away)
        self.desk.begins(agent, Doing.AWAY, self.now)
        if pause and agent.staying:
            self._at(self.now + pause, self._comes, agent)
        elif agent.staying:
            self._comes(agent)

    def _comes(self, agent: Agent) -> None:
        if not agent.staying or agent.doing is not Doing.AWAY:
            return
        self.desk.begins(agent, Doing.IDLE, self.now)
        if self._waiting:
            self._connect(self._waiting.popleft(), agent)
        else:
            self._idle.append(agent)

    def _staff(self, share: float) -> None:
        leaving, coming = self.desk.staff(share)
        for agent in leaving:
            agent.staying = False
            if agent.doing is Doing.IDLE:
                self._idle.remove(agent)
                self.desk.begins(agent, Doing.AWAY, self.now)
        for agent in coming:
            agent.staying = True
            self._comes(agent)

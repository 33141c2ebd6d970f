"""The bound: a dialler who knows every outcome, ring time and release ahead, and may take leads in any order.

It dials only who will answer, so early that the answer comes when the agent is ready, and only the whole second of its
decisions keeps it from being exact. Agents do not compete: leads that answer are there for all.
"""

from __future__ import annotations

from math import ceil

from dialer.simulator.agents import Desk
from dialer.simulator.customers import customers
from dialer.simulator.scenario import Scenario


def utilisation(scenario: Scenario, agents: int, seconds: int, seed: int) -> float:
    """Share of their time not away that agents talk and write up."""
    desk, people = Desk(scenario, agents, seed), customers(scenario, agents, seed)
    idle = busy = 0.0
    for agent, ready in zip(desk.agents, desk.log_ins, strict=True):
        while ready < seconds:
            person = next(people)
            answer = ready + _late(ready, person.set_up + person.ring)
            idle += min(answer, seconds) - ready
            ends = answer + (person.talk + person.wrap) * agent.speed
            busy += max(0.0, min(ends, seconds) - answer)
            ready = ends + desk.break_after_wrap()
    return busy / max(busy + idle, 1e-9)


def _late(ready: float, delay: float) -> float:
    """How long after `ready` an answer comes whose call is dialled on a whole second, `delay` before it."""
    return ceil(ready - delay) + delay - ready

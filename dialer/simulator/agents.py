"""Agents: how fast each is, when they log in, take breaks, leave and come back; and what they did with their time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from math import log, sqrt

import numpy as np

from dialer.simulator.customers import BLOCK, lognormal
from dialer.simulator.scenario import Scenario


class Doing(IntEnum):
    AWAY = 0
    IDLE = 1
    TALKING = 2
    WRAPPING = 3


@dataclass(slots=True, eq=False)
class Agent:
    """`speed`: factor of their times; `since`: when they began what they do; `staying`: the shift wants them."""

    number: int
    speed: float
    doing: Doing = Doing.AWAY
    since: float = 0.0
    staying: bool = True
    wrap: float = 0.0


@dataclass(slots=True)
class Spent:
    """Agents' seconds by what they did, and how many waits for a call there were."""

    idle: float = 0.0
    busy: float = 0.0
    waits: int = 0


class Desk:
    """All agents of a run; changes what they do and adds up the time."""

    def __init__(self, scenario: Scenario, count: int, seed: int) -> None:
        draws = np.random.default_rng([seed, 4])
        sigma = sqrt(log(1 + scenario.agent_sd**2))
        speeds = np.exp(draws.normal(-sigma * sigma / 2, sigma, count))
        self.agents = [Agent(number, speed) for number, speed in enumerate(speeds.tolist())]
        self.log_ins: list[float] = draws.uniform(0.0, scenario.log_in_s, count).tolist()
        self.spent = Spent()
        self._breaks = _breaks(scenario, np.random.default_rng([seed, 5]))

    def begins(self, agent: Agent, doing: Doing, now: float) -> None:
        seconds = now - agent.since
        if agent.doing is Doing.IDLE:
            self.spent.idle += seconds
            self.spent.waits += 1
        elif agent.doing is not Doing.AWAY:
            self.spent.busy += seconds
        agent.doing, agent.since = doing, now

    def break_after_wrap(self) -> float:
        """Seconds of the break that follows, 0 for none."""
        return next(self._breaks)

    def close(self, now: float) -> None:
        for agent in self.agents:
            self.begins(agent, Doing.AWAY, now)

    def staff(self, share: float) -> tuple[list[Agent], list[Agent]]:
        """Who is to leave and who is to come, for this share of all to be at work."""
        wanted = round(share * len(self.agents))
        leaving = [agent for agent in self.agents[wanted:] if agent.staying]
        coming = [agent for agent in self.agents[:wanted] if not agent.staying]
        return leaving, coming


def _breaks(scenario: Scenario, draws: np.random.Generator) -> Iterator[float]:
    while True:
        taken = draws.random(BLOCK) < scenario.breaks
        yield from np.where(taken, lognormal(draws, scenario.break_s, scenario.break_cv, BLOCK), 0.0).tolist()

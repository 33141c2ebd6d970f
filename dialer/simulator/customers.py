"""People on the list: would they answer, when, and how long would they talk? Drawn by their place in the list.

Draws are made in blocks, the same for every policy: who is dialled as the thousandth is the same person whoever dials.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import exp, log, pi, sin, sqrt

import numpy as np

from dialer.rules.pacing import Prospect
from dialer.simulator.scenario import Scenario

BLOCK = 4096
ANYBODY = Prospect()
HIGHEST = 0.85


@dataclass(slots=True)
class Customer:
    """What would happen if this lead were dialled; `chance` and `dice` decide whether a person answers.

    `talk` and `wrap` are for an agent of average speed.
    """

    lead: Prospect
    chance: float
    dice: float
    kind: float
    set_up: float
    ring: float
    machine_ring: float
    early: float
    screen: float
    patience: float
    talk: float
    wrap: float
    passed: bool


def lognormal(draws: np.random.Generator, mean: float, cv: float, size: int) -> np.ndarray:
    """Times with this mean and standard deviation over mean."""
    sigma = sqrt(log(1 + cv * cv))
    return draws.lognormal(log(mean) - sigma * sigma / 2, sigma, size)


def customers(scenario: Scenario, agents: int, seed: int) -> Iterator[Customer]:
    """An endless list of leads in their order."""
    leads = _leads(scenario, agents, np.random.default_rng([seed, 1]))
    draws = np.random.default_rng([seed, 2])
    while True:
        columns = [column.tolist() for column in _block(scenario, draws)]
        for values in zip(*columns, strict=True):
            lead, chance = next(leads)
            yield Customer(lead, chance, *values)


def _block(s: Scenario, draws: np.random.Generator) -> list[np.ndarray]:
    return [
        draws.random(BLOCK),
        draws.random(BLOCK),
        lognormal(draws, s.set_up_s, s.set_up_cv, BLOCK),
        lognormal(draws, s.ring_s, s.ring_cv, BLOCK),
        lognormal(draws, s.machine_ring_s, s.machine_ring_cv, BLOCK),
        draws.random(BLOCK),
        lognormal(draws, 1.0, s.screen_cv, BLOCK),
        draws.exponential(s.patience_s, BLOCK),
        _talks(s, draws),
        lognormal(draws, s.wrap_s, s.wrap_cv, BLOCK),
        draws.random(BLOCK) < s.machine_passed,
    ]


def _talks(s: Scenario, draws: np.random.Generator) -> np.ndarray:
    talks = lognormal(draws, s.talk_s, s.talk_cv, BLOCK)
    dice, below = draws.random(BLOCK), 0.0
    for share, mean, cv in s.talk_mix:
        picked = (dice >= below) & (dice < below + share)
        talks = np.where(picked, lognormal(draws, mean, cv, BLOCK), talks)
        below += share
    at_once = draws.random(BLOCK) < s.hang_up_at_once
    return np.where(at_once, s.hang_up_after_s, talks)


def _leads(s: Scenario, agents: int, draws: np.random.Generator) -> Iterator[tuple[Prospect, float]]:
    """Leads with the rate at which people like them answer; that of "constant" and "drift" is the campaign's."""
    if s.course == "segments" and not s.shuffled:
        yield from _segments(s, agents, draws)
    while s.course in ("segments", "strata"):
        runs = draws.geometric(1.0 / s.strata_run, BLOCK).tolist()
        for which, leads in zip(draws.choice(len(s.rates), BLOCK, p=s.weights or None).tolist(), runs, strict=True):
            for _lead in range(leads):
                yield Prospect((f"stratum {which}",)) if s.named else ANYBODY, s.rates[which]
    while True:
        yield ANYBODY, s.rate


def _segments(s: Scenario, agents: int, draws: np.random.Generator) -> Iterator[tuple[Prospect, float]]:
    number = 0
    while True:
        number += 1
        rate = s.rates[draws.integers(len(s.rates))]
        lead = Prospect((f"list {number}",)) if s.named else ANYBODY
        for _call in range(1 + int(draws.exponential(s.segment_calls_per_agent * agents))):
            yield lead, rate


def course(s: Scenario, seconds: int, seed: int) -> list[float] | None:
    """The factor of the answer rate at every second, where it moves with time."""
    if s.course != "drift":
        return None
    draws = np.random.default_rng([seed, 3])
    keep = exp(-1.0 / s.noise_s)
    steps = draws.normal(0.0, s.noise * sqrt(1 - keep * keep), seconds + 1).tolist()
    noise, phase, factors = draws.normal(0.0, s.noise), draws.random() * 2 * pi, []
    for second, step in enumerate(steps):
        noise = noise * keep + step
        factors.append(exp(s.sine * sin(2 * pi * second / s.sine_s + phase) + noise))
    return factors

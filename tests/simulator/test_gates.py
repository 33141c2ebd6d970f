"""The rule must not get worse: gates a little below the benchmark's aims, on seeds of their own.

An hour of ten agents has too few answers to say much, so runs are as long as the benchmark's.
"""

from __future__ import annotations

import pytest

from dialer import simulator
from dialer.simulator import oracle

SEED = 201


def play(name: str, agents: int, hours: float, seed: int = SEED) -> tuple[float, float]:
    """(ratio to the oracle, share abandoned)"""
    scenario, seconds = simulator.load(name), int(3600 * hours)
    found = simulator.simulate(scenario, agents=agents, seconds=seconds, seed=seed)
    return found.utilisation / oracle.utilisation(scenario, agents, seconds, seed), found.abandoned


@pytest.mark.parametrize(
    ("name", "agents", "hours", "gate"),
    [
        ("stable", 10, 8, 0.80),
        ("drift", 10, 8, 0.78),
        ("burst", 10, 8, 0.79),
        ("stable", 50, 4, 0.90),
        ("burst", 50, 4, 0.90),
        ("stable", 200, 2, 0.955),
        ("burst", 200, 2, 0.955),
    ],
)
def test_agents_talk_and_the_budget_holds(name, agents, hours, gate):
    ratio, abandoned = play(name, agents, hours)

    assert ratio >= gate
    assert abandoned <= 0.03


def test_knowing_who_answers_brings_talking_time():
    known, blind = play("strata", 10, 4), play("strata-unknown", 10, 4)

    assert known[0] >= blind[0] + 0.02
    assert known[1] <= 0.03

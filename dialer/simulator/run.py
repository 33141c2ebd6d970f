"""One run of one policy: the same call from the command, the benchmark and the tests."""

from __future__ import annotations

from dialer.simulator.measure import Outcome, outcome
from dialer.simulator.policies import pacer
from dialer.simulator.scenario import Scenario
from dialer.simulator.world import World


def simulate(scenario: Scenario, *, agents: int, seconds: int, seed: int, policy: str = "ours") -> Outcome:
    """Play it through. Raises NoSuchPolicy."""
    world = World(scenario, agents, seconds, seed, pacer(policy, scenario))
    world.play()
    return outcome(world)

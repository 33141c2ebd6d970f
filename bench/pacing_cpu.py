"""How long a pacing decision takes, by how many agents there are: the predictive rule in a simulated hour's midst."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bench.figures import Figure, percentile

if TYPE_CHECKING:
    from dialer.rules.pacing import Decision, Floor

AGENTS = (10, 50, 200, 1000)
MINUTES, WARM_UP_S = 20, 600
P99_MS = 5.0


def measure(seconds: float | None, agents: Sequence[int] = AGENTS) -> list[Figure]:
    """p50 and p99 of a decision, tables that are made anew included; `seconds` is how long is simulated."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    return [figure for count in agents for figure in _of(count, int(seconds or 60 * MINUTES))]


def _of(agents: int, seconds: int) -> list[Figure]:
    took = decisions(agents, seconds)
    p50, p99 = percentile(took, 50), percentile(took, 99)
    aim = f"≤ {P99_MS:g} ms" if agents == max(AGENTS) else ""
    return [
        Figure(f"a decision for {agents} agents, p50", p50, "ms"),
        Figure(f"a decision for {agents} agents, p99", p99, "ms", aim=aim, met=p99 <= P99_MS if aim else None),
    ]


def decisions(agents: int, seconds: int) -> list[float]:
    """Milliseconds of each decision, once it has learned for some minutes."""
    from dialer import simulator
    from dialer.rules.pacing.predictive import Predictive
    from dialer.simulator.world import World

    scenario, pacer = simulator.load("drift"), Predictive()
    world, took, decide = World(scenario, agents, seconds, 101, pacer), [], pacer.decide

    def timed(floor: Floor) -> Decision:
        began = time.perf_counter()
        decision = decide(floor)
        took.append(1000 * (time.perf_counter() - began))
        return decision

    pacer.decide = timed  # type: ignore[method-assign]
    world.play()
    return took[min(WARM_UP_S, seconds // 2) :]

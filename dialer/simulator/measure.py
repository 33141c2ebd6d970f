"""What a run came to."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from dialer.simulator.world import Tally, World

HOUR_S = 3600.0
FEWEST_LIVE = 50


@dataclass(frozen=True, slots=True)
class Outcome:
    """`utilisation`: talking and writing up, of the time not away; `abandoned` and `worst_hour` (of any rolling hour
    with 50 live answers and more): shares of live answers; `idle_wait`: mean seconds an agent waits for a call."""

    utilisation: float
    abandoned: float
    worst_hour: float
    idle_wait: float
    dials: int
    live: int
    cancelled: int


def outcome(world: World) -> Outcome:
    spent, tally = world.desk.spent, world.tally
    return Outcome(
        utilisation=spent.busy / max(spent.busy + spent.idle, 1e-9),
        abandoned=tally.abandoned / max(len(tally.live), 1),
        worst_hour=worst_hour(tally),
        idle_wait=spent.idle / max(spent.waits, 1),
        dials=tally.dials,
        live=len(tally.live),
        cancelled=tally.cancelled,
    )


def worst_hour(tally: Tally) -> float:
    window: deque[tuple[float, bool]] = deque()
    abandoned, worst = 0, 0.0
    for answer in tally.live:
        window.append(answer)
        abandoned += answer[1]
        while window[0][0] <= answer[0] - HOUR_S:
            abandoned -= window.popleft()[1]
        if len(window) >= FEWEST_LIVE:
            worst = max(worst, abandoned / len(window))
    return worst

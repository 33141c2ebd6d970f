"""How long a customer who has answered waits until an agent is there: both legs in one talking bridge.

From the PBX's own `Newstate: Up` to its second `BridgeEnter`, both by its clock, with agents ready all the time. All
customers answer here. The baseline is a bare AMI script on the same Asterisk that only bridges.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.bare import Bare
from bench.figures import Figure, percentile
from bench.stage import TRUNK, Stage

if TYPE_CHECKING:
    from bench.floor import Floor

RATES = (5, 25)  # answered calls a second
SECONDS = 60.0
AGENTS = 40
WITHIN_MS = 50.0
WARM_UP_SECONDS = 3.0
SCRIPT = "bare AMI script"


@dataclass(frozen=True)
class Stretch:
    """What one rate came to: customers who answered, and the milliseconds until each had an agent."""

    answered: int
    to_agent: Sequence[float]

    @property
    def connected(self) -> float:
        return 100 * len(self.to_agent) / max(1, self.answered)


def measure(seconds: float | None) -> list[Figure]:
    """p50 and p99 at each rate; `seconds` is the length of each stretch."""
    length = seconds or SECONDS
    with Stage(busy=0, ring_ms=200, talk_ms=500) as stage:
        stage.use_django()
        from bench.floor import Floor  # Django must be set up first

        leads = int(2 * length * sum(RATES)) + 1000
        floor = Floor(agents=AGENTS, leads=leads, trunk_port=stage.customers.port)
        stage.provision(floor.phones)
        bare = asyncio.run(_bare(stage, floor.phones, length))
        stage.stack.start_processes()
        floor.sign_in()
        floor.stretch(max(RATES), WARM_UP_SECONDS)
        ours = {rate: _ours(floor, rate, length) for rate in RATES}
    return [figure for rate in RATES for figure in _figures(rate, ours[rate], bare[rate])]


async def _bare(stage: Stage, phones: list[str], seconds: float) -> dict[int, Stretch]:
    async with Bare(stage.at.ami_port, stage.at.ami_secret, TRUNK, phones) as script:
        await script.run(max(RATES), WARM_UP_SECONDS)
        return {rate: await _bare_stretch(script, rate, seconds) for rate in RATES}


async def _bare_stretch(script: Bare, rate: int, seconds: float) -> Stretch:
    run = await script.run(rate, seconds)
    await script.see_out()
    return Stretch(run.answered, [1000 * each for each in run.to_agent])


def _ours(floor: Floor, rate: int, seconds: float) -> Stretch:
    since = floor.stretch(rate, seconds)
    return Stretch(floor.answered(since), [1000 * each for each in floor.to_agent(since)])


def _figures(rate: int, ours: Stretch, bare: Stretch) -> list[Figure]:
    at = f"{rate} answered a second"
    p50, p99 = ([percentile(run.to_agent, share) for run in (ours, bare)] for share in (50, 99))
    aim, met = f"baseline + {WITHIN_MS:g} ms", p99[0] <= p99[1] + WITHIN_MS
    return [
        Figure(f"answered, {at}", ours.answered, "calls", SCRIPT, bare.answered),
        Figure(f"connected of the answered, {at}", ours.connected, "%", SCRIPT, bare.connected),
        Figure(f"answer to agent, p50, {at}", p50[0], "ms", SCRIPT, p50[1]),
        Figure(f"answer to agent, p99, {at}", p99[0], "ms", SCRIPT, p99[1], aim, met),
    ]

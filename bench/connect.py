"""How long a customer who has answered waits until an agent is there: both legs in one talking bridge.

From the PBX's own `Newstate: Up` to its second `BridgeEnter`, both by its clock, with agents ready all the time. All
customers answer here. The baseline is a bare AMI script on the same Asterisk that only bridges.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bench.bare import Bare
from bench.figures import Figure, percentile
from bench.stage import TRUNK, Stage

RATES = (5, 25)  # answered calls a second
SECONDS = 60.0
AGENTS = 40
WITHIN_MS = 50.0
WARM_UP_SECONDS = 3.0


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
        ours = {rate: floor.to_agent(floor.stretch(rate, length)) for rate in RATES}
    return [figure for rate in RATES for figure in _figures(rate, ours[rate], bare[rate], length)]


async def _bare(stage: Stage, phones: list[str], seconds: float) -> dict[int, list[float]]:
    async with Bare(stage.at.ami_port, stage.at.ami_secret, TRUNK, phones) as script:
        await script.run(max(RATES), WARM_UP_SECONDS)
        runs = {rate: await script.run(rate, seconds) for rate in RATES}
        await script.see_out()
    return {rate: run.to_agent for rate, run in runs.items()}


def _figures(rate: int, ours: Sequence[float], bare: Sequence[float], seconds: float) -> list[Figure]:
    per_second = f"{rate} answered a second"
    figures = [_share(f"connected, {per_second}", len(ours), len(bare), seconds)]
    for share in (50, 99):
        mine, theirs = (1000 * percentile(values, share) for values in (ours, bare))
        met = mine <= theirs + WITHIN_MS if share == 99 else None
        aim = f"baseline + {WITHIN_MS:g} ms" if share == 99 else ""
        what = f"answer to agent, p{share}, {per_second}"
        figures.append(Figure(what, mine, "ms", "bare AMI script", theirs, aim, met))
    return figures


def _share(what: str, ours: int, bare: int, seconds: float) -> Figure:
    return Figure(what, ours / seconds, "calls/s", "bare AMI script", bare / seconds)

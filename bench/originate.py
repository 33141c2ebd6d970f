"""How many calls a second the whole dialer sustains, and what each costs in CPU time, process by process.

Every call is reserved under all rules, placed, followed through its events and settled; 30 % of customers answer and
are connected to an agent, the others are busy after a short ring. The baseline is a bare AMI script that places the
same calls on the same Asterisk and bridges them, with no database. `dial` is the rate asked for; at saturation both
may have as many calls alive at once as the trunk has channels.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import redis

from bench import cpu
from bench.bare import Bare
from bench.cpu import Meter
from bench.figures import Figure, percentile
from bench.problems import BenchFailed
from bench.stage import TRUNK, Stage

if TYPE_CHECKING:
    from bench.floor import Floor

RATES = (25, 50, 100, 150)
SATURATION = 600  # more than two cores can do
CHANNELS = 400
AGENTS = 60
SECONDS = 20.0
WARM_UP_SECONDS = 4.0
SUSTAINED = 150
KEEPS_UP = 0.95  # of the calls asked for: what settles fewer lets a queue grow
CALL_MS = 5.0
TICK_SECONDS = 1.0
SCRIPT = "bare AMI script"
PLAYED = "agents, played by us"


@dataclass(frozen=True)
class Stretch:
    """What one rate came to: settled calls a second, CPU ms a call by process, and how long things took, in seconds."""

    per_second: float
    cpu_ms: Mapping[str, float]
    to_agent: Sequence[float]
    ticks: Sequence[float] = ()
    to_wire: Sequence[float] = ()


def measure(seconds: float | None) -> list[Figure]:
    """Everything at each rate; `seconds` is the length of each stretch."""
    length = seconds or SECONDS
    with Stage(busy=0.7, ring_ms=200, talk_ms=500) as stage:
        stage.use_django()
        from bench.floor import Floor  # Django must be set up first

        leads = int(1.5 * (length + WARM_UP_SECONDS) * (sum(RATES) + CHANNELS))
        floor = Floor(agents=AGENTS, leads=leads, trunk_port=stage.customers.port)
        stage.provision(floor.phones)
        bare = asyncio.run(_bare(stage, floor.phones, length))
        stage.stack.start_processes()
        floor.sign_in()
        ours = {rate: _ours(stage, floor, rate, length) for rate in (*RATES, SATURATION)}
    return [figure for rate, stretch in ours.items() for figure in _figures(rate, stretch, bare[rate])]


async def _bare(stage: Stage, phones: list[str], seconds: float) -> dict[int, Stretch]:
    async with Bare(stage.at.ami_port, stage.at.ami_secret, TRUNK, phones) as script:
        return {rate: await _bare_stretch(stage, script, rate, seconds) for rate in (*RATES, SATURATION)}


async def _bare_stretch(stage: Stage, script: Bare, rate: int, seconds: float) -> Stretch:
    await script.run(rate, WARM_UP_SECONDS, CHANNELS)
    meter = Meter(_groups(stage), {SCRIPT: [os.getpid()]})
    run = await script.run(rate, seconds, CHANNELS)
    spent = meter.spent()
    await script.see_out()
    print(f"  {SCRIPT}, {rate}/s asked for: {run.per_second:.1f}/s ended", flush=True)
    return Stretch(run.per_second, _per_call(spent, run.ended), run.to_agent)


def _ours(stage: Stage, floor: Floor, rate: int, seconds: float) -> Stretch:
    from django.utils import timezone

    floor.dial(calls_per_second=rate, channels=CHANNELS)
    floor.work(WARM_UP_SECONDS)
    backend = floor.backend()
    meter = Meter(_groups(stage) | _own_groups(stage, backend), {PLAYED: [os.getpid(), backend]})
    settled, since = floor.settled(), timezone.now()
    floor.work(seconds)
    settled, until, spent = floor.settled() - settled, timezone.now(), meter.spent()
    print(f"  the dialer, {rate}/s asked for: {settled / seconds:.1f}/s settled", flush=True)
    floor.rest()
    return Stretch(
        per_second=settled / (until - since).total_seconds(),
        cpu_ms=_per_call(spent, settled),
        to_agent=floor.to_agent(since),
        ticks=[(b - a).total_seconds() for a, b in pairwise(floor.ticks(since, until))],
        to_wire=floor.to_wire(since),
    )


def _groups(stage: Stage) -> dict[str, list[int]]:
    assert stage.stack.pbx and stage.stack.pbx.pid
    return {"Asterisk": [stage.stack.pbx.pid], "far ends": [stage.customers.pid, stage.phones.pid]}


def _own_groups(stage: Stage, backend: int) -> dict[str, list[int]]:
    """The product's processes; the database's is the parent of any of its backends."""
    named = {name: stage.stack.supervisor.pid(name) for name in ("engine", "web", "events", "worker", "beat")}
    pids = {name: pid for name, pid in named.items() if pid}
    if "engine" not in pids:
        raise BenchFailed(f"The engine has ended; see {stage.stack.supervisor.log.parent}/engine.log")
    server = redis.Redis.from_url(stage.stack.env["REDIS_URL"]).info("server")
    return {
        "engine": [pids.pop("engine")],
        "PostgreSQL": [cpu.processes()[backend].parent],
        "Redis": [int(server["process_id"])],
        "web, events, worker, beat": list(pids.values()),
    }


def _per_call(spent: Mapping[str, float], calls: int) -> dict[str, float]:
    return {name: 1000 * seconds / max(1, calls) for name, seconds in spent.items()}


def _figures(rate: int, ours: Stretch, bare: Stretch) -> list[Figure]:
    at = "at saturation" if rate == SATURATION else f"at {rate}/s"
    return [_sustained(rate, at, ours, bare), *_cpu(rate, at, ours, bare), *_times(rate, at, ours, bare)]


def _sustained(rate: int, at: str, ours: Stretch, bare: Stretch) -> Figure:
    met, aim = None, ""
    if rate == SUSTAINED:
        met, aim = ours.per_second >= KEEPS_UP * rate, f"{rate}/s, no growing queue"
    return Figure(f"settled, {at}", ours.per_second, "calls/s", SCRIPT, bare.per_second, aim, met)


def _cpu(rate: int, at: str, ours: Stretch, bare: Stretch) -> list[Figure]:
    both = ours.cpu_ms["engine"] + ours.cpu_ms["PostgreSQL"]
    judged = rate == SUSTAINED
    met, aim = (both <= CALL_MS, f"≤ {CALL_MS:g} ms") if judged else (None, "")
    total = Figure(f"engine + PostgreSQL, {at}", both, "ms CPU/call", SCRIPT, bare.cpu_ms[SCRIPT], aim, met)
    parts = [
        Figure(f"  {name}, {at}", ms, "ms CPU/call", SCRIPT if name in bare.cpu_ms else "", bare.cpu_ms.get(name))
        for name, ms in ours.cpu_ms.items()
    ]
    return [total, *parts]


def _times(rate: int, at: str, ours: Stretch, bare: Stretch) -> list[Figure]:
    tick = percentile(ours.ticks, 99)
    met, aim = (tick <= TICK_SECONDS, f"≤ {TICK_SECONDS:g} s") if rate != SATURATION else (None, "")
    to_agent = [1000 * percentile(run.to_agent, 99) for run in (ours, bare)]
    return [
        Figure(f"tick to tick, p99, {at}", tick, "s", aim=aim, met=met),
        Figure(f"reserved to on the PBX, p99, {at}", percentile(ours.to_wire, 99), "s"),
        Figure(f"answer to agent, p99, {at}", to_agent[0], "ms", SCRIPT, to_agent[1]),
    ]

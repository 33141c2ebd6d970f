"""How close to the bound do agents talk, and how many people are abandoned for it? By policy, scenario and agents.

Everything is simulated (dialer.simulator): each run is a seed's contact centre, the same for every policy, from a cold
start, with the run as the legal window. Utilisation is shown over that of an oracle who knows everything ahead. Beside
ours stand the published figures of the reference rule and what others do: 1:1, fixed ratios, the better of a fixed
ratio and the classic rule of means, tuned for just these runs in hindsight, a self-tuning over-dial, and the adaptive
level. Nothing depends on the machine: the same seeds give the same figures.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from bench import plots
from bench.figures import Figure
from bench.ground import say

AGENTS = (10, 50, 200, 1000)
SEEDS = (101, 102, 103)
HOURS = {10: 8.0, 50: 4.0, 200: 2.0, 1000: 1.0}
MAIN = ("stable", "drift", "burst")
MORE = {10: ("lowp", "bimodal", "amd", "shift", "strata", "strata-unknown"), 1000: ("burst-shuffled", "burst-named")}
OTHERS = ("progressive", "ratio-1.5", "ratio-2", "ratio-3", "pi-overdial", "adaptive-hard", "adaptive-tapered")
LEGAL = 0.03
STEPS = 6
PLOTTED = ("ours", "progressive", "ratio-2", "pi-overdial", "adaptive-hard")
PLOTTED_S = 300
IMAGES = Path(__file__).parent.parent / "docs" / "images"
KNOBS = {"ratio": (1.0, 20.0), "classic": (0.3, 2.0)}  # from where to where each is tuned in hindsight
TUNED = "the best of others, tuned in hindsight"
REFERENCE = {
    10: {"stable": 0.818, "drift": 0.794, "burst": 0.812},
    50: {"stable": 0.925, "drift": 0.919, "burst": 0.916},
    200: {"stable": 0.972, "drift": 0.966, "burst": 0.970},
    1000: {"stable": 0.990, "burst": 0.943},
}
AIMS = {
    10: {"stable": 0.82, "drift": 0.81, "burst": 0.815},
    50: {"stable": 0.925, "drift": 0.92, "burst": 0.915},
    200: {"stable": 0.972, "drift": 0.966, "burst": 0.970},
    1000: {"stable": 0.985},
}
INFORMATION = 0.04


@dataclass(frozen=True, slots=True)
class Job:
    """One run."""

    scenario: str
    agents: int
    hours: float
    seed: int
    policy: str


@dataclass(frozen=True, slots=True)
class Cell:
    """The runs of a policy in a scenario: means of `ratio` (to the oracle), `abandoned` and `idle_wait` (seconds); of
    all runs the worst `most_abandoned` and the `worst_hour`."""

    ratio: float
    abandoned: float
    most_abandoned: float
    worst_hour: float
    idle_wait: float


def measure(seconds: float | None, agents: Sequence[int] = AGENTS) -> list[Figure]:
    """All cells of so many agents. With `seconds` each run is so long, for a quick look."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    cells: dict[int, dict[str, Cell]] = {}
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        found = [figure for count in agents for figure in _of(pool, count, seconds and seconds / 3600.0, cells)]
    if seconds is None:
        _plot(cells)
    return found


def _plot(cells: dict[int, dict[str, Cell]]) -> None:
    """For docs/pacing.md: talking by policy, and a day of ours."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    shown = {
        f"{agents} agents": {name: of[name].ratio for name in PLOTTED if name in of} for agents, of in cells.items()
    }
    title = "Talking and writing up, of what is possible (stable answer rate)"
    (IMAGES / "pacing-policies.svg").write_text(plots.bars(title, shown, low=0.5, high=1.0, form="{:.0%}"))
    along, lines = day()
    title = "Four hours of 50 agents whose answer rate wanders"
    (IMAGES / "pacing-day.svg").write_text(plots.lines(title, along, lines, high=0.12, form="{:.0%}"))


def day() -> tuple[list[float], dict[str, list[float]]]:
    """(hours, what is plotted of them): five minutes each of a drifting day of 50 agents."""
    from dialer import simulator
    from dialer.rules.pacing import Decision, Floor
    from dialer.simulator.policies import pacer
    from dialer.simulator.world import World

    scenario, seconds = simulator.load("drift"), int(3600 * HOURS[50])
    world = World(scenario, 50, seconds, SEEDS[0], pacer("ours", scenario))
    along: list[float] = []
    lines: dict[str, list[float]] = {"abandoned so far": [], "legal limit": [], "risk a call may bear": [], "idle": []}
    idle: list[float] = []

    def watch(now: float, floor: Floor, decision: Decision) -> None:
        idle.append(floor.ready / max(1, floor.ready + len(floor.talking) + len(floor.wrapping)))
        if int(now) % PLOTTED_S == PLOTTED_S - 1:
            live = max(1, len(world.tally.live))
            along.append(now / 3600.0)
            values = (world.tally.abandoned / live, LEGAL, decision.theta, mean(idle[-PLOTTED_S:]))
            for line, value in zip(lines.values(), values, strict=True):
                line.append(value)

    world.play(watch)
    return along, lines


def _of(
    pool: ProcessPoolExecutor, agents: int, hours: float | None, plotted: dict[int, dict[str, Cell]]
) -> list[Figure]:
    hours = hours or HOURS[agents]
    figures = []
    found: dict[str, Cell] = {}
    for scenario in (*MAIN, *MORE.get(agents, ())):
        policies = ("ours", *OTHERS) if scenario in MAIN else ("ours",)
        cells = _cells(pool, scenario, agents, hours, policies)
        found[scenario] = cells["ours"]
        if scenario in MAIN:
            cells[TUNED] = _tuned(pool, scenario, agents, hours)
        plotted.setdefault(agents, cells)
        for policy, cell in cells.items():
            say(f"{agents} agents, {scenario}, {policy}: {cell.ratio:.3f}, {cell.abandoned:.2%} abandoned")
            figures += _figures(scenario, agents, policy, cell)
    if "strata" in found:
        figures.append(_of_information(found["strata"].ratio, found["strata-unknown"].ratio))
    return figures


def _cells(
    pool: ProcessPoolExecutor, scenario: str, agents: int, hours: float, policies: Iterable[str]
) -> dict[str, Cell]:
    names = ("oracle", *policies)
    jobs = [Job(scenario, agents, hours, seed, policy) for policy in names for seed in SEEDS]
    runs = dict(zip(jobs, pool.map(run, jobs), strict=True))
    of = {policy: [runs[job] for job in jobs if job.policy == policy] for policy in names}
    bound = [found[0] for found in of.pop("oracle")]
    return {policy: _cell(found, bound) for policy, found in of.items()}


def _cell(runs: list[tuple[float, ...]], bound: list[float]) -> Cell:
    used, abandoned, worst, idle = zip(*runs, strict=True)
    return Cell(
        mean(one / best for one, best in zip(used, bound, strict=True)),
        mean(abandoned),
        max(abandoned),
        max(worst),
        mean(idle),
    )


def run(job: Job) -> tuple[float, ...]:
    """(utilisation, abandoned, worst hour, idle wait) of one run; of the oracle the first alone."""
    from dialer import simulator
    from dialer.simulator import oracle

    scenario, seconds = simulator.load(job.scenario), int(3600 * job.hours)
    if job.policy == "oracle":
        return (oracle.utilisation(scenario, job.agents, seconds, job.seed),)
    found = simulator.simulate(scenario, agents=job.agents, seconds=seconds, seed=job.seed, policy=job.policy)
    return found.utilisation, found.abandoned, found.worst_hour, found.idle_wait


def _tuned(pool: ProcessPoolExecutor, scenario: str, agents: int, hours: float) -> Cell:
    """Of a fixed ratio and the classic rule of means the better, each turned up as far as these very runs allow."""
    found = [_turned_up(pool, scenario, agents, hours, name, *KNOBS[name]) for name in KNOBS]
    return max(found, key=lambda cell: cell.ratio)


def _turned_up(
    pool: ProcessPoolExecutor, scenario: str, agents: int, hours: float, name: str, low: float, high: float
) -> Cell:
    """The highest setting that stays within the legal limit in the mean, by bisection; at worst the lowest."""
    best = None
    for _step in range(STEPS):
        middle = (low + high) / 2
        policy = f"{name}-{middle}"
        cell = _cells(pool, scenario, agents, hours, [policy])[policy]
        low, high, best = (middle, high, cell) if cell.abandoned <= LEGAL else (low, middle, best)
    return best or _cells(pool, scenario, agents, hours, [f"{name}-{low}"])[f"{name}-{low}"]


def _figures(scenario: str, agents: int, policy: str, cell: Cell) -> list[Figure]:
    name = f"{agents} agents, {scenario}, {policy}"
    if policy != "ours":
        return [
            Figure(f"{name}: utilisation", cell.ratio, "of the oracle's"),
            Figure(f"{name}: abandoned", 100 * cell.abandoned, "%"),
            Figure(f"{name}: abandoned, worst rolling hour", 100 * cell.worst_hour, "%"),
            Figure(f"{name}: an agent's wait for a call", cell.idle_wait, "s"),
        ]
    published, aim = REFERENCE[agents].get(scenario), AIMS[agents].get(scenario)
    return [
        Figure(
            f"{name}: utilisation",
            cell.ratio,
            "of the oracle's",
            "the reference rule, published" if published else "",
            published,
            f"≥ {aim}" if aim else "",
            cell.ratio >= aim if aim else None,
        ),
        Figure(
            f"{name}: abandoned, in the worst run",
            100 * cell.most_abandoned,
            "%",
            aim="≤ 3",
            met=cell.most_abandoned <= LEGAL,
        ),
        Figure(f"{name}: abandoned, in the mean", 100 * cell.abandoned, "%"),
        Figure(f"{name}: abandoned, worst rolling hour", 100 * cell.worst_hour, "%"),
        Figure(f"{name}: an agent's wait for a call", cell.idle_wait, "s"),
    ]


def _of_information(known: float, unknown: float) -> Figure:
    return Figure(
        "10 agents, leads that differ: what knowing their strata brings",
        100 * (known - unknown),
        "points",
        aim=f"≥ {100 * INFORMATION:g}",
        met=known - unknown >= INFORMATION,
    )

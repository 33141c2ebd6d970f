"""`make bench`, or `make bench ONLY=connect`: measure, print a table, write `bench/results/NAME.json`.

Each benchmark runs in a process of its own, so that none finds the settings or the connections of another. They need
the machine to themselves: the last row says how much of it others took.
"""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench import figures
from bench.cpu import Neighbours
from bench.figures import Figure, Result
from bench.problems import BenchFailed
from deploy import places
from deploy.problems import DeployError

NAMES = (
    "connect",
    "originate",
    "setup",
    "reserve",
    "decisions",
    "worst",
    "imports",
    "search",
    "waterfall",
    "pacing",
    "pacing-cpu",
)


def main() -> int:
    """0 when everything could be measured, whatever came of the aims."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("name", nargs="?", choices=NAMES, help="only this one")
    parser.add_argument("--seconds", type=float, help="length of each measured stretch, for a quick look")
    parser.add_argument("--results", type=Path, default=figures.RESULTS, help="the folder for what was found")
    parser.add_argument("--leads", type=_numbers, help="how many leads, such as 20000,100000, for a quick look")
    parser.add_argument("--rows", type=_numbers, help="how many rows an imported list has, such as 100000")
    parser.add_argument("--agents", type=_numbers, help="for how many agents pacing is measured, such as 10,50")
    options = parser.parse_args()
    if options.name is None:
        return max(subprocess.call([sys.executable, "-m", "bench", name, *sys.argv[1:]]) for name in NAMES)
    try:
        _run(options.name, options)
    except (DeployError, BenchFailed) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _run(name: str, options: argparse.Namespace) -> None:
    began, neighbours = time.monotonic(), Neighbours()
    benchmark: Any = importlib.import_module(f"bench.{name.replace('-', '_')}")
    asked = [(options.leads, "LEADS"), (options.rows, "ROWS"), (options.agents, "AGENTS")]
    sizes = [given for given, name in asked if given and hasattr(benchmark, name)]
    found = benchmark.measure(options.seconds, *sizes)
    noise = Figure("other programs on this machine meanwhile", neighbours.share(), "% of a core")
    took = time.monotonic() - began
    result = Result(name, figures.commit(), figures.machine(places.var_folder()), took, (*found, noise))
    print(figures.table(result))
    print(f"Written to {figures.save(result, options.results)}.")


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in text.split(","))


if __name__ == "__main__":
    sys.exit(main())

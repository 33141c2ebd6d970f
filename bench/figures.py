"""What a benchmark found: figures beside their baseline of the same run, as a table and as JSON.

A figure without its baseline says more about the machine than about us, so both stand in one row. `met` is empty where
there is no aim. Files in `results/` are overwritten: git keeps the history.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import quantiles

RESULTS = Path(__file__).parent / "results"
HEADINGS = ("what", "value", "baseline", "ratio", "aim", "met")
MET = {True: "yes", False: "NO", None: ""}


@dataclass(frozen=True)
class Figure:
    """One measured value; `baseline` says what `baseline_value` is, in the same unit; `met` is None without an aim."""

    what: str
    value: float
    unit: str
    baseline: str = ""
    baseline_value: float | None = None
    aim: str = ""
    met: bool | None = None

    @property
    def ratio(self) -> float | None:
        return self.value / self.baseline_value if self.baseline_value else None


@dataclass(frozen=True)
class Result:
    """A benchmark's figures and how they came about."""

    name: str
    commit: str
    machine: str
    took_s: float
    figures: tuple[Figure, ...]


def percentile(values: Sequence[float], share: int) -> float:
    """The `share`-th percentile (1 to 99); NaN of nothing."""
    if len(values) < 2:
        return values[0] if values else float("nan")
    return quantiles(values, n=100, method="inclusive")[share - 1]


def save(result: Result, folder: Path = RESULTS) -> Path:
    """Write `NAME.json` and return where."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{result.name}.json"
    figures = [{**asdict(figure), "ratio": figure.ratio} for figure in result.figures]
    rounded = [{key: _rounded(value) for key, value in figure.items()} for figure in figures]
    text = json.dumps({**asdict(result), "figures": rounded}, indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n")
    return path


def table(result: Result) -> str:
    """The figures as aligned text."""
    rows = [HEADINGS, *(_row(figure) for figure in result.figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.insert(1, "-" * max(map(len, lines)))
    head = f"{result.name} · {result.commit} · {result.machine} · took {result.took_s:.0f} s"
    return "\n".join(["", head, "", *lines, ""])


def _row(figure: Figure) -> tuple[str, ...]:
    beside = "" if figure.baseline_value is None else f"{figure.baseline_value:.4g} ({figure.baseline})"
    ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
    return (figure.what, f"{figure.value:.4g} {figure.unit}", beside, ratio, figure.aim, MET[figure.met])


def _rounded(value: object) -> object:
    """Four digits are more than the noise leaves; JSON knows no NaN."""
    if isinstance(value, float):
        return float(f"{value:.4g}") if value == value else None
    return value


def commit() -> str:
    """The checkout's commit, with a + when it holds changes that are not committed, results left out."""
    changes = _git("status", "--porcelain", "--", ":/", ":(top,exclude)bench/results")
    return f"{_git('rev-parse', '--short=10', 'HEAD') or 'unknown'}{'+' if changes else ''}"


def _git(*arguments: str) -> str:
    here = Path(__file__).parent
    return subprocess.run(["git", *arguments], cwd=here, capture_output=True, text=True, check=False).stdout.strip()


def machine(data: Path) -> str:
    """The machine in a phrase; `data` is where the database lives, whose file system decides what a commit costs."""
    place = next(folder for folder in (data, *data.parents) if folder.exists())
    kind = subprocess.run(["stat", "-f", "-c", "%T", place], capture_output=True, text=True, check=False).stdout.strip()
    return f"{os.cpu_count()} × {_processor()}, Linux {platform.release()}, durable PostgreSQL on {kind}"


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())

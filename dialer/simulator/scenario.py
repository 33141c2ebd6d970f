"""A scenario: how people, the carrier and agents behave. Named files hold what differs from the defaults here."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "scenarios"
SCENARIOS = tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


class BadScenario(ValueError):
    """A file or a setting that is no scenario; says what is wrong."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """Times in seconds; `..._cv` is the standard deviation over the mean of a lognormal time; shares are 0 to 1.

    `rate`: share of calls that a person would answer if it rang long enough. `course` is how it moves: "constant",
    "drift" (its logarithm has a sine of `sine` over `sine_s` and noise of `noise` over `noise_s`), "segments" (parts of
    the list, of `segment_calls_per_agent` dials in the mean, each with one of `rates`) or "strata" (each lead has one
    of `rates`, `strata_run` in a row in the mean, and the name of its stratum is known where `named`). `shuffled` mixes
    the parts of the list. `staffing`: pairs of (share of the run, share of agents at work). `cancel_after_s` of 0:
    nobody is hung up while it rings.
    """

    name: str = "stable"
    course: str = "constant"
    rate: float = 0.30
    rates: tuple[float, ...] = ()
    weights: tuple[float, ...] = ()
    named: bool = False
    shuffled: bool = False
    strata_run: float = 1.0
    segment_calls_per_agent: float = 30.0
    sine: float = 0.6
    sine_s: float = 3600.0
    noise: float = 0.25
    noise_s: float = 600.0
    busy: float = 0.05
    invalid: float = 0.07
    set_up_s: float = 2.0
    set_up_cv: float = 0.5
    ring_s: float = 12.0
    ring_cv: float = 0.6
    ring_limit_s: float = 22.0
    busy_after_s: tuple[float, float] = (0.5, 1.5)
    invalid_after_s: tuple[float, float] = (0.3, 1.8)
    machines: float = 0.0
    machine_ring_s: float = 17.0
    machine_ring_cv: float = 0.25
    machine_passed: float = 0.08
    machine_talk_s: float = 6.0
    machine_wrap_s: float = 3.0
    screening: bool = False
    screen_person_s: float = 1.6
    screen_machine_s: float = 2.8
    screen_cv: float = 0.35
    greeting_s: float = 0.0
    talk_s: float = 120.0
    talk_cv: float = 0.9
    talk_mix: tuple[tuple[float, float, float], ...] = ()
    hang_up_at_once: float = 0.05
    hang_up_after_s: float = 3.0
    wrap_s: float = 25.0
    wrap_cv: float = 0.7
    agent_sd: float = 0.2
    breaks: float = 0.04
    break_s: float = 300.0
    break_cv: float = 0.6
    staffing: tuple[tuple[float, float], ...] = ()
    grace_s: float = 2.0
    patience_s: float = 5.0
    log_in_s: float = 60.0
    cancel_after_s: float = 15.0
    cap: float = 0.028
    calls_per_second: int = 1_000_000
    channels: int = 1_000_000


def load(name: str) -> Scenario:
    """The scenario of this name. Raises BadScenario."""
    path = FOLDER / f"{name}.toml"
    if name not in SCENARIOS:
        raise BadScenario(f"There is no scenario {name!r}: choose one of {', '.join(SCENARIOS)}.")
    return read({"name": name, **tomllib.loads(path.read_text())})


def read(settings: Mapping[str, Any]) -> Scenario:
    """A scenario of these settings, the rest as by default. Raises BadScenario."""
    known = {field.name for field in fields(Scenario)}
    if unknown := set(settings) - known:
        raise BadScenario(f"A scenario has no {', '.join(sorted(unknown))}.")
    return Scenario(**{key: _frozen(value) for key, value in settings.items()})


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value

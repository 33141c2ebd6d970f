"""The ways of pacing that can be simulated, by name. A name may end in a number: ratio-2, classic-0.9."""

from __future__ import annotations

from collections.abc import Callable

from dialer.rules.pacing import Pacer
from dialer.rules.pacing.modes import progressive, ratio
from dialer.rules.pacing.predictive import Predictive
from dialer.simulator.baselines import AdaptiveLevel, MeanRule
from dialer.simulator.scenario import Scenario

LEGAL = 0.03
Maker = Callable[[Scenario], Pacer]
POLICIES: dict[str, Maker] = {
    "ours": lambda scenario: Predictive(scenario.cap),
    "progressive": lambda _scenario: progressive(),
    "pi-overdial": lambda _scenario: MeanRule(0.6, gain=0.02),
    "adaptive-hard": lambda _scenario: AdaptiveLevel(LEGAL),
    "adaptive-tapered": lambda _scenario: AdaptiveLevel(LEGAL, tapered=True),
}
TUNABLE: dict[str, Callable[[float], Pacer]] = {"ratio": ratio, "classic": MeanRule}


class NoSuchPolicy(ValueError):
    """Says which there are."""


def pacer(policy: str, scenario: Scenario) -> Pacer:
    """A fresh pacer. Raises NoSuchPolicy."""
    if policy in POLICIES:
        return POLICIES[policy](scenario)
    name, _dash, number = policy.partition("-")
    try:
        return TUNABLE[name](float(number))
    except (KeyError, ValueError):
        choice = ", ".join([*POLICIES, *(f"{name}-NUMBER" for name in TUNABLE), "oracle"])
        raise NoSuchPolicy(f"There is no policy {policy!r}: choose one of {choice}.") from None

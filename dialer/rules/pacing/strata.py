"""Who answers, and when? The share of answers per stratum, learned call by call.

A stratum is a path from the general to the special, such as (list, local hour, attempt number, line type, what the
number did before). Every step of the path is counted; a step that has seen few calls leans on the one above it, as if
it had seen BORROWED calls at that rate: the mean of a beta posterior, one level above another (empirical Bayes).
Older calls fade. What all strata have in common, such as a bad hour, is the experts' business (experts.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dialer.rules.pacing.floor import Prospect, Stratum

BORROWED = 20.0
HALF_LIFE = 3000.0  # calls of the same step
MOST_STEPS = 1000
PRIOR_RATE, PRIOR_CALLS = 0.3, 4.0
ROOT: Stratum = ()


@dataclass(slots=True)
class Count:
    """Answers among calls; older ones weigh less."""

    answers: float = 0.0
    calls: float = 0.0

    def add(self, *, answered: bool) -> None:
        keep = 0.5 ** (1.0 / HALF_LIFE)
        self.answers = self.answers * keep + answered
        self.calls = self.calls * keep + 1.0


@dataclass(slots=True)
class Strata:
    """The counts of every step of every path seen."""

    steps: dict[Stratum, Count] = field(default_factory=dict)

    def rate(self, stratum: Stratum = ROOT) -> float:
        """Share of the stratum's calls that are answered in the long run."""
        root = self.steps.get(ROOT, Count())
        rate = (root.answers + PRIOR_RATE * PRIOR_CALLS) / (root.calls + PRIOR_CALLS)
        for depth in range(1, len(stratum) + 1):
            count = self.steps.get(stratum[:depth])
            if count is None:
                break
            rate = (count.answers + BORROWED * rate) / (count.calls + BORROWED)
        return rate

    def base(self, lead: Prospect) -> float:
        """The lead's rate over the mean rate; a score, where there is one, takes the stratum's place."""
        if lead.score is None and not lead.stratum:
            return 1.0
        rate = self.rate(lead.stratum) if lead.score is None else lead.score
        return min(max(rate, 0.001), 0.99) / self.rate()

    def learn(self, stratum: Stratum, *, answered: bool) -> None:
        for depth in range(len(stratum) + 1):
            step = stratum[:depth]
            if step not in self.steps and len(self.steps) >= MOST_STEPS:
                self._make_room()
            self.steps.setdefault(step, Count()).add(answered=answered)

    def _make_room(self) -> None:
        """Drop the half that has seen least: their leads lean on the step above again."""
        by_calls = sorted(self.steps.items(), key=lambda item: -item[1].calls)
        self.steps = dict(by_calls[: MOST_STEPS // 2])

    def to_dict(self) -> list[Any]:
        return [[list(step), round(c.answers, 3), round(c.calls, 3)] for step, c in self.steps.items()]

    @classmethod
    def from_dict(cls, kept: list[Any]) -> Strata:
        return cls({tuple(step): Count(answers, calls) for step, answers, calls in kept})

"""How much risk may a call bear? Steered by what came of the calls, so that the abandon budget of the window is met.

The model behind the risk is never quite right, so theta is not the abandon rate: after every live answer it moves a
little against the error, theta <- theta exp(k (target - abandoned)), as adaptive conformal inference does (Gibbs and
Candes 2021). Summed up, the abandons exceed their target by ln(theta_max / theta_min) / k at most, whatever is wrong
with the model, as long as the lowest theta abandons nobody. The target is what is left of the budget, spread over the
answers still to come in the window.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

from dialer.rules.pacing.floor import Budget

SETTLES_S = 600.0  # theta follows over about as many seconds' answers
GENTLEST, QUICKEST = 0.002, 0.12
LOWEST, HIGHEST = 0.01, 8.0  # of the cap
LOWEST_TARGET, HIGHEST_TARGET = 0.1, 1.25  # of the cap
RESERVE = 0.03  # of the budget, kept for the end of the window
RATE_SECONDS = 1200.0


@dataclass(slots=True)
class Control:
    """`theta`: risk a call may bear; `target`: abandon rate steered for; `answered` and `seconds`: live answers and
    time of about the last twenty minutes."""

    theta: float
    target: float = 0.0
    answered: float = 0.0
    seconds: float = 0.0

    @property
    def per_second(self) -> float:
        """Live answers a second."""
        return self.answered / self.seconds if self.seconds else 0.0

    def passed(self, seconds: float) -> None:
        fade = exp(-seconds / RATE_SECONDS)
        self.answered *= fade
        self.seconds = self.seconds * fade + seconds

    def live(self, cap: float, *, abandoned: bool) -> None:
        self.answered += 1
        quick = 1.0 / max(cap * self.per_second * SETTLES_S, 1e-9)
        k = min(max(quick, GENTLEST), QUICKEST)
        theta = self.theta * exp(k * (self.target - abandoned))
        self.theta = min(max(theta, LOWEST * cap), HIGHEST * cap)

    def allows(self, budget: Budget) -> bool:
        """Plan for this budget; False when nobody may be risked now, so that only 1:1 dialling is left."""
        to_come = self.per_second * budget.seconds_left
        all_answers = budget.live + to_come
        left = budget.cap * all_answers - budget.abandoned
        spread = (left - RESERVE * budget.cap * all_answers) / max(to_come, 20.0)
        self.target = min(max(spread, LOWEST_TARGET * budget.cap), HIGHEST_TARGET * budget.cap)
        ending = budget.cap * to_come < 1.5 and budget.cap * budget.live - budget.abandoned < 0.6
        return left >= 0.5 and not ending

"""How likely is the next call to be answered? Four experts who forget at different speeds, and how far each is trusted.

Each counts answers S among calls E, older calls weighing less (half-lives of 20 to 1500 calls). Calls that still ring
are counted by their present chance, in two steps of expectation-maximisation (Dempster, Laird and Rubin 1977), so that
a change of the rate is seen before the calls have ended. An expert is trusted by how well it foresaw the outcomes, in
the order of dialling, with a fixed share of the trust given back to all (Herbster and Warmuth 1998).

Rates are relative: a call weighs its `base`, its stratum's rate over the mean rate, so that a mix of good and bad
leads moves no expert (strata.py). Without strata every base is 1.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dialer.rules.pacing.answers import chance
from dialer.rules.pacing.grid import Array

HALF_LIVES = np.array([20.0, 60.0, 240.0, 1500.0])
SHARE = 0.01
PRIOR_RATE, PRIOR_CALLS = 0.3, 4.0
SLOWEST_CALLS = 6.0  # what a fast expert borrows from the slowest
LOWEST, HIGHEST = 0.002, 0.98


@dataclass(slots=True)
class Pending:
    """A call whose outcome is not counted yet: its place in the order of dialling, what the experts said of it."""

    place: int
    base: float
    said: Array
    answered: bool | None = None


@dataclass(frozen=True, slots=True)
class Rates:
    """`rate` of a call of base 1, its `variance`, and what each expert says."""

    rate: float
    variance: float
    each: Array


class Experts:
    """Learns the answer rate of a campaign, call by call."""

    def __init__(self) -> None:
        self.answers = PRIOR_RATE * PRIOR_CALLS * np.ones(len(HALF_LIVES))
        self.calls = PRIOR_CALLS * np.ones(len(HALF_LIVES))
        self.trust = np.ones(len(HALF_LIVES)) / len(HALF_LIVES)
        self.learned = 0
        self._dialled = 0
        self._pending: dict[Hashable, Pending] = {}
        self._order: deque[Pending] = deque()
        self.slow_down(1.0)

    def slow_down(self, factor: float) -> None:
        """With many calls in flight an outcome says little: half-lives grow by this factor."""
        self._keep = 0.5 ** (1.0 / (HALF_LIVES * max(1.0, factor)))

    def dialled(self, call: Hashable, base: float) -> None:
        self.answers *= self._keep
        self.calls *= self._keep
        self._dialled += 1
        pending = Pending(self._dialled, base, _bounded(self.answers / self.calls * base))
        self._pending[call] = pending
        self._order.append(pending)

    def ended(self, call: Hashable, *, answered: bool) -> bool:
        """Count its outcome; False when it is not known, or was counted already."""
        pending = self._pending.pop(call, None)
        if pending is None:
            return False
        weight = self._keep ** (self._dialled - pending.place)
        self.calls += weight * pending.base
        if answered:
            self.answers += weight
        self.learned += 1
        pending.answered = answered
        self._settle()
        return True

    def cut_short(self, call: Hashable, silence: float) -> None:
        """It was hung up while it rang: its chance is counted, and nobody is trusted more or less for it."""
        pending = self._pending.get(call)
        if pending is None:
            return
        weight = self._keep ** (self._dialled - pending.place)
        rates = _bounded(self.answers / self.calls * pending.base)
        self.answers += weight * chance(rates, np.array(silence))
        self.calls += weight * pending.base
        self.forget(call)

    def forget(self, call: Hashable) -> None:
        """It has no outcome to learn from."""
        pending = self._pending.pop(call, None)
        if pending is not None:
            self._order.remove(pending)
            self._settle()

    def pending(self) -> set[Hashable]:
        return set(self._pending)

    def nowcast(self, calls: Sequence[Hashable], silence: Array) -> Rates:
        """The rate now, calls in flight with their silence (answers.py) taken into account."""
        places = np.array([self._place(call) for call in calls], dtype=float)
        bases = self.bases(calls)
        weights = self._keep[:, None] ** (self._dialled - places)
        slowest = self.answers[-1] / self.calls[-1]
        calls_seen = self.calls + weights @ bases + SLOWEST_CALLS
        rates = (self.answers + SLOWEST_CALLS * slowest) / (self.calls + SLOWEST_CALLS)
        for _step in range(2):
            chances = chance(_bounded(rates[:, None] * bases), silence)
            rates = (self.answers + (weights * chances).sum(axis=1) + SLOWEST_CALLS * slowest) / calls_seen
        rates = _bounded(rates)
        rate = float(self.trust @ rates)
        variance = float(self.trust @ (rates * (1 - rates) / (calls_seen + 1) + (rates - rate) ** 2))
        return Rates(rate, variance, rates)

    def bases(self, calls: Sequence[Hashable]) -> Array:
        return np.array([self._pending[c].base if c in self._pending else 1.0 for c in calls], dtype=float)

    def _place(self, call: Hashable) -> int:
        pending = self._pending.get(call)
        return self._dialled if pending is None else pending.place

    def _settle(self) -> None:
        """Trust follows outcomes in the order of dialling: an early answer must not speak before the late failures."""
        while self._order and self._order[0].answered is not None:
            pending = self._order.popleft()
            trust = self.trust * (pending.said if pending.answered else 1.0 - pending.said)
            self.trust = (1 - SHARE) * trust / trust.sum() + SHARE / len(HALF_LIVES)

    def to_dict(self) -> dict[str, Any]:
        return {
            "answers": _plain(self.answers),
            "calls": _plain(self.calls),
            "trust": _plain(self.trust),
            "n": self.learned,
        }

    @classmethod
    def from_dict(cls, kept: dict[str, Any]) -> Experts:
        experts = cls()
        experts.answers, experts.calls = np.array(kept["answers"]), np.array(kept["calls"])
        experts.trust, experts.learned = np.array(kept["trust"]), kept["n"]
        return experts


def _bounded(rates: Array) -> Array:
    return np.clip(rates, LOWEST, HIGHEST)


def _plain(values: Array) -> list[float]:
    return [float(value) for value in values]

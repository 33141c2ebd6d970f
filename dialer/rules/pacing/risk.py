"""How likely is it that the next call, once answered, finds no agent free? How many calls keep that below theta?

At each moment tau ahead: A calls in flight were answered by then, F agents came free. The next call finds nobody when
A + waiting >= ready + F. Averaged over the moments at which it might be answered this is the risk of dialling it.
Both are sums of independent yes-or-no events of unequal probability. For few of them the distribution is exact, from
its characteristic function (Hong 2013); for many it is a normal one corrected for skewness (Volkova 1996).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import erf, pi, sqrt

import numpy as np

from dialer.rules.pacing.grid import Array

EXACT_UP_TO = 110  # calls in flight and agents busy
MOST_EXACT = 16  # new calls in a second, where every one is looked at
SQRT_2, SQRT_2_PI = sqrt(2.0), sqrt(2.0 * pi)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What may happen by each tau.

    `lead` [tau]: density of the next call's answer; `answered` [call, tau] and `freed` [agent, tau]: probabilities;
    `new` [call, tau]: that the first, second ... call dialled now is answered, the last row standing for all after it;
    `spare`: ready agents less those who wait; `common` [tau]: by how many the answers grow with the answer rate, those
    of a new call by `common_new`, `variance` being that of the rate; `fresh` [tau]: that a conversation which begins
    now is over by then.
    """

    lead: Array
    answered: Array
    freed: Array
    new: Array
    spare: int
    common: Array
    common_new: Array
    variance: float = 0.0
    fresh: Array | float = 0.0

    @property
    def size(self) -> int:
        return len(self.answered) + len(self.freed)


@dataclass(frozen=True, slots=True)
class Room:
    """`calls` more may be dialled; `risk` is that of the last of them, or of the first when there is none."""

    calls: int
    risk: float


def room(outlook: Outlook, theta: float, most: int) -> Room:
    """How many calls may be dialled, each at a risk of theta at most; `most` bounds the search."""
    if outlook.size <= EXACT_UP_TO:
        return _search_exact(outlook, theta, min(most, MOST_EXACT))
    return _search_normal(outlook, theta, most)


def _search_exact(outlook: Outlook, theta: float, most: int) -> Room:
    exact = Exact(outlook, most)
    risk = last = exact.risk()
    calls = 0
    while risk <= theta and calls < most:
        last = risk
        risk = exact.risk_after_one_more(calls)
        calls += 1
    return Room(calls, last)


class Exact:
    """The distribution of D = A - F through phi(w) = prod (1 + q (e^iw - 1)), and its tail P(D >= spare)."""

    def __init__(self, outlook: Outlook, most: int) -> None:
        self._outlook = outlook
        frequencies = _frequencies(outlook.size + most + 2)
        up, down = np.exp(1j * frequencies) - 1.0, np.exp(-1j * frequencies) - 1.0
        self._phi = np.prod(1.0 + outlook.answered[:, :, None] * up, axis=0)
        self._phi *= np.prod(1.0 + outlook.freed[:, :, None] * down, axis=0)
        self._phi *= outlook.lead[:, None]
        self._more = 1.0 + outlook.new[:, :, None] * up
        self._tail = _tail(frequencies, outlook.spare, len(outlook.freed), len(outlook.answered) + most)

    def risk(self) -> float:
        return float((self._phi.sum(axis=0) @ self._tail).real)

    def risk_after_one_more(self, call: int) -> float:
        self._phi *= self._more[min(call, len(self._more) - 1)]
        return self.risk()


def _frequencies(size: int) -> Array:
    """Half of the circle: phi of the other half is the conjugate."""
    return 2 * pi * np.arange(size // 2 + 1) / size


def _tail(frequencies: Array, first: int, below: int, above: int) -> np.ndarray:
    """t(w) so that sum phi(w) t(w) = P(D >= first), for D from -below to above."""
    values = np.arange(min(max(first, -below), above + 1), above + 1)
    size = round(2 * pi / frequencies[1])
    tail = np.exp(-1j * frequencies[:, None] * values).sum(axis=1) / size
    both_halves = np.full(len(frequencies), 2.0)
    both_halves[0] = 1.0
    if size % 2 == 0:
        both_halves[-1] = 1.0
    return tail * both_halves


class Normal:
    """Mean, variance and third cumulant of A - F - spare by tau, as functions of how many calls are new."""

    def __init__(self, outlook: Outlook) -> None:
        answered, freed = outlook.answered, outlook.freed
        doubt_answered, doubt_freed = answered * (1 - answered), freed * (1 - freed)
        total = answered.sum(axis=0)
        self._outlook = outlook
        self._mean = total * (1 - outlook.fresh / 2) - freed.sum(axis=0) - outlook.spare
        self._variance = doubt_answered.sum(axis=0) + doubt_freed.sum(axis=0) + 0.05
        self._third = (doubt_answered * (1 - 2 * answered)).sum(axis=0) - (doubt_freed * (1 - 2 * freed)).sum(axis=0)
        self._new = outlook.new.mean(axis=0)
        self._doubt_new = self._new * (1 - self._new)

    def risk(self, calls: int) -> float:
        """P(A - F >= spare), for a normal variable plus gamma (1 - x^2) f(x) / 6."""
        outlook = self._outlook
        mean = self._mean + calls * self._new
        common = outlook.common + calls * outlook.common_new
        variance = self._variance + calls * self._doubt_new + common**2 * outlook.variance
        third = self._third + calls * self._doubt_new * (1 - 2 * self._new)
        x = (-0.5 - mean) / np.sqrt(variance)
        bend = third / variance**1.5 * (1 - x**2) * np.exp(-(x**2) / 2) / (6 * SQRT_2_PI)
        return float(outlook.lead @ np.clip(1.0 - _phi(x) - bend, 0.0, 1.0))


def _search_normal(outlook: Outlook, theta: float, most: int) -> Room:
    """Risk grows with every call: double, then bisect."""
    normal = Normal(outlook)
    if (first := normal.risk(0)) > theta:
        return Room(0, first)
    fits, exceeds = 0, 1
    while exceeds <= most and normal.risk(exceeds) <= theta:
        fits, exceeds = exceeds, 2 * exceeds
    exceeds = min(exceeds, most + 1)
    while exceeds - fits > 1:
        middle = (fits + exceeds) // 2
        fits, exceeds = (middle, exceeds) if normal.risk(middle) <= theta else (fits, middle)
    calls = min(fits + 1, most)  # one more may start after `fits` others: its own risk is theta at most
    return Room(calls, normal.risk(max(0, calls - 1)))


def _phi(x: Array) -> Array:
    return np.array([0.5 * (1.0 + erf(value / SQRT_2)) for value in x])

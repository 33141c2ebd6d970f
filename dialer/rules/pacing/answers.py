"""When will a call that rings be answered, and will it be at all? From the ages at which calls were answered or failed.

A call that has rung for a while tells something by its silence: of those that will be answered a share F(a) would have
been by now, of those that will fail a share Q(a) would have failed. Bayes' rule gives what is left of its chance.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dialer.rules.pacing.grid import TAUS, Array

BINS_PER_SECOND = 2
BINS = 90
REMEMBERED = 0.9997  # of the weight of a call, each call later
PRIOR_CALLS = 20.0
_FIRST, _LAST = (
    2 * BINS_PER_SECOND,
    30 * BINS_PER_SECOND,
)  # before any call was seen, its end is as likely at 2 s as at 30
_AHEAD = (TAUS * BINS_PER_SECOND).astype(int)


class Timings:
    """Counts of calls by the age at which they were answered, and at which they failed."""

    def __init__(self, answered: Sequence[float] = (), failed: Sequence[float] = ()) -> None:
        prior = np.zeros(BINS)
        prior[_FIRST:_LAST] = PRIOR_CALLS / (_LAST - _FIRST)
        self._answered = np.array(answered) if len(answered) == BINS else prior
        self._failed = np.array(failed) if len(failed) == BINS else prior.copy()
        self.refresh()

    def add(self, age: float, *, answered: bool) -> None:
        counts = self._answered if answered else self._failed
        counts *= REMEMBERED
        counts[_bin(age)] += 1.0

    def refresh(self) -> None:
        """Make the tables anew: F and Q at bin edges, rho[a] = (1 - Q) / (1 - F), C[a, tau] = P(answered in tau | a).

        `lead` is the density of a call's age when it is answered, at each tau.
        """
        answered, failed = _cumulated(self._answered), _cumulated(self._failed)
        left = np.maximum(1.0 - answered, 1e-6)
        self._rho = np.maximum(1.0 - failed, 1e-6) / left
        later = np.minimum(np.arange(BINS + 1)[:, None] + _AHEAD, BINS)
        self._by_tau = (answered[later] - answered[:, None]) / left[:, None]
        self.new_by_tau = answered[_AHEAD]
        edges = np.minimum(_AHEAD + BINS_PER_SECOND, BINS)
        self.lead = np.diff(answered[edges], prepend=0.0)

    def silence(self, ages: Array) -> Array:
        """rho of calls that have rung so long: how much likelier their silence is if they fail than if they answer."""
        return self._rho[_bins(ages)]

    def by_tau(self, ages: Array) -> Array:
        """[call, tau]: P(answered by tau | it will be answered, and was not by its age)."""
        return self._by_tau[_bins(ages)]

    def kept(self) -> tuple[list[float], list[float]]:
        """The counts, for a snapshot."""
        return [round(float(n), 4) for n in self._answered], [round(float(n), 4) for n in self._failed]


def chance(rate: Array | float, silence: Array) -> Array:
    """pi = p / (p + (1 - p) rho): that a call still ringing will be answered, were it of a new call p."""
    return rate / np.maximum(rate + (1.0 - rate) * silence, 1e-12)


def _cumulated(counts: Array) -> Array:
    return np.concatenate(([0.0], np.cumsum(counts) / counts.sum()))


def _bin(age: float) -> int:
    return int(min(max(0.0, age) * BINS_PER_SECOND, BINS - 1))


def _bins(ages: Array) -> np.ndarray:
    return np.minimum(ages * BINS_PER_SECOND, BINS).astype(int)

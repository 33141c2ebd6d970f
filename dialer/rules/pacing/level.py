"""How likely is the next call to be answered? A forward filter over a grid of rates, call by call in dialling order.

The rate wanders a little from call to call and sometimes leaps; how much it wanders is not known either, so several
models stand side by side and are weighed by how well they foresaw the outcomes (a hidden Markov model; Rabiner 1989,
switching models after Hamilton 1989). A call that still rings speaks too, by its silence (answers.py): in the place it
has in the order, as p + (1 - p) rho. So a change of the rate is seen while its first calls still ring.

Rates are relative: a call's is the level times its `base`, its stratum's rate over the mean rate, so that a mix of good
and bad leads does not move the level (strata.py). Without strata every base is 1.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dialer.rules.pacing.grid import Array

LEVELS = np.exp(np.linspace(np.log(0.01), np.log(0.95), 48))
LOWEST, HIGHEST = 0.002, 0.98
# Standard deviation of the logarithm of the rate from one call to the next, and the chance of a leap.
WANDERING = ((0.002, 1 / 20_000), (0.015, 1 / 5000), (0.04, 1 / 5000), (0.002, 1 / 300))
SWITCH = 0.00002  # chance that from a call on another model holds
CHUNKS, LONGEST = 24, 6  # with more calls in flight, neighbours move together, up to 2^6 of them
UNLIKELIEST = 1e-4  # of a call: no single one rules a rate out, and products stay above nothing
PRIOR_RATE, PRIOR_SPREAD = 0.3, 0.6
SPACE = 1024  # calls


@dataclass(frozen=True, slots=True)
class Rates:
    """`rate` of a call of base 1 and its `variance`."""

    rate: float
    variance: float


def _steps(sd: float, leap: float) -> Array:
    """One call's transition [from, to]: a normal step of log rate, or a leap to anywhere."""
    at = np.log(LEVELS)
    width = at[1] - at[0]
    stay = max(0.0, 1.0 - (sd / width) ** 2)
    near = np.eye(len(at)) * stay
    for shift in (-1, 1):
        near += np.eye(len(at), k=shift) * (1 - stay) / 2
    near[0, 0] += (1 - stay) / 2
    near[-1, -1] += (1 - stay) / 2
    return (1 - leap) * near + leap / len(at)


def _powers() -> list[Array]:
    """Transitions over 1, 2, 4 ... calls, [model, from, to]."""
    powers = [np.stack([_steps(*model) for model in WANDERING])]
    for _doubling in range(LONGEST):
        powers.append(powers[-1] @ powers[-1])
    return powers


POWERS = _powers()


class Queue:
    """Calls in the order of dialling whose outcomes are not all counted yet, a row each: the base, and what the call
    says for "will be answered" and for "will fail"."""

    def __init__(self) -> None:
        self.said, self.over = np.ones((SPACE, 3)), np.zeros(SPACE, dtype=bool)
        self.places: dict[Hashable, int] = {}
        self._first, self._end, self._dropped = 0, 0, 0

    def append(self, call: Hashable, base: float) -> None:
        if self._end == len(self.said):
            self._make_room()
        self.said[self._end], self.over[self._end] = (base, 1.0, 1.0), False
        self.places[call] = self._end + self._dropped
        self._end += 1

    def close(self, call: Hashable, answer: float, failure: float) -> bool:
        """Nothing more will be heard of it; False when nobody knows it."""
        place = self.places.pop(call, None)
        if place is None:
            return False
        self.said[place - self._dropped, 1:], self.over[place - self._dropped] = (answer, failure), True
        return True

    def rows(self, calls: Sequence[Hashable]) -> npt.NDArray[np.int64]:
        """Where these calls are; -1 for those that are not."""
        return np.array([self.places.get(call, self._dropped - 1) for call in calls], dtype=np.int64) - self._dropped

    def take_counted(self) -> Array:
        """The rows up to the first call that still rings, taken out."""
        still_ring = np.flatnonzero(~self.over[self._first : self._end])
        until = self._first + int(still_ring[0]) if len(still_ring) else self._end
        taken, self._first = self.said[self._first : until], until
        return taken

    def left(self) -> Array:
        return self.said[self._first : self._end]

    def _make_room(self) -> None:
        """Forget the rows taken out; double the space where they are few."""
        kept, over = self.left().copy(), self.over[self._first : self._end].copy()
        size = len(self.said) * (2 if len(kept) > len(self.said) // 2 else 1)
        self.said, self.over = np.ones((size, 3)), np.zeros(size, dtype=bool)
        self.said[: len(kept)], self.over[: len(kept)] = kept, over
        self._dropped, self._first, self._end = self._dropped + self._first, 0, len(kept)


class Level:
    """Learns the answer rate of a campaign, call by call."""

    def __init__(self) -> None:
        spread = np.exp(-((np.log(LEVELS / PRIOR_RATE) / PRIOR_SPREAD) ** 2) / 2)
        self.belief: Array = np.tile(spread / spread.sum() / len(WANDERING), (len(WANDERING), 1))
        self.learned = 0
        self._queue = Queue()

    def dialled(self, call: Hashable, base: float) -> None:
        self.forget(call)
        self._queue.append(call, base)

    def ended(self, call: Hashable, *, answered: bool) -> bool:
        """Count its outcome; False when it is not known, or was counted already."""
        known = self._queue.close(call, float(answered), float(not answered))
        self.learned += known
        self._count()
        return known

    def cut_short(self, call: Hashable, silence: float) -> None:
        """It was hung up while it rang: it has said what its silence says."""
        self._queue.close(call, 1.0, silence)
        self._count()

    def forget(self, call: Hashable) -> None:
        """It has no outcome to learn from."""
        self.cut_short(call, 1.0)

    def pending(self) -> set[Hashable]:
        return set(self._queue.places)

    def nowcast(self, calls: Sequence[Hashable], silence: Array) -> Rates:
        """The rate now, calls in flight with their silence taken into account."""
        rows = self._queue.rows(calls)
        self._queue.said[rows[rows >= 0], 2] = silence[rows >= 0]
        left = self._queue.left()
        weights = self._through(left, min(max(0, len(left) - 1) // CHUNKS, 2**LONGEST - 1).bit_length()).sum(axis=0)
        rate = float(weights @ LEVELS)
        return Rates(rate, float(weights @ (LEVELS - rate) ** 2))

    def bases(self, calls: Sequence[Hashable]) -> Array:
        rows = self._queue.rows(calls)
        return np.where(rows >= 0, self._queue.said[rows, 0], 1.0)

    def _through(self, said: Array, power: int = 0) -> Array:
        """The belief after these calls, 2^power of them at a time."""
        belief = self.belief
        for likelihood in _likelihoods(said, 2**power):
            belief = _moved(belief, POWERS[power]) * likelihood
            belief = belief / belief.sum()
        return belief

    def _count(self) -> None:
        """What was first dialled is counted first: an early answer must not speak before the late failures."""
        self.belief = self._through(self._queue.take_counted())

    def to_dict(self) -> dict[str, Any]:
        return {"belief": [[float(f"{value:.6g}") for value in row] for row in self.belief], "n": self.learned}

    @classmethod
    def from_dict(cls, kept: dict[str, Any]) -> Level:
        """Raises ValueError for what is no belief over these levels."""
        level, belief = cls(), np.array(kept["belief"], dtype=float)
        if belief.shape != level.belief.shape:
            raise ValueError("another grid")
        level.belief, level.learned = belief / belief.sum(), int(kept["n"])
        return level


def _moved(belief: Array, steps: Array) -> Array:
    """After 2^power calls; of each model a little goes over to the others."""
    moved = np.matmul(belief[:, None, :], steps)[:, 0, :]
    return (1 - SWITCH) * moved + SWITCH * moved.mean(axis=0)


def _likelihoods(said: Array, size: int) -> Array:
    """[chunk, level]: how likely the outcomes and silences of each `size` calls are, up to a factor."""
    words = said[:, 1:] / said[:, 1:].max(axis=1, keepdims=True, initial=1e-9)
    rates = np.clip(LEVELS * said[:, :1], LOWEST, HIGHEST)
    likely = np.maximum(rates * (words[:, :1] - words[:, 1:]) + words[:, 1:], UNLIKELIEST)
    return likely if size == 1 else np.multiply.reduceat(likely, np.arange(0, len(said), size), axis=0)

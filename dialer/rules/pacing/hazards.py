"""When will an agent who talks or writes up be free? From how long conversations and write-ups last here.

Durations are kept as counts per second of age. Of those still running only that they have lasted so long is known:
they are censored, and count among those at risk until their present age (Kaplan and Meier 1958). What is asked is
always conditional: the longer a conversation has lasted, the more is known of its end.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from dialer.rules.pacing.grid import TAUS, USABLE_GRACE, Array

SECONDS = 900  # longer ones are counted as so long; beyond, the chance to end stays what it is there
AHEAD = 48
REMEMBERED = 3000.0  # durations
PRIOR_AT_RISK = 20.0
_AFTER = (TAUS + USABLE_GRACE).astype(int)


class Durations:
    """Counts of durations by their second, the latest weighing most; `mean` is what is assumed before any was seen."""

    def __init__(self, mean: float, counts: Sequence[float] = ()) -> None:
        self._prior = 1.0 / mean
        self._counts: Array = np.zeros(SECONDS)
        self._counts[: len(counts)] = counts

    def add(self, seconds: float) -> None:
        """One ended after so long; a negative duration (a clock was set back) counts as none."""
        self._counts *= 1.0 - 1.0 / REMEMBERED
        self._counts[int(min(max(0.0, seconds), SECONDS - 1))] += 1.0

    def survival(self, running: Array) -> Array:
        """P(duration > s) for s = 0 .. SECONDS + AHEAD.

        The hazard of a second is h = (ended in it + 20 h0) / (at risk in it + 20).
        """
        ages = np.minimum(running, SECONDS - 1).astype(int)
        reached = self._counts + np.bincount(ages, minlength=SECONDS)
        at_risk = np.cumsum(reached[::-1])[::-1]
        hazard = (self._counts + PRIOR_AT_RISK * self._prior) / (at_risk + PRIOR_AT_RISK)
        hazard = np.concatenate((hazard[:-1], np.full(AHEAD + 1, hazard[-60:-1].mean())))
        return np.concatenate(([1.0], np.cumprod(1.0 - hazard)))

    def kept(self) -> list[float]:
        """The counts, without the empty end, for a snapshot."""
        last = np.flatnonzero(self._counts > 0.001)
        return [round(float(n), 3) for n in self._counts[: last[-1] + 1]] if len(last) else []


def ends_by(survival: Array) -> Array:
    """P(it ends within s more seconds | it has lasted a) as a table [a, s], s = 0 .. AHEAD: 1 - S(a + s) / S(a)."""
    windows = np.lib.stride_tricks.sliding_window_view(survival, AHEAD + 1)[:SECONDS]
    return 1.0 - windows / np.maximum(windows[:, :1], 1e-12)


def then(first: Array, second: Array) -> Array:
    """P(both end within s | the first has lasted a), the second being `second[s]` from its start: a convolution."""
    halfway = (second + np.append(second[1:], second[-1])) / 2  # what ends within a second does so in its middle
    left = np.arange(AHEAD) - np.arange(AHEAD)[:, None]  # [begins, ends]: seconds the second one has
    shifted = np.where(left >= 0, halfway[np.maximum(left, 0)], 0.0)
    return np.concatenate((np.zeros((len(first), 1)), np.diff(first, axis=1) @ shifted), axis=1)


def at_taus(table: Array) -> Array:
    """Columns of a table [a, s] at each tau plus the grace a caller has."""
    return (table[:, _AFTER] + table[:, _AFTER + 1]) / 2


class Releases:
    """P(an agent is ready by tau) by how long they have talked, or written up: tables made anew now and then."""

    def __init__(self, talk: Durations, wrap: Durations) -> None:
        self._talk, self._wrap = talk, wrap

    def refresh(self, talking: Array, wrapping: Array, ready_after: float) -> None:
        """`ready_after`: share of write-ups after which the agent takes the next caller."""
        wrap = ends_by(self._wrap.survival(wrapping))
        talk = then(ends_by(self._talk.survival(talking)), wrap[0])
        self._after_talk, self._after_wrap = at_taus(talk) * ready_after, at_taus(wrap) * ready_after

    def by_tau(self, talking: Array, wrapping: Array) -> Array:
        """[agent, tau] for these ages."""
        return np.concatenate((self._after_talk[_rows(talking)], self._after_wrap[_rows(wrapping)]))

    @property
    def fresh(self) -> Array:
        """[tau] for a conversation that begins now."""
        return self._after_talk[0]


def _rows(ages: Array) -> npt.NDArray[np.int64]:
    return np.clip(ages, 0, SECONDS - 1).astype(int)

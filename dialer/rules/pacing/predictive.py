"""Predictive dialling: one more call while the probability that it finds no agent free stays within theta.

What is learned is put together here: when agents come free (hazards.py), which calls will be answered and when
(answers.py, experts.py, strata.py), what risk that makes (risk.py), and how much of it the abandon budget bears
(control.py). Where too little is known, or nobody may be risked, one call is dialled per agent who is ready.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from dialer.rules.pacing.answers import Timings, chance
from dialer.rules.pacing.control import HIGHEST as HIGHEST_THETA
from dialer.rules.pacing.control import Control
from dialer.rules.pacing.decision import Decision, LimitedBy
from dialer.rules.pacing.experts import HIGHEST, LOWEST, Experts, Rates
from dialer.rules.pacing.floor import Floor, Prospect, Stratum
from dialer.rules.pacing.grid import Array
from dialer.rules.pacing.hazards import Durations, Releases
from dialer.rules.pacing.limits import within
from dialer.rules.pacing.risk import MOST_EXACT, Outlook, room
from dialer.rules.pacing.strata import Strata

VERSION = 1
FEWEST_AGENTS, FEWEST_CALLS = 3, 30
TALK_S, WRAP_S = 120.0, 25.0  # assumed before any was seen
CANCEL_FROM = 6.0  # times theta; with 1.5 half of all calls were hung up late
CANCEL_PART = 20  # at most one call in so many, and one
LONGEST_AGE = 86_400.0
LONGEST_TICK = 10.0  # a longer time since the last decision is counted as so long
NEW_CAMPAIGN_S, OFTEN_S, SELDOM_S = 600.0, 20.0, 60.0  # tables are made anew every 20 s at first, then every 60 s
START_THETA = 0.97  # of the cap


@dataclass(slots=True)
class Share:
    """How often a yes-or-no thing is so, older ones weighing less."""

    yes: float
    all: float
    keep: float = 0.999

    def add(self, yes: bool) -> None:
        self.yes, self.all = self.yes * self.keep + yes, self.all * self.keep + 1.0

    @property
    def value(self) -> float:
        return self.yes / self.all


class Predictive:
    """The predictive rule of one campaign on one server, with all it has learned."""

    def __init__(self, cap: float = 0.028) -> None:
        self.strata, self.experts, self.timings = Strata(), Experts(), Timings()
        self.talk, self.wrap = Durations(TALK_S), Durations(WRAP_S)
        self.control = Control(START_THETA * cap)
        self.ready_after, self.persons = Share(19.0, 20.0), Share(1.0, 1.0)
        self._cap, self._age, self._refresh_in, self._flying = cap, 0.0, 0.0, 0.0
        self._stratum: dict[Hashable, Stratum] = {}
        self._missing: set[Hashable] = set()
        self._releases = Releases(self.talk, self.wrap)

    def dialled(self, call: Hashable, lead: Prospect) -> None:
        self.experts.dialled(call, self.strata.base(lead))
        self._stratum[call] = lead.stratum

    def answered(self, call: Hashable, age: float) -> None:
        self._ended(call, age, answered=True)

    def failed(self, call: Hashable, age: float) -> None:
        self._ended(call, age, answered=False)

    def _ended(self, call: Hashable, age: float, *, answered: bool) -> None:
        if self.experts.ended(call, answered=answered):
            self.timings.add(age, answered=answered)
            self.strata.learn(self._stratum.pop(call, ()), answered=answered)

    def cancelled(self, call: Hashable, age: float) -> None:
        self.experts.cut_short(call, float(self.timings.silence(_ages([age]))[0]))
        self._stratum.pop(call, None)

    def screened(self, *, person: bool) -> None:
        self.persons.add(person)

    def live(self, *, abandoned: bool) -> None:
        self.control.live(self._cap, abandoned=abandoned)

    def talked(self, seconds: float) -> None:
        self.talk.add(seconds)

    def wrapped(self, seconds: float, *, ready: bool) -> None:
        self.wrap.add(seconds)
        self.ready_after.add(ready)

    def to_dict(self) -> dict[str, Any]:
        """All that was learned; calls in flight are not in it: whoever loads it dials them anew or forgets them."""
        answered, failed = self.timings.kept()
        return {
            "version": VERSION,
            "cap": self._cap,
            "age": round(self._age, 3),
            "strata": self.strata.to_dict(),
            "experts": self.experts.to_dict(),
            "answered": answered,
            "failed": failed,
            "talk": self.talk.kept(),
            "wrap": self.wrap.kept(),
            "control": [self.control.theta, self.control.answered, self.control.seconds],
            "ready_after": [self.ready_after.yes, self.ready_after.all],
            "persons": [self.persons.yes, self.persons.all],
        }

    @classmethod
    def from_dict(cls, kept: Mapping[str, Any], cap: float = 0.028) -> Predictive:
        """As it was, or as new when what is kept is of another version or damaged."""
        pacer = cls(cap)
        if kept.get("version") != VERSION:
            return pacer
        try:
            pacer._restore(kept)
        except (KeyError, TypeError, ValueError):
            return cls(cap)
        return pacer

    def _restore(self, kept: Mapping[str, Any]) -> None:
        self._age = float(kept["age"])
        self.strata, self.experts = Strata.from_dict(kept["strata"]), Experts.from_dict(kept["experts"])
        self.timings = Timings(kept["answered"], kept["failed"])
        self.talk, self.wrap = Durations(TALK_S, kept["talk"]), Durations(WRAP_S, kept["wrap"])
        theta, answered, seconds = kept["control"]
        # A cap that was tightened meanwhile holds at once.
        self.control = Control(min(theta, HIGHEST_THETA * self._cap), answered=answered, seconds=seconds)
        self.ready_after, self.persons = Share(*kept["ready_after"]), Share(*kept["persons"])
        self._releases = Releases(self.talk, self.wrap)

    def decide(self, floor: Floor) -> Decision:
        self._pass(floor)
        if (refused := self._why_one_to_one(floor)) is not None:
            wanted = floor.ready - floor.in_flight if floor.audited else 0
            return within(floor, Decision(max(0, wanted), refused, theta=self.control.theta))
        return within(floor, self._predict(floor))

    def _pass(self, floor: Floor) -> None:
        elapsed = min(max(0.0, floor.elapsed), LONGEST_TICK)
        self._cap = floor.budget.cap
        self._age += elapsed
        self._flying += (len(floor.flying.ids) - self._flying) * min(1.0, elapsed / 60.0)
        self.control.passed(elapsed)
        self._refresh_in -= elapsed
        if self._refresh_in <= 0.0:
            self._refresh(floor)

    def _refresh(self, floor: Floor) -> None:
        self._refresh_in = OFTEN_S if self._age < NEW_CAMPAIGN_S else SELDOM_S
        self._releases.refresh(_ages(floor.talking), _ages(floor.wrapping), self.ready_after.value)
        self.timings.refresh()
        agents = floor.ready + len(floor.talking) + len(floor.wrapping)
        self.experts.slow_down(max(self._flying / 80.0, 0.4 * agents / 80.0))
        missing = self.experts.pending() - set(floor.flying.ids)
        for lost in missing & self._missing:
            self.experts.forget(lost)
            self._stratum.pop(lost, None)
        self._missing = missing

    def _why_one_to_one(self, floor: Floor) -> LimitedBy | None:
        allowed = self.control.allows(floor.budget)
        if not floor.audited:
            return LimitedBy.UNAUDITED
        if floor.ready + len(floor.talking) + len(floor.wrapping) < FEWEST_AGENTS:
            return LimitedBy.TOO_FEW_AGENTS
        if self.experts.learned < FEWEST_CALLS:
            return LimitedBy.LEARNING
        return None if allowed else LimitedBy.ABANDON_BUDGET

    def _predict(self, floor: Floor) -> Decision:
        ages = _ages(floor.flying.ages)
        rates = self.experts.nowcast(floor.flying.ids, self.timings.silence(ages))
        outlook = self._outlook(floor, ages, rates)
        theta, agents = self.control.theta, floor.ready + len(outlook.freed)
        most = int(12 + 2 * agents / max(self.persons.value * rates.rate, 0.01))
        found = room(outlook, theta, most)
        cancel = _late_ringers(floor) if found.risk > CANCEL_FROM * theta and not found.calls else ()
        return Decision(found.calls, LimitedBy.AGENTS, found.risk, theta, rates.rate, self.control.target, cancel)

    def _outlook(self, floor: Floor, ages: Array, rates: Rates) -> Outlook:
        timings, persons = self.timings, self.persons.value
        bases = self.experts.bases(floor.flying.ids)
        chances = chance(np.clip(rates.rate * bases, LOWEST, HIGHEST), timings.silence(ages))
        answered = persons * chances[:, None] * timings.by_tau(ages)
        screening = np.full((floor.screening, answered.shape[1]), persons)
        # A rate that is not well known is taken half a deviation higher.
        new_rates = (rates.rate + 0.5 * rates.variance**0.5) * self._next(floor)
        return Outlook(
            lead=timings.lead,
            answered=np.concatenate((answered, screening)),
            freed=self._releases.by_tau(_ages(floor.talking), _ages(floor.wrapping)),
            new=persons * np.minimum(new_rates, HIGHEST)[:, None] * timings.new_by_tau,
            spare=floor.ready - floor.waiting,
            common=(answered * ((1 - chances) / max(rates.rate * (1 - rates.rate), 1e-6))[:, None]).sum(axis=0),
            common_new=persons * timings.new_by_tau,
            variance=rates.variance,
            fresh=self._releases.fresh,
        )

    def _next(self, floor: Floor) -> Array:
        """Bases of the leads that would be dialled next; 1 where nothing is known of them."""
        return np.array([self.strata.base(lead) for lead in floor.prospects[:MOST_EXACT]] or [1.0])


def _late_ringers(floor: Floor) -> tuple[Hashable, ...]:
    """The calls that have rung longest, of those that may be hung up."""
    if floor.cancel_after is None:
        return ()
    late = [(rung, call) for call, rung in zip(floor.flying.ids, floor.flying.ringing, strict=True)]
    late = sorted((pair for pair in late if pair[0] >= floor.cancel_after), key=lambda pair: -pair[0])
    return tuple(call for _rung, call in late[: max(1, len(floor.flying.ids) // CANCEL_PART)])


def _ages(values: Any) -> Array:
    """Seconds, however odd: what is no number counts as 0, and what is longer than a day as a day."""
    return np.nan_to_num(np.clip(np.array(values, dtype=float), 0.0, LONGEST_AGE), nan=0.0)

"""Weeks of absurd news for one rule: events doubled, late, lost and of calls that never were; odd clocks; restarts."""

from __future__ import annotations

import json
import math
import random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dialer.rules.pacing import Budget, Floor, Flying, LimitedBy, Limits, Prospect
from dialer.rules.pacing.predictive import Predictive

odd_seconds = st.one_of(st.floats(0, 200), st.floats(), st.sampled_from([-3600.0, 1e12, math.nan, math.inf]))


def warm(calls: int = 200, answer_every: int = 3, seed: int = 5) -> Predictive:
    """A rule that has seen so many calls, of which every so many-th was answered."""
    pacer, dice = Predictive(), random.Random(seed)
    for number in range(calls):
        pacer.dialled(number, Prospect())
        if number % answer_every:
            pacer.failed(number, 22 + dice.random() * 3)
        else:
            pacer.answered(number, 5 + dice.random() * 15)
            pacer.live(abandoned=False)
            pacer.talked(20 + dice.expovariate(0.01))
            pacer.wrapped(10 + dice.random() * 30, ready=True)
    return pacer


@st.composite
def floors(draw: st.DrawFn) -> Floor:
    count = draw(st.integers(0, 30))
    seconds = st.lists(odd_seconds, min_size=count, max_size=count)
    limit = st.integers(-5, 50)
    return Floor(
        ready=draw(st.integers(0, 40)),
        limits=Limits(draw(limit), draw(limit), draw(limit)),
        flying=Flying(list(range(count)), draw(seconds), draw(seconds)),
        talking=draw(st.lists(odd_seconds, max_size=40)),
        wrapping=draw(st.lists(odd_seconds, max_size=40)),
        screening=draw(st.integers(0, 5)),
        waiting=draw(st.integers(0, 60)),
        budget=Budget(0.028, draw(st.integers(0, 9999)), draw(st.integers(0, 999)), draw(st.floats(-10, 1e6))),
        cancel_after=draw(st.sampled_from([None, 15.0])),
        audited=draw(st.booleans()),
        elapsed=draw(odd_seconds),
    )


class Absurd(RuleBasedStateMachine):
    """Events doubled, late, lost, of calls that never were; clocks that jump; agents who vanish; rates of 0 and 1."""

    @initialize(every=st.integers(1, 60), calls=st.sampled_from([0, 10, 200]))
    def begin(self, every: int, calls: int) -> None:
        self.pacer = warm(calls, every)
        self.floor, self.decision = None, None

    @rule(call=st.integers(0, 300), age=odd_seconds)
    def answered(self, call, age):
        self.pacer.answered(call, age)

    @rule(call=st.integers(0, 300), age=odd_seconds)
    def failed(self, call, age):
        self.pacer.failed(call, age)

    @rule(call=st.integers(0, 300), age=odd_seconds)
    def cancelled(self, call, age):
        self.pacer.cancelled(call, age)

    @rule(call=st.integers(0, 300), depth=st.integers(0, 5))
    def dialled(self, call, depth):
        self.pacer.dialled(call, Prospect(("list", "9", "1", "mobile", "busy")[:depth]))

    @rule(seconds=odd_seconds, yes=st.booleans(), times=st.integers(1, 50))
    def agents(self, seconds, yes, times):
        for _time in range(times):
            self.pacer.talked(seconds)
            self.pacer.wrapped(seconds, ready=yes)
            self.pacer.live(abandoned=yes)
            self.pacer.screened(person=not yes)

    @rule()
    def restart(self):
        self.pacer = Predictive.from_dict(json.loads(json.dumps(self.pacer.to_dict(), allow_nan=False)))

    @rule(seen=floors())
    def decide(self, seen):
        self.floor, self.decision = seen, self.pacer.decide(seen)

    @invariant()
    def keeps_the_promises(self):
        if getattr(self, "decision", None) is None:
            return
        seen, decision = self.floor, self.decision
        agents = seen.ready + len(seen.talking) + len(seen.wrapping)
        assert 0 <= decision.calls <= max(0, min(seen.limits.trunk, seen.limits.per_second, seen.limits.channels))
        assert decision.calls == 0 or agents
        assert decision.calls == 0 or seen.audited
        assert decision.limited_by in LimitedBy
        assert set(decision.cancel) <= set(seen.flying.ids)
        assert decision.cancel == () or seen.cancel_after


TestAbsurd = Absurd.TestCase
TestAbsurd.settings = settings(max_examples=10, stateful_step_count=15, deadline=None)

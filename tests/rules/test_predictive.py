"""The predictive rule under absurd floors: never beyond a limit, never without an agent, always with a reason."""

from __future__ import annotations

import json
import math
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from dialer.rules.pacing import Budget, Floor, Flying, LimitedBy, Limits, Predictive, Prospect
from dialer.rules.pacing.predictive import LONGEST_TICK

OPEN = Limits(trunk=10_000, per_second=10_000)
RICH = Budget(0.028, live=1000, abandoned=0, seconds_left=3600)
SPENT = Budget(0.028, live=1000, abandoned=60, seconds_left=0)
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


def floor(ready: int = 10, **values) -> Floor:
    return replace(Floor(ready=ready, limits=OPEN, talking=[30.0] * 10, budget=RICH), **values)


def flying(count: int, age: float = 5.0) -> Flying:
    return Flying(ids=range(count), ages=[age] * count, ringing=[age - 2] * count)


def test_more_calls_than_agents_are_dialled_when_few_answer():
    decision = warm().decide(floor())

    assert decision.calls > 10
    assert decision.limited_by is LimitedBy.AGENTS
    assert decision.risk <= decision.theta
    assert decision.answer_rate == pytest.approx(1 / 3, abs=0.1)


def test_more_risk_makes_more_calls():
    careful, bold = warm(), warm()
    bold.control.theta *= 8

    assert bold.decide(floor(ready=3)).calls > careful.decide(floor(ready=3)).calls


def test_agents_who_have_talked_long_are_dialled_for_ahead():
    pacer = warm()
    nobody_soon = floor(ready=0, talking=[], wrapping=[0.0] * 20)
    many_soon = floor(ready=0, talking=[], wrapping=[35.0] * 20)

    assert pacer.decide(many_soon).calls > warm().decide(nobody_soon).calls


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"audited": False}, LimitedBy.UNAUDITED),
        ({"talking": [], "ready": 2}, LimitedBy.TOO_FEW_AGENTS),
        ({"budget": SPENT}, LimitedBy.ABANDON_BUDGET),
        ({"limits": Limits(trunk=1, per_second=9)}, LimitedBy.TRUNK),
        ({"limits": Limits(trunk=9, per_second=1)}, LimitedBy.CALLS_PER_SECOND),
        ({"limits": Limits(trunk=9, per_second=9, channels=0)}, LimitedBy.CHANNELS),
        ({"elsewhere": 3}, LimitedBy.SHARED_AGENTS),
    ],
)
def test_it_says_what_keeps_it(values, reason):
    assert warm().decide(floor(**values)).limited_by is reason


def test_with_a_spent_budget_there_is_one_call_per_ready_agent():
    decision = warm().decide(floor(ready=7, flying=flying(3), waiting=1, budget=SPENT))

    assert decision.calls == 3


def test_a_beginner_dials_one_to_one():
    decision = Predictive().decide(floor(ready=10))

    assert (decision.calls, decision.limited_by) == (10, LimitedBy.LEARNING)


def test_nothing_is_dialled_while_the_pbx_is_silent():
    assert warm().decide(floor(audited=False)).calls == 0


def test_late_ringers_are_hung_up_where_that_is_allowed_and_never_else():
    crowded = floor(ready=0, talking=[1.0] * 10, flying=flying(60, age=21.0))

    assert warm().decide(crowded).cancel == ()
    cancelled = warm().decide(replace(crowded, cancel_after=15.0)).cancel
    assert len(cancelled) == 3
    assert warm().decide(replace(crowded, cancel_after=20.0)).cancel == ()


def test_a_new_engine_goes_on_where_the_last_one_was():
    old = warm()
    old.decide(floor())
    kept = json.dumps(old.to_dict())
    new = Predictive.from_dict(json.loads(kept))

    assert len(kept) < 100_000
    assert new.decide(floor()).calls == pytest.approx(old.decide(floor()).calls, abs=1)


@pytest.mark.parametrize("kept", [{}, {"version": 99}, {"version": 1, "cap": "x"}, {"version": 1, "cap": 0.02}])
def test_a_damaged_snapshot_makes_a_beginner(kept):
    assert Predictive.from_dict(kept).decide(floor()).limited_by is LimitedBy.LEARNING


def test_events_told_twice_are_counted_once():
    once, twice = warm(), warm()
    for number in range(200):
        twice.answered(number, 5.0)
        twice.failed(number, 5.0)
        twice.cancelled(number, 5.0)

    assert twice.to_dict() == once.to_dict()


def test_calls_whose_end_was_lost_are_forgotten():
    pacer = warm()
    for number in range(300, 400):
        pacer.dialled(number, Prospect())
    for _tick in range(200):
        pacer.decide(floor(elapsed=LONGEST_TICK))

    assert not pacer.experts.pending()


def test_known_good_leads_are_dialled_more_sparingly_than_bad_ones():
    pacer = warm()
    for number in range(1000, 3000):
        good = number % 2 == 0
        pacer.dialled(number, Prospect(("good",) if good else ("bad",)))
        if number % (2 if good else 20) == 0:
            pacer.answered(number, 10.0)
        else:
            pacer.failed(number, 24.0)
    good, bad = (floor(ready=3, prospects=[Prospect((name,))] * 16) for name in ("good", "bad"))
    kept = json.loads(json.dumps(pacer.to_dict()))

    assert pacer.decide(good).calls < Predictive.from_dict(kept).decide(bad).calls


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
        self.floor, self.decision = floor(), None

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
TestAbsurd.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)


@given(st.integers(0, 40), st.integers(1, 60))
@settings(max_examples=25, deadline=None)
def test_a_carrier_that_answers_everything_gets_one_call_per_agent_or_little_more(ready, busy):
    pacer = warm(answer_every=1)

    assert pacer.decide(floor(ready=ready, talking=[1.0] * busy)).calls <= ready + 2


def test_an_answer_rate_that_leaps_and_falls_to_nothing_keeps_within_the_search():
    pacer, number = warm(), 1000
    for every in (10, 2, 1_000_000):
        for _call in range(400):
            number += 1
            pacer.dialled(number, Prospect())
            ended = pacer.failed if number % every else pacer.answered
            ended(number, 12.0)
        decision = pacer.decide(floor())
        assert 0 < decision.calls <= 12 + 2 * 20 / 0.01


def test_all_agents_gone_means_no_calls():
    decision = warm().decide(floor(ready=0, talking=[], flying=flying(30)))

    assert (decision.calls, decision.limited_by) == (0, LimitedBy.TOO_FEW_AGENTS)

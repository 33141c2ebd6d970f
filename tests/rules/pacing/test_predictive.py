"""The predictive rule as the engine meets it: guard rails, absurd floors, and what it keeps."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.rules.pacing import Budget, Floor, Flying, LimitedBy, Limits, Prospect
from dialer.rules.pacing.modes import agentless, preview, progressive, ratio
from dialer.rules.pacing.predictive import FEWEST_CALLS, Predictive

WIDE = Limits(trunk=10_000, per_second=10_000)
LOTS = Budget(0.028, live=1000, abandoned=5, seconds_left=4 * 3600)


def learned(calls: int = 400, answers_in: int = 4) -> Predictive:
    """A pacer that has seen some traffic: a call in so many is answered after 10 s, the others fail after 22."""
    pacer = Predictive()
    for n in range(calls):
        pacer.dialled(n, Prospect())
        if n % answers_in == 0:
            pacer.answered(n, 10.0)
            pacer.live(abandoned=False)
            pacer.talked(90.0 + n % 60)
            pacer.wrapped(20.0, ready=True)
        else:
            pacer.failed(n, 22.0)
        pacer.decide(Floor(ready=0, limits=WIDE, talking=[30.0] * 10, budget=LOTS))
    return pacer


def ten_agents(**changes: object) -> Floor:
    floor = Floor(ready=2, limits=WIDE, talking=[20.0, 60.0, 90.0, 120.0, 5.0], wrapping=[10.0, 15.0, 1.0], budget=LOTS)
    return replace(floor, **changes)  # type: ignore[arg-type]


def test_it_dials_more_than_one_call_per_ready_agent_where_few_answer():
    decision = learned().decide(ten_agents())

    assert decision.calls > 4
    assert decision.limited_by == LimitedBy.AGENTS
    assert 0 < decision.risk <= decision.theta
    assert decision.answer_rate == pytest.approx(0.25, abs=0.08)


def test_calls_in_flight_are_counted_on():
    flying = Flying(ids=[f"c{n}" for n in range(12)], ages=[3.0] * 12, ringing=[1.0] * 12)

    assert learned().decide(ten_agents(flying=flying)).calls < learned().decide(ten_agents()).calls


@pytest.mark.parametrize(
    ("changes", "calls", "limited_by"),
    [
        ({"audited": False}, 0, LimitedBy.UNAUDITED),
        ({"talking": [], "wrapping": []}, 2, LimitedBy.TOO_FEW_AGENTS),
        ({"ready": 0, "talking": [], "wrapping": []}, 0, LimitedBy.TOO_FEW_AGENTS),
        ({"budget": Budget(0.028, live=100, abandoned=9, seconds_left=60)}, 2, LimitedBy.ABANDON_BUDGET),
        ({"limits": Limits(trunk=1, per_second=9)}, 1, LimitedBy.TRUNK),
        ({"limits": Limits(trunk=9, per_second=1)}, 1, LimitedBy.CALLS_PER_SECOND),
        ({"limits": Limits(trunk=9, per_second=9, channels=1)}, 1, LimitedBy.CHANNELS),
        ({"limits": Limits(trunk=-3, per_second=9)}, 0, LimitedBy.TRUNK),
    ],
)
def test_guard_rails(changes, calls, limited_by):
    decision = learned().decide(ten_agents(**changes))

    assert (decision.calls, decision.limited_by) == (calls, limited_by)


def test_it_dials_one_to_one_until_it_has_learned():
    pacer = learned(FEWEST_CALLS - 1)

    decision = pacer.decide(ten_agents())

    assert (decision.calls, decision.limited_by) == (2, LimitedBy.LEARNING)


def test_late_ringers_are_hung_up_only_where_that_is_allowed_and_nobody_is_left_for_them():
    ringing = Flying(ids=[f"c{n}" for n in range(60)], ages=[18.0] * 60, ringing=[16.0] * 60)
    crowded = ten_agents(ready=0, flying=ringing)

    assert learned(answers_in=2).decide(crowded).cancel == ()
    assert learned(answers_in=2).decide(replace(crowded, cancel_after=17.0)).cancel == ()
    hung_up = learned(answers_in=2).decide(replace(crowded, cancel_after=15.0))
    assert hung_up.cancel
    assert hung_up.calls == 0


def test_what_was_learned_survives_a_restart():
    pacer = learned()

    again = Predictive.from_dict(json.loads(json.dumps(pacer.to_dict())))

    assert abs(again.decide(ten_agents()).calls - pacer.decide(ten_agents()).calls) <= 1
    assert len(json.dumps(pacer.to_dict())) < 100_000


@pytest.mark.parametrize("kept", [{}, {"version": 0}, {"version": 1}, {"version": 1, "age": "x"}])
def test_what_cannot_be_read_is_begun_anew(kept):
    assert Predictive.from_dict(kept).decide(ten_agents()).limited_by == LimitedBy.LEARNING


ages = st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=40)
some = st.integers(-5, 60)


@st.composite
def floors(draw: st.DrawFn) -> Floor:
    """Any floor at all, odd ages and impossible counts included."""
    calls = draw(ages)
    return Floor(
        ready=draw(st.integers(0, 60)),
        limits=Limits(draw(some), draw(some), draw(some)),
        flying=Flying(list(range(len(calls))), calls, draw(st.permutations(calls))),
        talking=draw(ages),
        wrapping=draw(ages),
        screening=draw(st.integers(0, 40)),
        waiting=draw(st.integers(0, 40)),
        prospects=[Prospect(("x",), draw(st.floats(0, 1))) for _ in range(draw(st.integers(0, 5)))],
        budget=Budget(
            draw(st.floats(0.001, 0.1)), draw(st.integers(0, 9999)), draw(st.integers(0, 500)), draw(st.floats(0, 1e5))
        ),
        cancel_after=draw(st.none() | st.floats(0, 60)),
        audited=draw(st.booleans()),
        elapsed=draw(st.floats(-1e9, 1e9)),
    )


events = st.lists(
    st.tuples(
        st.sampled_from(
            ["dialled", "answered", "failed", "cancelled", "live", "abandoned", "talked", "wrapped", "screened"]
        ),
        st.integers(0, 8),
        st.floats(-1e6, 1e6),
    ),
    max_size=60,
)


def tell(pacer: Predictive, what: str, call: int, age: float) -> None:
    match what:
        case "dialled":
            pacer.dialled(call, Prospect())
        case "answered":
            pacer.answered(call, age)
        case "failed":
            pacer.failed(call, age)
        case "cancelled":
            pacer.cancelled(call, age)
        case "live" | "abandoned":
            pacer.live(abandoned=what == "abandoned")
        case "talked":
            pacer.talked(age)
        case "wrapped":
            pacer.wrapped(age, ready=call > 3)
        case "screened":
            pacer.screened(person=call > 3)


@settings(deadline=None, max_examples=60)
@given(events, st.lists(floors(), min_size=1, max_size=3), st.booleans())
def test_whatever_it_is_told_it_keeps_to_the_limits_and_never_dials_without_an_agent(told, seen, warm):
    pacer = learned(60) if warm else Predictive()
    for event in told:
        tell(pacer, *event)
    for floor in seen:
        decision = pacer.decide(floor)
        limits = floor.limits
        assert 0 <= decision.calls <= max(0, min(limits.trunk, limits.per_second, limits.channels))
        assert decision.limited_by in LimitedBy
        assert set(decision.cancel) <= set(floor.flying.ids)
        if not floor.ready and not floor.talking and not floor.wrapping:
            assert decision.calls == 0
        if not floor.audited:
            assert decision.calls == 0
    json.dumps(pacer.to_dict())


def test_modes_that_learn_nothing():
    floor = ten_agents(ready=3, accepted=1, connected=4)

    assert progressive().decide(floor).calls == 3
    assert ratio(1.5).decide(floor).calls == 4
    assert preview().decide(floor).calls == 1
    assert agentless(9).decide(floor).calls == 5
    assert progressive().decide(replace(floor, audited=False)).limited_by == LimitedBy.UNAUDITED
    assert progressive().decide(replace(floor, elsewhere=2)).limited_by == LimitedBy.SHARED_AGENTS

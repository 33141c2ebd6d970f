"""The table of a call's life: reviewed as a grid, and true in any order of facts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.rules import call as rules
from dialer.rules import facts as f
from dialer.rules.call import Call, ForShift, State
from dialer.rules.ids import new_call_id
from dialer.rules.outcomes import Outcome

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SHIFT = uuid4()
FACTS = (
    f.ChannelSeen,
    f.Ringing,
    f.Answered,
    f.Waiting,
    f.Bridged,
    f.NoAgent,
    f.AgentGone,
    f.Refused,
    f.Unsent,
    f.HungUp,
    f.Vanished,
)
# m = moves on, e = ends, . = changes nothing. The grid is the contract; change it only with the code, on purpose.
GRID = """
            Seen Ring Answ Wait Brid NoAg Gone Refu Unse Hang Vani
reserved    .    .    .    .    .    .    .    .    e    .    e
placed      m    m    m    m    m    m    .    e    e    e    e
dialing     .    m    m    m    m    m    .    .    .    e    e
ringing     .    .    m    m    m    m    .    .    .    e    e
answered    .    .    .    m    m    m    .    .    .    e    e
waiting     .    .    .    .    m    m    .    .    .    e    e
assigned    .    .    .    .    m    m    m    .    .    e    e
talking     .    .    .    .    .    .    .    .    .    e    e
ended       .    .    .    .    .    .    .    .    .    .    .
"""


def a_fact(kind: type[f.CallFact], call: Call, seconds: float = 0) -> f.CallFact:
    at = NOW + timedelta(seconds=seconds)
    if kind is f.Bridged:
        return f.Bridged(call.id, at, SHIFT)
    if kind is f.HungUp:
        return f.HungUp(call.id, at, 16, "")
    return kind(call.id, at)


def in_state(state: State) -> Call:
    return Call(new_call_id(), state, SHIFT if state in (State.ASSIGNED, State.TALKING) else None)


def mark(state: State, kind: type[f.CallFact]) -> str:
    call = in_state(state)
    move = rules.step(call, a_fact(kind, call))
    return "." if move is None else "e" if move.ending else "m"


def test_every_pair_of_state_and_fact_does_what_the_grid_says():
    lines = [f"{state.value:<12}" + "".join(f"{mark(state, kind):<5}" for kind in FACTS).rstrip() for state in State]

    assert lines == GRID.strip("\n").splitlines()[1:]


lives = st.lists(st.tuples(st.sampled_from(FACTS), st.floats(0, 30), st.booleans()), max_size=30)


@given(lives)
def test_whatever_the_order_a_call_ends_at_most_once_and_frees_the_agent_it_took(life):
    call, endings, agents = in_state(State.PLACED), 0, 0
    for kind, seconds, assign_first in life:
        if assign_first and call.state == State.WAITING and not call.abandoned:
            call, agents = rules.replace(call, state=State.ASSIGNED, shift_id=SHIFT), 1
        move = rules.step(call, a_fact(kind, call, seconds))
        if move is None:
            continue
        endings += move.ending is not None
        if move.shift:
            agents = 1 if move.shift[1] == ForShift.BRIDGED else 0
        call = move.call

    end = rules.step(call, f.Vanished(call.id, NOW + timedelta(seconds=40)))
    if end:
        endings += 1
        agents = 0 if end.shift or not agents else agents

    assert endings == 1
    assert agents == 0


@given(lives)
def test_telling_a_fact_twice_is_telling_it_once(life):
    call = in_state(State.PLACED)
    for kind, seconds, _ in life:
        fact = a_fact(kind, call, seconds)
        move = rules.step(call, fact)
        call = move.call if move else call
        again = rules.step(call, fact)
        assert again is None or again.call == call


@pytest.mark.parametrize(
    ("cause", "tech", "outcome"),
    [
        (17, "486", Outcome.BUSY),
        (1, "404", Outcome.INVALID_NUMBER),
        (21, "603", Outcome.REJECTED),
        (34, "503", Outcome.CONGESTION),
        (19, "480", Outcome.NO_ANSWER),
        (0, "", Outcome.FAILED),
        (127, "502", Outcome.CONGESTION),
        (127, "488", Outcome.UNREACHABLE),
    ],
)
def test_an_unanswered_call_gets_its_outcome_from_the_cause(cause, tech, outcome):
    call = in_state(State.RINGING)

    move = rules.step(call, f.HungUp(call.id, NOW, cause, tech))

    assert move and move.ending and move.ending.outcome == outcome


@pytest.mark.parametrize(("waited", "outcome"), [(1.99, Outcome.HUNG_UP), (2.0, Outcome.ABANDONED)])
def test_a_caller_counts_as_abandoned_from_the_threshold_on(waited, outcome):
    call = rules.replace(in_state(State.WAITING), answered_at=NOW)

    move = rules.step(call, f.HungUp(call.id, NOW + timedelta(seconds=waited), 16))

    assert move and move.ending and move.ending.outcome == outcome


def test_a_call_that_was_never_sent_is_released_and_one_that_was_is_counted_as_unknown():
    reserved, placed = in_state(State.RESERVED), in_state(State.PLACED)

    outcomes = [rules.step(c, f.Vanished(c.id, NOW)).ending.outcome for c in (reserved, placed)]

    assert outcomes == [Outcome.RELEASED, Outcome.UNKNOWN]

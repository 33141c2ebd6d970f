"""The table of a call's life: reviewed as a grid, and true in any order of facts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.rules import call as rules
from dialer.rules import facts as f
from dialer.rules.amd import Verdict
from dialer.rules.call import Call, ForShift, State
from dialer.rules.ids import new_call_id
from dialer.rules.outcomes import Outcome

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
SHIFT = uuid4()
FACTS = (
    f.ChannelSeen,
    f.Ringing,
    f.Answered,
    f.Screened,
    f.MessageLeft,
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
            Seen Ring Answ Scre Left Wait Brid NoAg Gone Refu Unse Hang Vani
reserved    .    .    .    .    .    .    .    .    .    .    e    .    e
placed      m    m    m    m    m    m    m    m    .    e    e    e    e
dialing     .    m    m    m    m    m    m    m    .    .    .    e    e
ringing     .    .    m    m    m    m    m    m    .    .    .    e    e
answered    .    .    .    m    m    m    m    m    .    .    .    e    e
machine     .    .    .    .    m    .    .    .    .    .    .    e    e
waiting     .    .    .    m    .    .    m    m    .    .    .    e    e
assigned    .    .    .    m    .    .    m    m    m    .    .    e    e
talking     .    .    .    m    .    .    .    .    .    .    .    e    e
ended       .    .    .    .    .    .    .    .    .    .    .    .    .
"""


def a_fact(kind: type[f.CallFact], call: Call, seconds: float = 0) -> f.CallFact:
    at = NOW + timedelta(seconds=seconds)
    if kind is f.Bridged:
        return f.Bridged(call.id, at, SHIFT)
    if kind is f.HungUp:
        return f.HungUp(call.id, at, 16, "")
    if kind is f.Screened:
        return f.Screened(call.id, at, Verdict.MACHINE if int(seconds) % 2 else Verdict.HUMAN, "MAXWORDS-4-4", 900)
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


def told(call: Call, *facts: f.CallFact) -> Call | rules.Ending:
    """The call after these facts, or how it ended."""
    for fact in facts:
        move = rules.step(call, fact)
        if move and move.ending:
            return move.ending
        call = move.call if move else call
    return call


def screened(call: Call, verdict: Verdict, seconds: float = 2) -> f.Screened:
    return f.Screened(call.id, NOW + timedelta(seconds=seconds), verdict, "LONGGREETING-1600-1500", 2000)


ANSWERED = Call(new_call_id(), State.ANSWERED, answered_at=NOW)
ENDS = f.HungUp(ANSWERED.id, NOW + timedelta(seconds=9), 16)


def test_a_verdict_of_machine_takes_the_call_aside_where_no_agent_is_sent_to_it():
    call = told(ANSWERED, screened(ANSWERED, Verdict.MACHINE))

    assert call.state == State.MACHINE
    assert (call.verdict, call.verdict_cause, call.took_ms) == ("machine", "LONGGREETING-1600-1500", 2000)
    assert call.detected_at - call.answered_at == timedelta(seconds=2)
    assert told(call, f.Waiting(call.id, NOW), f.Bridged(call.id, NOW, SHIFT)) == call


@pytest.mark.parametrize(
    ("left", "outcome"), [((), Outcome.MACHINE), ((f.MessageLeft(ANSWERED.id, NOW),), Outcome.MACHINE_MESSAGE)]
)
@pytest.mark.parametrize("end", [ENDS, f.Vanished(ANSWERED.id, NOW + timedelta(seconds=40))])
def test_a_machine_is_no_abandoned_person_however_long_it_stayed(left, outcome, end):
    assert told(ANSWERED, screened(ANSWERED, Verdict.MACHINE), *left, end).outcome == outcome


@pytest.mark.parametrize("verdict", [Verdict.HUMAN, Verdict.UNSURE])
def test_a_person_or_a_doubt_goes_to_an_agent_and_waits_from_the_verdict_on(verdict):
    waiting = told(ANSWERED, screened(ANSWERED, verdict), f.Waiting(ANSWERED.id, NOW + timedelta(seconds=2)))

    assert waiting.state == State.WAITING
    for waited, outcome in ((3.9, Outcome.HUNG_UP), (4.0, Outcome.ABANDONED)):
        assert told(waiting, f.HungUp(waiting.id, NOW + timedelta(seconds=waited), 16)).outcome == outcome


def test_whoever_hangs_up_before_the_verdict_has_waited_from_the_answer_on():
    assert told(ANSWERED, f.HungUp(ANSWERED.id, NOW + timedelta(seconds=2.4), 16)).outcome == Outcome.ABANDONED


def test_a_sampled_machine_waits_for_an_agent_and_without_one_it_is_a_machine_like_the_others():
    sampled = rules.replace(ANSWERED, machine_to_agent=True)
    waiting = told(sampled, screened(sampled, Verdict.MACHINE), f.Waiting(sampled.id, NOW))

    assert waiting.state == State.WAITING
    talking = told(waiting, f.Bridged(waiting.id, NOW, SHIFT))
    assert told(talking, ENDS).outcome == Outcome.CONVERSATION
    assert told(waiting, f.NoAgent(waiting.id, NOW), ENDS).outcome == Outcome.MACHINE


def test_the_first_verdict_holds_and_an_agent_who_talks_keeps_the_call():
    talking = Call(new_call_id(), State.TALKING, SHIFT, answered_at=NOW, bridged_at=NOW)

    late = told(talking, screened(talking, Verdict.MACHINE))

    assert (late.state, late.verdict) == (State.TALKING, "machine")
    assert told(late, screened(late, Verdict.HUMAN)) == late


def test_a_verdict_tells_of_an_answer_nobody_told_of():
    ringing = in_state(State.RINGING)

    call = told(ringing, screened(ringing, Verdict.HUMAN))

    assert (call.state, call.answered_at) == (State.ANSWERED, NOW)

"""The life of one call, as a table: (state, fact) -> what changes.

    reserved -> placed -> dialing -> ringing -> answered -> waiting -> assigned -> talking -> (ended)
                                                   `-> machine -> (ended)

An answered call is listened to where the campaign has a detector. A verdict is noted in whatever state it arrives; only
one that comes before the call waits, and says machine, takes the call aside, unless machines, or this one as part of a
sample, go to an agent. Judged machine and nobody talked is one outcome, whoever hung up.

A pair that is not in the table changes nothing. It is that forgiving because a real PBX sends its events in many
orders: OriginateResponse before and after Hangup, Ringing never, Answered after Waiting. What must hold in any order:
a call ends at most once, frees every agent it took, and telling a fact twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from dialer.rules import facts as f
from dialer.rules.amd import Verdict
from dialer.rules.outcomes import Outcome, answered_without_agent, unanswered


class State(StrEnum):
    RESERVED = "reserved"
    PLACED = "placed"
    DIALING = "dialing"
    RINGING = "ringing"
    ANSWERED = "answered"
    MACHINE = "machine"
    WAITING = "waiting"
    ASSIGNED = "assigned"
    TALKING = "talking"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Call:
    """A live call as the rules see it. `threshold` is the abandon threshold in seconds.

    `machine_to_agent`: if it is judged machine it goes to an agent all the same. `took_ms`: what the verdict took.
    """

    id: UUID
    state: State
    shift_id: UUID | None = None
    abandoned: bool = False
    hangup_by: str = ""
    machine_to_agent: bool = False
    threshold: float = 2.0
    verdict: str = ""
    verdict_cause: str = ""
    took_ms: int | None = None
    message_left: bool = False
    dialing_at: datetime | None = None
    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    detected_at: datetime | None = None
    waiting_at: datetime | None = None
    assigned_at: datetime | None = None
    bridged_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """How a call ended; `cause` is None when the PBX did not say."""

    outcome: Outcome
    at: datetime
    cause: int | None = None
    tech_cause: str = ""


class ForShift(StrEnum):
    """What a call's move means for its agent."""

    BRIDGED = "bridged"
    RELEASED = "released"  # not connected after all: ready again
    CALL_ENDED = "call_ended"  # they talked: wrap-up


@dataclass(frozen=True, slots=True)
class Move:
    """The call after a fact, what its agent must be told, and how it ended if it did."""

    call: Call
    shift: tuple[UUID, ForShift] | None = None
    ending: Ending | None = None
    effects: tuple[f.Effect, ...] = ()


Rule = Callable[[Call, f.CallFact], Move]


def step(call: Call, fact: f.CallFact) -> Move | None:
    """The move that `fact` makes; None when it changes nothing."""
    rule = RULES.get((call.state, type(fact)))
    return rule(call, fact) if rule else None


def _seen(call: Call, fact: f.CallFact) -> Move:
    return Move(replace(call, state=State.DIALING, dialing_at=fact.at))


def _ringing(call: Call, fact: f.CallFact) -> Move:
    return Move(replace(call, state=State.RINGING, dialing_at=call.dialing_at or fact.at, ringing_at=fact.at))


def _answered(call: Call, fact: f.CallFact) -> Move:
    return Move(replace(call, state=State.ANSWERED, dialing_at=call.dialing_at or fact.at, answered_at=fact.at))


def _screened(call: Call, fact: f.CallFact) -> Move:
    """The first verdict holds. Who may be connected to an agent already is only noted, never taken from them."""
    assert isinstance(fact, f.Screened)  # the table's key says so
    if call.verdict:
        return Move(call)
    aside = fact.verdict == Verdict.MACHINE and not call.machine_to_agent and call.state in BEFORE_WAITING
    noted = replace(
        call,
        verdict=fact.verdict.value,
        verdict_cause=fact.cause,
        took_ms=fact.took_ms,
        answered_at=call.answered_at or _began(fact),
        detected_at=fact.at,
    )
    if aside:
        return Move(replace(noted, state=State.MACHINE))
    return Move(replace(noted, state=State.ANSWERED) if call.state in UNANSWERED else noted)


def _began(fact: f.Screened) -> datetime:
    """When listening began: the answer itself, should nobody have told of it."""
    return fact.at - timedelta(milliseconds=fact.took_ms or 0)


def _message_left(call: Call, fact: f.CallFact) -> Move:
    return Move(replace(call, message_left=True))


def _waiting(call: Call, fact: f.CallFact) -> Move:
    answered_at = call.answered_at or fact.at
    return Move(replace(call, state=State.WAITING, answered_at=answered_at, waiting_at=call.waiting_at or fact.at))


def _bridged(call: Call, fact: f.CallFact) -> Move:
    assert isinstance(fact, f.Bridged)  # the table's key says so
    talking = replace(
        call,
        state=State.TALKING,
        shift_id=fact.shift_id,
        answered_at=call.answered_at or fact.at,
        waiting_at=call.waiting_at or fact.at,
        bridged_at=fact.at,
    )
    return Move(talking, shift=(fact.shift_id, ForShift.BRIDGED))


def _no_agent(call: Call, fact: f.CallFact) -> Move:
    """The PBX is playing the message: never match this call again, and let its agent go."""
    freed = (call.shift_id, ForShift.RELEASED) if call.shift_id else None
    alone = replace(call, state=State.WAITING, abandoned=True, shift_id=None, assigned_at=None)
    return Move(replace(alone, answered_at=call.answered_at or fact.at), shift=freed)


def _agent_gone(call: Call, fact: f.CallFact) -> Move:
    freed = (call.shift_id, ForShift.RELEASED) if call.shift_id else None
    return Move(replace(call, state=State.WAITING, shift_id=None, assigned_at=None), shift=freed)


def _end(call: Call, ending: Ending) -> Move:
    told = ForShift.CALL_ENDED if call.state == State.TALKING else ForShift.RELEASED
    shift = (call.shift_id, told) if call.shift_id else None
    return Move(replace(call, state=State.ENDED), shift=shift, ending=ending)


def _hung_up(call: Call, fact: f.CallFact) -> Move:
    assert isinstance(fact, f.HungUp)
    return _end(call, Ending(_outcome(call, fact), fact.at, fact.cause, fact.tech_cause))


def _outcome(call: Call, fact: f.HungUp) -> Outcome:
    if call.state == State.TALKING:
        return Outcome.CONVERSATION
    if call.verdict == Verdict.MACHINE:
        return _machine(call)
    if call.answered_at:
        waited = (fact.at - (call.detected_at or call.answered_at)).total_seconds()
        return answered_without_agent(waited, call.threshold, message_played=call.abandoned)
    return unanswered(fact.cause, fact.tech_cause, ended_by_us=bool(call.hangup_by))


def _machine(call: Call) -> Outcome:
    return Outcome.MACHINE_MESSAGE if call.message_left else Outcome.MACHINE


def _refused(call: Call, fact: f.CallFact) -> Move:
    return _end(call, Ending(Outcome.FAILED, fact.at))


def _unsent(call: Call, fact: f.CallFact) -> Move:
    return _end(call, Ending(Outcome.RELEASED, fact.at))


def _vanished(call: Call, fact: f.CallFact) -> Move:
    """Gone without a word: what we saw of it decides, and what was sent is counted."""
    if call.state == State.RESERVED:
        outcome = Outcome.RELEASED
    elif call.state == State.TALKING:
        outcome = Outcome.CONVERSATION
    elif call.verdict == Verdict.MACHINE:
        outcome = _machine(call)
    elif call.abandoned:
        outcome = Outcome.ABANDONED
    else:
        outcome = Outcome.UNKNOWN
    return _end(call, Ending(outcome, fact.at))


S = State
UNANSWERED = (S.PLACED, S.DIALING, S.RINGING)
BEFORE_WAITING = (*UNANSWERED, S.ANSWERED)
IN_CALL = (*UNANSWERED, S.ANSWERED, S.WAITING, S.ASSIGNED)

RULES: dict[tuple[State, type[f.CallFact]], Rule] = {
    (S.PLACED, f.ChannelSeen): _seen,
    **{(state, f.Ringing): _ringing for state in (S.PLACED, S.DIALING)},
    **{(state, f.Answered): _answered for state in UNANSWERED},
    **{(state, f.Screened): _screened for state in (*IN_CALL, S.TALKING)},
    **{(state, f.MessageLeft): _message_left for state in (*BEFORE_WAITING, S.MACHINE)},
    **{(state, f.Waiting): _waiting for state in (*UNANSWERED, S.ANSWERED)},
    **{(state, f.Bridged): _bridged for state in IN_CALL},
    **{(state, f.NoAgent): _no_agent for state in IN_CALL},
    (S.ASSIGNED, f.AgentGone): _agent_gone,
    # Only while no channel was seen: a refusal can carry the id of a call that lives.
    (S.PLACED, f.Refused): _refused,
    **{(state, f.Unsent): _unsent for state in (S.RESERVED, S.PLACED)},
    **{(state, f.HungUp): _hung_up for state in (*IN_CALL, S.MACHINE, S.TALKING)},
    **{(state, f.Vanished): _vanished for state in (S.RESERVED, *IN_CALL, S.MACHINE, S.TALKING)},
}

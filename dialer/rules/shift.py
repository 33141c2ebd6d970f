"""The life of one agent's shift, as a table: (state, event) -> what changes.

    signing_in -> paused <-> ready -> claimed -> talking -> wrap_up -> ready | paused | leaving -> off

Events are what the agent asks (Ready, Pause, SignOut, Dispositioned), what calls tell (Claimed, Connected, Released,
CallEnded) and what the phone does (PhoneWaiting, PhoneGone). While busy, a wish is remembered in `then` and comes true
after the call. A pair that is not in the table changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from dialer.rules import facts as f


class State(StrEnum):
    SIGNING_IN = "signing_in"
    PAUSED = "paused"
    READY = "ready"
    CLAIMED = "claimed"
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    LEAVING = "leaving"
    OFF = "off"


class Then(StrEnum):
    """What comes after the present call; empty: ready for the next."""

    NOTHING = ""
    PAUSE = "pause"
    LEAVE = "leave"
    GONE = "gone"  # the phone dropped: off as soon as the call is written up


@dataclass(frozen=True, slots=True)
class Shift:
    """A shift as the rules see it: `since` is when the present state began, `campaign_id` that of its present or last
    call."""

    id: UUID
    state: State
    since: datetime
    campaign_id: int
    reason: str = ""
    call_id: UUID | None = None
    wrap_up_until: datetime | None = None
    then: Then = Then.NOTHING
    then_reason: str = ""


@dataclass(frozen=True, slots=True)
class Ready:
    at: datetime


@dataclass(frozen=True, slots=True)
class Pause:
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class SignOut:
    at: datetime


@dataclass(frozen=True, slots=True)
class Claimed:
    at: datetime
    call_id: UUID
    campaign_id: int


@dataclass(frozen=True, slots=True)
class Connected:
    at: datetime
    call_id: UUID
    campaign_id: int


@dataclass(frozen=True, slots=True)
class Released:
    """The call it was claimed for did not come about."""

    at: datetime
    call_id: UUID


@dataclass(frozen=True, slots=True)
class CallEnded:
    at: datetime
    call_id: UUID
    wrap_up: timedelta


@dataclass(frozen=True, slots=True)
class Dispositioned:
    """The call is written up; `expired` when the wrap-up limit did it in the agent's place."""

    at: datetime
    call_id: UUID
    expired: bool = False


Event = (
    Ready
    | Pause
    | SignOut
    | Claimed
    | Connected
    | Released
    | CallEnded
    | Dispositioned
    | f.PhoneSeen
    | f.PhoneWaiting
    | f.PhoneGone
)


@dataclass(frozen=True, slots=True)
class Move:
    """The shift after an event and what to do on the PBX. `tell_call`: its claimed call must be matched again."""

    shift: Shift
    effects: tuple[f.Effect, ...] = ()
    tell_call: UUID | None = None


Rule = Callable[[Shift, Event], Move | None]


def step(shift: Shift, event: Event) -> Move | None:
    """The move that `event` makes; None when it changes nothing."""
    rule = RULES.get((shift.state, type(event)))
    return rule(shift, event) if rule else None


def _to(shift: Shift, state: State, at: datetime, reason: str = "") -> Shift:
    """The shift in a state in which it has no call."""
    return replace(
        shift, state=state, since=at, reason=reason, call_id=None, wrap_up_until=None, then=Then.NOTHING, then_reason=""
    )


def _phone_up(shift: Shift, event: Event) -> Move:
    return Move(_to(shift, State.PAUSED, event.at, "signed_in"))


def _ready(shift: Shift, event: Event) -> Move:
    return Move(_to(shift, State.READY, event.at))


def _pause(shift: Shift, event: Event) -> Move:
    assert isinstance(event, Pause)
    return Move(_to(shift, State.PAUSED, event.at, event.reason))


def _pause_later(shift: Shift, event: Event) -> Move | None:
    assert isinstance(event, Pause)
    return None if shift.then == Then.GONE else Move(replace(shift, then=Then.PAUSE, then_reason=event.reason))


def _ready_later(shift: Shift, event: Event) -> Move | None:
    return None if shift.then == Then.GONE else Move(replace(shift, then=Then.NOTHING, then_reason=""))


def _leave(shift: Shift, event: Event) -> Move:
    return Move(_to(shift, State.LEAVING, event.at), effects=(f.HangUp(shift.id),))


def _leave_later(shift: Shift, event: Event) -> Move | None:
    return None if shift.then == Then.GONE else Move(replace(shift, then=Then.LEAVE, then_reason=""))


def _claimed(shift: Shift, event: Event) -> Move:
    assert isinstance(event, Claimed)
    claimed = _to(shift, State.CLAIMED, event.at)
    return Move(replace(claimed, call_id=event.call_id, campaign_id=event.campaign_id))


def _connected(shift: Shift, event: Event) -> Move:
    assert isinstance(event, Connected)
    talking = replace(shift, state=State.TALKING, since=event.at, reason="", wrap_up_until=None)
    return Move(replace(talking, call_id=event.call_id, campaign_id=event.campaign_id))


def _released(shift: Shift, event: Event) -> Move | None:
    assert isinstance(event, Released)
    if shift.call_id != event.call_id:
        return None
    return _free(shift, event.at)


def _call_ended(shift: Shift, event: Event) -> Move | None:
    assert isinstance(event, CallEnded)
    if shift.call_id != event.call_id:
        return None
    return Move(replace(shift, state=State.WRAP_UP, since=event.at, wrap_up_until=event.at + event.wrap_up))


def _dispositioned(shift: Shift, event: Event) -> Move | None:
    assert isinstance(event, Dispositioned)
    if shift.call_id != event.call_id:
        return None
    if event.expired and shift.then == Then.NOTHING:
        # Perhaps nobody sits there: never send a customer to an empty chair.
        return Move(_to(shift, State.PAUSED, event.at, "wrap_up_expired"))
    return _free(shift, event.at)


def _free(shift: Shift, at: datetime) -> Move:
    """Done with the call: what the agent asked for meanwhile comes true."""
    match shift.then:
        case Then.PAUSE:
            return Move(_to(shift, State.PAUSED, at, shift.then_reason))
        case Then.LEAVE:
            return Move(_to(shift, State.LEAVING, at), effects=(f.HangUp(shift.id),))
        case Then.GONE:
            return Move(_to(shift, State.OFF, at, "phone_lost"))
    return Move(_to(shift, State.READY, at))


def _off(shift: Shift, event: Event) -> Move:
    reason = {State.LEAVING: "signed_out", State.SIGNING_IN: "phone_not_answered"}.get(shift.state, "phone_lost")
    return Move(_to(shift, State.OFF, event.at, reason))


def _off_and_tell(shift: Shift, event: Event) -> Move:
    return Move(_to(shift, State.OFF, event.at, "phone_lost"), tell_call=shift.call_id)


def _gone_later(shift: Shift, event: Event) -> Move:
    return Move(replace(shift, then=Then.GONE, then_reason=""))


S = State
FREE = (S.SIGNING_IN, S.PAUSED, S.READY)
BUSY = (S.CLAIMED, S.TALKING, S.WRAP_UP)

RULES: dict[tuple[State, type[Event]], Rule] = {
    (S.SIGNING_IN, f.PhoneWaiting): _phone_up,
    (S.PAUSED, Ready): _ready,
    **{(state, Pause): _pause for state in (S.PAUSED, S.READY)},
    **{(state, SignOut): _leave for state in FREE},
    (S.READY, Claimed): _claimed,
    # A snapshot may show a conversation that we did not see begin.
    **{(state, Connected): _connected for state in (S.PAUSED, S.READY, S.CLAIMED)},
    (S.CLAIMED, Released): _released,
    (S.TALKING, CallEnded): _call_ended,
    (S.WRAP_UP, Dispositioned): _dispositioned,
    **{(state, Ready): _ready_later for state in BUSY},
    **{(state, Pause): _pause_later for state in BUSY},
    **{(state, SignOut): _leave_later for state in BUSY},
    **{(state, f.PhoneGone): _off for state in (*FREE, S.LEAVING)},
    (S.CLAIMED, f.PhoneGone): _off_and_tell,
    **{(state, f.PhoneGone): _gone_later for state in (S.TALKING, S.WRAP_UP)},
}

"""The table of a shift's life."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from dialer.rules import facts as f
from dialer.rules import shift as rules
from dialer.rules.shift import Shift, State, Then

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
CALL = uuid4()
CAMPAIGN, ANOTHER = 1, 2
BUSY = (State.CLAIMED, State.TALKING, State.WRAP_UP)


def in_state(state: State, then: Then = Then.NOTHING) -> Shift:
    return Shift(uuid4(), state, NOW, ANOTHER, call_id=CALL if state in BUSY else None, then=then)


def events(shift: Shift) -> list[rules.Event]:
    return [
        rules.Ready(NOW),
        rules.Pause(NOW, "break"),
        rules.SignOut(NOW),
        rules.Claimed(NOW, CALL, CAMPAIGN),
        rules.Connected(NOW, CALL, CAMPAIGN),
        rules.Released(NOW, CALL),
        rules.CallEnded(NOW, CALL, timedelta(seconds=30)),
        rules.Dispositioned(NOW, CALL),
        rules.Dispositioned(NOW, CALL, expired=True),
        f.PhoneWaiting(shift.id, NOW),
        f.PhoneGone(shift.id, NOW),
    ]


def after(shift: Shift, *given_events: rules.Event) -> Shift:
    for event in given_events:
        move = rules.step(shift, event)
        shift = move.shift if move else shift
    return shift


@given(st.lists(st.integers(0, 10), max_size=40))
def test_whatever_happens_exactly_the_busy_states_hold_a_call(choices):
    shift = in_state(State.SIGNING_IN)
    for choice in choices:
        shift = after(shift, events(shift)[choice])

        assert (shift.call_id is not None) == (shift.state in BUSY)
        assert (shift.wrap_up_until is not None) == (shift.state == State.WRAP_UP)


@given(st.lists(st.integers(0, 10), max_size=40))
def test_off_is_for_good(choices):
    shift = in_state(State.OFF)

    assert after(shift, *(events(shift)[choice] for choice in choices)) == shift


def test_a_pause_asked_for_in_a_conversation_comes_true_after_the_wrap_up():
    shift = after(in_state(State.TALKING), rules.Pause(NOW, "lunch"))
    assert shift.state == State.TALKING

    shift = after(shift, rules.CallEnded(NOW, CALL, timedelta(seconds=30)), rules.Dispositioned(NOW, CALL))

    assert (shift.state, shift.reason) == (State.PAUSED, "lunch")


def test_a_wish_to_pause_can_be_taken_back():
    shift = after(in_state(State.TALKING), rules.Pause(NOW, "lunch"), rules.Ready(NOW))

    shift = after(shift, rules.CallEnded(NOW, CALL, timedelta(seconds=30)), rules.Dispositioned(NOW, CALL))

    assert shift.state == State.READY


def test_signing_out_hangs_the_agents_leg_up():
    move = rules.step(in_state(State.READY), rules.SignOut(NOW))

    assert move.shift.state == State.LEAVING
    assert move.effects == (f.HangUp(move.shift.id),)


def test_a_phone_that_drops_while_claimed_gives_its_caller_back():
    move = rules.step(in_state(State.CLAIMED), f.PhoneGone(uuid4(), NOW))

    assert (move.shift.state, move.tell_call) == (State.OFF, CALL)


def test_nobody_is_made_ready_by_an_expired_wrap_up():
    shift = after(in_state(State.WRAP_UP), rules.Dispositioned(NOW, CALL, expired=True))

    assert (shift.state, shift.reason) == (State.PAUSED, "wrap_up_expired")


def test_what_another_call_says_is_ignored():
    other = uuid4()
    talking, wrapping = in_state(State.TALKING), in_state(State.WRAP_UP)

    assert rules.step(talking, rules.CallEnded(NOW, other, timedelta(0))) is None
    assert rules.step(wrapping, rules.Dispositioned(NOW, other)) is None


def test_from_being_claimed_to_the_next_call_a_shift_is_the_calls_campaigns():
    shift = after(in_state(State.READY), rules.Claimed(NOW, CALL, CAMPAIGN))
    wrapping = after(shift, rules.Connected(NOW, CALL, CAMPAIGN), rules.CallEnded(NOW, CALL, timedelta(seconds=30)))
    ready = after(wrapping, rules.Dispositioned(NOW, CALL))

    assert [each.campaign_id for each in (shift, wrapping, ready)] == [CAMPAIGN] * 3
    assert after(ready, rules.Claimed(NOW, CALL, ANOTHER)).campaign_id == ANOTHER


def test_a_conversation_we_did_not_see_begin_tells_its_campaign():
    assert after(in_state(State.PAUSED), rules.Connected(NOW, CALL, CAMPAIGN)).campaign_id == CAMPAIGN

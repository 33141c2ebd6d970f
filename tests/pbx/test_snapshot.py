"""What a list of channels shows, and what follows for what we hold as live."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from dialer.pbx.snapshot import Held, missed, snapshot_of
from dialer.rules.facts import (
    AgentGone,
    Answered,
    Bridged,
    ChannelSeen,
    ChannelState,
    Fact,
    HangUp,
    NoAgent,
    PhoneGone,
    PhoneWaiting,
    Ringing,
    Snapshot,
    Vanished,
    Waiting,
)
from tests.fakes.ids import new_call_id, new_shift_id
from tests.pbx.test_facts import TRANSCRIPTS, headers_of

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LONG_AGO, JUST_NOW, LATER = NOW - timedelta(minutes=1), NOW - timedelta(milliseconds=200), NOW + timedelta(seconds=1)
CALL, SHIFT = new_call_id(), new_shift_id()


def row(channel: object, state: str = "6", bridge: str = "") -> dict[str, str]:
    return {"Event": "CoreShowChannel", "Uniqueid": str(channel), "ChannelState": state, "BridgeId": bridge}


def shows(*channels: ChannelState) -> Snapshot:
    return Snapshot(NOW, {channel.id: channel for channel in channels})


def missed_by_call(state: str, stage: str | None, since: datetime = LONG_AGO) -> list[Fact]:
    seen = [ChannelState(CALL, stage, SHIFT if stage == "talking" else None)] if stage else []
    return missed(shows(*seen), {CALL: Held(state, since)}, {SHIFT: Held("ready", LATER)})[0]


def missed_by_shift(state: str, stage: str | None, since: datetime = LONG_AGO) -> list[Fact]:
    seen = [ChannelState(SHIFT, stage)] if stage else []
    return missed(shows(*seen), {}, {SHIFT: Held(state, since)})[0]


def test_a_recorded_list_of_channels_tells_ringing_waiting_and_talking_apart() -> None:
    ids = {name: new_call_id() for name in ("RINGING", "WAITING", "TALKING")} | {"SHIFT": SHIFT}
    text = (TRANSCRIPTS / "resync_snapshot.txt").read_text()
    for name, channel in ids.items():
        text = text.replace(f"id: {name}\n", f"id: {channel}\n")

    snapshot = snapshot_of([headers_of(raw.replace("\n", "\r\n").encode()) for raw in text.split("\n\n")], NOW)

    assert snapshot == shows(
        ChannelState(ids["RINGING"], "dialing"),
        ChannelState(SHIFT, "talking", ids["TALKING"]),
        ChannelState(ids["WAITING"], "waiting"),
        ChannelState(ids["TALKING"], "talking", SHIFT),
    )


@pytest.mark.parametrize(
    ("channel", "state", "bridge", "stage"),
    [
        (CALL, "0", "", "dialing"),
        (CALL, "5", "", "ringing"),
        (CALL, "6", "", "answered"),
        (CALL, "6", "b-1", "waiting"),
        (SHIFT, "0", "", "dialing"),
        (SHIFT, "5", "", "ringing"),
        (SHIFT, "6", "", "idle"),
        (SHIFT, "6", "b-1", "idle"),
    ],
)
def test_one_row_tells_a_channels_stage(channel: UUID, state: str, bridge: str, stage: str) -> None:
    rows = [row(channel, state, bridge)]

    snapshot = snapshot_of(rows, NOW)

    assert snapshot == shows(ChannelState(channel, stage))


def test_channels_of_others_are_not_in_the_snapshot() -> None:
    rows = [row("1795287325.42"), row("")]

    snapshot = snapshot_of(rows, NOW)

    assert snapshot.channels == {}


def test_many_who_wait_in_one_bridge_do_not_talk() -> None:
    callers, agents = [new_call_id() for _ in range(3)], [new_shift_id() for _ in range(3)]
    rows = [row(c, bridge="waiting") for c in callers] + [row(a, bridge="agents") for a in agents]

    stages = {state.stage for state in snapshot_of(rows, NOW).channels.values()}

    assert stages == {"waiting", "idle"}


SEEN, RANG, ANSWERED, WAITS = ChannelSeen(CALL, NOW), Ringing(CALL, NOW), Answered(CALL, NOW), Waiting(CALL, NOW)
TALKS = Bridged(CALL, NOW, SHIFT)


@pytest.mark.parametrize(
    ("state", "stage", "facts"),
    [
        ("reserved", "dialing", [SEEN]),
        ("placed", "dialing", [SEEN]),
        ("placed", "ringing", [SEEN, RANG]),
        ("placed", "answered", [SEEN, ANSWERED]),
        ("placed", "waiting", [SEEN, ANSWERED, WAITS]),
        ("placed", "talking", [SEEN, ANSWERED, TALKS]),
        ("dialing", "dialing", []),
        ("dialing", "ringing", [RANG]),
        ("dialing", "waiting", [ANSWERED, WAITS]),
        ("ringing", "dialing", []),
        ("ringing", "answered", [ANSWERED]),
        ("answered", "waiting", [WAITS]),
        ("answered", "ringing", []),
        ("waiting", "waiting", []),
        ("waiting", "talking", [TALKS]),
        ("waiting", "answered", [NoAgent(CALL, NOW)]),
        ("assigned", "talking", [TALKS]),
        ("assigned", "waiting", [AgentGone(CALL, NOW)]),
        ("assigned", "answered", []),
        ("talking", "talking", []),
        ("talking", "waiting", []),
        ("talking", "answered", []),
    ],
)
def test_a_call_that_is_further_than_we_know_catches_up(state: str, stage: str, facts: list[Fact]) -> None:
    caught_up = missed_by_call(state, stage)

    assert caught_up == facts


@pytest.mark.parametrize(
    "state", ["reserved", "placed", "dialing", "ringing", "answered", "waiting", "assigned", "talking"]
)
def test_a_call_the_pbx_does_not_show_has_vanished(state: str) -> None:
    facts = missed_by_call(state, None)

    assert facts == [Vanished(CALL, NOW)]


@pytest.mark.parametrize(("state", "facts"), [("reserved", []), ("placed", []), ("dialing", [Vanished(CALL, NOW)])])
def test_only_a_call_never_seen_is_given_time_to_appear(state: str, facts: list[Fact]) -> None:
    told = missed_by_call(state, None, since=JUST_NOW)

    assert told == facts


@pytest.mark.parametrize(("state", "stage"), [("assigned", "waiting"), ("waiting", "answered")])
def test_a_call_between_two_bridges_is_given_a_moment(state: str, stage: str) -> None:
    facts = missed_by_call(state, stage, since=JUST_NOW)

    assert facts == []


@pytest.mark.parametrize("stage", [None, "ringing", "waiting"])
def test_whatever_changed_after_the_snapshot_was_asked_for_is_left_alone(stage: str | None) -> None:
    facts = missed_by_call("dialing", stage, since=LATER)

    assert facts == []


@pytest.mark.parametrize(
    ("state", "stage", "facts"),
    [
        ("signing_in", None, [PhoneGone(SHIFT, NOW)]),
        ("signing_in", "ringing", []),
        ("signing_in", "idle", [PhoneWaiting(SHIFT, NOW)]),
        ("ready", None, [PhoneGone(SHIFT, NOW)]),
        ("ready", "idle", []),
        ("paused", None, [PhoneGone(SHIFT, NOW)]),
        ("claimed", "idle", []),
        ("claimed", "talking", []),
        ("talking", "idle", [PhoneWaiting(SHIFT, NOW)]),
        ("wrap_up", "idle", []),
        ("wrap_up", None, [PhoneGone(SHIFT, NOW)]),
    ],
)
def test_an_agents_leg_catches_up(state: str, stage: str | None, facts: list[Fact]) -> None:
    caught_up = missed_by_shift(state, stage)

    assert caught_up == facts


@pytest.mark.parametrize(("state", "stage"), [("signing_in", None), ("talking", "idle")])
def test_an_agents_leg_is_given_a_moment_too(state: str, stage: str | None) -> None:
    facts = missed_by_shift(state, stage, since=JUST_NOW)

    assert facts == []


def test_a_channel_nobody_knows_is_hung_up() -> None:
    known, unknown_call, unknown_leg = CALL, new_call_id(), new_shift_id()
    snapshot = shows(*(ChannelState(channel, "ringing") for channel in (known, unknown_call, unknown_leg)))

    facts, effects = missed(snapshot, {known: Held("ringing", LONG_AGO)}, {})

    assert facts == []
    assert effects == [HangUp(unknown_call), HangUp(unknown_leg)]


def test_an_empty_pbx_ends_everything_we_hold() -> None:
    facts, effects = missed(shows(), {CALL: Held("talking", LONG_AGO)}, {SHIFT: Held("talking", LONG_AGO)})

    assert facts == [Vanished(CALL, NOW), PhoneGone(SHIFT, NOW)]
    assert effects == []


def test_the_time_given_is_the_callers_choice() -> None:
    held = {CALL: Held("placed", JUST_NOW)}

    facts, _ = missed(shows(), held, {}, absent_after=timedelta())

    assert facts == [Vanished(CALL, NOW)]

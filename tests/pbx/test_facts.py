"""Recorded Asterisk streams, and the events that could mislead, read as facts."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid1, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialer.pbx.facts import EVENTS_READ, FactReader, our_id, refusal
from dialer.pbx.wire import headers_of
from dialer.rules.amd import Verdict
from dialer.rules.facts import (
    AgentGone,
    Answered,
    Bridged,
    CallAgent,
    ChannelSeen,
    Connect,
    Fact,
    HangUp,
    HungUp,
    NoAgent,
    Originate,
    PhoneGone,
    PhoneSeen,
    PhoneWaiting,
    Refused,
    Ringing,
    Waiting,
)
from tests.fakes.ids import new_call_id, new_shift_id

TRANSCRIPTS = Path(__file__).parent.parent / "transcripts"
CALL, SHIFT = new_call_id(), new_shift_id()
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def recorded(name: str) -> list[dict[str, str]]:
    """The messages of a transcript, with real ids where it has placeholders."""
    text = "\n".join(line for line in (TRANSCRIPTS / f"{name}.txt").read_text().split("\n") if line[:3] != "-->")
    ids = {"CALL": str(CALL), "SHIFT": str(SHIFT)}
    text = re.sub(r"\b(CALL|SHIFT)\b", lambda found: ids[found[0]], text)
    return [headers_of(raw.replace("\n", "\r\n").encode()) for raw in text.split("\n\n") if raw.strip()]


def read(*events: dict[str, str], reader: FactReader | None = None) -> list[Fact]:
    reader = reader or FactReader()
    return [fact for event in events for fact in reader.read(event, NOW)]


def at(stamp: str) -> datetime:
    seconds, _, micros = stamp.partition(".")
    return datetime.fromtimestamp(int(seconds), UTC).replace(microsecond=int(micros))


def event(name: str, channel: object = CALL, **headers: str) -> dict[str, str]:
    return {"Event": name, "Uniqueid": str(channel), **headers}


def enters(channel: object, bridge: str = "b-1", **headers: str) -> dict[str, str]:
    return event("BridgeEnter", channel, BridgeUniqueid=bridge, BridgeType="basic", **headers)


def ringing_until(end: str, cause: int, code: str, seen: str, rings: str, response: str) -> list[Fact]:
    steps = [ChannelSeen(CALL, at(seen)), Ringing(CALL, at(rings)), Refused(CALL, at(response), "0")]
    return [*steps, HungUp(CALL, at(end), cause, code)]


STORIES: dict[str, list[Fact]] = {
    "login": [],
    "resync_snapshot": [],
    "agent_signs_in": [PhoneSeen(SHIFT, at("1795287325.802169")), PhoneWaiting(SHIFT, at("1795287325.908418"))],
    "busy": ringing_until(
        "1795287316.896374", 17, "486", "1795287316.689797", "1795287316.691309", "1795287316.895809"
    ),
    "invalid_number": ringing_until(
        "1795287317.599934", 1, "404", "1795287317.491078", "1795287317.492315", "1795287317.599906"
    ),
    "rejected": ringing_until(
        "1795287320.704330", 21, "603", "1795287320.496079", "1795287320.497590", "1795287320.703666"
    ),
    "congestion": ringing_until(
        "1795287321.351361", 34, "503", "1795287321.298112", "1795287321.299051", "1795287321.351083"
    ),
    "no_answer": [
        ChannelSeen(CALL, at("1795287318.292516")),
        HungUp(CALL, at("1795287319.794529"), 19, "480"),
        Refused(CALL, at("1795287319.794846"), "3"),
    ],
    "refused_without_channel": [Refused(CALL, at("1795287322.098523"), "0")],
    "answered_no_agent_pbx_timer": [
        ChannelSeen(CALL, at("1795287322.600366")),
        Ringing(CALL, at("1795287322.601432")),
        Answered(CALL, at("1795287322.907562")),
        Waiting(CALL, at("1795287322.907638")),
        NoAgent(CALL, at("1795287324.907474")),
        HungUp(CALL, at("1795287325.108473"), 16),
    ],
    "same_id_twice": [
        ChannelSeen(CALL, at("1795287330.309908")),
        Ringing(CALL, at("1795287330.310799")),
        Refused(CALL, at("1795287330.410777"), "0"),
        Answered(CALL, at("1795287330.615608")),
        Waiting(CALL, at("1795287330.616212")),
        HungUp(CALL, at("1795287331.213349"), 16),
    ],
    "talked_agent_hangs_up": [
        ChannelSeen(CALL, at("1795287328.306932")),
        Ringing(CALL, at("1795287328.307795")),
        Answered(CALL, at("1795287328.610995")),
        Waiting(CALL, at("1795287328.611175")),
        Bridged(CALL, at("1795287328.907371"), SHIFT),
        PhoneGone(SHIFT, at("1795287329.509151"), 16),
        HungUp(CALL, at("1795287329.509216"), 16),
    ],
    "talked_customer_hangs_up": [
        ChannelSeen(CALL, at("1795287326.303885")),
        Ringing(CALL, at("1795287326.304939")),
        Answered(CALL, at("1795287326.611362")),
        Waiting(CALL, at("1795287326.611423")),
        Bridged(CALL, at("1795287326.903713"), SHIFT),
        HungUp(CALL, at("1795287327.505628"), 16),
        PhoneWaiting(SHIFT, at("1795287327.505635")),
    ],
    # its channels carry ids of version 4, so all four read as agents' legs; the first never had one in this session
    "bridge_gone": [
        PhoneGone(UUID("099ce64c-3cdd-46d2-82b3-050eb2e52f2f"), at("1795287332.918144")),
        PhoneGone(UUID("099ce64c-3cdd-46d2-82b3-050eb2e52f2f"), at("1795287332.918493")),
        PhoneGone(UUID("c19c7aa6-a1fc-409c-b2b5-0df98495813a"), at("1795287332.918941"), 16),
        PhoneGone(UUID("a15e840c-a28b-4dee-abe3-e1000defd3a6"), at("1795287332.919402"), 16),
        PhoneGone(UUID("9a953f74-d39f-4244-bf43-7889ceb3c676"), at("1795287332.919685"), 16),
    ],
}


@pytest.mark.parametrize("name", sorted(path.stem for path in TRANSCRIPTS.glob("*.txt")))
def test_a_recorded_stream_tells_its_story(name: str) -> None:
    facts = read(*recorded(name))

    assert facts == STORIES[name]


@pytest.mark.parametrize("order", [(CALL, SHIFT), (SHIFT, CALL)])
def test_a_talk_begins_when_the_second_leg_enters_whichever_it_is(order: tuple[UUID, UUID]) -> None:
    first, second = (enters(leg) for leg in order)

    facts = read(first, second)

    assert facts == [Bridged(CALL, NOW, SHIFT)]


def test_a_doubled_bridge_event_tells_nothing_new() -> None:
    events = [enters(CALL), enters(CALL), enters(SHIFT), enters(SHIFT)]

    facts = read(*events)

    assert facts == [Bridged(CALL, NOW, SHIFT)]


def test_legs_in_different_bridges_do_not_talk() -> None:
    events = [enters(CALL, "b-1"), enters(SHIFT, "b-2")]

    facts = read(*events)

    assert facts == []


def test_a_leg_that_left_before_the_other_came_does_not_talk() -> None:
    left = event("BridgeLeave", CALL, BridgeUniqueid="b-1", BridgeType="basic")

    facts = read(enters(CALL), left, enters(SHIFT))

    assert facts == []


def test_a_leave_that_comes_after_the_next_enter_does_not_undo_it() -> None:
    late = event("BridgeLeave", CALL, BridgeUniqueid="old", BridgeType="basic")

    facts = read(enters(CALL, "old"), enters(CALL, "new"), late, enters(SHIFT, "new"))

    assert facts == [Bridged(CALL, NOW, SHIFT)]


def test_the_same_two_legs_may_talk_again() -> None:
    leave = [event("BridgeLeave", leg, BridgeUniqueid="b-1") for leg in (CALL, SHIFT)]

    facts = read(enters(CALL), enters(SHIFT), *leave, enters(SHIFT, "b-2"), enters(CALL, "b-2"))

    assert facts == [Bridged(CALL, NOW, SHIFT), Bridged(CALL, NOW, SHIFT)]


def test_a_talk_is_known_by_its_type_even_when_the_media_goes_around_the_pbx() -> None:
    events = [enters(leg, BridgeTechnology="native_rtp", BridgeName="<unknown>") for leg in (CALL, SHIFT)]

    facts = read(*events)

    assert facts == [Bridged(CALL, NOW, SHIFT)]


def test_a_reader_forgets_who_has_gone() -> None:
    reader = FactReader()

    read(enters(CALL), enters(SHIFT), event("Hangup", CALL), event("Hangup", SHIFT), reader=reader)

    assert (reader._members, reader._bridge_of, reader._legs_seen) == ({}, {}, set())


def test_a_call_in_the_agents_bridge_and_an_agent_in_the_callers_bridge_wait_for_nothing() -> None:
    swapped = [event("BridgeEnter", CALL, BridgeName="agents"), event("BridgeEnter", SHIFT, BridgeName="waiting")]

    facts = read(*swapped)

    assert facts == []


@pytest.mark.parametrize(
    "channel",
    ["", "1795287325.42", str(uuid1()), str(CALL).upper(), f"{{{CALL}}}", f"urn:uuid:{CALL}", CALL.hex, "x" * 36],
)
def test_a_channel_that_cannot_be_ours_tells_nothing(channel: str) -> None:
    events = [event(name, channel, ChannelState="6", Cause="16") for name in EVENTS_READ]

    facts = read(*events)

    assert facts == []
    assert our_id(channel) is None


def test_a_failed_originate_of_an_agents_live_leg_does_not_end_it() -> None:
    failure = event("OriginateResponse", SHIFT, Response="Failure")

    facts = read(event("Newchannel", SHIFT), failure)

    assert facts == [PhoneSeen(SHIFT, NOW)]


def test_an_agents_phone_that_cannot_be_called_at_all_is_gone() -> None:
    failure = event("OriginateResponse", SHIFT, Response="Failure", Reason="0")

    facts = read(failure)

    assert facts == [PhoneGone(SHIFT, NOW)]


def test_a_successful_originate_tells_nothing() -> None:
    successes = [event("OriginateResponse", leg, Response="Success") for leg in (CALL, SHIFT)]

    facts = read(*successes)

    assert facts == []


@pytest.mark.parametrize("cause", ["", "sixteen", "-1", "9" * 5000, "²"])
def test_an_unreadable_cause_never_looks_like_our_own_failure(cause: str) -> None:
    hangup = event("Hangup", CALL, Cause=cause)

    facts = read(hangup)

    assert facts == [HungUp(CALL, NOW, 127)]


@pytest.mark.parametrize("stamp", ["", "soon", "nan", "inf", "1e300", "-1e300"])
def test_an_unreadable_time_is_replaced_by_our_own(stamp: str) -> None:
    hangup = event("Hangup", CALL, Cause="16", Timestamp=stamp)

    facts = read(hangup)

    assert facts == [HungUp(CALL, NOW, 16)]


def test_only_our_own_user_event_marks_an_abandon() -> None:
    others = [event("UserEvent", CALL, UserEvent="Else"), event("UserEvent", SHIFT, UserEvent="NoAgent")]

    facts = read(*others, event("UserEvent", CALL, UserEvent="NoAgent"))

    assert facts == [NoAgent(CALL, NOW)]


ORIGINATE = Originate(CALL, "PJSIP/1@carrier", "", 20, 2)
CONNECT = Connect(CALL, SHIFT)


@pytest.mark.parametrize(
    ("effect", "reason", "facts"),
    [
        (ORIGINATE, "Permission denied", [Refused(CALL, NOW, "Permission denied")]),
        (CallAgent(SHIFT, "PJSIP/agent1", 10), "Permission denied", [PhoneGone(SHIFT, NOW)]),
        (CONNECT, f"Channel1 does not exist: {CALL}", [AgentGone(CALL, NOW)]),
        (CONNECT, f"Channel2 does not exist: {SHIFT}", [PhoneGone(SHIFT, NOW), AgentGone(CALL, NOW)]),
        (HangUp(CALL), "No such channel", []),
    ],
)
def test_what_the_pbx_refuses_becomes_a_fact(effect: object, reason: str, facts: list[Fact]) -> None:
    told = refusal(effect, reason, NOW)  # type: ignore[arg-type]

    assert told == facts


HEADERS = st.dictionaries(
    st.sampled_from(["Timestamp", "ChannelState", "BridgeType", "BridgeName", "BridgeUniqueid", "Cause", "Response"]),
    st.one_of(st.text(max_size=5), st.sampled_from(["basic", "waiting", "5", "6", "Failure", "1795287325.1"])),
    max_size=4,
)
EVENTS = st.tuples(st.sampled_from(sorted(EVENTS_READ)), st.sampled_from([CALL, SHIFT, uuid4(), ""]), HEADERS)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(EVENTS, max_size=12))
def test_no_event_whatever_it_holds_breaks_the_reader(events: list[tuple[str, object, dict[str, str]]]) -> None:
    reader = FactReader()

    facts = [fact for name, channel, more in events for fact in reader.read(event(name, channel, **more), NOW)]

    assert all(fact.at.tzinfo is not None for fact in facts)


def told_by_the_dialplan(**said: str) -> list[Fact]:
    event = {"Event": "UserEvent", "Uniqueid": str(new_call_id()), "UserEvent": "Screened", **said}
    return FactReader().read(event, datetime.now(UTC))


def test_a_verdict_comes_with_its_cause_and_the_time_it_took():
    [fact] = told_by_the_dialplan(Verdict="machine", Cause="MAXWORDS-4-4", Took="1900")

    assert (fact.verdict, fact.cause, fact.took_ms) == (Verdict.MACHINE, "MAXWORDS-4-4", 1900)


@pytest.mark.parametrize("said", [{}, {"Verdict": ""}, {"Verdict": "MACHINE"}, {"Verdict": "ufo", "Took": "-5"}])
def test_a_verdict_nobody_knows_is_a_doubt_and_no_reason_to_hang_up(said):
    [fact] = told_by_the_dialplan(**said)

    assert (fact.verdict, fact.took_ms) == (Verdict.UNSURE, None)


def test_a_cause_is_kept_as_far_as_an_attempt_has_room():
    [fact] = told_by_the_dialplan(Verdict="human", Cause="x\u0007" * 400, Took="9" * 30)

    assert (fact.cause, fact.took_ms) == ("x" * 40, None)

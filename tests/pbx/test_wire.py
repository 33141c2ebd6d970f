"""Bytes to events: wherever the stream is cut, the same is heard, and no character is lost."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialer.pbx import Garbled, LinkLost
from dialer.pbx.facts import Event, FactReader
from dialer.pbx.wire import Link, headers_of
from dialer.rules.facts import Fact
from tests.pbx.test_facts import CALL, NOW, SHIFT, STORIES, TRANSCRIPTS


def stream(name: str) -> bytes:
    """A recorded stream as it was on the wire, with our ids."""
    lines = [line for line in (TRANSCRIPTS / f"{name}.txt").read_text().split("\n") if line[:3] != "-->"]
    text = "\r\n".join(lines).replace("id: CALL\r\n", f"id: {CALL}\r\n").replace("id: SHIFT\r\n", f"id: {SHIFT}\r\n")
    return text.replace("<unknown>", "Zoë 鈴木").encode().lstrip()


class Ear:
    """What a link hears."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.ends: list[LinkLost] = []
        self.link = Link(self.events.append, lambda ask, answer: None, self.ends.append)

    def hear(self, *pieces: bytes) -> list[Event]:
        self.link.data_received(b"Asterisk Call Manager/11.0.0\r\n")
        for piece in pieces:
            self.link.data_received(piece)
        return self.events

    def facts(self) -> list[Fact]:
        reader = FactReader()
        return [fact for event in self.events for fact in reader.read(event, NOW)]


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % len(data) for place in places), len(data)]
    return [data[a:b] for a, b in pairwise(edges)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    name=st.sampled_from(["talked_customer_hangs_up", "busy", "agent_signs_in", "same_id_twice"]),
    places=st.lists(st.integers(0, 10_000), max_size=40),
)
def test_wherever_the_stream_is_cut_the_facts_are_the_same(name: str, places: list[int]) -> None:
    ear = Ear()

    ear.hear(*cut(stream(name), places))

    assert ear.facts() == STORIES[name]


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_a_character_split_between_two_reads_is_not_lost(size: int) -> None:
    data = f"Event: Newchannel\r\nCallerIDName: Zoë 鈴木 😀\r\nUniqueid: {CALL}\r\n\r\n".encode()

    (event,) = Ear().hear(*(data[i : i + size] for i in range(0, len(data), size)))

    assert event["CallerIDName"] == "Zoë 鈴木 😀"


def test_the_banner_may_come_in_pieces_too() -> None:
    ear = Ear()

    for byte in b"Asterisk Call Manager/11.0.0\r\nEvent: Hangup\r\n\r\n":
        ear.link.data_received(bytes([byte]))

    assert (ear.events, ear.ends) == ([{"Event": "Hangup"}], [])


@pytest.mark.parametrize(
    "greeting", [b"HTTP/1.1 400 Bad Request\r\n", b"\r\n", b"A\r\n", b"Asterisk Call Manager/" * 99]
)
def test_a_peer_with_another_greeting_is_garbled(greeting: bytes) -> None:
    ear = Ear()

    ear.link.data_received(greeting)

    assert [type(end) for end in ear.ends] == [Garbled]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(st.binary(max_size=30), st.sampled_from([b"\r\n", b"\r\n\r\n", b"Event: Hangup", b": "]))))
def test_no_bytes_break_the_reader(pieces: list[bytes]) -> None:
    ear = Ear()

    ear.hear(*pieces)

    assert all(fact.id for fact in ear.facts())


def test_events_nobody_reads_are_dropped_unparsed() -> None:
    events = Ear().hear(
        b"Event: VarSet\r\nUniqueid: 1\r\n\r\nEvent: RTCPSent\r\n\r\nEvent: Newstate\r\nUniqueid: 2\r\n\r\n"
    )

    assert events == [{"Event": "Newstate", "Uniqueid": "2"}]


def test_a_message_that_contradicts_itself_says_nothing() -> None:
    raw = b"Event: Hangup\r\nCallerIDName: x\r\nUniqueid: 1\r\nUniqueid: 2"

    assert headers_of(raw) == {}


def test_a_channel_variable_may_be_told_twice() -> None:
    raw = b"Event: Newstate\r\nChanVariable: a=1\r\nChanVariable: b=2\r\nUniqueid: 2"

    assert headers_of(raw)["Uniqueid"] == "2"


@pytest.mark.parametrize("line", [b"BridgeId:", b"BridgeId: ", b"BridgeId:  "])
def test_an_empty_header_is_empty(line: bytes) -> None:
    assert headers_of(b"Event: CoreShowChannel\r\n" + line)["BridgeId"] == ""

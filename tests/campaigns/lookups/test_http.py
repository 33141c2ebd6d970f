"""Asking over HTTP: a provider that behaves, and all the ways in which one does not."""

from __future__ import annotations

import json
import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from campaigns.lookups import Lost, Refused
from campaigns.lookups.http import TRIES, HttpProvider, Rate, retry_after
from tests.fakes import lookups as fake
from tests.fakes.lookups import serving

A, B = 8613800138000, 12125550123
NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept.append(round(seconds, 3))


def provider(url: str, clock: Clock | None = None, **more: object) -> HttpProvider:
    clock = clock or Clock()
    rate = Rate(1000, clock, clock.sleep)
    return HttpProvider(url=url, key="s3cret", rate=rate, timeout=1.0, sleep=clock.sleep, **more)  # type: ignore[arg-type]


def pauses(clock: Clock) -> list[float]:
    return [seconds for seconds in clock.slept if seconds > 0.01]


def test_numbers_are_asked_about_with_the_key_and_answered():
    key = uuid4()
    with serving(fake.States({f"+{A}": "空号", f"+{B}": "active"})) as server:
        found = provider(server.url).look_up([A, B], key)

    assert [(a.number, a.code) for a in found] == [(A, "vacant"), (B, "in_service")]
    assert server.seen[0].numbers == [f"+{A}", f"+{B}"]
    headers = {name.lower(): value for name, value in server.seen[0].headers.items()}
    assert (headers["authorization"], headers["idempotency-key"]) == ("Bearer s3cret", str(key))


def test_times_and_details_of_an_answer_are_kept_as_far_as_they_can_be():
    ahead = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    results = [
        {
            "number": f"+{A}",
            "status": "vacant",
            "observed_at": "2026-11-02T12:00:00Z",
            "expires_at": ahead,
            "detail": "x",
        },
        {"number": B, "status": "off", "observed_at": ahead, "expires_at": "2020-01-01", "detail": {}},
    ]
    with serving(fake.says(json.dumps({"results": results}).encode())) as server:
        first, second = provider(server.url).look_up([A, B], uuid4())

    assert (first.observed_at, first.expires_at, first.detail) == (NOW, datetime.fromisoformat(ahead), "x")
    assert second.observed_at is not None
    assert second.observed_at <= datetime.now(UTC)
    assert (second.expires_at, second.detail) == (None, "")


@pytest.mark.parametrize("code", [429, 500, 503])
def test_a_busy_provider_is_asked_again_ever_more_slowly(code: int):
    clock = Clock()
    with serving(fake.fails(code), fake.fails(code), fake.States(else_="vacant")) as server:
        found = provider(server.url, clock).look_up([A], uuid4())

    assert len(found) == 1
    assert len(server.seen) == 3
    keys = [value for seen in server.seen for name, value in seen.headers.items() if name.lower() == "idempotency-key"]
    assert (len(keys), len(set(keys))) == (3, 1)
    assert pauses(clock) == [1.0, 2.0]


def test_a_provider_says_itself_when_to_ask_again():
    clock = Clock()
    with serving(fake.fails(429, Retry_After="7"), fake.States(else_="vacant")) as server:
        provider(server.url, clock).look_up([A], uuid4())

    assert pauses(clock) == [7.0]


def test_who_asks_to_wait_for_long_is_left_alone():
    clock = Clock()
    with serving(fake.fails(503, Retry_After="3600")) as server, pytest.raises(Refused, match="longer than a minute"):
        provider(server.url, clock).look_up([A], uuid4())

    assert (len(server.seen), pauses(clock)) == (1, [])


def test_who_stays_busy_is_given_up_uncharged():
    with serving(fake.fails(500)) as server, pytest.raises(Refused, match="takes no requests"):
        provider(server.url).look_up([A], uuid4())

    assert len(server.seen) == TRIES


def test_where_nobody_listens_nothing_is_charged():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"

    with pytest.raises(Refused, match="takes no requests"):
        provider(url).look_up([A], uuid4())


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1/", "http://[::bad/"])
def test_an_address_that_cannot_be_asked_is_refused(url: str):
    with pytest.raises(Refused, match="LOOKUP_URL"):
        provider(url).look_up([A], uuid4())


def test_a_key_that_cannot_be_sent_is_refused():
    with serving(fake.States(else_="vacant")) as server, pytest.raises(Refused, match="LOOKUP_KEY"):
        replace(provider(server.url), key="two\nlines").look_up([A], uuid4())

    assert server.seen == []


@pytest.mark.parametrize("code", [302, 400, 401, 404])
def test_a_refused_request_is_not_made_again(code: int):
    with serving(fake.fails(code)) as server, pytest.raises(Refused, match=f"HTTP {code}"):
        provider(server.url).look_up([A], uuid4())

    assert len(server.seen) == 1


@pytest.mark.parametrize("respond", [fake.hangs, fake.trickles, fake.cut_off])
def test_a_request_that_may_have_been_charged_is_not_made_again(respond: fake.Respond):
    with serving(respond) as server, pytest.raises(Lost):
        provider(server.url).look_up([A], uuid4())

    assert len(server.seen) == 1


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"results": 5}', b'{"results": null}', b"\xff\xfe"])
def test_garbage_is_no_answer(body: bytes):
    with serving(fake.says(body)) as server, pytest.raises(Lost):
        provider(server.url).look_up([A], uuid4())


@pytest.mark.parametrize(
    "result",
    [
        {"number": "+1", "status": "vacant"},
        {"number": "abc", "status": "vacant"},
        {"number": f"+{A}"},
        {"number": f"+{A}", "status": "maybe"},
        {"number": f"+{A}", "status": 7},
        {"number": None, "status": "vacant"},
        {"number": "9" * 5000, "status": "vacant"},
        "vacant",
        None,
    ],
)
def test_a_result_that_cannot_be_read_leaves_its_number_unanswered(result: object):
    body = json.dumps({"results": [result, {"number": f"+{B}", "status": "vacant"}]}).encode()
    with serving(fake.says(body)) as server:
        found = provider(server.url).look_up([A, B], uuid4())

    assert [answer.number for answer in found] == [B]


def test_an_answer_that_never_ends_is_cut(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("campaigns.lookups.http.LARGEST_ANSWER", 1000)
    with serving(fake.says(b" " * 5000)) as server, pytest.raises(Lost, match="too large"):
        provider(server.url).look_up([A], uuid4())


def test_requests_are_spread_evenly_over_the_second():
    clock = Clock()
    rate = Rate(4, clock, clock.sleep)

    for _ in range(5):
        rate.wait()

    assert clock.slept == [0.25] * 4


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("5", 5.0),
        ("0", 0.0),
        ("Mon, 02 Nov 2026 12:00:30 GMT", 30.0),
        ("Mon, 02 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("", None),
    ],
)
def test_the_time_to_wait_is_a_number_or_a_date(value: str, seconds: float | None):
    assert retry_after(value, NOW) == seconds


def test_the_key_is_in_no_error(caplog: pytest.LogCaptureFixture):
    with serving(fake.fails(401)) as server, pytest.raises(Refused) as refusal:
        provider(server.url).look_up([A], uuid4())

    assert "s3cret" not in str(refusal.value) + caplog.text
    assert str(A) not in str(refusal.value) + caplog.text

"""Evidence is kept where it says something new, and comes to what the pure rules say."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.models import ClearedPhone, Phone, PhoneEvidence, StatusAge, Touch
from campaigns.rules.validity import Code, Evidence, Kind, resolve
from campaigns.validity import ageing, recording
from campaigns.validity.recording import Heard, Recorded
from dialer.rules.ids import new_call_id
from tests import build
from tests.campaigns.validity.words import HOUR, heard, kept, record, status
from tests.rules.test_validity import NOON, at

pytestmark = pytest.mark.django_db


def test_a_word_against_a_number_keeps_it_from_being_called_until_it_ages():
    phone, now = build.phone(), timezone.now()

    assert record(heard(phone, "vacant", now=now)) == Recorded(applied=1)

    phone.refresh_from_db()
    assert (phone.status, phone.status_source) == ("vacant", "feed")
    assert (phone.status_observed_at, phone.status_expires_at) == (now - HOUR, now + 23 * HOUR)


def test_the_same_word_later_refreshes_what_is_kept():
    phone, now = build.phone(), timezone.now()
    record(heard(phone, "vacant", ago=20, now=now))

    again = heard(phone, "vacant", ago=1, now=now)
    assert record(again) == Recorded(unchanged=1)

    assert kept(phone) == [("vacant", "feed", 2)]
    evidence = PhoneEvidence.objects.get()
    assert (evidence.since, evidence.observed_at) == (again.observed_at - 19 * HOUR, again.observed_at)
    phone.refresh_from_db()
    assert phone.status_expires_at == again.observed_at + 24 * HOUR


def test_the_very_same_word_changes_nothing():
    phone, word = build.phone(), None
    word = heard(phone, "vacant")
    record(word)
    before = PhoneEvidence.objects.values().get()

    assert record(word) == Recorded(unchanged=1)

    assert PhoneEvidence.objects.values().get() == before


def test_a_changed_end_of_the_same_word_is_kept():
    phone, now = build.phone(), timezone.now()
    record(heard(phone, "risk_number", now=now))

    record(heard(phone, "risk_number", now=now, expires_at=now + 5 * HOUR))

    phone.refresh_from_db()
    assert phone.status_expires_at == now + 5 * HOUR
    assert kept(phone) == [("risk_number", "feed", 1)]


def test_what_a_source_has_taken_back_since_is_outdated_and_kept_once():
    phone = build.phone()
    record(heard(phone, "in_service", ago=1))
    late = heard(phone, "vacant", ago=5)

    assert [record(late), record(late)] == [Recorded(outdated=1)] * 2

    assert status(phone) == ""
    assert kept(phone) == [("in_service", "feed", 1), ("vacant", "feed", 1)]


def test_of_several_rows_about_one_number_the_newest_counts_and_all_are_accounted_for():
    phone = build.phone()

    done = record(heard(phone, "vacant", ago=3), heard(phone, "suspended", ago=1), heard(phone, "powered_off", ago=2))

    assert done == Recorded(applied=1, outdated=2)
    assert status(phone) == "suspended"
    assert sorted(kept(phone)) == [("powered_off", "feed", 1), ("suspended", "feed", 1), ("vacant", "feed", 1)]


def test_the_same_row_twice_is_kept_once():
    phone, now = build.phone(), timezone.now()
    twice = [heard(phone, "vacant", now=now)] * 2

    assert [record(*twice, now=now), record(*twice, now=now)] == [
        Recorded(applied=1, outdated=1),
        Recorded(unchanged=1, outdated=1),
    ]
    assert kept(phone) == [("vacant", "feed", 1)]


def test_a_conversation_after_a_file_was_written_clears_what_the_file_says():
    phone, now = build.phone(), timezone.now()
    touch = {"contact_id": 1, "campaign_id": 1, "level": Touch.Level.CONVERSATION}
    Touch.objects.create(phone=phone.pk, at=now - 2 * HOUR, call_id=new_call_id(), **touch)

    record(heard(phone, "vacant", ago=5, now=now), now=now)

    assert status(phone) == ""
    assert sorted(kept(phone)) == [("answered", "own_call", 1), ("vacant", "feed", 1)]


def test_a_call_nobody_talked_in_clears_nothing():
    phone, now = build.phone(), timezone.now()
    touch = {"contact_id": 1, "campaign_id": 1, "level": Touch.Level.ANSWERED}
    Touch.objects.create(phone=phone.pk, at=now - 2 * HOUR, call_id=new_call_id(), **touch)

    record(heard(phone, "vacant", ago=5, now=now), now=now)

    assert status(phone) == "vacant"


def test_numbers_of_which_less_is_held_are_noted_and_others_not():
    cleared, shortened, longer, fresh = (build.phone() for _ in range(4))
    record(heard(cleared, "vacant", ago=2), heard(shortened, "suspended", ago=2), heard(longer, "vacant", ago=2))

    record(
        heard(cleared, "in_service"),
        heard(shortened, "powered_off"),
        heard(longer, "suspended"),
        heard(fresh, "vacant"),
    )

    assert set(ClearedPhone.objects.values_list("pk", flat=True)) == {cleared.pk, shortened.pk}


def test_how_long_words_are_believed_is_what_managers_set():
    phone, now = build.phone(), timezone.now()
    StatusAge.objects.create(code="vacant", hours=100)
    StatusAge.objects.create(code="risk_number", hours=None)
    risk = build.phone()

    record(heard(phone, "vacant", now=now), heard(risk, "risk_number", now=now), now=now)

    phone.refresh_from_db()
    risk.refresh_from_db()
    assert phone.status_expires_at == now + 99 * HOUR
    assert (risk.status, risk.status_expires_at) == ("risk_number", None)


words = st.builds(
    lambda code, kind, hours, source, until: (code, kind, hours, source, until),
    st.sampled_from(list(Code)),
    st.sampled_from(list(Kind)),
    st.integers(-96, 96),
    st.sampled_from(["", "a", "b"]),
    st.none() | st.integers(-48, 240),
)
SHARED = settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def kept_as_rows(phone: Phone, said: list[Evidence]) -> list[PhoneEvidence]:
    return [
        PhoneEvidence(
            phone=phone.pk,
            code=e.code,
            kind=e.kind,
            source=e.source,
            since=e.observed_at,
            observed_at=e.observed_at,
            expires_at=e.expires_at,
            times=e.times,
            recorded_at=NOON,
        )
        for e in said
    ]


def differences(each: list[list[Evidence]], now: datetime) -> list[tuple[list[Evidence], object, object]]:
    """Of these numbers' words, those that the database and the pure rules judge differently."""
    first = (Phone.objects.order_by("-pk").values_list("pk", flat=True).first() or 12_025_550_100) + 1
    phones = [Phone(number=number, zones=["UTC"]) for number in range(first, first + len(each))]
    Phone.objects.bulk_create(phones)
    PhoneEvidence.objects.bulk_create(
        [row for phone, said in zip(phones, each, strict=True) for row in kept_as_rows(phone, said)]
    )

    recording.resolve_again([phone.pk for phone in phones], now)

    ages = ageing.ages()
    known = Phone.objects.in_bulk([phone.pk for phone in phones])
    found = []
    for phone, said in zip(phones, each, strict=True):
        state, row = resolve(said, now, ages), known[phone.pk]
        ours = (row.status, row.status_source, row.status_observed_at, row.status_expires_at)
        theirs = (state.code, state.source, state.observed_at, state.expires_at)
        found += [(said, ours, theirs)] if ours != theirs else []
    return found


@pytest.mark.parametrize("apart", [0, 1])
def test_the_database_judges_every_pair_of_words_as_the_pure_rules_do(apart: int):
    pairs = [
        [Evidence(one, kind, at(0), "a"), Evidence(other, of, at(apart), source)]
        for one, kind, other, of, source in itertools.product(Code, Kind, Code, Kind, "ab")
    ]

    assert differences(pairs, at(3)) == []


some = st.builds(
    Evidence,
    st.sampled_from(list(Code)),
    st.sampled_from(list(Kind)),
    st.integers(-30, 10).map(at),
    st.sampled_from(["", "a", "b"]),
    st.none() | st.integers(-12, 50).map(at),
    st.integers(1, 3),
)


@SHARED
@given(
    st.lists(st.lists(some, max_size=7), min_size=1, max_size=20),
    st.integers(-12, 48),
    st.dictionaries(st.sampled_from(list(Code)), st.none() | st.integers(1, 200), max_size=3),
)
def test_the_database_comes_to_what_the_pure_rules_say(each: list[list[Evidence]], hours: int, set_by_hand: dict):
    StatusAge.objects.all().delete()
    StatusAge.objects.bulk_create(StatusAge(code=code, hours=length) for code, length in set_by_hand.items())

    assert differences(each, at(hours)) == []


@SHARED
@given(st.lists(words.filter(lambda w: w[1] != Kind.SUPERVISOR), max_size=6, unique_by=lambda w: w[2]), st.data())
def test_the_order_in_which_sources_are_read_does_not_matter(said: list, data: st.DataObject):
    Phone.objects.all().delete()
    PhoneEvidence.objects.all().delete()
    one, other, at_once = (build.phone() for _ in range(3))
    now = at(100)

    def word(phone: Phone, code: Code, kind: Kind, seen: int, source: str, until: int | None) -> Heard:
        # Calls are learned from as they end: only other sources come late.
        kind = Kind.FEED if kind == Kind.OWN_CALL else kind
        return Heard(phone.pk, code, kind, at(seen), source, None if until is None else at(until))

    for each in said:
        recording.record([word(one, *each)], now)
    for each in data.draw(st.permutations(said)):
        recording.record([word(other, *each)], now)
    recording.record([word(at_once, *each) for each in data.draw(st.permutations(said))], now)

    for phone in (one, other, at_once):
        phone.refresh_from_db()
    states = {(p.status, p.status_source, p.status_observed_at, p.status_expires_at) for p in (one, other, at_once)}
    if Code.ANSWERED not in [code for code, *_ in said]:
        assert len(states) == 1


def test_what_is_old_and_no_longer_counts_is_dropped():
    phone, now = build.phone(), timezone.now()
    long_ago = 24 * 500
    record(heard(phone, "vacant", ago=long_ago), now=now)
    record(heard(phone, "in_service", ago=long_ago - 1), now=now)
    record(heard(phone, "risk_number", ago=long_ago, source="bureau", expires_at=now + timedelta(days=900)), now=now)
    record(heard(phone, "suspended", "lookup", ago=2), now=now)

    assert ageing.prune(now) == 2

    assert kept(phone) == [("risk_number", "feed", 1), ("suspended", "lookup", 1)]
    assert status(phone) == "risk_number"


def test_pruning_clears_no_number_and_blocks_none():
    phone, now = build.phone(), datetime(2026, 11, 2, tzinfo=UTC)
    record(heard(phone, "vacant", ago=24 * 600, now=now, expires_at=now + 900 * HOUR), now=now)
    record(heard(phone, "powered_off", "lookup", ago=24 * 500, now=now), now=now)

    ageing.prune(now)
    recording.resolve_again([phone.pk], now)

    phone.refresh_from_db()
    assert phone.status == ""

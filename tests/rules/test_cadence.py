"""Which phone is next, and whether this part of the day was tried already."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.rules import cadence
from campaigns.rules.cadence import PARTS, Step
from campaigns.rules.caps import Subject
from tests.rules import making
from tests.rules.making import local, touch, utc

ME = Subject(1, 1, 1, None)
TICK = timedelta(microseconds=1)
LABELS = st.sampled_from(("mobile", "home", "office", ""))
steps = st.lists(st.builds(Step, LABELS, st.integers(0, 3)), max_size=4)
USUAL = (Step("mobile", 2), Step("home", 1), Step("office", 1))


@given(st.lists(LABELS, max_size=5), st.integers(0, 50), steps)
def test_every_phone_is_tried_once_in_each_order(labels, attempts, cadence_):
    assert sorted(cadence.in_turn(labels, attempts, cadence_)) == list(range(len(labels)))


@given(st.lists(LABELS, min_size=1, max_size=5), st.integers(0, 50), steps)
def test_the_order_repeats_when_the_cadence_is_through(labels, attempts, cadence_):
    named = sum(max(s.times, 0) * labels.count(s.label) for s in cadence_)
    unnamed = sum(not any(s.label == label and s.times for s in cadence_) for label in labels)

    again = cadence.in_turn(labels, attempts + named + unnamed, cadence_)

    assert cadence.in_turn(labels, attempts, cadence_) == again


@pytest.mark.parametrize(
    ("attempts", "order"),
    [(0, [1, 0, 2]), (1, [1, 0, 2]), (2, [0, 2, 1]), (3, [2, 1, 0]), (4, [1, 0, 2])],
)
def test_mobile_twice_then_home_then_the_office(attempts, order):
    assert cadence.in_turn(["home", "mobile", "office"], attempts, USUAL) == order


def test_without_a_cadence_phones_take_turns():
    assert [cadence.in_turn(["", ""], n, ())[0] for n in range(4)] == [0, 1, 0, 1]
    assert cadence.in_turn([], 3, USUAL) == []


def test_phones_the_cadence_does_not_name_come_last():
    assert cadence.in_turn(["other", "mobile"], 0, USUAL) == [1, 0]
    assert cadence.in_turn(["other", "mobile"], 2, USUAL) == [0, 1]


@pytest.mark.parametrize(
    ("label", "kind"), [("office ext. 12", "office"), ("ext. 12", ""), ("office", "office"), ("", ""), ("text", "text")]
)
def test_an_extension_is_no_part_of_what_kind_of_phone_it_is(label, kind):
    assert cadence.kind_of(label) == kind


@settings(max_examples=250)
@given(making.moments, making.zone_names, st.floats(0, 1), st.data())
def test_a_part_of_the_day_that_was_tried_refuses_until_it_ends_and_not_then(now, names, part, data):
    history, zones = data.draw(making.touches(now)), [ZoneInfo(name) for name in names]
    until = cadence.tried_until(ME, history, zones, now)

    if until:
        assert until > now
        for before in (now + part * (until - TICK - now), until - TICK):
            assert cadence.tried_until(ME, history, zones, before)
        assert cadence.tried_until(ME, history, zones, until) is None


@settings(max_examples=200)
@given(making.moments, st.sampled_from(making.ZONES), st.integers(0, 2 * 86_400))
def test_two_moments_are_one_part_when_no_part_begins_between_them(now, name, seconds):
    zone, then = ZoneInfo(name), now - timedelta(seconds=seconds)

    def part(at):
        wall = at.astimezone(zone)
        return wall.date(), max(begins for begins in PARTS if begins <= wall.time())

    assert bool(cadence.tried_until(ME, [touch(then)], [zone], now)) == (part(then) == part(now))


@pytest.mark.parametrize(("hour", "ends"), [(9, (2026, 3, 2, 12)), (12, (2026, 3, 2, 17)), (17, (2026, 3, 3))])
def test_morning_afternoon_and_evening_end_on_the_local_clock(hour, ends):
    now = local("Asia/Shanghai", 2026, 3, 2, hour)

    assert cadence.tried_until(ME, [touch(now)], [ZoneInfo("Asia/Shanghai")], now) == local("Asia/Shanghai", *ends)


@pytest.mark.parametrize("fields", [{"level": 2}, {"level": 3}, {"contact_id": 2}, {"campaign_id": 2}])
def test_answered_calls_other_people_and_other_campaigns_do_not_count(fields):
    now = utc(2026, 3, 2, 12)

    assert cadence.tried_until(ME, [touch(now, **fields)], [ZoneInfo("UTC")], now) is None
    assert cadence.tried_until(ME, [touch(now, phone=2)], [ZoneInfo("UTC")], now)

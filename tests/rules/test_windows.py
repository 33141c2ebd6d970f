"""Calling hours, on every kind of clock: what opens is open, nothing opens earlier, and nobody is called in between."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.rules import windows
from campaigns.rules.places import Place
from campaigns.rules.windows import WHOLE_DAY, Closed, Hours, every_day
from tests.rules import making
from tests.rules.making import DAY, MINUTE, local, utc

NINE_TO_EIGHT = every_day("campaign", time(9), time(20))
SHANGHAI, LONDON, NEW_YORK = (Place((name,)) for name in ("Asia/Shanghai", "Europe/London", "America/New_York"))


def week_of(*spans: tuple[int, int], name: str = "campaign", **fields) -> Hours:
    return Hours(name, (spans,) * 7, **fields)


@st.composite
def situations(draw, most=3):
    now = draw(making.moments)
    return draw(st.lists(making.hours(now), min_size=1, max_size=most)), draw(making.places), now


@settings(max_examples=150)
@given(situations())
def test_the_next_opening_is_open_and_no_minute_before_it_is(situation):
    hours, where, now = situation

    opens = windows.next_open(hours, where, now)

    ends = min(opens, now + 2 * DAY) if opens else now + 2 * DAY
    at = now
    while at < ends:
        assert not windows.is_open(hours, where, at)
        at = at.replace(second=0) + MINUTE
    assert opens is None or (opens >= now and windows.is_open(hours, where, opens))


@settings(max_examples=200)
@given(
    making.changes,
    st.integers(-720, 120),
    st.lists(st.integers(-8, 8), min_size=2, max_size=6, unique=True),
    st.booleans(),
)
def test_around_a_change_of_the_clocks_the_first_open_minute_is_found(change, ago, quarters, midnight):
    zone, changes_at = change
    wall = changes_at.astimezone(ZoneInfo(zone))
    marks = sorted(
        {(wall.hour * 60 + wall.minute + 15 * q) % 1440 for q in quarters} | ({0, 1440} if midnight else set())
    )
    hours, now = [week_of(*zip(marks[::2], marks[1::2], strict=False))], changes_at + ago * MINUTE

    opens = windows.next_open(hours, Place((zone,)), now)

    minutes = (now + n * MINUTE for n in range(3 * 1440))
    assert opens == next((at for at in minutes if windows.is_open(hours, Place((zone,)), at)), None)


@settings(max_examples=200)
@given(situations(), st.floats(0, 1))
def test_no_moment_before_the_next_opening_is_open_however_far_it_is(situation, part):
    hours, where, now = situation
    opens = windows.next_open(hours, where, now)

    if opens and opens > now:
        assert not windows.is_open(hours, where, now + part * (opens - now - timedelta(microseconds=1)))


@settings(max_examples=200)
@given(situations(), st.integers(0, 5 * 86_400))
def test_looking_later_never_finds_an_earlier_opening(situation, seconds):
    hours, where, now = situation
    later = now + timedelta(seconds=seconds)

    first, second = windows.next_open(hours, where, now), windows.next_open(hours, where, later)

    if first and second:
        assert first <= second
        assert second == first or later > first


@settings(max_examples=200)
@given(situations(most=1), st.floats(0, 1))
def test_a_rule_that_is_shut_refuses_until_it_opens_and_not_then(situation, part):
    hours, where, now = situation

    for one in windows.shut(hours, where, now):
        if one.opens:
            before = now + part * (one.opens - now - timedelta(microseconds=1))
            assert [each.opens for each in windows.shut(hours, where, before)] == [one.opens]
            assert windows.shut(hours, where, one.opens) == []
            assert one.why != Closed.OVER


@settings(max_examples=200)
@given(situations())
def test_it_is_open_exactly_when_no_rule_is_shut(situation):
    hours, where, now = situation

    assert windows.is_open(hours, where, now) == (not windows.shut(hours, where, now))


@settings(max_examples=200)
@given(making.moments, making.weeks, making.zone_names)
def test_several_zones_are_open_exactly_when_the_wall_clock_of_each_is_within_a_span(now, week, names):
    def within(name):
        wall = now.astimezone(ZoneInfo(name))
        minute = wall.hour * 60 + wall.minute
        return any(start <= minute < end for start, end in week[wall.weekday()])

    assert windows.is_open([Hours("h", week)], Place(names), now) == all(within(name) for name in names)


@pytest.mark.parametrize("names", [(), ("Nowhere/Atlantis",), ("",), ("../etc/passwd",), ("America",)])
def test_where_no_zone_is_known_no_hour_is_lawful(names):
    where, always = Place(names), week_of((0, 1440))

    assert not windows.is_open([always], where, utc(2026, 3, 2, 12))
    assert windows.next_open([always], where, utc(2026, 3, 2, 12)) is None


@pytest.mark.parametrize(
    ("zone", "day", "opens_utc"),
    [
        ("Asia/Kolkata", (2026, 3, 2), utc(2026, 3, 2, 3, 30)),
        ("Asia/Kathmandu", (2026, 3, 2), utc(2026, 3, 2, 3, 15)),
        ("Pacific/Chatham", (2026, 3, 3), utc(2026, 3, 2, 19, 15)),
        ("Pacific/Chatham", (2026, 7, 3), utc(2026, 7, 2, 20, 15)),
        ("Europe/London", (2024, 2, 29), utc(2024, 2, 29, 9)),
        ("Europe/London", (2026, 3, 29), utc(2026, 3, 29, 8)),
        ("Europe/London", (2026, 10, 25), utc(2026, 10, 25, 9)),
        ("Australia/Lord_Howe", (2026, 4, 5), utc(2026, 4, 4, 22, 30)),
    ],
)
def test_nine_is_nine_on_the_wall_clock_there(zone, day, opens_utc):
    midnight = local(zone, *day)

    assert windows.next_open([NINE_TO_EIGHT], Place((zone,)), midnight) == opens_utc


@pytest.mark.parametrize(
    ("zone", "spans", "now", "opens"),
    [
        # 01:00 to 02:00 does not exist on this day; the hours begin at 01:30.
        ("Europe/London", ((90, 300),), utc(2026, 3, 29, 0, 30), utc(2026, 3, 29, 1)),
        # The whole span does not exist: the next day's is next.
        ("Europe/London", ((75, 105),), utc(2026, 3, 29, 0, 30), local("Europe/London", 2026, 3, 30, 1, 15)),
        # Lord Howe skips from 02:00 to 02:30.
        ("Australia/Lord_Howe", ((135, 300),), utc(2026, 10, 3, 15, 0), utc(2026, 10, 3, 15, 30)),
        # No midnight on this day in Beirut, Havana and São Paulo.
        ("Asia/Beirut", ((30, 300),), utc(2026, 3, 28, 21, 55), utc(2026, 3, 28, 22)),
        ("America/Havana", ((15, 45), (60, 90)), utc(2026, 3, 8, 4, 0), utc(2026, 3, 8, 5)),
        ("America/Sao_Paulo", ((0, 300),), utc(2018, 11, 4, 2, 0), utc(2018, 11, 4, 3)),
        # In Nuuk the hour before midnight is skipped: 22:59 is followed by 00:00.
        ("America/Nuuk", ((1400, 1440), (0, 60)), utc(2026, 3, 29, 0, 30), utc(2026, 3, 29, 1)),
    ],
)
def test_hours_that_begin_in_a_skipped_hour_begin_when_it_is_over(zone, spans, now, opens):
    assert windows.next_open([week_of(*spans)], Place((zone,)), now) == opens


def test_hours_within_an_hour_that_comes_twice_open_twice():
    twice = [week_of((90, 105))]

    assert windows.next_open(twice, LONDON, utc(2026, 10, 25, 0, 0)) == utc(2026, 10, 25, 0, 30)
    assert windows.next_open(twice, LONDON, utc(2026, 10, 25, 0, 45)) == utc(2026, 10, 25, 1, 30)


def test_the_clock_that_goes_back_into_the_hours_opens_them_again():
    until_two = [week_of((60, 75))]

    assert windows.next_open(until_two, LONDON, utc(2026, 10, 25, 0, 20)) == utc(2026, 10, 25, 1)


def test_the_change_of_the_next_day_does_not_hide_an_earlier_opening():
    night = [week_of((30, 300))]

    assert windows.next_open(night, LONDON, utc(2026, 3, 28, 12)) == utc(2026, 3, 29, 0, 30)


def test_a_lunch_break_is_closed_and_says_when_it_ends():
    lunch = week_of((540, 720), (810, 1200), name="cn.hours")
    noon = local("Asia/Shanghai", 2026, 3, 2, 12)

    (one,) = windows.shut([lunch], SHANGHAI, noon)

    assert (one.why, one.opens) == (Closed.OUTSIDE, local("Asia/Shanghai", 2026, 3, 2, 13, 30))
    assert windows.is_open([lunch], SHANGHAI, noon - MINUTE)


def test_two_sources_of_hours_hold_together():
    early, late = week_of((480, 720), name="early"), week_of((660, 1200), name="late")

    opens = windows.next_open([early, late], SHANGHAI, local("Asia/Shanghai", 2026, 3, 2, 7))

    assert opens == local("Asia/Shanghai", 2026, 3, 2, 11)
    assert windows.next_open([early, week_of((720, 800))], SHANGHAI, opens) is None


def test_a_public_holiday_has_its_own_hours_and_is_named():
    closed, short = week_of((540, 1200), holiday=()), week_of((540, 1200), holiday=((600, 660),))
    christmas = local("Europe/London", 2026, 12, 25, 12)
    where = Place(("Europe/London",), "GB", "GB-ENG")

    assert windows.shut([closed], where, christmas)[0].why == Closed.HOLIDAY
    assert windows.is_open([short], where, christmas - 90 * MINUTE)
    assert not windows.is_open([short], where, christmas)
    assert windows.is_open([week_of((540, 1200))], where, christmas)
    assert windows.is_open([closed], Place(("Europe/London",)), christmas)


def test_a_holiday_of_one_region_is_none_in_another():
    closed = week_of((540, 1200), holiday=())
    noon = local("America/New_York", 2026, 4, 20, 12)  # Patriots' Day

    assert windows.shut([closed], Place(("America/New_York",), "US", "US-MA"), noon)[0].why == Closed.HOLIDAY
    assert windows.is_open([closed], Place(("America/New_York",), "US", "US-FL"), noon)


def test_a_day_without_calls_is_skipped():
    blackout = week_of((540, 1200), closed=frozenset({date(2026, 3, 2), date(2026, 3, 3)}))

    (one,) = windows.shut([blackout], SHANGHAI, local("Asia/Shanghai", 2026, 3, 2, 12))

    assert (one.why, one.opens) == (Closed.BLACKOUT, local("Asia/Shanghai", 2026, 3, 4, 9))


def test_hours_that_open_after_months_are_found_and_not_taken_for_never():
    summer = frozenset(date(2026, 6, 1) + n * DAY for n in range(92))
    away = week_of((540, 1200), closed=summer)

    for hours in ([away], [away, week_of((0, 1440), first_day=date(2026, 7, 1))]):
        opens = {one.opens for one in windows.shut(hours[:1], SHANGHAI, local("Asia/Shanghai", 2026, 6, 1, 12))}
        assert opens == {local("Asia/Shanghai", 2026, 9, 1, 9)}
        assert windows.next_open(hours, SHANGHAI, local("Asia/Shanghai", 2026, 6, 1, 12)) in opens


def test_a_campaign_begins_and_ends_on_the_local_days_it_says():
    dated = week_of((540, 1200), first_day=date(2026, 6, 1), last_day=date(2026, 6, 2))
    begins = local("Asia/Shanghai", 2026, 6, 1, 9)

    (early,) = windows.shut([dated], SHANGHAI, local("Asia/Shanghai", 2026, 1, 1, 12))
    (late,) = windows.shut([dated], SHANGHAI, local("Asia/Shanghai", 2026, 6, 3, 12))

    assert (early.why, early.opens) == (Closed.NOT_BEGUN, begins)
    assert (late.why, late.opens) == (Closed.OVER, None)
    assert windows.is_open([dated], SHANGHAI, local("Asia/Shanghai", 2026, 6, 2, 19, 59))
    assert windows.next_open([dated], SHANGHAI, local("Asia/Shanghai", 2026, 6, 2, 20)) is None


def test_the_last_day_ends_earlier_for_those_further_east():
    dated = week_of((0, 1440), last_day=date(2026, 6, 2))
    both = Place(("Asia/Shanghai", "America/New_York"))

    assert not windows.is_open([dated], both, local("Asia/Shanghai", 2026, 6, 3, 0))
    assert windows.is_open([dated], NEW_YORK, local("Asia/Shanghai", 2026, 6, 3, 0))


@pytest.mark.parametrize(
    ("where", "holds"),
    [
        (Place(("America/New_York",), "US", "US-FL"), True),
        (Place(("America/New_York",), "US", "US-GA"), False),
        (Place(("America/New_York",), "US"), True),
        (Place(("America/New_York",)), True),
        (Place(("Asia/Shanghai",), "CN", "CN-GD"), False),
        (Place(("Asia/Shanghai",), "CN"), False),
    ],
)
def test_hours_of_a_region_hold_there_and_where_the_region_is_unknown(where, holds):
    assert windows.concerns(week_of((480, 1200), regions=frozenset({"US-FL"})), where) == holds


def test_hours_of_a_country_hold_in_all_its_regions():
    hours = week_of((480, 1200), regions=frozenset({"US"}))

    assert windows.concerns(hours, Place((), "US", "US-GA"))
    assert windows.concerns(hours, Place((), "US"))
    assert not windows.concerns(hours, Place((), "CA", "CA-ON"))


def test_when_several_zones_are_shut_the_reason_is_the_one_that_comes_first():
    blackout = week_of((540, 1200), closed=frozenset({date(2026, 3, 3)}))
    both = Place(("America/New_York", "Asia/Shanghai"))

    (one,) = windows.shut([blackout], both, local("Asia/Shanghai", 2026, 3, 3, 12))  # 23:00 the day before in New York

    assert one.why == Closed.BLACKOUT


def test_until_a_minute_before_midnight_is_until_midnight():
    assert every_day("h", time(9), time(23, 59)).week == (((540, 1440),),) * 7
    assert every_day("h", time(9), time(20)).week == (((540, 1200),),) * 7


@given(st.lists(making.spans, max_size=4), st.integers(0, 1439))
def test_common_spans_are_the_minutes_that_all_have(groups, minute):
    def has(spans):
        return any(start <= minute < end for start, end in spans)

    assert has(windows.common_spans(groups)) == all(has(spans) for spans in groups)
    assert windows.common_spans([]) == WHOLE_DAY


def test_a_rule_that_is_never_open_is_shut_for_good():
    never = week_of()

    (one,) = windows.shut([never], SHANGHAI, datetime(2026, 3, 2, 12, tzinfo=ZoneInfo("UTC")))

    assert (one.why, one.opens) == (Closed.OUTSIDE, None)

"""How often and how soon: caps and gaps refuse exactly until the moment they name, on the callee's own calendar."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.rules import caps
from campaigns.rules.caps import LEVELS, REFUSAL, Calls, Cap, Gap, Period, Subject
from tests.rules import making
from tests.rules.making import DAY, local, touch, utc

NOW = utc(2026, 3, 2, 12)
ME, MY_CALLBACK = Subject(1, 1, 1, None), Subject(1, 1, 1, None, callback=True)
TICK = timedelta(microseconds=1)
SHANGHAI = (ZoneInfo("Asia/Shanghai"),)


def a_cap(**fields) -> Cap:
    known = {"counts": "attempts", "per": "contact", "scope": "all", "window": DAY, "limit": 1, **fields}
    return Cap("cap", **known)


def a_gap(wait, **fields) -> Gap:
    return Gap("gap", **{"after": "no_answer", "per": "contact", "scope": "all", "wait": wait, **fields})


def counted(cap, subject, history):
    """What the words of the cap say, written another way."""
    for t in history:
        whom = t.phone == subject.phone if cap.per == "phone" else t.contact_id == subject.contact_id
        same = {"campaign": "campaign_id", "line_of_business": "line_of_business_id"}.get(cap.scope)
        scope = not same or getattr(t, same) == getattr(subject, same)
        kind = cap.calls == Calls.ALL or (cap.calls == Calls.CALLBACKS) == t.callback
        if whom and scope and kind and t.level >= LEVELS[cap.counts]:
            yield t


@st.composite
def histories(draw):
    now = draw(making.moments)
    return now, draw(making.touches(now)), draw(making.subjects)


@settings(max_examples=250)
@given(making.caps, histories(), making.zone_names)
def test_a_cap_refuses_exactly_when_its_window_is_full_in_some_zone(cap, history, names):
    now, touched, subject = history
    zones = [ZoneInfo(name) for name in names]

    found = caps.reached(cap, subject, touched, zones, now)

    mine = list(counted(cap, subject, touched))
    if isinstance(cap.window, timedelta):
        most = sum(t.at > now - cap.window for t in mine)
    else:
        most = max(sum(_same(cap.window, t.at, now, zone) for t in mine) for zone in zones)
    concerned = cap.calls == Calls.ALL or (cap.calls == Calls.CALLBACKS) == subject.callback
    assert bool(found) == (concerned and most >= cap.limit)
    assert not found or (len(found.touches) >= cap.limit and set(found.touches) <= set(mine))


def _same(period, at, now, zone):
    a, b = at.astimezone(zone).date(), now.astimezone(zone).date()
    if period == Period.DAY:
        return a == b
    return (
        (a.year, a.month) == (b.year, b.month) if period == Period.MONTH else a.isocalendar()[:2] == b.isocalendar()[:2]
    )


@settings(max_examples=250)
@given(making.caps, histories(), making.zone_names, st.floats(0, 1))
def test_a_cap_refuses_until_the_moment_it_names_and_not_then(cap, history, names, part):
    now, touched, subject = history
    zones = [ZoneInfo(name) for name in names]
    found = caps.reached(cap, subject, touched, zones, now)

    if found:
        assert found.until > now
        before = now + part * (found.until - TICK - now)
        assert caps.reached(cap, subject, touched, zones, before)
        assert caps.reached(cap, subject, touched, zones, found.until - TICK)
        assert not caps.reached(cap, subject, touched, zones, found.until)


@settings(max_examples=200)
@given(making.caps, histories(), making.zone_names)
def test_one_touch_more_never_opens_a_cap_and_a_higher_limit_never_closes_it(cap, history, names):
    now, touched, subject = history
    zones = [ZoneInfo(name) for name in names]
    laxer = Cap(cap.name, cap.counts, cap.per, cap.scope, cap.window, cap.limit + 1, cap.calls)

    full = caps.reached(cap, subject, touched, zones, now)

    assert not full or caps.reached(cap, subject, [*touched, touch(now, level=3)], zones, now)
    assert full or not caps.reached(laxer, subject, touched, zones, now)


@given(making.moments, st.sampled_from(list(Period)), st.sampled_from(making.ZONES))
def test_a_period_contains_its_moment_and_begins_and_ends_with_a_local_day(now, period, name):
    zone = ZoneInfo(name)

    start, end = caps.period_start(period, zone, now), caps.period_end(period, zone, now)

    assert start <= now < end
    for edge in (start, end):
        assert (edge - TICK).astimezone(zone).date() == edge.astimezone(zone).date() - DAY
    assert end == caps.period_start(period, zone, end)


@pytest.mark.parametrize(
    ("zone", "period", "now", "end"),
    [
        ("Asia/Shanghai", Period.MONTH, utc(2026, 1, 31, 15, 59), utc(2026, 1, 31, 16)),
        ("Asia/Shanghai", Period.MONTH, utc(2026, 1, 31, 16), utc(2026, 2, 28, 16)),
        ("Asia/Shanghai", Period.MONTH, utc(2024, 2, 29, 12), utc(2024, 2, 29, 16)),
        ("America/New_York", Period.MONTH, utc(2026, 12, 31, 12), utc(2027, 1, 1, 5)),
        ("Europe/London", Period.WEEK, utc(2026, 3, 29, 12), utc(2026, 3, 29, 23)),
        ("Asia/Kathmandu", Period.DAY, utc(2026, 3, 2, 18, 14), utc(2026, 3, 2, 18, 15)),
        ("America/Sao_Paulo", Period.DAY, utc(2018, 11, 3, 12), utc(2018, 11, 4, 3)),
        ("Asia/Beirut", Period.DAY, utc(2026, 3, 28, 12), utc(2026, 3, 28, 22)),
        ("America/Havana", Period.DAY, utc(2026, 10, 31, 12), utc(2026, 11, 1, 4)),
    ],
)
def test_months_weeks_and_days_end_at_the_midnight_of_the_callee(zone, period, now, end):
    assert caps.period_end(period, ZoneInfo(zone), now) == end


def test_the_touch_of_last_month_is_forgotten_at_the_callees_midnight():
    monthly, spent = a_cap(window=Period.MONTH), [touch(local("Asia/Shanghai", 2026, 1, 31, 20))]

    assert caps.reached(monthly, ME, spent, SHANGHAI, utc(2026, 1, 31, 15)).until == utc(2026, 1, 31, 16)
    assert caps.reached(monthly, ME, spent, SHANGHAI, utc(2026, 1, 31, 16)) is None


def test_zones_that_disagree_about_the_day_must_both_have_room():
    daily = a_cap(window=Period.DAY)
    both = (ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York"))
    monday_evening = local("Asia/Shanghai", 2026, 3, 2, 20)
    tuesday_morning = local("Asia/Shanghai", 2026, 3, 3, 9)  # still Monday in New York

    found = caps.reached(daily, ME, [touch(monday_evening)], both, tuesday_morning)

    assert found.until == local("America/New_York", 2026, 3, 3)
    assert caps.reached(daily, ME, [touch(monday_evening)], both[:1], tuesday_morning) is None


def test_a_window_that_is_full_in_several_zones_frees_when_the_last_of_their_days_ends():
    both = (ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York"))

    for zones in (both, both[::-1]):
        found = caps.reached(a_cap(window=Period.DAY), ME, [touch(NOW)], zones, NOW + timedelta(hours=1))
        assert found.until == local("America/New_York", 2026, 3, 3)


def test_a_rolling_window_frees_when_the_touch_that_fills_it_has_left():
    two = a_cap(limit=2)
    spent = [touch(NOW - timedelta(hours=h)) for h in (30, 20, 10, 1)]

    found = caps.reached(two, ME, spent, (), NOW)

    assert found.until == NOW + timedelta(hours=14)
    assert [t.at for t in found.touches] == [t.at for t in spent[1:]]
    assert caps.reached(two, ME, spent[:2], (), NOW) is None


def test_a_limit_of_nothing_refuses_for_good():
    for window in (DAY, Period.DAY):
        found = caps.reached(a_cap(limit=0, window=window), ME, [], SHANGHAI, NOW)
        assert (found.until, found.touches) == (None, ())


def test_answered_calls_and_conversations_are_counted_by_how_far_a_call_came():
    history = [touch(NOW, level=level) for level in (1, 2, 3)]

    for counts, n in (("attempts", 3), ("answered", 2), ("conversations", 1)):
        assert caps.reached(a_cap(counts=counts, limit=n), ME, history, (), NOW)
        assert not caps.reached(a_cap(counts=counts, limit=n + 1), ME, history, (), NOW)


@pytest.mark.parametrize(
    ("calls", "refuses_call", "refuses_callback"),
    [(Calls.ALL, True, True), (Calls.UNASKED, True, False), (Calls.CALLBACKS, False, False)],
)
def test_callbacks_can_be_exempt_or_have_a_cap_of_their_own(calls, refuses_call, refuses_callback):
    cap, unasked = a_cap(calls=calls), [touch(NOW)]

    assert bool(caps.reached(cap, ME, unasked, (), NOW)) == refuses_call
    assert bool(caps.reached(cap, MY_CALLBACK, unasked, (), NOW)) == refuses_callback


def test_a_cap_on_callbacks_counts_callbacks_alone():
    cap, asked = a_cap(calls=Calls.CALLBACKS), [touch(NOW, callback=True)]

    assert caps.reached(cap, MY_CALLBACK, asked, (), NOW)
    assert not caps.reached(cap, ME, asked, (), NOW)
    assert not caps.reached(a_cap(calls=Calls.UNASKED), ME, asked, (), NOW)


@settings(max_examples=250)
@given(making.gaps, histories(), st.floats(0, 1))
def test_a_gap_refuses_until_the_moment_it_names_and_not_then(gap, history, part):
    now, touched, subject = history
    found = caps.too_soon(gap, subject, touched, now)

    if found and found.until:
        assert found.until > now
        for before in (now + part * (found.until - TICK - now), found.until - TICK):
            assert caps.too_soon(gap, subject, touched, before).until == found.until
        assert caps.too_soon(gap, subject, touched, found.until) is None
    assert not found or (found.until is None) == (gap.wait is None)


@settings(max_examples=200)
@given(making.gaps, histories())
def test_a_gap_looks_at_all_touches_of_its_outcome(gap, history):
    now, touched, subject = history
    same = {"campaign": "campaign_id", "line_of_business": "line_of_business_id"}.get(gap.scope)
    mine = [
        t
        for t in touched
        if (t.phone == subject.phone if gap.per == "phone" else t.contact_id == subject.contact_id)
        and (not same or getattr(t, same) == getattr(subject, same))
        and (t.outcome == gap.after or (gap.after, t.outcome) == ("conversation", REFUSAL))
    ]
    concerned = gap.calls == Calls.ALL or (gap.calls == Calls.CALLBACKS) == subject.callback

    refused = concerned and any(gap.wait is None or t.at + gap.wait > now for t in mine)

    assert bool(caps.too_soon(gap, subject, touched, now)) == refused


def test_never_again_is_never_however_old_the_refusal():
    refused = [touch(utc(2001, 1, 1), outcome=REFUSAL)]

    assert caps.too_soon(a_gap(None, after=REFUSAL), ME, refused, NOW).until is None
    assert caps.too_soon(a_gap(None, after=REFUSAL), ME, [touch(NOW, outcome="busy")], NOW) is None


def test_a_conversation_that_came_to_a_refusal_is_a_conversation_too():
    refused = [touch(NOW, outcome=REFUSAL)]

    assert caps.too_soon(a_gap(timedelta(hours=1), after="conversation"), ME, refused, NOW)
    assert not caps.too_soon(a_gap(timedelta(hours=1), after=REFUSAL), ME, [touch(NOW, outcome="conversation")], NOW)


def test_the_latest_touch_decides_how_long_a_gap_lasts():
    history = [touch(NOW - timedelta(hours=h), outcome="no_answer") for h in (1, 5)]

    assert caps.too_soon(a_gap(timedelta(hours=2)), ME, history, NOW).until == NOW + timedelta(hours=1)
    assert caps.too_soon(a_gap(timedelta(minutes=60)), ME, history, NOW) is None


@settings(max_examples=200)
@given(st.lists(making.caps, max_size=3), st.lists(making.gaps, max_size=3), histories(), making.zone_names)
def test_what_is_older_than_since_and_came_to_no_lasting_outcome_changes_nothing(caps_, gaps_, history, names):
    now, touched, subject = history
    zones = [ZoneInfo(name) for name in names]
    since, lasting = caps.since(caps_, gaps_, now), caps.long_after(gaps_)

    read = [t for t in touched if t.at >= since or t.outcome in lasting]

    for cap in caps_:
        assert caps.reached(cap, subject, read, zones, now) == caps.reached(cap, subject, touched, zones, now)
    for gap in gaps_:
        assert caps.too_soon(gap, subject, read, now) == caps.too_soon(gap, subject, touched, now)


@given(making.moments, st.sampled_from(list(Period)), st.sampled_from(making.ZONES))
def test_touches_are_read_from_the_beginning_of_the_period_in_any_zone(now, period, name):
    assert caps.since([a_cap(window=period)], [], now) <= caps.period_start(period, ZoneInfo(name), now)


def test_without_caps_and_gaps_no_touch_is_read():
    assert caps.since([], [], NOW) == NOW
    assert caps.long_after([a_gap(timedelta(days=35)), a_gap(None, after=REFUSAL)]) == [REFUSAL]
    assert caps.long_after([a_gap(timedelta(days=36))]) == ["no_answer"]

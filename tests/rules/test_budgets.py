"""Abandon budgets: what a call is worth, what may still be risked, and which of several decides."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.rules.abandons import HOUSE, Of, Start, Unit, Window
from dialer.rules import budgets
from dialer.rules.budgets import ABANDONED, NOTHING, SERVED, Answered, Tally, Usage, room, strictest, worth

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
EVENING = datetime(2026, 3, 2, 20, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("call", "of", "is_worth"),
    [
        (Answered(NOON, bridged_at=after(1)), Of.LIVE, SERVED),
        (Answered(NOON, bridged_at=after(3)), Of.LIVE, ABANDONED),
        (Answered(NOON, ended_at=after(1), dropped=True), Of.LIVE, ABANDONED),
        (Answered(NOON, ended_at=after(1)), Of.LIVE, SERVED),
        (Answered(NOON, ended_at=after(1)), Of.ANSWERED, SERVED),
        (Answered(NOON, ended_at=after(1)), Of.CONNECTED, NOTHING),
        (Answered(NOON, ended_at=after(9)), Of.CONNECTED, ABANDONED),
        (Answered(NOON), Of.LIVE, NOTHING),
        (Answered(NOON, ended_at=after(1), machine=True), Of.LIVE, NOTHING),
        (Answered(NOON, ended_at=after(1), machine=True), Of.ANSWERED, SERVED),
        (Answered(NOON, ended_at=after(1), machine=True, false_machine=True), Of.LIVE, ABANDONED),
    ],
)
def test_a_call_is_counted_as_the_definition_has_it(call, of, is_worth):
    assert worth(replace(HOUSE, of=of), call) == is_worth


def test_people_taken_for_machines_do_not_count_where_the_definition_says_so():
    call = Answered(NOON, ended_at=after(1), machine=True, false_machine=True)

    assert worth(replace(HOUSE, false_machines=False), call) == NOTHING


def test_the_wait_begins_where_the_definition_says_and_at_the_answer_where_that_is_not_known():
    late = Answered(NOON, bridged_at=after(3), greeted_at=after(1.5), detected_at=after(0.5))

    assert worth(HOUSE, late) == ABANDONED
    assert worth(replace(HOUSE, start=Start.GREETING), late) == SERVED
    assert worth(replace(HOUSE, start=Start.DETECTION), late) == ABANDONED
    assert worth(replace(HOUSE, start=Start.GREETING), replace(late, greeted_at=None)) == ABANDONED


@given(st.integers(0, 5000), st.integers(0, 200), st.sampled_from((0.0, 0.01, 0.028, 0.03, 0.05)))
def test_what_may_still_be_risked_keeps_the_share_and_one_more_would_not(calls, abandoned, allowed):
    tally = Tally(calls, min(calls, abandoned))
    left = room(tally, allowed)

    assert tally.abandoned + left <= allowed * (tally.calls + left) + 1e-6
    assert tally.abandoned + left + 1 > allowed * (tally.calls + left + 1) - 1e-6


def usage(calls: int, abandoned: int, *, until: datetime | None = EVENING, **rule) -> Usage:
    made = replace(HOUSE, **rule)
    return Usage(made, Tally(calls, abandoned), until, made.aim)


def test_the_budget_that_leaves_least_of_what_is_to_come_decides():
    much, little = usage(1000, 5), usage(400, 14)

    assert strictest([much, little], NOON, 0.05, EVENING).usage is little


def test_a_used_up_budget_decides_over_one_with_something_left():
    empty, full = usage(100, 50), usage(0, 0, aim=0.001, limit=0.001)

    assert strictest([full, empty], NOON, 0.01, EVENING).usage is empty


def test_a_rolling_window_is_planned_for_minutes_and_that_of_a_campaign_for_the_day():
    rolling, whole = (usage(0, 0, until=None, window=Window(unit)) for unit in (Unit.HOURS, Unit.CAMPAIGN))

    assert strictest([rolling], NOON, 0.1, EVENING).seconds_left == 600
    assert strictest([whole], NOON, 0.1, EVENING).seconds_left == 8 * 3600


def test_a_campaign_may_aim_lower_but_not_higher():
    assert budgets.aim_of(HOUSE, 0.01) == 0.01
    assert budgets.aim_of(HOUSE, 0.05) == HOUSE.aim
    assert budgets.aim_of(HOUSE, None) == HOUSE.aim


BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("window", "begins", "ends"),
    [
        (Window(Unit.HOURS, 24), datetime(2026, 3, 27, 12, 34, tzinfo=BERLIN), None),
        (Window(Unit.DAY), datetime(2026, 3, 28, tzinfo=BERLIN), datetime(2026, 3, 29, tzinfo=BERLIN)),
        (Window(Unit.MONTH), datetime(2026, 3, 1, tzinfo=BERLIN), datetime(2026, 4, 1, tzinfo=BERLIN)),
        (Window(Unit.CAMPAIGN), datetime(2026, 1, 5, 9, tzinfo=BERLIN), None),
        (
            Window(Unit.DAYS, 30),
            datetime(2026, 3, 6, 9, tzinfo=BERLIN),
            datetime(2026, 4, 5, 9, tzinfo=BERLIN),
        ),
    ],
)
def test_windows_begin_and_end_on_the_clock_of_the_centre(window, begins, ends):
    now = datetime(2026, 3, 28, 12, 34, 56, tzinfo=BERLIN)
    campaign_began = datetime(2026, 1, 5, 9, tzinfo=BERLIN)

    assert window.begins(now, campaign_began) == begins
    assert window.ends(now, campaign_began) == ends

"""Who spent a cap: what is told is what refuses, and every touch leaves when it is said to."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.rules import caps, places
from campaigns.rules.caps import Cap, Period
from tests.rules import making

MICROSECOND = timedelta(microseconds=1)


def zones_of(names):
    return places.known_zones(names)


@st.composite
def asked(draw):
    now = draw(making.moments)
    return draw(making.caps), draw(making.subjects), draw(making.touches(now)), zones_of(draw(making.zone_names)), now


@settings(max_examples=300)
@given(asked())
def test_a_cap_refuses_exactly_when_what_is_told_reaches_its_limit(case):
    cap, subject, touches, zones, now = case

    spent, reached = (tell(cap, subject, touches, zones, now) for tell in (caps.spent, caps.reached))

    if spent is None:
        assert reached is None
    else:
        assert (reached is not None) == (len(spent.touches) >= cap.limit)
        assert (reached and (reached.until, reached.touches)) == (spent.until and (spent.until, spent.touches))


@settings(max_examples=300)
@given(asked())
def test_a_touch_counts_until_the_moment_it_is_said_to_leave(case):
    cap, subject, touches, zones, now = case
    spent = caps.spent(cap, subject, touches, zones, now)

    for touch in spent.touches if spent else ():
        leaves = caps.leaves(cap, touch, zones, now)
        before, then = (caps.spent(cap, subject, [touch], zones, at) for at in (leaves - MICROSECOND, leaves))
        assert (before.touches, then.touches) == ((touch,), ())


@settings(max_examples=300)
@given(asked())
def test_a_full_cap_frees_when_enough_of_its_touches_have_left(case):
    cap, subject, touches, zones, now = case
    spent = caps.spent(cap, subject, touches, zones, now)

    if spent and spent.until:
        left = [touch for touch in spent.touches if caps.leaves(cap, touch, zones, now) > spent.until]
        assert len(left) < cap.limit


def test_where_zones_differ_the_fullest_day_tells_who_spent_it():
    cap = Cap("cap", "attempts", "contact", "all", Period.DAY, 3)
    now = making.utc(2026, 11, 24, 6)
    zones = zones_of(("America/New_York", "America/Los_Angeles"))
    early, late = making.touch(making.utc(2026, 11, 24, 2)), making.touch(making.utc(2026, 11, 24, 5, 30))
    subject = caps.Subject(1, 1, 1, None)

    spent = caps.spent(cap, subject, [late, early], zones, now)

    # Midnight in New York was at 05:00 UTC; in Los Angeles it is at 08:00.
    assert spent.touches == (early, late)
    assert caps.leaves(cap, early, zones, now) == making.utc(2026, 11, 24, 8)
    assert caps.leaves(cap, late, zones, now) == making.utc(2026, 11, 25, 5)

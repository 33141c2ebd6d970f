"""May this person be called now, and if not, until when: hours, caps, do-not-call, status, phones in turn."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.rules import caps, windows
from campaigns.rules.caps import Cap, Subject, Touch
from campaigns.rules.eligibility import FOREVER, Allow, Candidate, PhoneFacts, Policy, Reason, Refuse, verdict
from campaigns.rules.windows import Hours

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = Hours(time(9), time(20))
ZONES = ("Asia/Shanghai", "Europe/London", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia")
moments = st.datetimes(datetime(2024, 1, 1), datetime(2028, 12, 31)).map(lambda at: at.replace(tzinfo=UTC))


def candidate(*phones: PhoneFacts, **fields) -> Candidate:
    known = phones or (PhoneFacts(1, ("UTC",)),)
    return Candidate(
        **{"contact_id": 1, "campaign_id": 1, "line_of_business_id": None, "phones": known, "attempts": 0, **fields}
    )


def policy(*caps_: Cap, hours: Hours = DAY) -> Policy:
    return Policy(hours, caps_, max_attempts=6)


@given(moments, st.lists(st.sampled_from(ZONES), min_size=1, max_size=3, unique=True))
def test_the_next_opening_is_open_in_every_zone_and_nothing_before_it_is(now, names):
    zones = windows.known_zones(tuple(names))

    opens = windows.next_open(DAY, zones, now)

    if opens is None:
        assert not any(windows.is_open(DAY, zones, now + timedelta(hours=h)) for h in range(24))
        return
    assert opens >= now
    assert windows.is_open(DAY, zones, opens)
    step = (opens - now) / 50
    assert opens == now or not any(windows.is_open(DAY, zones, now + n * step) for n in range(50))


@pytest.mark.parametrize("day", [datetime(2026, 3, 29), datetime(2026, 10, 25)])
def test_on_days_with_a_clock_change_the_wall_clock_decides(day):
    london = ZoneInfo("Europe/London")
    at_nine = day.replace(hour=9, tzinfo=london).astimezone(UTC)

    assert windows.next_open(DAY, (london,), at_nine - timedelta(minutes=1)) == at_nine


def test_without_a_known_zone_nobody_is_called():
    assert verdict(candidate(PhoneFacts(1, ("Nowhere/Atlantis",))), policy(), NOW) == Refuse(Reason.UNKNOWN_ZONE, None)


attempts_cap = Cap("attempts", "contact", "all", timedelta(hours=24), 3)
touches = st.lists(
    st.builds(
        Touch,
        at=st.floats(0, 48).map(lambda h: NOW - timedelta(hours=h)),
        phone=st.integers(1, 2),
        contact_id=st.integers(1, 2),
        campaign_id=st.integers(1, 2),
        line_of_business_id=st.just(None),
        level=st.integers(1, 3),
    ),
    max_size=12,
)
some_caps = st.builds(
    Cap,
    counts=st.sampled_from(sorted(caps.LEVELS)),
    per=st.sampled_from(["phone", "contact"]),
    scope=st.sampled_from(["campaign", "line_of_business", "all"]),
    window=st.integers(1, 48).map(lambda h: timedelta(hours=h)),
    limit=st.integers(1, 4),
)


@given(some_caps, touches)
def test_a_cap_is_free_exactly_from_the_moment_it_names(cap, history):
    subject = Subject(1, 1, 1, None)

    until = caps.reached_until(cap, subject, history, NOW)

    if until is None:
        assert len(caps.counted(cap, subject, history, NOW)) < cap.limit
        return
    assert caps.reached_until(cap, subject, history, until) is None
    assert caps.reached_until(cap, subject, history, until - timedelta(milliseconds=1)) is not None


@given(touches)
def test_an_allowed_call_never_makes_more_touches_than_the_cap(history):
    made = candidate(touches=tuple(history))
    answer = verdict(made, policy(attempts_cap), NOW)

    mine = [t for t in history if t.contact_id == 1 and t.at > NOW - attempts_cap.window]
    assert isinstance(answer, Allow) == (len(mine) < attempts_cap.limit)


def test_do_not_call_comes_before_hours_and_caps_and_says_until_when():
    until = NOW + timedelta(days=2)
    night = policy(attempts_cap, hours=Hours(time(1), time(2)))

    assert verdict(candidate(PhoneFacts(1, ("UTC",), suppressed_until=until)), night, NOW) == Refuse(
        Reason.DO_NOT_CALL, until
    )
    assert verdict(candidate(PhoneFacts(1, ("UTC",), suppressed_until=FOREVER)), night, NOW) == Refuse(
        Reason.DO_NOT_CALL, None
    )


def test_a_learned_status_ages():
    vacant = PhoneFacts(1, ("UTC",), status="vacant", status_expires_at=NOW + timedelta(hours=1))

    assert verdict(candidate(vacant), policy(), NOW) == Refuse(Reason.VACANT, NOW + timedelta(hours=1))
    assert verdict(candidate(vacant), policy(), NOW + timedelta(hours=1)) == Allow(1)


def test_phones_take_turns_and_one_that_may_be_called_is_enough():
    dead, home = PhoneFacts(1, ("UTC",), suppressed_until=FOREVER), PhoneFacts(2, ("UTC",))

    assert verdict(candidate(dead, home), policy(), NOW) == Allow(2)
    assert verdict(candidate(PhoneFacts(1, ("UTC",)), home, attempts=1), policy(), NOW) == Allow(2)
    assert verdict(candidate(PhoneFacts(1, ("UTC",)), home, attempts=2), policy(), NOW) == Allow(1)


def test_when_no_phone_may_be_called_the_one_that_frees_first_says_when():
    soon, late = NOW + timedelta(hours=1), NOW + timedelta(hours=5)
    phones = (PhoneFacts(1, ("UTC",), suppressed_until=late), PhoneFacts(2, ("UTC",), suppressed_until=soon))

    assert verdict(candidate(*phones), policy(), NOW) == Refuse(Reason.DO_NOT_CALL, soon)


def test_a_lead_that_has_used_its_attempts_is_finished():
    assert verdict(candidate(attempts=6), policy(), NOW) == Refuse(Reason.ATTEMPTS_USED, None)

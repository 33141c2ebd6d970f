"""The independent checker: for each rule a history that breaks it, and one that only just does not.

Histories are written by hand, past everything that would have refused these calls.
"""

from __future__ import annotations

import itertools
import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import call_command

from campaigns.models import ConsentEvent, LineOfBusiness, PolicyVersion, ProductEvent, Suppression, Touch
from campaigns.rules import policy as rules
from campaigns.rules.cadence import Step
from campaigns.rules.caps import Calls, Cap, Gap, Period
from campaigns.rules.policy import Policy
from campaigns.rules.windows import WHOLE_DAY, Hours
from dialer.audit import audit, findings
from dialer.models import Attempt, AttemptResult
from dialer.rules.ids import new_call_id
from tests import build

pytestmark = pytest.mark.django_db

# A Wednesday, at noon.
NOON = datetime(2026, 11, 4, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)
ANY_TIME = Hours("any", (WHOLE_DAY,) * 7)
NINE_TO_FIVE_BUT_LUNCH = ((540, 720), (780, 1020))
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_versions = itertools.count(1)


def policy(campaign, *rows, **fields):
    """The id of a version of these rules: hours, caps and gaps, told apart by what they are; `fields` of a Policy."""
    kinds = {kind: tuple(row for row in rows if isinstance(row, kind)) for kind in (Hours, Cap, Gap)}
    made = Policy(kinds[Hours] or (ANY_TIME,), kinds[Cap], kinds[Gap], **fields)
    return PolicyVersion.objects.create(campaign=campaign, number=next(_versions), data=rules.dump(made)).pk


def call(campaign, person, at, *, by, came_to="no_answer", said=None, lasted=MINUTE, callback=False, **fields):
    """One call in the history with its touch, allowed `by` a policy; `said` is an agent's disposition."""
    conversation = came_to == "conversation"
    answered = at + timedelta(seconds=5) if conversation or came_to in ("abandoned", "hung_up") else None
    row = {
        "id": new_call_id(),
        "server_id": 1,
        "trunk_id": 1,
        "campaign_id": campaign.pk,
        "lead_id": campaign.pk * 1_000_000 + person.pk,
        "contact_id": person.pk,
        "phone": person.phones.first().pk,
        "outcome": came_to,
        "reserved_at": at,
        "placed_at": at,
        "answered_at": answered,
        "bridged_at": answered if conversation else None,
        "ended_at": at + lasted,
        **fields,
    }
    made = Attempt.objects.create(**row)
    if came_to not in ("failed", "released"):
        Touch.objects.create(
            phone=made.phone,
            at=at,
            call_id=made.pk,
            contact_id=person.pk,
            campaign_id=campaign.pk,
            line_of_business_id=campaign.line_of_business_id,
            level=3 if conversation else 2 if answered else 1,
            callback=callback,
            policy_id=by,
        )
    if said:
        AttemptResult.objects.create(attempt_id=made.pk, campaign=campaign, disposition=said, at=made.ended_at)
    return made


def broken(since=LONG_AGO):
    return {check: count for check, count in audit(since).items() if count}


def cap(limit, window, *, counts="attempts", per="contact", scope="all", calls=Calls.ALL):
    return Cap("cap", counts, per, scope, window, limit, calls)


def gap(after, wait, *, per="contact", scope="all", calls=Calls.ALL):
    return Gap("gap", after, per, scope, wait, calls)


# Two calls at once


@pytest.mark.parametrize(("starts", "found"), [(MINUTE - MICROSECOND, 1), (MINUTE, 0)])
def test_a_call_may_begin_when_the_one_before_has_ended_and_not_earlier(starts, found):
    campaign, person = build.campaign(), build.contact(build.phone(), build.phone())
    by = policy(campaign)
    call(campaign, person, NOON, by=by)
    call(campaign, person, NOON + starts, by=by, phone=person.phones.last().pk)

    assert broken() == ({"two_calls_to_one_person_at_once": 1} if found else {})


def test_a_number_two_people_share_is_one_number_and_a_long_call_hides_behind_no_short_one():
    campaign, shared = build.campaign(), build.phone()
    he, she, they = build.contact(shared), build.contact(shared), build.contact(shared)
    by = policy(campaign)
    call(campaign, he, NOON, by=by, lasted=HOUR)
    call(campaign, she, NOON + MINUTE, by=by, lasted=MINUTE)
    call(campaign, they, NOON + 10 * MINUTE, by=by)

    assert broken() == {"two_calls_to_one_number_at_once": 2}


def test_what_failed_on_our_side_rang_nowhere():
    campaign, person = build.campaign(), build.contact()
    by = policy(campaign, cap(1, DAY))
    call(campaign, person, NOON, by=by, came_to="failed")
    call(campaign, person, NOON + 10 * MICROSECOND, by=by)

    assert broken() == {}


# Frequency caps


@pytest.mark.parametrize(("later", "found"), [(DAY - MICROSECOND, 1), (DAY, 0)])
def test_a_touch_as_old_as_a_rolling_window_has_left_it(later, found):
    campaign, person = build.campaign(), build.contact()
    by = policy(campaign, cap(2, DAY))
    call(campaign, person, NOON, by=by)
    call(campaign, person, NOON + HOUR, by=by)
    call(campaign, person, NOON + later, by=by)

    assert broken() == ({"frequency_caps": 1} if found else {})


@pytest.mark.parametrize(
    ("counts", "outcomes", "found"),
    [
        ("answered", ("no_answer", "no_answer"), 0),
        ("answered", ("abandoned", "no_answer"), 1),
        ("conversations", ("abandoned", "abandoned"), 0),
        ("conversations", ("conversation", "no_answer"), 1),
    ],
)
def test_a_cap_counts_calls_that_came_as_far_as_it_says(counts, outcomes, found):
    campaign, person = build.campaign(), build.contact()
    by = policy(campaign, cap(1, DAY, counts=counts))
    for hour, outcome in enumerate(outcomes):
        call(campaign, person, NOON + hour * HOUR, by=by, came_to=outcome)

    assert broken() == ({"frequency_caps": 1} if found else {})


def test_an_answer_counts_from_when_it_was_given():
    campaign, shared = build.campaign(), build.phone()
    he, she = build.contact(shared), build.contact(shared)
    by = policy(campaign, cap(1, DAY, counts="answered", per="phone"))
    call(campaign, he, NOON, by=by, came_to="abandoned", answered_at=NOON + 2 * MINUTE, ended_at=NOON + 3 * MINUTE)
    call(campaign, she, NOON + MINUTE, by=by, placed_at=NOON + 3 * MINUTE, ended_at=NOON + 4 * MINUTE)

    assert broken() == {}


@pytest.mark.parametrize(("per", "found"), [("contact", 0), ("phone", 1)])
def test_a_cap_is_per_person_or_per_number(per, found):
    campaign, shared = build.campaign(), build.phone()
    he, she = build.contact(shared), build.contact(shared)
    by = policy(campaign, cap(1, DAY, per=per))
    call(campaign, he, NOON, by=by)
    call(campaign, she, NOON + HOUR, by=by)

    assert broken() == ({"frequency_caps": 1} if found else {})


@pytest.mark.parametrize(("scope", "found"), [("campaign", 0), ("line_of_business", 1), ("all", 2)])
def test_a_cap_is_over_a_campaign_a_line_of_business_or_all(scope, found):
    cards = LineOfBusiness.objects.create(name="Cards")
    first, second = build.campaign(line_of_business=cards), build.campaign(line_of_business=cards)
    other, person = build.campaign(), build.contact()
    call(other, person, NOON, by=policy(other))
    call(first, person, NOON + HOUR, by=policy(first, cap(1, DAY, scope=scope)))
    call(second, person, NOON + 2 * HOUR, by=policy(second, cap(1, DAY, scope=scope)))

    assert broken() == ({"frequency_caps": found} if found else {})


@pytest.mark.parametrize(
    ("calls", "first", "second", "found"),
    [
        (Calls.ALL, False, True, 1),
        (Calls.UNASKED, False, True, 0),
        (Calls.UNASKED, True, False, 0),
        (Calls.UNASKED, False, False, 1),
        (Calls.CALLBACKS, False, False, 0),
        (Calls.CALLBACKS, True, True, 1),
    ],
)
def test_a_cap_is_of_all_calls_of_unasked_ones_or_of_callbacks(calls, first, second, found):
    campaign, person = build.campaign(), build.contact()
    by = policy(campaign, cap(1, DAY, calls=calls))
    call(campaign, person, NOON, by=by, callback=first)
    call(campaign, person, NOON + HOUR, by=by, callback=second)

    assert broken() == ({"frequency_caps": 1} if found else {})


@pytest.mark.parametrize(
    ("period", "first", "second", "found"),
    [
        # Shanghai's midnight is 16:00 UTC.
        (Period.DAY, datetime(2026, 11, 4, 15, 59), datetime(2026, 11, 4, 16, 0), 0),
        (Period.DAY, datetime(2026, 11, 4, 16, 0), datetime(2026, 11, 5, 15, 59), 1),
        (Period.WEEK, datetime(2026, 11, 8, 15, 59), datetime(2026, 11, 8, 16, 0), 0),
        (Period.WEEK, datetime(2026, 11, 1, 16, 0), datetime(2026, 11, 8, 15, 59), 1),
        (Period.MONTH, datetime(2026, 10, 31, 15, 59), datetime(2026, 10, 31, 16, 0), 0),
        (Period.MONTH, datetime(2026, 10, 31, 16, 0), datetime(2026, 11, 30, 15, 59), 1),
    ],
)
def test_days_weeks_and_months_are_those_of_the_callees_calendar(period, first, second, found):
    campaign, person = build.campaign(), build.contact(time_zone="Asia/Shanghai")
    by = policy(campaign, cap(1, period))
    call(campaign, person, first.replace(tzinfo=UTC), by=by)
    call(campaign, person, second.replace(tzinfo=UTC), by=by)

    assert broken() == ({"frequency_caps": 1} if found else {})


def test_a_calendar_day_must_have_room_in_every_zone_they_may_be_in():
    campaign = build.campaign()
    person = build.contact(build.phone(zones=["Europe/London", "Asia/Shanghai"]))
    by = policy(campaign, cap(1, Period.DAY))
    call(campaign, person, datetime(2026, 11, 4, 15, 30, tzinfo=UTC), by=by)
    call(campaign, person, datetime(2026, 11, 4, 16, 30, tzinfo=UTC), by=by)  # another day in Shanghai alone

    assert broken() == {"frequency_caps": 1}


def test_each_call_is_judged_by_the_rules_it_was_allowed_by():
    campaign, person = build.campaign(), build.contact()
    before, after = policy(campaign), policy(campaign, cap(1, DAY))
    call(campaign, person, NOON, by=before)
    call(campaign, person, NOON + HOUR, by=before)
    call(campaign, person, NOON + 2 * HOUR, by=after)

    assert broken() == {"frequency_caps": 1}


def test_calls_before_the_moment_are_counted_and_not_judged():
    campaign, person = build.campaign(), build.contact()
    by = policy(campaign, cap(1, timedelta(days=60)))
    for day in range(3):
        call(campaign, person, NOON + day * 20 * DAY, by=by)

    assert broken(since=NOON + 30 * DAY) == {"frequency_caps": 1}


# Gaps


@pytest.mark.parametrize(("later", "found"), [(2 * HOUR - MICROSECOND, 1), (2 * HOUR, 0)])
def test_a_gap_is_over_when_it_is_over(later, found):
    campaign, person = build.campaign(), build.contact()
    by = policy(campaign, gap("busy", 2 * HOUR))
    call(campaign, person, NOON, by=by, came_to="busy")
    call(campaign, person, NOON + later, by=by)

    assert broken() == ({"minimum_gaps": 1} if found else {})


def test_a_gap_is_after_its_own_outcome_only():
    campaign, person = build.campaign(), build.contact()
    by = policy(campaign, gap("busy", 2 * HOUR))
    call(campaign, person, NOON, by=by, came_to="no_answer")
    call(campaign, person, NOON + HOUR, by=by)

    assert broken() == {}


@pytest.mark.parametrize(("category", "found"), [("refusal", 1), ("complaint", 1), ("do_not_call", 1), ("success", 0)])
def test_who_said_no_is_left_alone_for_good_however_long_ago_that_was(category, found):
    campaign, person = build.campaign(), build.contact()
    by = policy(campaign, gap("refusal", None))
    said = build.disposition(category, category)
    call(campaign, person, NOON - 700 * DAY, by=by, came_to="conversation", said=said)
    call(campaign, person, NOON, by=by)

    assert broken(since=NOON) == ({"minimum_gaps": 1} if found else {})


def test_a_refusal_is_of_the_person_and_not_of_who_shares_the_number():
    campaign, shared = build.campaign(), build.phone()
    he, she = build.contact(shared), build.contact(shared)
    by = policy(campaign, gap("refusal", None))
    call(campaign, he, NOON, by=by, came_to="conversation", said=build.disposition("no", "refusal"))
    call(campaign, she, NOON + DAY, by=by)

    assert broken() == {}


def test_a_conversation_that_came_to_a_refusal_is_a_conversation_too():
    campaign, person = build.campaign(), build.contact()
    by = policy(campaign, gap("conversation", DAY))
    call(campaign, person, NOON, by=by, came_to="conversation", said=build.disposition("no", "refusal"))
    call(campaign, person, NOON + HOUR, by=by)

    assert broken() == {"minimum_gaps": 1}


# Calling hours


@pytest.mark.parametrize(
    ("clock", "found"),
    [("08:59", 1), ("09:00", 0), ("11:59", 0), ("12:00", 1), ("12:59", 1), ("13:00", 0), ("16:59", 0), ("17:00", 1)],
)
def test_hours_begin_and_end_to_the_minute_on_the_callees_clock(clock, found):
    campaign, person = build.campaign(), build.contact(time_zone="America/New_York")
    hours = Hours("office", (NINE_TO_FIVE_BUT_LUNCH,) * 7)
    at = datetime.fromisoformat(f"2026-11-04T{clock}:59-05:00")
    call(campaign, person, at, by=policy(campaign, hours))

    assert broken() == ({"calling_hours": 1} if found else {})


@pytest.mark.parametrize(("day", "found"), [(6, 0), (7, 1), (8, 1), (9, 0)])
def test_hours_are_those_of_the_weekday(day, found):
    campaign, person = build.campaign(), build.contact()
    hours = Hours("weekdays", (WHOLE_DAY,) * 5 + ((),) * 2)
    call(campaign, person, NOON.replace(day=day), by=policy(campaign, hours))

    assert broken() == ({"calling_hours": 1} if found else {})


def test_hours_hold_in_every_zone_they_may_be_in():
    campaign = build.campaign()
    person = build.contact(build.phone(zones=["Europe/London", "Asia/Shanghai"]))
    hours = Hours("office", (((540, 1080),),) * 7)
    call(campaign, person, datetime(2026, 11, 4, 10, tzinfo=UTC), by=policy(campaign, hours))  # 18:00 in Shanghai

    [(_, why)] = findings(LONG_AGO)["calling_hours"].examples
    assert "Asia/Shanghai" in why


def test_the_records_zone_comes_before_its_regions_and_that_before_the_numbers():
    campaign, hours = build.campaign(), Hours("office", (((540, 1080),),) * 7)
    by, nine_in_new_york = policy(campaign, hours), datetime(2026, 11, 4, 14, tzinfo=UTC)
    by_record = build.contact(build.phone(zones=["Asia/Shanghai"]), time_zone="America/New_York", region="US-CA")
    by_region = build.contact(build.phone(zones=["America/New_York"]), region="US-CA")
    call(campaign, by_record, nine_in_new_york, by=by)
    assert broken() == {}

    call(campaign, by_region, nine_in_new_york, by=by)
    assert broken() == {"calling_hours": 1}


def test_nobody_may_be_called_whose_zone_nobody_knows():
    campaign, person = build.campaign(), build.contact(build.phone(zones=["Not/A_Zone"]))
    call(campaign, person, NOON, by=policy(campaign))

    assert broken() == {"calling_hours": 1}


@pytest.mark.parametrize(
    ("country", "region", "day", "holiday", "found"),
    [
        ("DE", "", date(2026, 10, 3), (), 1),  # German Unity
        ("DE", "", date(2026, 10, 3), None, 0),  # a rule that knows no holidays
        ("DE", "", date(2026, 10, 3), ((700, 800),), 0),
        ("DE", "", date(2026, 10, 2), (), 0),
        ("DE", "DE-BY", date(2026, 11, 1), (), 1),  # All Saints, of some regions only
        ("DE", "DE-BE", date(2026, 11, 1), (), 0),
        ("XX", "", date(2026, 10, 3), (), 0),
    ],
)
def test_public_holidays_have_hours_of_their_own(country, region, day, holiday, found):
    campaign, person = build.campaign(), build.contact(build.phone(country=country), time_zone="UTC", region=region)
    hours = Hours("own", (WHOLE_DAY,) * 7, holiday=holiday)
    call(campaign, person, datetime(day.year, day.month, day.day, 12, tzinfo=UTC), by=policy(campaign, hours))

    assert broken() == ({"calling_hours": 1} if found else {})


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"first_day": date(2026, 11, 4), "last_day": date(2026, 11, 4)}, 0),
        ({"first_day": date(2026, 11, 5)}, 1),
        ({"last_day": date(2026, 11, 3)}, 1),
        ({"closed": frozenset({date(2026, 11, 4)})}, 1),
        ({"closed": frozenset({date(2026, 11, 3), date(2026, 11, 5)})}, 0),
    ],
)
def test_first_last_and_closed_days_are_days_of_the_callees_calendar(fields, found):
    campaign, person = build.campaign(), build.contact(time_zone="Asia/Shanghai")
    hours = Hours("own", (WHOLE_DAY,) * 7, **fields)
    call(campaign, person, datetime(2026, 11, 3, 16, 0, tzinfo=UTC), by=policy(campaign, hours))

    assert broken() == ({"calling_hours": 1} if found else {})


@pytest.mark.parametrize(
    ("country", "region", "found"),
    [("US", "US-FL", 1), ("US", "US-CA", 0), ("US", "", 1), ("", "", 1), ("GB", "", 0)],
)
def test_regional_hours_hold_there_and_for_those_who_might_be_there(country, region, found):
    campaign, person = build.campaign(), build.contact(build.phone(country=country), time_zone="UTC", region=region)
    florida = Hours("florida", ((),) * 7, regions=frozenset({"US-FL"}))
    call(campaign, person, NOON, by=policy(campaign, florida))

    assert broken() == ({"calling_hours": 1} if found else {})


# Hours that the cadence gives a kind of phone


def cadence(label, *spans, times=1):
    """A step of a cadence; without spans it has no hours of its own."""
    return Step(label, times, (spans,) * 7 if spans else None)


def labelled(label, **fields):
    made = build.contact(**fields)
    made.contactphone_set.update(label=label)
    return made


OFFICE = (540, 1020)


@pytest.mark.parametrize(
    ("label", "clock", "found"),
    [
        ("office", "08:59", 1),
        ("office", "09:00", 0),
        ("office", "16:59", 0),
        ("office", "17:00", 1),
        ("office ext. 12", "17:00", 1),
        ("mobile", "17:00", 0),
        ("home", "17:00", 0),
        ("", "17:00", 0),
    ],
)
def test_the_hours_of_a_kind_of_phone_are_those_its_cadence_gives_on_the_callees_clock(label, clock, found):
    campaign, person = build.campaign(), labelled(label, time_zone="America/New_York")
    by = policy(campaign, cadence=(cadence("mobile", times=2), cadence("office", OFFICE)))
    call(campaign, person, datetime.fromisoformat(f"2026-11-04T{clock}:59-05:00"), by=by)

    assert broken() == ({"hours_of_a_kind_of_phone": 1} if found else {})


@pytest.mark.parametrize(("label", "found"), [("", 1), ("ext. 12", 1), ("mobile", 0)])
def test_phones_without_a_label_are_a_kind_too(label, found):
    campaign, person = build.campaign(), labelled(label)
    call(campaign, person, NOON, by=policy(campaign, cadence=(cadence("", (0, 60)),)))

    assert broken() == ({"hours_of_a_kind_of_phone": 1} if found else {})


def test_of_two_steps_for_one_kind_of_phone_the_first_with_hours_gives_them():
    campaign, person = build.campaign(), labelled("home")
    steps = (cadence("home"), cadence("home", OFFICE), cadence("home", (0, 60)))
    call(campaign, person, NOON, by=policy(campaign, cadence=steps))
    call(campaign, person, NOON + 6 * HOUR, by=policy(campaign, cadence=steps))

    assert broken() == {"hours_of_a_kind_of_phone": 1}


def test_a_day_without_hours_for_a_kind_of_phone_is_a_day_without_calls_to_it_for_callbacks_too():
    campaign, person = build.campaign(), labelled("office")
    weekdays = Step("office", 1, ((OFFICE,),) * 5 + ((),) * 2)
    by = policy(campaign, cadence=(weekdays,))
    call(campaign, person, NOON, by=by)
    call(campaign, person, NOON.replace(day=7), by=by, callback=True)  # a Saturday

    [(_, why)] = findings(LONG_AGO)["hours_of_a_kind_of_phone"].examples
    assert why == "cadence: it was Sat 2026-11-07 12:00 at UTC"


# Attempts spread over the day


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ("00:00", "11:59", 1),
        ("11:59", "12:00", 0),
        ("12:00", "16:59", 1),
        ("16:59", "17:00", 0),
        ("17:00", "23:59", 1),
    ],
)
def test_morning_afternoon_and_evening_of_the_callee_have_one_attempt_that_nobody_answers(first, second, found):
    campaign, person = build.campaign(), build.contact(time_zone="Asia/Kolkata")
    by = policy(campaign, spread=True)
    for clock in (first, second):
        call(campaign, person, datetime.fromisoformat(f"2026-11-04T{clock}:00+05:30"), by=by, lasted=MICROSECOND)

    assert broken() == ({"spread_over_the_day": 1} if found else {})


def test_the_same_part_of_the_next_day_is_another():
    campaign, person = build.campaign(), build.contact()
    by = policy(campaign, spread=True)
    call(campaign, person, NOON + HOUR, by=by)
    call(campaign, person, NOON + DAY, by=by)

    assert broken() == {}


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ({}, {}, 1),
        ({"came_to": "abandoned"}, {}, 0),
        ({"came_to": "conversation"}, {}, 0),
        ({}, {"came_to": "conversation"}, 1),
        ({}, {"callback": True}, 0),
        ({"callback": True}, {}, 1),
        ({"came_to": "failed"}, {}, 0),
    ],
)
def test_what_was_answered_is_no_attempt_in_vain_and_a_callback_may_come_at_any_time(first, second, found):
    campaign, person = build.campaign(), build.contact(build.phone(), build.phone())
    by = policy(campaign, spread=True)
    call(campaign, person, NOON, by=by, **first)
    call(campaign, person, NOON + HOUR, by=by, phone=person.phones.last().pk, **second)

    assert broken() == ({"spread_over_the_day": 1} if found else {})


def test_attempts_of_another_campaign_are_not_spread_and_without_the_rule_none_are():
    campaign, other, person = build.campaign(), build.campaign(), build.contact()
    call(other, person, NOON, by=policy(other))
    call(other, person, NOON + HOUR, by=policy(other))
    call(campaign, person, NOON + 2 * HOUR, by=policy(campaign, spread=True))

    assert broken() == {}


def test_one_part_of_the_day_in_any_zone_they_may_be_in_is_enough():
    campaign = build.campaign()
    person = build.contact(build.phone(zones=["Asia/Shanghai", "Europe/London"]))
    by = policy(campaign, spread=True)
    call(campaign, person, datetime(2026, 11, 4, 8, tzinfo=UTC), by=by)
    call(campaign, person, datetime(2026, 11, 4, 10, tzinfo=UTC), by=by)  # an evening in Shanghai alone

    [(_, why)] = findings(LONG_AGO)["spread_over_the_day"].examples
    assert why == "1 before it in the same part of the day at Europe/London, and nobody answered"


# Attempts of a lead


def test_a_lead_has_no_more_attempts_than_the_rules_of_each_of_them_allow():
    campaign, person = build.campaign(), build.contact()
    two, three = policy(campaign, max_attempts=2), policy(campaign, max_attempts=3)
    for day, by in enumerate((two, two, three)):
        call(campaign, person, NOON + day * DAY, by=by)
    assert broken() == {}

    fourth = call(campaign, person, NOON + 3 * DAY, by=three)
    assert findings(LONG_AGO)["attempts_of_a_lead"].examples == (
        (fourth.pk, "3 before it for the same lead, at most 3 in all"),
    )


def test_a_callback_is_called_though_the_attempts_are_used_up_and_is_one_itself():
    campaign, person = build.campaign(), build.contact()
    by = policy(campaign, max_attempts=1)
    call(campaign, person, NOON, by=by, callback=True)
    call(campaign, person, NOON + DAY, by=by, callback=True)
    assert broken() == {}

    call(campaign, person, NOON + 2 * DAY, by=by)
    assert broken() == {"attempts_of_a_lead": 1}


def test_what_never_rang_is_no_attempt_nor_is_one_of_the_persons_other_lead():
    campaign, other, person = build.campaign(), build.campaign(), build.contact()
    by = policy(campaign, max_attempts=1)
    call(campaign, person, NOON, by=by, came_to="failed")
    call(other, person, NOON + HOUR, by=policy(other))
    call(campaign, person, NOON + DAY, by=by)

    assert broken() == {}


def test_attempts_count_however_long_before_the_moment_they_were():
    campaign, person = build.campaign(), build.contact()
    by = policy(campaign, max_attempts=1)
    call(campaign, person, NOON - 700 * DAY, by=by)
    call(campaign, person, NOON, by=by)

    assert broken(since=NOON) == {"attempts_of_a_lead": 1}


# The rest


@pytest.mark.parametrize(
    ("listed", "expires", "found"),
    [
        (-HOUR, None, 1),
        (timedelta(0), None, 0),
        (-HOUR, timedelta(0), 0),
        (-HOUR, MICROSECOND, 1),
    ],
)
def test_do_not_call_holds_from_its_entry_to_its_end(listed, expires, found):
    campaign, person = build.campaign(), build.contact()
    entry = Suppression.objects.create(
        phone=person.phones.get().pk, expires_at=None if expires is None else NOON + expires
    )
    Suppression.objects.filter(pk=entry.pk).update(created_at=NOON + listed)
    call(campaign, person, NOON, by=policy(campaign))

    assert broken() == ({"do_not_call": 1} if found else {})


def test_do_not_call_of_another_campaign_is_not_ours():
    campaign, person = build.campaign(), build.contact()
    entry = Suppression.objects.create(phone=person.phones.get().pk, campaign=build.campaign())
    Suppression.objects.filter(pk=entry.pk).update(created_at=NOON - DAY)
    call(campaign, person, NOON, by=policy(campaign))

    assert broken() == {}


@pytest.mark.parametrize(("ended", "found"), [(timedelta(0), 0), (MICROSECOND, 1), (HOUR, 1)])
def test_do_not_call_that_was_taken_off_later_still_held_then(ended, found):
    campaign, person = build.campaign(), build.contact()
    entry = Suppression.objects.create(phone=person.phones.get().pk, ended_at=NOON + ended, ended_why="mistake")
    Suppression.objects.filter(pk=entry.pk).update(created_at=NOON - HOUR)
    call(campaign, person, NOON, by=policy(campaign))

    assert broken() == ({"do_not_call": 1} if found else {})


def test_do_not_call_of_a_person_holds_on_all_their_numbers_and_for_nobody_else():
    campaign, shared = build.campaign(), build.phone()
    asked, other = build.contact(build.phone(), shared), build.contact(shared)
    entry = Suppression.objects.create(contact=asked)
    Suppression.objects.filter(pk=entry.pk).update(created_at=NOON - HOUR)
    by = policy(campaign)
    call(campaign, asked, NOON, by=by, phone=shared.pk)
    call(campaign, other, NOON + HOUR, by=by)

    assert broken() == {"do_not_call": 1}


# Consent and products


def word(person, kind="given", *, at=-DAY, known=-DAY, line=None, basis="explicit", expires=None):
    """What a person said, and when we knew; times are before or after noon."""
    ConsentEvent.objects.create(
        contact_id=person.pk,
        line_of_business_id=line,
        kind=kind,
        basis=basis if kind == "given" else "",
        at=NOON + at,
        expires_at=None if expires is None else NOON + expires,
        recorded_at=NOON + max(known, at),
    )


TAKEN_BACK = {"kind": "withdrawn", "at": -HOUR, "known": -HOUR}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ([], 1),
        ([{}], 0),
        ([{"basis": "contract"}], 1),
        ([{"line": 1}], 0),
        ([{"line": 2}], 1),
        ([{"expires": timedelta(0)}], 1),
        ([{"expires": MICROSECOND}], 0),
        ([{}, TAKEN_BACK], 1),
        ([{}, TAKEN_BACK | {"line": 1}], 1),
        ([{}, TAKEN_BACK | {"line": 2}], 0),
        ([{}, TAKEN_BACK | {"known": timedelta(0)}], 0),
        ([TAKEN_BACK, {"at": -2 * HOUR, "known": -MINUTE}], 1),
        ([TAKEN_BACK, {"at": -MINUTE, "known": -MINUTE}], 0),
        ([{}, {"at": -HOUR, "expires": -MINUTE}], 1),
        ([{}, {"at": -HOUR, "expires": -MINUTE, "known": timedelta(0)}], 0),
        ([{"at": -DAY - MINUTE, "expires": -MINUTE}, {}], 0),
        ([{"known": MICROSECOND}], 1),
        ([{"known": timedelta(0), "at": timedelta(0)}], 0),
    ],
)
def test_a_call_without_the_consent_its_rules_asked_for_is_found(words, found):
    line = LineOfBusiness.objects.create(pk=1, name="Cards")
    campaign, person = build.campaign(line_of_business=line), build.contact()
    for each in words:
        word(person, **each)
    call(campaign, person, NOON, by=policy(campaign, consent=("explicit",)))
    call(campaign, build.contact(), NOON, by=policy(campaign))

    assert broken() == ({"consent": 1} if found else {})


@pytest.mark.parametrize(
    ("events", "found"),
    [
        ([], 0),
        ([(True, -HOUR)], 1),
        ([(True, timedelta(0))], 0),
        ([(True, -HOUR), (False, -MINUTE)], 0),
        ([(True, -HOUR), (False, timedelta(0))], 0),
        ([(True, -HOUR), (False, MICROSECOND)], 1),
        ([(True, -HOUR), (False, -MINUTE), (True, -MICROSECOND)], 1),
    ],
)
def test_a_call_to_somebody_who_held_an_excluding_product_is_found(events, found):
    campaign, person = build.campaign(), build.contact()
    for held, known in events:
        ProductEvent.objects.create(contact_id=person.pk, product="GOLD", held=held, recorded_at=NOON + known)
    ProductEvent.objects.create(contact_id=person.pk, product="OTHER", held=True, recorded_at=NOON - DAY)
    call(campaign, person, NOON, by=policy(campaign, excluded_products=("GOLD", "SILVER")))

    assert broken() == ({"excluded_products": 1} if found else {})


def test_a_call_that_was_not_counted_is_found():
    campaign, person = build.campaign(), build.contact()
    made = call(campaign, person, NOON, by=policy(campaign))
    Touch.objects.filter(call_id=made.pk).delete()

    assert broken() == {"calls_without_a_touch": 1}


@pytest.mark.parametrize("version", [None, 999_999_999])
def test_a_call_whose_rules_nobody_can_read_any_more_is_found(version):
    campaign, person = build.campaign(), build.contact()
    call(campaign, person, NOON, by=version)

    assert broken() == {"calls_without_a_policy": 1}


def test_the_command_prints_counts_and_on_request_which_calls_and_why(capsys):
    campaign, person = build.campaign(), build.contact()
    by = policy(campaign, cap(1, DAY))
    call(campaign, person, NOON, by=by)
    second = call(campaign, person, NOON + HOUR, by=by)

    with pytest.raises(SystemExit) as ended:
        call_command("audit_rules", since="2026-11-01", details=True)

    assert ended.value.code == 1
    said = capsys.readouterr().out
    assert f"{second.pk}  cap: 1 before it in 24:00:00, at most 1 in all" in said
    call_command("audit_rules", json=True)
    assert json.loads(capsys.readouterr().out)["frequency_caps"] == 1
    call_command("audit_rules", since="2026-11-05")
    assert "frequency caps                             0" in capsys.readouterr().out

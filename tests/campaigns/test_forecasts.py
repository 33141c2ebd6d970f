"""The dry run says what dialling would do: per hour, never and why, and how long the list lasts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from campaigns import forecasts, policies, rulebook
from campaigns.models import Contact, ContactPhone, Lead, Suppression
from campaigns.rules import forecast
from campaigns.rules.eligibility import Reason
from campaigns.rules.forecast import Outlook, Rate, Work
from tests import build

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)  # a Tuesday
DAYTIME = [[[540, 1200]]] * 7


@pytest.mark.django_db
def test_what_may_be_called_now_today_and_never_is_told_apart():
    campaign = build.campaign(week=DAYTIME)
    now, evening, listed = (build.contact(time_zone=zone) for zone in ("UTC", "America/Los_Angeles", "UTC"))
    for who in (now, evening, listed):
        build.lead(campaign, who, due_at=NOON)
    build.lead(campaign, build.contact(time_zone="UTC"), state="finished", reason="talked")
    Suppression.objects.create(phone=listed.phones.get().pk)

    found = forecasts.forecast_of(campaign, now=NOON)

    assert (found.leads, found.settled, found.sampled) == (4, 1, False)
    outlook = found.outlook
    assert (outlook.asked, outlook.now, outlook.week) == (3, 1, 2)
    assert outlook.never == {Reason.DO_NOT_CALL: 1}
    assert outlook.hours[:9] == [1, 1, 1, 1, 1, 2, 2, 2, 1]  # Los Angeles opens at 17:00 UTC, UTC closes at 20:00


@pytest.mark.django_db
def test_a_preview_asks_by_the_rules_that_are_not_saved_yet():
    campaign = build.campaign(week=DAYTIME)
    build.lead(campaign, build.contact(time_zone="UTC"), due_at=NOON)
    campaign.week = [[]] + [[]] + [[[540, 1200]]] * 5  # closed on Monday and Tuesday

    stricter = policies.resolve(campaign)

    assert forecasts.forecast_of(campaign, policy=stricter, now=NOON).outlook.today == 0
    assert forecasts.forecast_of(campaign, now=NOON).outlook.today == 1


@pytest.mark.django_db
def test_time_the_rules_had_set_is_asked_anew_and_time_an_outcome_set_is_kept():
    campaign = build.campaign(week=DAYTIME)
    soon = NOON + timedelta(hours=3)
    build.lead(campaign, build.contact(time_zone="UTC"), due_at=soon, reason="frequency_cap_reached")
    build.lead(campaign, build.contact(time_zone="UTC"), due_at=soon, reason="no_answer")

    outlook = forecasts.forecast_of(campaign, now=NOON).outlook

    assert outlook.hours[:4] == [1, 1, 1, 2]


@pytest.mark.django_db
def test_a_large_campaign_is_sampled_and_says_how_far_off_it_may_be():
    campaign = build.campaign(week=DAYTIME)
    for _ in range(60):
        build.lead(campaign, build.contact(time_zone="UTC"), due_at=NOON)
    half = Lead.objects.filter(campaign=campaign).values_list("contact", flat=True)[:30]
    for contact in list(half):
        Lead.objects.filter(contact=contact).update(state="finished", reason="talked")

    found = forecasts.forecast_of(campaign, sample=25, now=NOON)

    assert found.sampled
    assert found.outlook.asked + found.settled == 25
    assert found.leads == 60
    assert abs(found.of_all(found.outlook.now) - 30) <= found.margin(found.outlook.now) + 15


def make_leads(campaign, first_id, step, count, **fields):
    """Leads of contacts whose ids are `step` apart."""
    ids = range(first_id, first_id + step * count, step)
    Contact.objects.bulk_create([Contact(pk=pk, customer_id=f"S{pk}", name="Ada Example") for pk in ids])
    Lead.objects.bulk_create([Lead(campaign=campaign, contact_id=pk, due_at=NOON, **fields) for pk in ids])


@pytest.mark.django_db
def test_a_sample_is_even_over_leads_however_the_ids_of_their_contacts_are_scattered():
    campaign = build.campaign(week=DAYTIME)
    make_leads(campaign, 10_000_001, 1, 1000)  # loaded at once
    make_leads(campaign, 20_000_000, 50_000, 200, state="finished", reason="talked")  # a few of many lists
    make_leads(build.campaign(), 5_000_000, 1000, 100)

    shares = []
    for _ in range(10):
        found = forecasts.forecast_of(campaign, sample=300, now=NOON)
        assert (found.leads, found.outlook.asked + found.settled) == (1200, 300)
        shares.append(found.settled / 300)

    assert abs(sum(shares) / 10 - 1 / 6) < 0.04  # ten samples' mean is off by 0.006 as a rule
    assert len(set(shares)) > 1  # another sample each time


@pytest.mark.django_db
def test_a_phone_with_hours_of_its_own_is_callable_in_these_alone():
    office = {"label": "office", "times": 1, "week": [[[720, 840]]] * 7}  # 12:00 to 14:00
    campaign, who = build.campaign(week=DAYTIME, cadence=[office]), build.contact(time_zone="UTC")
    ContactPhone.objects.filter(contact=who).update(label="office")
    build.lead(campaign, who, due_at=NOON)

    assert forecasts.forecast_of(campaign, now=NOON).outlook.hours[:24] == [1, 1] + [0] * 22


@pytest.mark.django_db
def test_an_empty_campaign_has_an_empty_forecast():
    found = forecasts.forecast_of(build.campaign(), agents=5, now=NOON)

    assert (found.leads, found.outlook.asked, found.hours) == (0, 0, (0.0, 0.0))


@pytest.mark.django_db
def test_a_cap_of_none_at_all_leaves_nobody_ever():
    campaign = build.campaign(week=DAYTIME)
    cap = {"limit": 0, "counts": "attempts", "per": "contact", "scope": "all", "window": "day"}
    rulebook.add_cap(owner=campaign, by=None, **cap)
    build.lead(campaign, build.contact(time_zone="UTC"), due_at=NOON)

    outlook = forecasts.forecast_of(campaign, now=NOON).outlook

    assert outlook.week == 0
    assert outlook.never == {Reason.CAP_REACHED: 1}


def an_outlook(week: int, hours: int) -> Outlook:
    open_now = [week if hour < hours else 0 for hour in range(168)]
    return Outlook(NOON, NOON, asked=week, now=week, today=week, week=week, hours=open_now)


def test_more_agents_and_fewer_answers_change_the_hours_as_one_would_think():
    outlook = an_outlook(1000, 168)
    work = Work(agents=5, talk_seconds=120, wrap_up_seconds=30, ring_seconds=20, max_attempts=1)
    twice = Work(agents=10, talk_seconds=120, wrap_up_seconds=30, ring_seconds=20, max_attempts=1)

    one, two = forecast.hours_to_end(outlook, work, 0.3), forecast.hours_to_end(outlook, twice, 0.3)

    assert one == pytest.approx(1000 / (5 * 3600 / (20 + 0.3 * 150)), rel=0.02)
    assert two == pytest.approx(one / 2, rel=0.05)


def test_a_list_that_cannot_be_done_in_the_week_has_no_end():
    work = Work(agents=1, talk_seconds=600, wrap_up_seconds=60, ring_seconds=20)

    assert forecast.hours_to_end(an_outlook(100_000, 10), work, 0.5) is None
    assert forecast.range_to_end(an_outlook(100_000, 10), work, Rate(0.3, 0.2, 0.5))[1] is None


def test_a_rate_is_assumed_until_there_are_calls_to_measure_it_on():
    assert forecast.answer_rate(3, 20) == forecast.ASSUMED
    rate = forecast.answer_rate(300, 1000)
    assert (rate.value, rate.measured) == (0.3, 1000)
    assert 0.27 < rate.low < 0.3 < rate.high < 0.33

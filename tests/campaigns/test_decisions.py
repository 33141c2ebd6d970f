"""Decisions are kept where they change, and the order in which leads are looked at is the documented one."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from campaigns import leads, promises, reservation, rulebook, services
from campaigns.models import CampaignList, ContactList, ContactPhone, Decision, Lead, Suppression
from campaigns.rules.eligibility import Reason
from dialer.rules.ids import new_call_id
from tests import build

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)  # a Tuesday
DAYTIME = [[[540, 1200]]] * 7


def reserve(campaign, want=10, **more):
    with transaction.atomic():
        return reservation.reserve(campaign=campaign, want=want, new_call_id=new_call_id, **more)


def person(**fields):
    return build.contact(time_zone="UTC", **fields)


@pytest.mark.django_db
def test_the_same_refusal_again_counts_up_and_another_moves_the_first_to_the_history():
    campaign = build.campaign(week=DAYTIME)
    lead = build.lead(campaign, person(), due_at=NOON - timedelta(days=9))

    for evening in (20, 21):  # after hours, then looked at once more, as if somebody had made it due
        reserve(campaign, now=NOON.replace(hour=evening))
        Lead.objects.update(due_at=NOON)
    lead.refresh_from_db()
    assert (lead.reason, lead.decided_times, Decision.objects.count()) == ("outside_calling_hours", 2, 0)

    rulebook.close_day(campaign=campaign, country="", day=NOON.date(), name="", by=None)
    reserve(campaign, now=NOON)

    lead.refresh_from_db()
    kept = Decision.objects.get()
    assert (lead.reason, lead.decided_times) == ("blackout_date", 1)
    assert (kept.lead_id, kept.reason, kept.times, kept.rule) == (lead.pk, "outside_calling_hours", 2, "campaign.hours")
    assert (kept.decided_at, kept.ended_at) == (NOON.replace(hour=20), NOON)


@pytest.mark.django_db
def test_a_call_ends_what_kept_it_from_being_made():
    campaign = build.campaign(week=DAYTIME)
    lead = build.lead(campaign, person(), due_at=NOON - timedelta(days=1))
    reserve(campaign, now=NOON.replace(hour=3))

    assert len(reserve(campaign, now=NOON.replace(hour=9))) == 1

    lead.refresh_from_db()
    assert (lead.reason, lead.decided_at, lead.inputs) == ("", None, None)
    assert Decision.objects.get().until == NOON.replace(hour=9)


@pytest.mark.django_db
def test_a_refused_lead_is_due_again_at_the_next_lawful_hour_not_when_its_cap_frees_at_night():
    campaign = build.campaign(week=DAYTIME)
    cap = {"limit": 1, "counts": "attempts", "per": "contact", "scope": "all", "window": "rolling", "window_hours": 12}
    rulebook.add_cap(owner=campaign, by=None, **cap)
    lead = build.lead(campaign, person(), due_at=NOON - timedelta(days=1))
    reserve(campaign, now=NOON)
    Lead.objects.update(state="due", held_by=None, held_phone=None)

    reserve(campaign, now=NOON + timedelta(hours=1))

    lead.refresh_from_db()
    assert lead.reason == "frequency_cap_reached"
    assert lead.due_at == NOON.replace(hour=9) + timedelta(days=1)  # the cap itself frees at midnight


def in_list(campaign, name, leads, **order):
    made = ContactList.objects.create(name=name)
    CampaignList.objects.create(campaign=campaign, list=made, **order)
    return made, [build.lead(campaign, person(), list=made, due_at=NOON - timedelta(hours=1), **lead) for lead in leads]


@pytest.mark.django_db
def test_callbacks_then_lists_by_priority_then_score_then_attempts_then_what_became_due_last():
    campaign = build.campaign()
    _, low = in_list(campaign, "low", [{"score": 100}], priority=1)
    _, high = in_list(campaign, "high", [{"score": 20}, {"score": 95}, {"score": 95, "attempts": 1}], priority=9)
    promised = build.lead(campaign, person(), callback=True, due_at=NOON - timedelta(minutes=1))
    older = build.lead(campaign, person(), list=high[1].list, score=95, due_at=NOON - timedelta(hours=2))

    got = [r.lead_id for r in reserve(campaign, now=NOON)]

    assert got == [promised.pk, high[1].pk, older.pk, high[2].pk, high[0].pk, low[0].pk]


@pytest.mark.django_db
def test_a_boosted_list_is_before_all_others_while_the_boost_lasts():
    campaign = build.campaign()
    slow, _ = in_list(campaign, "slow", [{}], priority=0)
    _, fast = in_list(campaign, "fast", [{}], priority=9)
    link = CampaignList.objects.get(campaign=campaign, list=slow)
    rulebook.boost_list(link=link, until=NOON + timedelta(hours=1), by=None)

    assert Lead.objects.get(pk=reserve(campaign, 1, now=NOON)[0].lead_id).list_id == slow.pk
    Lead.objects.update(state="due", held_by=None, held_phone=None, due_at=NOON)
    assert reserve(campaign, 1, now=NOON + timedelta(hours=2))[0].lead_id == fast[0].pk


@pytest.mark.django_db
def test_lists_of_one_priority_are_mixed_by_their_weights_and_one_that_ends_leaves_its_share():
    campaign = build.campaign()
    in_list(campaign, "three", [{} for _ in range(60)], weight=3)
    in_list(campaign, "one", [{} for _ in range(60)], weight=1)

    got = Counter(Lead.objects.get(pk=reserve(campaign, 1, now=NOON)[0].lead_id).list.name for _ in range(60))
    rest = reserve(campaign, 60, now=NOON)

    assert 25 <= got["three"] <= 59
    assert got["one"] >= 1
    assert len(rest) == 60


@pytest.mark.django_db
def test_a_personal_callback_waits_for_its_agent_until_it_is_open_to_all():
    campaign, mine, other = build.campaign(), build.user(), build.user()
    lead = build.lead(
        campaign,
        person(),
        callback=True,
        callback_by=mine,
        due_at=NOON,
        callback_open_at=NOON + timedelta(minutes=15),
        callback_expires_at=NOON + timedelta(hours=2),
    )

    assert reserve(campaign, now=NOON, agents=[other.pk]) == []
    assert reserve(campaign, now=NOON, agents=[mine.pk])[0].wanted == mine.pk
    Lead.objects.update(state="due", held_by=None, held_phone=None)
    assert reserve(campaign, now=NOON + timedelta(minutes=15))[0].wanted is None
    Lead.objects.update(state="due", held_by=None, held_phone=None)
    assert reserve(campaign, now=NOON + timedelta(hours=2)) == []
    lead.refresh_from_db()
    assert (lead.state, lead.reason) == ("finished", "callback_expired")


@pytest.mark.django_db
def test_a_promise_stands_until_its_call_came_through():
    campaign, mine = build.campaign(), build.user()
    promise = {"callback": True, "callback_by": mine, "callback_open_at": NOON, "callback_expires_at": NOON}
    lead = build.lead(campaign, person(), due_at=NOON - timedelta(hours=1), **promise)
    Lead.objects.update(callback_expires_at=NOON + timedelta(days=1))
    call = reserve(campaign, now=NOON)[0]

    settlement = leads.Settlement(
        lead.pk, call.call_id, call.phone, call.at, "no_answer", level=1, refund=False, keep=False
    )
    leads.settle([settlement], NOON)

    lead.refresh_from_db()
    assert (lead.state, lead.callback, lead.callback_by_id) == ("due", True, mine.pk)


@pytest.mark.django_db
def test_a_callback_cannot_be_promised_for_the_night_or_to_a_number_on_do_not_call():
    campaign = build.campaign(week=DAYTIME)
    who = person()

    assert promises.not_then(campaign=campaign, contact_id=who.pk, at=NOON) is None
    night = promises.not_then(campaign=campaign, contact_id=who.pk, at=NOON.replace(hour=22))
    assert night == promises.NotThen(Reason.OUTSIDE_HOURS, NOON.replace(hour=9) + timedelta(days=1))

    Suppression.objects.create(phone=who.phones.get().pk)
    never = promises.not_then(campaign=campaign, contact_id=who.pk, at=NOON)
    assert never == promises.NotThen(Reason.DO_NOT_CALL, None)


@pytest.mark.django_db
def test_whoever_refused_is_not_called_again_however_long_ago_that_was():
    campaign = build.campaign()
    rulebook.add_gap(owner=None, by=None, after="refusal", minutes=None, per="contact", scope="all")
    who = person()
    lead = build.lead(campaign, who, due_at=NOON - timedelta(days=400))
    call = reserve(campaign, now=NOON - timedelta(days=300))[0]
    said = build.disposition("no", "refusal", retry_after_hours=24)
    told = {"disposition": said, "callback_at": None, "by": None, "now": call.at}
    leads.settle_disposition(lead_id=lead.pk, call_id=call.call_id, phone=call.phone, reserved_at=call.at, **told)
    lead.refresh_from_db()
    assert lead.state == "due"

    assert reserve(campaign, now=NOON) == []

    lead.refresh_from_db()
    assert (lead.state, lead.reason) == ("finished", "too_soon")


@pytest.mark.django_db
def test_a_number_taken_off_do_not_call_may_be_called_again():

    campaign = build.campaign()
    lead = build.lead(campaign, person())
    entry = Suppression.objects.create(phone=lead.contact.phones.get().pk)
    assert reserve(campaign) == []

    services.unsuppress(suppression=entry, reason="asked again", by=None)

    assert len(reserve(campaign, now=timezone.now() + timedelta(seconds=1))) == 1


@pytest.mark.django_db
def test_a_time_offered_instead_is_within_the_hours_of_that_kind_of_phone_too():
    office = {"label": "office", "times": 1, "week": [[[600, 960]]] * 7}  # 10:00 to 16:00
    campaign, who = build.campaign(week=DAYTIME, cadence=[office]), person()
    ContactPhone.objects.filter(contact=who).update(label="office")

    found = promises.not_then(campaign=campaign, contact_id=who.pk, at=NOON.replace(hour=18))

    assert found == promises.NotThen(Reason.OUTSIDE_HOURS, NOON.replace(hour=10) + timedelta(days=1))


@pytest.mark.django_db
def test_what_agents_said_is_not_counted_as_an_outcome_of_the_same_name():
    campaign = build.campaign()
    lead = build.lead(campaign, person(), due_at=NOON - timedelta(days=9), outcome_counts={"busy": 3})
    call = reserve(campaign, now=NOON)[0]
    said = build.disposition("busy", "callback", retry_after_hours=1, retry_limit=1)

    told = {"disposition": said, "callback_at": None, "by": None, "now": NOON}
    leads.settle_disposition(lead_id=lead.pk, call_id=call.call_id, phone=call.phone, reserved_at=call.at, **told)

    lead.refresh_from_db()
    assert (lead.state, lead.outcome_counts["busy"]) == ("due", 3)  # the first time they said so, and one retry is due

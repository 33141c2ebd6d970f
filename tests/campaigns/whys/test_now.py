"""What holds now, and that it is what the dialler decides; in words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.utils import timezone, translation

from campaigns import ledger, policies, words
from campaigns.models import (
    Campaign,
    Lead,
    PolicyVersion,
    Suppression,
)
from campaigns.rules.eligibility import Reason
from campaigns.whys import history, leads, telling
from campaigns.whys.history import Kind
from campaigns.whys.leads import Standing
from tests import build
from tests.campaigns.whys.calling import DAY, HOUR, NIGHT, called, daily_cap, reserve, why

pytestmark = pytest.mark.django_db


def test_a_lead_that_nothing_keeps_is_callable_now_on_its_first_phone():
    lead = build.lead(build.campaign())

    found = why(lead)

    assert (found.standing, found.next_phone) == (Standing.CALLABLE, lead.contact.phones.get().pk)
    assert telling.verdict(found) == "Callable now: no rule holds against it."


def test_asking_why_holds_no_lead_counts_nothing_and_decides_nothing():
    campaign = build.campaign(week=NIGHT)
    lead = build.lead(campaign)

    why(lead)

    lead.refresh_from_db()
    assert (lead.state, lead.decided_at, lead.reason) == ("due", None, "")


def test_the_verdict_is_the_one_that_dialling_stores():
    daily_cap()
    first, second, person = build.campaign(), build.campaign(), build.contact()
    called(build.lead(first, person), at=timezone.now() - 2 * HOUR)
    lead = build.lead(second, person)
    now = timezone.now()

    before = why(lead, now)
    reserve(second, now=now)

    lead.refresh_from_db()
    assert (before.because.code, before.because.rule, before.next_at) == (lead.reason, lead.rule, lead.due_at)


def test_the_sentence_says_why_and_when_on_the_clock_where_they_live():
    now = datetime(2026, 11, 24, 2, tzinfo=UTC)  # nine in the evening in New York
    lead = build.lead(
        build.campaign(week=[[[540, 1200]]] * 7), build.contact(time_zone="America/New_York"), due_at=now - HOUR
    )

    found = why(lead, now)

    assert telling.verdict(found) == (
        "Not callable now: outside calling hours where they live. May be called on Tue 24 Nov at 09:00 their time."
    )
    with translation.override("zh-hans"):
        assert telling.verdict(found).endswith("客户当地时间 11月24日 星期二 09:00 起可拨打。")


def test_where_they_may_be_in_several_zones_the_time_is_a_range():
    now = datetime(2026, 11, 24, 2, tzinfo=UTC)
    phone = build.phone(zones=["America/New_York", "America/Los_Angeles"])
    lead = build.lead(build.campaign(week=[[[540, 1200]]] * 7), build.contact(phone), due_at=now - HOUR)

    assert "at 09:00–12:00 their time" in telling.verdict(why(lead, now))


def test_all_reasons_that_hold_are_told_phone_by_phone():
    vacant, listed = build.phone(status="vacant"), build.phone()
    Suppression.objects.create(phone=listed.pk)
    lead = build.lead(build.campaign(week=NIGHT), build.contact(vacant, listed))

    found = why(lead, datetime(2026, 11, 24, 12, tzinfo=UTC))

    assert [(r.phone, r.reason) for r in found.reasons] == [
        (vacant.pk, "vacant"),
        (vacant.pk, "outside_calling_hours"),
        (listed.pk, "do_not_call"),
        (listed.pk, "outside_calling_hours"),
    ]


def test_a_lead_waits_for_its_retry_when_no_rule_holds_longer():
    later = timezone.now() + 2 * HOUR
    lead = build.lead(build.campaign(), reason="no_answer", due_at=later, attempts=1)

    found = why(lead)

    assert (found.standing, found.because.code, found.next_at) == (Standing.WAITING, "no_answer", later)
    assert "May be called again on" in telling.verdict(found)


def test_a_rule_that_holds_longer_than_the_retry_is_the_one_that_is_told():
    daily_cap()
    lead = build.lead(build.campaign(), reason="no_answer", due_at=timezone.now() + 2 * HOUR, attempts=1)
    counted = called(lead, at=timezone.now() - HOUR)

    found = why(lead)

    assert found.because.code == "frequency_cap_reached"
    assert found.next_at >= counted.reserved_at + DAY


def test_a_promised_callback_is_told_as_one():
    lead = build.lead(build.campaign(), reason="conversation", callback=True, due_at=timezone.now() + HOUR)

    assert why(lead).because.code == "callback"


def test_a_person_in_another_call_is_said_to_be_in_one():
    first, second, person = build.campaign(), build.campaign(), build.contact()
    lead, other = build.lead(first, person), build.lead(second, person)
    reserve(first)

    assert (why(lead).standing, why(lead).reasons) == (Standing.IN_CALL, ())
    assert [r.reason for r in why(other).reasons] == [Reason.IN_CALL]
    assert telling.verdict(why(other)) == (
        "Not callable now: in another call at this moment. The dialler looks again within a minute."
    )


def test_a_finished_lead_says_what_finished_it():
    lead = build.lead(build.campaign(), state="finished", reason="talked")

    assert telling.verdict(why(lead)) == "Not called any more in this campaign: talked; nothing left to do."


def test_a_refusal_for_good_says_that_there_is_no_next_time():
    lead = build.lead(build.campaign())
    Suppression.objects.create(phone=lead.contact.phones.get().pk)

    found = why(lead)

    assert found.next_at is None
    assert telling.verdict(found).endswith("It will not be called in this campaign any more.")


def test_a_lead_of_a_paused_campaign_says_that_nobody_is_called():
    lead = build.lead(build.campaign(status=Campaign.Status.PAUSED))

    assert telling.remarks(why(lead)) == ["Nobody is called while the campaign is not running (paused)."]


def test_a_decision_that_the_rules_no_longer_make_is_said_to_be_an_old_one():
    lead = build.lead(
        build.campaign(), reason="do_not_call", state="finished", decided_at=timezone.now() - DAY, decided_times=1
    )

    assert telling.remarks(why(lead)) == [
        "By the rules of this moment it could be called, but the lead was finished before."
    ]


def test_the_stored_decision_says_since_when_how_often_and_by_which_version_of_the_rules():
    daily_cap()
    campaign = build.campaign()
    lead = build.lead(campaign)
    called(lead, at=timezone.now() - HOUR)
    started = timezone.now()
    reserve(campaign, now=started)
    Lead.objects.update(due_at=started)
    reserve(campaign, now=started + HOUR)

    stored = why(lead).stored

    assert (stored.since, stored.times, stored.version) == (started, 2, 1)
    assert stored.inputs == {"n": 1, "limit": 1}


def test_a_version_of_the_rules_that_is_gone_or_unreadable_is_no_error():
    campaign = build.campaign()
    decided = {"reason": "too_soon", "rule": "gap-7", "decided_at": timezone.now(), "decided_times": 1}
    gone = build.lead(campaign, policy_id=987_654, **decided)
    unreadable = PolicyVersion.objects.create(campaign=campaign, number=77, data={"an": "older shape"})
    old = build.lead(campaign, policy_id=unreadable.pk, **decided)

    for lead, version in ((gone, None), (old, 77)):
        found = why(lead)
        assert (found.stored.version, telling.rule_of(found.stored.because)) == (version, "gap-7")
        assert (
            history.of_lead(Lead.objects.select_related("campaign").get(pk=lead.pk)).events[0].said.version == version
        )


def test_many_leads_of_a_campaign_are_answered_with_as_few_queries_as_one(django_assert_max_num_queries):
    campaign = build.campaign()
    policies.current(campaign.pk)
    for _ in range(20):
        build.lead(campaign)
    rows = list(Lead.objects.select_related("campaign", "contact"))

    with django_assert_max_num_queries(9):
        assert len(leads.of_leads(rows, timezone.now())) == 20


@pytest.mark.parametrize("code", sorted({*Reason, *ledger.OUTCOMES, *policies.RECHECKED} - {""}))
def test_every_reason_and_outcome_has_words_in_both_languages(code: str):
    english = words.OUTCOMES[code]

    with translation.override("zh-hans"):
        chinese = str(english)

    assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese), chinese
    assert str(english) != chinese


def test_what_was_decided_moves_to_the_history_when_another_decision_takes_its_place():
    daily_cap()
    campaign = build.campaign()
    lead = build.lead(campaign)
    counted = called(lead, at=timezone.now() - HOUR)
    reserve(campaign, now=timezone.now())
    Suppression.objects.create(phone=counted.phone)
    Lead.objects.update(due_at=timezone.now())
    reserve(campaign, now=timezone.now())

    kinds = [
        (event.kind, event.said and event.said.because.code) for event in history.of_person(lead.contact_id).events
    ]

    assert kinds == [
        (Kind.HOLDS, "do_not_call"),
        (Kind.DECISION, "frequency_cap_reached"),
        (Kind.DO_NOT_CALL, None),
        (Kind.CALL, None),
    ]

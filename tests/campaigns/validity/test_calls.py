"""Numbers are learned about from our own calls and from what agents say, in the middle of dialling."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns import leads, reservation
from campaigns.models import Campaign, Disposition, Lead, Phone, PhoneEvidence
from campaigns.rules.learning import SAID
from dialer.rules.ids import new_call_id
from tests import build
from tests.campaigns.validity.words import HOUR, heard, kept, record, status

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign() -> Campaign:
    return build.campaign()


def call(campaign: Campaign, phone: Phone) -> tuple[Lead, UUID]:
    """A lead with this phone, held by a call."""
    call_id = new_call_id()
    held = {"state": "held", "held_by": call_id, "held_phone": phone.pk, "attempts": 1}
    return build.lead(campaign, build.contact(phone), **held), call_id


def ended(campaign: Campaign, phone: Phone, outcome: str, cause: int | None = None, sip: str = "", **more: Any) -> None:
    lead, call_id = call(campaign, phone)
    settlement = leads.Settlement(
        lead.pk, call_id, phone.pk, timezone.now(), outcome, 1, False, more.pop("keep", False), cause, sip
    )
    with transaction.atomic():
        leads.settle([settlement], more.pop("now", timezone.now()))


def said(campaign: Campaign, phone: Phone, category: str | None) -> None:
    """An agent wrote a conversation up."""
    lead, call_id = call(campaign, phone)
    disposition = build.disposition(f"d{call_id}", category) if category else None
    with transaction.atomic():
        leads.settle_disposition(
            lead_id=lead.pk,
            call_id=call_id,
            phone=phone.pk,
            reserved_at=timezone.now(),
            disposition=disposition,
            callback_at=None,
            by=build.user(),
            now=timezone.now(),
        )


def test_an_unallocated_number_is_vacant_with_the_causes_as_evidence(campaign: Campaign):
    phone = build.phone()

    ended(campaign, phone, "invalid_number", 1, "404")

    assert status(phone) == "vacant"
    evidence = PhoneEvidence.objects.get()
    assert (evidence.kind, evidence.detail, evidence.times) == ("own_call", "Q.850 1, SIP 404", 1)
    assert evidence.attempt_id is not None
    assert phone.status_expires_at == phone.status_observed_at + 24 * HOUR


def test_out_of_reach_counts_from_the_second_time_in_a_row(campaign: Campaign):
    phone, now = build.phone(), timezone.now()

    ended(campaign, phone, "unreachable", 20, "480", now=now - 10 * HOUR)
    once = status(phone)
    ended(campaign, phone, "unreachable", 20, "480", now=now)

    assert (once, status(phone)) == ("", "unreachable")
    assert kept(phone) == [("unreachable", "own_call", 2)]


def test_out_of_reach_long_ago_or_answered_in_between_is_not_in_a_row(campaign: Campaign):
    long_ago, answered = build.phone(), build.phone()
    now = timezone.now()
    ended(campaign, long_ago, "unreachable", 20, now=now - 100 * HOUR)
    ended(campaign, answered, "unreachable", 20, now=now - 5 * HOUR)
    ended(campaign, answered, "conversation", 16, now=now - 4 * HOUR)

    ended(campaign, long_ago, "unreachable", 20, now=now)
    ended(campaign, answered, "unreachable", 20, now=now)

    assert (status(long_ago), status(answered)) == ("", "")


def test_a_person_who_answers_clears_what_was_known_before(campaign: Campaign):
    phone = build.phone()
    record(heard(phone, "vacant", ago=3))

    ended(campaign, phone, "conversation", 16)

    assert status(phone) == ""


def test_a_person_who_answers_clears_no_risk(campaign: Campaign):
    phone = build.phone()
    record(heard(phone, "risk_number", ago=3))

    ended(campaign, phone, "conversation", 16)
    said(campaign, phone, "success")

    assert status(phone) == "risk_number"


def test_nothing_is_written_of_calls_that_teach_nothing(campaign: Campaign):
    for outcome, cause in (("no_answer", 19), ("busy", 17), ("congestion", 34), ("conversation", 16), ("failed", 0)):
        ended(campaign, build.phone(), outcome, cause)

    assert not PhoneEvidence.objects.exists()


def test_while_an_agent_writes_a_conversation_up_nothing_is_learned_of_it(campaign: Campaign):
    phone = build.phone()
    record(heard(phone, "vacant", ago=3))

    ended(campaign, phone, "conversation", 16, keep=True)

    assert status(phone) == "vacant"


def test_somebody_elses_number_is_left_alone_until_an_agent_knew_them(campaign: Campaign):
    phone = build.phone()

    said(campaign, phone, "invalid_number")
    wrong = status(phone)
    ended(campaign, phone, "conversation", 16)
    answered = status(phone)
    said(campaign, phone, "refusal")

    assert (wrong, answered, status(phone)) == ("wrong_number", "wrong_number", "")
    assert PhoneEvidence.objects.get(code="wrong_number").by is not None


def test_an_agent_who_says_nothing_talked_with_somebody_all_the_same(campaign: Campaign):
    phone = build.phone()
    record(heard(phone, "powered_off", ago=3))

    said(campaign, phone, None)

    assert status(phone) == ""


def test_only_categories_that_exist_are_learned_from():
    assert set(SAID) <= set(Disposition.Category.values)


def learning_statements(campaign: Campaign, outcome: str, cause: int) -> int:
    with CaptureQueriesContext(connection) as found:
        ended(campaign, build.phone(), outcome, cause)
    kinds = ("campaigns_phoneevidence", "campaigns_phone WHERE number = ANY")
    return sum(any(kind in query["sql"] for kind in kinds) for query in found.captured_queries)


def test_what_teaches_nothing_costs_nothing_and_the_rest_one_lock_and_one_statement(campaign: Campaign):
    costs = [learning_statements(campaign, *ending) for ending in (("busy", 17), ("invalid_number", 1))]

    assert costs == [0, 2]


def test_the_dialler_leaves_a_vacant_number_alone_until_it_ages(campaign: Campaign):
    phone = build.phone()
    lead = build.lead(campaign, build.contact(phone))
    record(heard(phone, "vacant"))

    with transaction.atomic():
        assert reservation.reserve(campaign=campaign, want=1, new_call_id=new_call_id) == []

    lead.refresh_from_db()
    phone.refresh_from_db()
    assert (lead.reason, lead.due_at) == ("vacant", phone.status_expires_at)

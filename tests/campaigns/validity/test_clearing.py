"""Leads that a number had set aside are due again once less is held against it."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.utils import timezone

from campaigns import reservation, tasks
from campaigns.models import Campaign, ClearedPhone, Lead, Phone
from campaigns.validity import clearing
from dialer.rules.ids import new_call_id
from tests import build
from tests.campaigns.validity.words import HOUR, heard, record

pytestmark = pytest.mark.django_db


class Killed(Exception):
    """As a process ends that is killed."""


def wake_and_be_killed() -> None:
    with transaction.atomic():
        clearing.wake()
        raise Killed


@pytest.fixture
def campaign() -> Campaign:
    return build.campaign()


def reserved(campaign: Campaign) -> int:
    with transaction.atomic():
        return len(reservation.reserve(campaign=campaign, want=10, new_call_id=new_call_id))


def set_aside(campaign: Campaign, phone: Phone, code: str, **more: object) -> Lead:
    lead = build.lead(campaign, build.contact(phone))
    record(heard(phone, code, ago=2, **more))
    assert reserved(campaign) == 0
    lead.refresh_from_db()
    assert lead.reason == code
    return lead


def test_a_cleared_number_has_its_leads_called_at_once(campaign: Campaign):
    phone = build.phone()
    set_aside(campaign, phone, "suspended")

    record(heard(phone, "in_service"))

    assert clearing.wake() == 1
    assert reserved(campaign) == 1
    assert not ClearedPhone.objects.exists()


def test_so_are_leads_that_it_had_finished_for_good(campaign: Campaign):
    phone, other = build.phone(), build.campaign()
    Phone.objects.filter(pk=phone.pk).update(status="risk_number")
    lead = build.lead(campaign, build.contact(phone))
    elsewhere = build.lead(other, lead.contact)
    assert (reserved(campaign), reserved(other)) == (0, 0)
    assert Lead.objects.get(pk=lead.pk).state == "finished"

    record(heard(phone, "in_service"))
    clearing.wake()

    assert set(Lead.objects.filter(state="due").values_list("pk", flat=True)) == {lead.pk, elsewhere.pk}


def test_a_shorter_hold_is_looked_at_again_too(campaign: Campaign):
    phone = build.phone()
    lead = set_aside(campaign, phone, "suspended")

    record(heard(phone, "powered_off"))
    clearing.wake()

    assert reserved(campaign) == 0
    lead.refresh_from_db()
    phone.refresh_from_db()
    assert (lead.reason, lead.due_at) == ("powered_off", phone.status_expires_at)


def test_what_calls_came_to_and_whose_number_was_not_cleared_stay_as_they_are(campaign: Campaign):
    phone, other = build.phone(), build.phone()
    kept = set_aside(campaign, other, "vacant")
    later = timezone.now() + 5 * HOUR
    busy = build.lead(campaign, build.contact(phone), due_at=later, reason="busy")
    talked = build.lead(build.campaign(), busy.contact, state="finished", reason="talked")
    record(heard(phone, "vacant", ago=2))

    record(heard(phone, "in_service"))
    clearing.wake()

    states = dict(Lead.objects.values_list("pk", "state"))
    assert (states[busy.pk], states[talked.pk]) == ("due", "finished")
    assert Lead.objects.get(pk=busy.pk).due_at == later
    assert Lead.objects.get(pk=kept.pk).due_at > timezone.now()


def test_a_wake_that_was_killed_is_made_up_for(campaign: Campaign):
    phone = build.phone()
    set_aside(campaign, phone, "suspended")
    record(heard(phone, "in_service"))

    with pytest.raises(Killed):
        wake_and_be_killed()
    assert reserved(campaign) == 0

    tasks.wake_cleared()

    assert reserved(campaign) == 1


def test_a_lead_that_a_call_finished_for_good_is_due_again_once_the_number_is_cleared(campaign: Campaign) -> None:
    phone = build.phone()
    lead = build.lead(campaign, build.contact(phone), state="finished", reason="invalid_number")
    other = build.lead(campaign, build.contact(phone), state="finished", reason="talked")
    record(heard(phone, "vacant", ago=2))

    record(heard(phone, "in_service", ago=1))
    assert clearing.wake() == 1

    lead.refresh_from_db()
    other.refresh_from_db()
    assert (lead.state, other.state) == ("due", "finished")

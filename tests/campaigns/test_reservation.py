"""Reserving leads: due ones only, each once, refusals moved forward, and no two campaigns on one person."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from campaigns import reservation
from campaigns.models import FrequencyCap, Lead, Suppression, Touch
from dialer.rules.ids import new_call_id
from tests import build


def reserve(campaign, want=10):
    with transaction.atomic():
        return reservation.reserve(campaign=campaign, want=want, new_call_id=new_call_id)


@pytest.mark.django_db
def test_due_leads_are_held_callbacks_first_and_their_touches_counted():
    campaign = build.campaign()
    leads = [build.lead(campaign) for _ in range(3)]
    promised = build.lead(campaign, callback=True)
    build.lead(campaign, due_at=timezone.now() + timedelta(hours=1))

    reserved = reserve(campaign, want=3)

    assert [r.lead_id for r in reserved] == [promised.pk, leads[2].pk, leads[1].pk]
    assert Touch.objects.count() == 3
    assert Lead.objects.filter(state="held").count() == 3


@pytest.mark.django_db
def test_a_refused_lead_moves_forward_with_its_reason():
    closed = build.campaign(starts_on=(timezone.now() + timedelta(days=3)).date())
    lead = build.lead(closed, build.contact(time_zone="UTC"))

    assert reserve(closed) == []

    lead.refresh_from_db()
    assert (lead.state, lead.reason) == ("due", "campaign_not_begun")
    assert lead.due_at > timezone.now()


@pytest.mark.django_db
def test_a_number_put_on_do_not_call_after_it_was_queued_is_not_called():
    campaign = build.campaign()
    lead = build.lead(campaign)
    Suppression.objects.create(phone=lead.contact.phones.get().pk)

    assert reserve(campaign) == []

    lead.refresh_from_db()
    assert (lead.state, lead.reason) == ("finished", "do_not_call")


@pytest.mark.django_db
def test_a_cap_over_all_campaigns_counts_what_the_other_campaign_did():
    FrequencyCap.objects.create(counts="attempts", per="contact", scope="all", window_hours=24, limit=1)
    first, second, person = build.campaign(), build.campaign(), build.contact()
    build.lead(first, person)
    build.lead(second, person)
    assert len(reserve(first)) == 1
    Lead.objects.filter(campaign=first).update(state="finished", held_by=None, held_phone=None)

    assert reserve(second) == []

    assert Lead.objects.get(campaign=second).reason == "frequency_cap_reached"


@pytest.mark.django_db
def test_a_person_in_a_call_and_a_number_in_a_call_are_left_alone():
    first, second, shared = build.campaign(), build.campaign(), build.phone()
    him, her = build.contact(shared), build.contact(shared)
    build.lead(first, him)
    build.lead(second, him)
    build.lead(second, her)
    assert len(reserve(first)) == 1

    assert reserve(second) == []

    assert set(Lead.objects.filter(campaign=second).values_list("reason", flat=True)) == {"in_call"}


@pytest.mark.django_db(transaction=True)
def test_campaigns_racing_for_the_same_people_never_both_get_one():
    people = [build.contact() for _ in range(30)]
    campaigns = [build.campaign() for _ in range(4)]
    for campaign in campaigns:
        for person in people:
            build.lead(campaign, person)
    FrequencyCap.objects.create(counts="attempts", per="contact", scope="all", window_hours=24, limit=1)
    got: list[int] = []
    start = threading.Barrier(len(campaigns))

    def race(campaign) -> None:
        start.wait()
        for _ in range(10):
            got.extend(r.contact_id for r in reserve(campaign, want=5))
        connection.close()

    threads = [threading.Thread(target=race, args=(campaign,)) for campaign in campaigns]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)

    assert len(got) == len(set(got)) == len(people)

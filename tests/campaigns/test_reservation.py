"""Reserving leads: due ones only, each once, refusals moved forward, and no two campaigns on one person."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from campaigns import exchange, leads, ledger, reservation, services
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


def settle(reserved, disposition, now):
    """The call that holds the lead has been a conversation, and the agent says what it came to."""
    ledger.came_to([(ledger.TouchKey(reserved.phone, reserved.at, reserved.call_id), 3, "conversation")])
    leads.settle_disposition(
        lead_id=reserved.lead_id, call_id=reserved.call_id, phone=reserved.phone, reserved_at=reserved.at,
        disposition=disposition, callback_at=None, by=None, now=now,
    )  # fmt: skip


def in_another_session(work):
    """Do it there, to its end."""

    def and_close() -> None:
        with transaction.atomic():
            work()
        connection.close()

    thread = threading.Thread(target=and_close)
    thread.start()
    thread.join(60)
    assert not thread.is_alive()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("before", [0, 1, 2])
def test_a_call_that_ends_while_we_decide_is_in_progress_or_its_result_is_known(before, monkeypatch):
    """Before who is in a call is read, do-not-call, or touches. A call that teaches something waits for the number."""
    FrequencyCap.objects.create(counts="conversations", per="contact", scope="all", window_hours=24, limit=1)
    first, second, person = build.campaign(), build.campaign(), build.contact()
    build.lead(first, person)
    build.lead(second, person)
    [call] = reserve(first)
    execute = exchange.execute

    def it_ends_between(*statements):
        if len(statements) < 3:
            return execute(*statements)
        monkeypatch.setattr(exchange, "execute", execute)
        found = [execute(statement)[0] for statement in statements[:before]]
        in_another_session(lambda: settle(call, build.disposition("off", "no_contact"), timezone.now()))
        return found + [execute(statement)[0] for statement in statements[before:]]

    monkeypatch.setattr(exchange, "execute", it_ends_between)

    assert reserve(second) == []


@pytest.mark.django_db(transaction=True)
def test_who_waited_for_the_campaign_decides_by_the_time_it_is_then():
    campaign = build.campaign()
    build.lead(campaign)
    asked, locked, release = threading.Event(), threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            reservation._lock(campaign.pk)
            locked.set()
            release.wait(60)
        connection.close()

    def ask() -> None:
        with transaction.atomic():
            asked.began = reservation_began()
            asked.set()
            asked.got = reservation.reserve(campaign=campaign, want=1, new_call_id=new_call_id)
        connection.close()

    def reservation_began():
        with connection.cursor() as cursor:
            cursor.execute("SELECT now()")
            return cursor.fetchone()[0]

    threads = [threading.Thread(target=hold), threading.Thread(target=ask)]
    threads[0].start()
    assert locked.wait(60)
    threads[1].start()
    assert asked.wait(60)
    waited_until = timezone.now()
    release.set()
    for thread in threads:
        thread.join(60)

    [reserved] = asked.got
    assert asked.began < waited_until < reserved.at


@pytest.mark.django_db(transaction=True)
def test_who_is_put_on_do_not_call_while_we_decide_is_so_from_after_our_decision():
    campaign = build.campaign()
    lead = build.lead(campaign)
    number = lead.contact.phones.get().pk
    waiting = threading.Event()

    def put() -> None:
        waiting.set()
        services.suppress(number=f"+{number}", reason="asked", by=None)
        connection.close()

    with transaction.atomic():
        [reserved] = reservation.reserve(campaign=campaign, want=1, new_call_id=new_call_id)
        thread = threading.Thread(target=put)
        thread.start()
        assert waiting.wait(60)
        decided = timezone.now()
    thread.join(60)

    assert Suppression.objects.get().created_at > decided > reserved.at

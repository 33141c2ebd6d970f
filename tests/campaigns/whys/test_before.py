"""Who spent the budget, what was before, and who people are."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.utils import timezone

from campaigns.models import (
    ContactList,
    Decision,
    FrequencyCap,
    Lead,
    LineOfBusiness,
    ListEntry,
    Suppression,
)
from campaigns.whys import budgets, history, people
from campaigns.whys.history import Kind
from campaigns.whys.leads import Standing
from dialer.models import AttemptResult
from tests import build
from tests.campaigns.whys.calling import DAY, HOUR, called, daily_cap, why

pytestmark = pytest.mark.django_db


def test_a_lead_refused_for_a_cap_shows_who_spent_it_and_when_it_frees():
    daily_cap(limit=2)
    first, second, person = build.campaign(name="Cards"), build.campaign(name="Loans"), build.contact()
    now = timezone.now()
    shift = build.shift(first, build.server(), state="off")
    mine = build.lead(first, person)
    early = called(mine, at=now - 20 * HOUR, outcome="conversation", shift=shift, agent_id=shift.agent_id)
    late = called(mine, at=now - 2 * HOUR)
    lead = build.lead(second, person)

    [use] = budgets.of([why(lead, now)])

    assert (use.used, use.is_full, why(lead, now).because.rule) == (2, True, use.cap.name)
    assert [s.call.id for s in use.spenders] == [late.pk, early.pk]
    assert [(s.campaign, s.call.outcome, s.call.agent) for s in use.spenders] == [
        ("Cards", "no_answer", ""),
        ("Cards", "conversation", str(shift.agent)),
    ]
    assert use.spenders[1].leaves_at == early.reserved_at + DAY
    assert use.until == why(lead, now).next_at


def test_a_cap_that_is_partly_used_is_told_too():
    daily_cap(limit=3)
    lead = build.lead(build.campaign())
    called(lead, at=timezone.now() - HOUR)

    [use] = budgets.of([why(lead)])

    assert (use.used, use.cap.limit, use.is_full) == (1, 3, False)
    assert why(lead).standing == Standing.CALLABLE


def test_a_cap_of_nothing_is_told_as_full_for_good_with_nobody_who_spent_it():
    daily_cap(limit=0)
    lead = build.lead(build.campaign())

    [use] = budgets.of([why(lead)])

    assert (use.is_full, use.until, use.spenders, why(lead).next_at) == (True, None, (), None)


def test_a_cap_of_all_campaigns_is_told_once_for_a_person_in_many():
    daily_cap(limit=3)
    own = build.campaign()
    FrequencyCap.objects.create(campaign=own, counts="attempts", per="contact", scope="campaign", limit=2)
    person = build.contact()
    rows = [build.lead(campaign, person) for campaign in (own, build.campaign(), build.campaign())]
    called(rows[0], at=timezone.now() - HOUR)

    uses = budgets.of(people.whys_of([person], timezone.now()))

    assert [(use.cap.scope, len(use.campaigns)) for use in uses] == [("campaign", 1), ("all", 3)]


def test_a_cap_per_number_counts_the_other_person_who_shares_it():
    daily_cap(per="phone")
    campaign, shared = build.campaign(), build.phone()
    him, her = (build.lead(campaign, build.contact(shared)) for _ in range(2))
    called(him, at=timezone.now() - HOUR)

    [use] = budgets.of([why(her)])

    assert (use.phone, use.spenders[0].call.lead_id) == (shared.pk, him.pk)
    assert why(her).because.code == "frequency_cap_reached"


def past(lead: Lead, *, ended_at: datetime, **fields) -> Decision:
    known = {"decided_at": ended_at - HOUR, "times": 1, "reason": "outside_calling_hours", "rule": "campaign.hours"}
    return Decision.objects.create(lead_id=lead.pk, ended_at=ended_at, **{**known, **fields})


def test_a_history_has_decisions_calls_and_do_not_call_newest_first():
    campaign = build.campaign()
    lead = build.lead(campaign)
    now = timezone.now()
    past(lead, ended_at=now - 3 * HOUR)
    call = build.attempt(lead, at=now - 3 * HOUR, outcome="conversation", bridged_at=now - 3 * HOUR)
    disposition = build.disposition("callback", "callback", label_zh="约定回访")
    AttemptResult.objects.create(
        attempt_id=call.pk, campaign=campaign, disposition=disposition, note="after six", at=now
    )
    Lead.objects.update(reason="too_soon", decided_at=now - 2 * HOUR, decided_times=4)
    Suppression.objects.create(phone=call.phone, reason="asked by letter")

    page = history.of_person(lead.contact_id)

    assert [event.kind for event in page.events] == [Kind.DO_NOT_CALL, Kind.HOLDS, Kind.CALL, Kind.DECISION]
    assert (page.events[1].said.times, page.events[1].said.ended_at) == (4, None)
    told = page.events[2].call
    assert (told.result.disposition, told.result.note, told.talk_seconds) == ("Callback", "after six", 30)
    assert history.of_lead(Lead.objects.select_related("campaign").get()).events == page.events


def test_a_history_is_told_page_by_page_without_a_gap_or_a_repetition():
    campaign, shared = build.campaign(), build.phone()
    rows = [build.lead(campaign, build.contact(shared)) for _ in range(3)]
    now = timezone.now().replace(microsecond=0)
    # Three decisions of one instant each time: a page ends in the middle of one.
    for n in range(1, 41):
        for lead in rows:
            past(lead, ended_at=now - n * HOUR)
    for n in range(1, 11):
        build.attempt(rows[0], at=now - n * HOUR)

    told, mark = [], None
    for _ in range(9):
        page = history.of_phone(shared.pk, history.read_mark(mark) if mark else None)
        told += [(event.kind, event.lead_id, event.mark.at) for event in page.events]
        mark = page.next
        if not mark:
            break

    assert len(told) == len(set(told)) == 130
    assert [at for _, _, at in told] == sorted((at for _, _, at in told), reverse=True)


def test_the_history_of_a_number_leaves_out_what_was_said_of_another():
    mine, other = build.phone(), build.phone()
    lead = build.lead(build.campaign(), build.contact(mine, other))
    now = timezone.now()
    past(lead, ended_at=now - HOUR, phone=mine.pk)
    past(lead, ended_at=now - 2 * HOUR, phone=other.pk)
    past(lead, ended_at=now - 3 * HOUR, phone=None, reason="attempts_used", rule="")
    build.attempt(lead, at=now, phone=other.pk)

    assert [event.phone for event in history.of_phone(mine.pk).events] == [mine.pk, None]


def test_do_not_call_of_another_line_is_no_part_of_a_leads_history():
    cards, loans = (LineOfBusiness.objects.create(name=name) for name in ("Cards", "Loans"))
    lead = build.lead(build.campaign(line_of_business=cards))
    number = lead.contact.phones.get().pk
    Suppression.objects.create(phone=number, line_of_business=loans)
    Suppression.objects.create(phone=number, line_of_business=cards)

    assert [event.entry.line_of_business for event in history.of_lead(lead).events] == [cards]


def test_a_history_may_be_of_one_kind_alone():
    campaign = build.campaign()
    person = build.contact()
    lead = build.lead(campaign, person, reason="too_soon", decided_at=timezone.now(), decided_times=1)
    listed = ContactList.objects.create(name="July")
    ListEntry.objects.create(list=listed, contact=person, row_no=7)
    Suppression.objects.create(phone=person.phones.get().pk)
    called(lead, at=timezone.now() - 2 * HOUR)
    talked = timezone.now() - HOUR
    called(lead, at=talked, outcome="conversation", bridged_at=talked)

    counts = {only: len(history.of_person(person.pk, only=only).events) for only in history.Only}

    assert counts == {"": 5, "calls": 2, "conversations": 1, "decisions": 1, "do_not_call": 1, "lists": 1}


@pytest.mark.parametrize("text", ["x", "2026-11-24", "2026-11-24T00:00:00", "2026-13-44T00:00:00Z", "~1~2", "1~a"])
def test_a_mark_that_is_no_time_is_refused(text: str):
    with pytest.raises(history.BadMark):
        history.read_mark(text)

"""Why was this one called, or not, and when will it be: the answers, and that they are the dialler's own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone, translation

from campaigns import ledger, policies, reservation, words
from campaigns.models import (
    Campaign,
    Decision,
    FrequencyCap,
    Lead,
    LineOfBusiness,
    MinimumGap,
    PolicyVersion,
    Suppression,
)
from campaigns.rules.eligibility import Reason
from campaigns.whys import budgets, history, leads, people, telling, waterfall
from campaigns.whys.history import Kind
from campaigns.whys.leads import Standing
from dialer.models import AttemptResult
from dialer.rules.ids import new_call_id
from tests import build

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NIGHT = [[[540, 541]]] * 7


def reserve(campaign, want=10, now=None):
    with transaction.atomic():
        return reservation.reserve(campaign=campaign, want=want, new_call_id=new_call_id, now=now)


def why(lead: Lead, now: datetime | None = None) -> leads.LeadWhy:
    return leads.of_lead(lead.pk, now or timezone.now())


def called(lead: Lead, *, at: datetime, **fields):
    """An ended call that was counted."""
    made = build.attempt(lead, at=at, **fields)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO campaigns_touch (phone, at, call_id, contact_id, campaign_id, level, outcome)"
            " VALUES (%s, %s, %s, %s, %s, 1, %s)",
            [made.phone, at, made.pk, lead.contact_id, lead.campaign_id, ledger.CODES[made.outcome]],
        )
    return made


def daily_cap(**fields) -> FrequencyCap:
    return FrequencyCap.objects.create(
        **{"counts": "attempts", "per": "contact", "scope": "all", "window_hours": 24, "limit": 1, **fields}
    )


# What holds now


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


# Who spent the budget


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


# What was before


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


@pytest.mark.parametrize("text", ["x", "2026-11-24", "2026-11-24T00:00:00", "2026-13-44T00:00:00Z", "~1~2", "1~a"])
def test_a_mark_that_is_no_time_is_refused(text: str):
    with pytest.raises(history.BadMark):
        history.read_mark(text)


# People


def test_a_person_is_found_by_the_whole_customer_id_or_the_whole_number():
    person = build.contact(build.phone(8613800138000), customer_id="HB-1")

    plain = (" HB-1 ", "+86 138 0013 8000", "8613800138000", "0086 13800138000")
    found = [people.find(text) for text in plain] + [people.find("138 0013 8000", "CN")]

    assert found == [[person]] * 5
    assert [people.find(text) for text in ("HB", "1380013800", "", "ünknown")] == [[]] * 4


def test_a_number_we_would_not_dial_is_found_all_the_same():
    person = build.contact(build.phone(999))

    assert people.find("999") == [person]


def test_both_people_of_a_shared_number_are_found():
    shared = build.phone()
    both = [build.contact(shared), build.contact(shared)]

    assert people.find(f"+{shared.pk}") == both


# The waterfall


def test_a_waterfall_reconciles_to_the_total_and_ends_with_those_callable_now():
    campaign = build.campaign()
    tomorrow = timezone.now() + DAY
    for n, fields in enumerate(
        (
            {"state": "finished", "reason": "vacant"},
            {"state": "finished", "reason": "vacant"},
            {"due_at": tomorrow, "reason": "outside_calling_hours"},
            {"reason": "no_answer"},
        )
    ):
        build.lead(campaign, score=n, **fields)
    build.lead(campaign, due_at=timezone.now() - 2 * DAY)
    reserve(campaign, want=1)

    found = waterfall.of(campaign, timezone.now())

    told = [(bar.group.state, bar.group.reason, bar.above, bar.group.count) for bar in found.bars]
    assert told == [
        ("finished", "vacant", 0, 2),
        ("due", "outside_calling_hours", 2, 1),
        ("held", "", 3, 1),
        ("due", "", 4, 1),
    ]
    assert (found.total, found.callable) == (5, 1)


def test_a_waterfall_tells_caps_and_gaps_rule_by_rule_in_sentences():
    cap = daily_cap()
    gap = MinimumGap.objects.create(after="busy", minutes=15, per="phone", scope="all")
    campaign = build.campaign()
    version = policies.current(campaign.pk).version
    waits = {"due_at": timezone.now() + HOUR, "policy_id": version}
    for rule, reason in ((f"cap-{cap.pk}", "frequency_cap_reached"), ("cap-0", "frequency_cap_reached")):
        build.lead(campaign, rule=rule, reason=reason, **waits)
    build.lead(campaign, rule=f"gap-{gap.pk}", reason="too_soon", **waits)
    build.lead(campaign, rule="campaign.hours", reason="outside_calling_hours", **waits)

    told = {(bar.group.reason, bar.rule) for bar in waterfall.of(campaign, timezone.now()).bars}

    assert told == {
        ("frequency_cap_reached", "At most 1 attempt per person in any 24 hours, over all campaigns"),
        ("frequency_cap_reached", "cap-0"),
        ("too_soon", "After busy, the number is left alone for 15 minutes, unless they asked for a callback"),
        ("outside_calling_hours", ""),
    }


def test_a_slow_count_is_kept_for_all_who_look_and_a_quick_one_is_not(monkeypatch: pytest.MonkeyPatch):
    campaign = build.campaign()
    build.lead(campaign)
    now = timezone.now()

    monkeypatch.setattr(waterfall, "QUICK_SECONDS", 0)
    monkeypatch.setattr(waterfall, "TIMES_AS_LONG", 1e9)
    first = waterfall.of(campaign, now)
    build.lead(campaign)
    second = waterfall.of(campaign, now + timedelta(seconds=59))
    third = waterfall.of(campaign, now + timedelta(seconds=61))

    assert (first.total, second.total, third.total) == (1, 1, 2)
    assert (first.is_kept, second.is_kept, second.at) == (False, True, now)


def test_a_waterfall_is_counted_also_while_redis_is_away(settings):
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    }
    campaign = build.campaign()
    build.lead(campaign)

    assert waterfall.of(campaign, timezone.now()).total == 1


# Words


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

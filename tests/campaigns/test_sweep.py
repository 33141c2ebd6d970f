"""Sweeps: whoever they set aside is refused just so by the rules that decide one by one, and nobody else is."""

from __future__ import annotations

import random
import threading
import uuid
from datetime import UTC, datetime, timedelta

import pytest

from campaigns import candidates, policies, reservation, sweep
from campaigns.candidates import DueLead
from campaigns.models import (
    Campaign,
    Decision,
    FrequencyCap,
    Lead,
    LineOfBusiness,
    MinimumGap,
    Suppression,
    Sweep,
    Touch,
)
from campaigns.rules import eligibility
from campaigns.rules.eligibility import Moment, Refuse
from campaigns.sweep import ground as sweep_ground
from dialer.rules.ids import new_call_id
from tests import build

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
DAYTIME = [[[540, 1200]]] * 6 + [[]]
EVERYBODY = (0, 10**9)


def ground(campaign) -> sweep.Ground:
    return sweep.Ground(Campaign.objects.get(pk=campaign.pk), threading.Event(), NOON + timedelta(days=20))


def touch(who, number, at, *, campaign=0, line=None, level=1, outcome=1, callback=False) -> None:
    Touch.objects.create(
        phone=number, at=at, call_id=uuid.uuid4(), contact_id=who, campaign_id=campaign, line_of_business_id=line,
        level=level, outcome=outcome, callback=callback,
    )  # fmt: skip


def cap(limit, *, window="rolling", **fields) -> None:
    fields = {"counts": "attempts", "per": "contact", "scope": "all", "window_hours": 24, **fields}
    FrequencyCap.objects.create(limit=limit, window=window, **fields)


def judged(campaign, leads, now) -> dict[int, eligibility.Verdict]:
    """What the rules say of each lead, one by one."""
    moment = Moment(policies.current(campaign.pk), now)
    due = [DueLead(lead.pk, lead.contact_id, lead.attempts) for lead in leads]
    found = candidates.look(campaign, moment.policy, due, now)[0]
    return {lead.id: eligibility.verdict(found[lead.contact_id], moment) for lead in due}


def agrees(lead: Lead, verdict: eligibility.Verdict, now: datetime) -> None:
    """The lead is as its verdict would have left it."""
    assert isinstance(verdict, Refuse), (lead.reason, lead.rule, lead.due_at)
    assert (lead.reason, lead.rule, lead.inputs, lead.refused_phone) == (
        verdict.reason.value,
        verdict.rule,
        dict(verdict.inputs) or None,
        verdict.phone,
    )
    assert (lead.state, lead.due_at) == (("finished", lead.due_at) if verdict.until is None else ("due", verdict.until))
    assert (lead.decided_at, lead.decided_times) == (now, 1)


@pytest.mark.django_db
def test_who_has_used_up_a_cap_is_set_aside_until_it_frees_and_the_others_come_first():
    campaign = build.campaign()
    cap(1)
    spent, free = build.lead(campaign), build.lead(campaign)
    touch(spent.contact_id, 1, NOON - timedelta(hours=3))

    done = sweep.sweep_chunk(ground(campaign), *EVERYBODY, NOON)

    spent.refresh_from_db()
    free.refresh_from_db()
    assert (done.looked_at, done.refused) == (2, 1)
    assert (spent.reason, spent.due_at) == ("frequency_cap_reached", NOON + timedelta(hours=21, milliseconds=1))
    assert (spent.vetted, free.vetted, free.rank) == (False, True, -1000)


@pytest.mark.django_db(transaction=True)
def test_the_decision_before_goes_into_the_history_and_the_same_one_only_counts_up():
    campaign = build.campaign()
    cap(1)
    lead = build.lead(campaign, decided_at=NOON - timedelta(days=1), reason="suspended", decided_times=4)
    touch(lead.contact_id, 1, NOON)

    sweep.sweep_chunk(ground(campaign), *EVERYBODY, NOON)
    Lead.objects.update(due_at=NOON)
    sweep.sweep_chunk(ground(campaign), *EVERYBODY, NOON + timedelta(minutes=1))

    lead.refresh_from_db()
    assert (lead.decided_at, lead.decided_times) == (NOON, 2)
    assert list(Decision.objects.values_list("reason", "times")) == [("suspended", 4)]


@pytest.mark.django_db
def test_people_whom_nobody_called_lately_are_found_at_a_glance():
    campaign = build.campaign()
    cap(3)
    fresh, known = build.lead(campaign), build.lead(campaign)
    touch(known.contact_id, 1, NOON - timedelta(hours=1))

    sweep._scout(ground(campaign), NOON)

    assert set(Lead.objects.filter(vetted=True)) == {fresh}


@pytest.mark.django_db
def test_scouting_goes_on_from_where_it_was_until_it_meets_the_sweep(monkeypatch):
    monkeypatch.setattr(sweep, "SCOUTED", 1)
    campaign = build.campaign()
    cap(1)
    first, second = build.lead(campaign), build.lead(campaign)
    swept = ground(campaign)

    sweep._scout(swept, NOON)
    assert set(Lead.objects.filter(vetted=True)) == {second}

    sweep._scout(swept, NOON)
    assert set(Lead.objects.filter(vetted=True)) == {first, second}

    monkeypatch.setattr(sweep_ground, "SCOUT_SECONDS", 0.0)
    assert swept.wants_scouting()
    swept.after = first.contact_id
    assert not swept.wants_scouting()


@pytest.mark.django_db
def test_callbacks_and_leads_for_later_are_left_alone():
    campaign = build.campaign()
    cap(0)
    build.lead(campaign, callback=True)
    build.lead(campaign, due_at=NOON + timedelta(hours=1))

    assert sweep.sweep_chunk(ground(campaign), *EVERYBODY, NOON).looked_at == 0


@pytest.mark.django_db
def test_a_tick_that_finds_little_but_refusals_asks_for_a_sweep_and_then_takes_vetted_leads_only(monkeypatch):
    monkeypatch.setattr(reservation, "MANY", 20)
    campaign = build.campaign()
    cap(1)
    leads = [build.lead(campaign, due_at=NOON - timedelta(days=1)) for _ in range(40)]
    for lead in leads[:-1]:
        touch(lead.contact_id, 1, NOON - timedelta(hours=1))
    Lead.objects.filter(pk=leads[-1].pk).update(due_at=NOON - timedelta(days=2))

    def reserve(now):
        return reservation.reserve(campaign=campaign, want=10, new_call_id=new_call_id, now=now)

    first = [build.lead(campaign, due_at=NOON - timedelta(days=9)).pk]
    assert {r.lead_id for r in reserve(NOON)} == {leads[-1].pk, *first}
    assert Sweep.objects.get().asked_at == NOON
    unswept, fresh = build.lead(campaign, due_at=NOON), build.lead(campaign, due_at=NOON + timedelta(seconds=1))

    assert [r.lead_id for r in reserve(NOON + timedelta(seconds=2))] == [fresh.pk]
    sweep.sweep_chunk(ground(campaign), *EVERYBODY, NOON + timedelta(seconds=3))
    assert [r.lead_id for r in reserve(NOON + timedelta(seconds=4))] == [unswept.pk]
    unswept.refresh_from_db()
    assert not unswept.vetted


@pytest.mark.django_db(transaction=True)
def test_a_whole_sweep_ends_by_taking_its_mark_away():
    campaign = build.campaign()
    cap(1)
    leads = [build.lead(campaign) for _ in range(30)]
    for lead in leads[5:]:
        touch(lead.contact_id, 1, lead.due_at)
    sweep.ask(campaign.pk, NOON)

    sweep.run_wanted(threading.Event())

    assert not Sweep.objects.exists()
    assert Lead.objects.filter(vetted=True).count() == 5
    assert Lead.objects.filter(reason="frequency_cap_reached").count() == 25


@pytest.mark.django_db(transaction=True)
def test_a_sweep_that_is_told_to_stop_leaves_its_mark_for_the_next_engine():
    campaign, stop = build.campaign(), threading.Event()
    sweep.ask(campaign.pk, NOON)
    stop.set()

    sweep.run_wanted(stop)

    assert Sweep.objects.exists()


@pytest.mark.django_db
def test_a_sweep_ends_at_once_where_most_turn_out_callable(monkeypatch):
    monkeypatch.setattr(sweep_ground, "FALSE_ALARM", 10)
    campaign = build.campaign()
    leads = [build.lead(campaign) for _ in range(40)]
    at = sweep.Ground(campaign, threading.Event(), NOON, size=10)
    first = at.next()

    at.count(sweep.Swept(looked_at=10, refused=4))

    assert first == (0, leads[9].contact_id)
    assert at.next() is None


CAPS = {
    "limit": (0, 1, 1, 2, 3),
    "counts": ("attempts", "answered", "conversations"),
    "per": ("contact", "phone"),
    "scope": ("campaign", "line_of_business", "all"),
    "window": ("rolling", "day", "week", "month"),
    "window_hours": (1, 24, 168, 744),
    "calls": ("all", "unasked", "callbacks"),
}
ZONES = ("Europe/London", "Asia/Shanghai", "America/New_York", "Asia/Tokyo", "", "")
NUMBER_ZONES = (["America/Chicago"], ["America/New_York", "America/Chicago"], ["Europe/Berlin"], [])
REGIONS = ("", "", "US-FL", "US-TX")
STEPS = ([], [], [{"label": "home", "times": 2, "week": None}, {"label": "mobile", "times": 1, "week": DAYTIME}])


def crowd(draw: random.Random, now: datetime) -> Campaign:
    """A campaign with random rules, and fifty random people with a history."""
    line, _ = LineOfBusiness.objects.get_or_create(name="Cards")
    campaign = build.campaign(
        week=draw.choice([DAYTIME, [[[0, 1440]]] * 7]),
        line_of_business=draw.choice([line, None]),
        cadence=draw.choice(STEPS),
        spread=draw.random() < 0.2,
        calls_on_holidays=draw.random() < 0.5,
        consent_bases=draw.choice([[], [], ["explicit"], ["explicit", "contract"]]),
        excluded_products=draw.choice([[], [], ["GOLD 'CARD'"], ["100% CASH", "GOLD 'CARD'", "金卡"]]),
    )
    for _ in range(draw.randint(0, 4)):
        fields = {name: draw.choice(choices) for name, choices in CAPS.items()}
        if fields["limit"] or draw.random() < 0.1:
            FrequencyCap.objects.create(**fields)
    for after in draw.sample(["no_answer", "refusal", "conversation", "busy"], draw.randint(0, 2)):
        minutes = draw.choice([None, 60, 1440, 43200, 500_000] if after == "refusal" else [60, 1440, 43200])
        MinimumGap.objects.create(
            after=after, minutes=minutes, per=draw.choice(CAPS["per"]), scope=draw.choice(CAPS["scope"]), calls="all"
        )
    shared = [build.phone(zones=draw.choice(NUMBER_ZONES), country="US") for _ in range(8)]
    for _ in range(50):
        _person(draw, campaign, shared, now)
    return campaign


def _person(draw: random.Random, campaign: Campaign, shared: list, now: datetime) -> None:
    own = [
        build.phone(
            zones=draw.choice(NUMBER_ZONES),
            country=draw.choice(["US", ""]),
            **draw.choice(
                [{}] * 6 + [{"status": "vacant"}, {"status": "suspended", "status_expires_at": later(draw, now)}]
            ),
        )
        for _ in range(draw.choice([0, 1, 1, 1, 2, 3]))
    ]
    phones = own + (draw.sample(shared, 1) if draw.random() < 0.3 else [])
    who = build.contact(*phones, time_zone=draw.choice(ZONES), region=draw.choice(REGIONS)) if phones else nobody()
    who.contactphone_set.update(label=draw.choice(["", "mobile", "home ext. 12"]))
    who.consents = [_grant(draw, campaign, now) for _ in range(draw.choice([0, 1, 1, 2, 3]))]
    who.products = sorted(draw.sample(["100% CASH", "GOLD 'CARD'", "金卡", "OTHER"], draw.choice([0, 0, 0, 1, 2])))
    who.save()
    if draw.random() < 0.1:
        Suppression.objects.create(contact=who, expires_at=draw.choice([None, later(draw, now)]))
    build.lead(campaign, who, due_at=now - timedelta(hours=1), attempts=draw.choice([0, 1, 2, 3, 6]))
    for each in phones:
        for _ in range(draw.choice([0, 0, 1, 2, 4])):
            touch(
                draw.choice([who.pk, who.pk, 999]),
                draw.choice([each.pk, each.pk, 5]),
                now - timedelta(seconds=int(draw.expovariate(1 / 200_000))),
                campaign=draw.choice([campaign.pk, 7]),
                line=draw.choice([campaign.line_of_business_id, 8]),
                level=draw.choice([1, 1, 2, 3]),
                outcome=draw.choice([0, 1, 2, 11, 12]),
                callback=draw.random() < 0.2,
            )
        if draw.random() < 0.1:
            ends = draw.choice([None, later(draw, now)])
            Suppression.objects.update_or_create(phone=each.pk, defaults={"expires_at": ends})


def _grant(draw: random.Random, campaign: Campaign, now: datetime) -> list:
    """As campaigns.consents keeps them; now and then of this very instant, or of one to come."""
    given = now + timedelta(microseconds=draw.choice([0, 1, 5_000_000, -1, *[-(10**12)] * 6]))
    expires = draw.choice([None, None, given + timedelta(days=30), later(draw, now), now])
    line = campaign.line_of_business_id or 1
    purpose, without = draw.choice([(None, []), (None, []), (None, [line]), (line, []), (line + 1, [])])
    basis = draw.choice(["explicit", "explicit", "contract", "legitimate_interest"])
    return [purpose, basis, given.isoformat(), expires and max(expires, given).isoformat(), without]


def nobody():
    who = build.contact()
    who.contactphone_set.all().delete()
    return who


def later(draw: random.Random, now: datetime) -> datetime:
    return now + timedelta(hours=draw.choice([-1, 5, 30, 900]))


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(40))
def test_whoever_a_sweep_sets_aside_is_refused_just_so_by_the_rules(seed):
    draw = random.Random(seed)
    now = NOON + timedelta(minutes=draw.randint(0, 20_000), microseconds=draw.randint(0, 999_999))
    campaign = crowd(draw, now)
    verdicts = judged(campaign, Lead.objects.all(), now)

    done = sweep.sweep_chunk(ground(campaign), *EVERYBODY, now)

    leads = Lead.objects.in_bulk()
    aside = [lead for lead in leads.values() if lead.decided_at]
    assert (done.looked_at, done.refused) == (len(leads), len(aside))
    assert all(lead.vetted != bool(lead.decided_at) for lead in leads.values())
    for lead in aside:
        agrees(lead, verdicts[lead.pk], now)


@pytest.mark.django_db(transaction=True)
def test_sweeps_leave_few_of_those_refused_to_the_tick():
    refused = left = 0
    for seed in range(100, 112):
        campaign = crowd(random.Random(seed), NOON)
        leads = Lead.objects.filter(campaign=campaign)
        verdicts = judged(campaign, leads, NOON).values()
        done = sweep.sweep_chunk(ground(campaign), *EVERYBODY, NOON)
        refused += sum(isinstance(verdict, Refuse) for verdict in verdicts)
        left += sum(isinstance(verdict, Refuse) for verdict in verdicts) - done.refused
        FrequencyCap.objects.all().delete()
        MinimumGap.objects.all().delete()

    assert left < refused / 3  # of rules as odd as these; of plain ones, none


@pytest.mark.django_db(transaction=True)
def test_rules_are_read_anew_for_every_chunk():
    campaign = build.campaign()
    lead = build.lead(campaign)
    touch(lead.contact_id, 1, NOON)
    at = ground(campaign)
    assert sweep.sweep_chunk(at, *EVERYBODY, NOON).refused == 0
    cap(1)
    policies.publish([campaign.pk], by=None)
    Lead.objects.update(vetted=False)

    assert sweep.sweep_chunk(at, *EVERYBODY, NOON).refused == 1

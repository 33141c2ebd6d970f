"""Predictive campaigns in the database, tick by tick: when they dial ahead of their agents, and when they must not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from campaigns import rulebook
from campaigns.models import Campaign
from campaigns.rules.abandons import HOUSE
from dialer import calls, leases
from dialer.engine import pool
from dialer.models import Attempt, LiveCall, Pacing, PbxServer, Pool, Shift
from dialer.pacing import history, learner, record
from dialer.pacing.memory import Memory
from dialer.rules import facts as f
from dialer.rules.ids import new_call_id
from dialer.rules.sharing import Sharer, expect
from tests import build

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def predictive(leads: int = 120, **fields) -> Campaign:
    made = build.campaign(dial_mode="predictive", **fields)
    for _ in range(leads):
        build.lead(made)
    return made


def pbx(**limits: int) -> PbxServer:
    server = build.server(audited_at=timezone.now())
    build.trunk(server, **{"calls_per_second": 100, **limits})
    return server


def with_history(campaign: Campaign, calls: int = 100, answered: int = 20, abandoned: int = 0) -> None:
    """So many calls of yesterday and today, every fifth answered as a rule; the last ones abandoned."""
    lead = campaign.leads.first()
    now = timezone.now()
    for n in range(calls):
        at = now - (70 + (calls - n) * 2) * SECOND
        fields = {}
        if n % (calls // answered) == 0:
            done = n // (calls // answered)
            lost = done >= answered - abandoned
            fields = {
                "answered_at": at + 6 * SECOND,
                "bridged_at": None if lost else at + 6.1 * SECOND,
                "ended_at": at + (9 if lost else 60) * SECOND,
                "outcome": "abandoned" if lost else "conversation",
            }
        build.attempt(lead, at=at, **{"ended_at": at + 20 * SECOND, **fields})


def agents(campaign: Campaign, server: PbxServer, ready: int, talking: int = 0) -> None:
    for _ in range(ready):
        build.shift(campaign, server)
    for n in range(talking):
        began = timezone.now() - timedelta(seconds=20 + 5 * n)
        build.shift(campaign, server, state="talking", since=began, call_id=new_call_id())


class Engine:
    """Ticks of one engine, with what it remembers."""

    def __init__(self, server: PbxServer) -> None:
        self.server, self.memory = server, Memory(server.pk)

    def tick(self) -> int:
        lease = leases.take(server_id=self.server.pk, owner="test", dead_owner="test")
        brimming = {trunk.pk: pool.Budget(100, tokens=50) for trunk in self.server.trunks.all()}
        originates, _topics = pool.tick(lease, brimming, self.memory)
        return len(originates)


def why(campaign: Campaign) -> str:
    return Pool.objects.get(campaign=campaign).limited_by


def test_with_what_it_learned_it_dials_more_calls_than_agents_are_ready():
    campaign, server = predictive(), pbx()
    with_history(campaign)
    agents(campaign, server, ready=6, talking=4)

    assert Engine(server).tick() > 6
    assert why(campaign) in ("agents", "calls_per_second")


def test_without_history_it_dials_one_call_for_each_agent_and_says_that_it_learns():
    campaign, server = predictive(), pbx()
    agents(campaign, server, ready=5)

    assert Engine(server).tick() == 5
    assert why(campaign) == "learning"


def test_what_siblings_saw_is_a_start_but_does_not_count_as_learned():
    other, campaign, server = predictive(), predictive(), pbx()
    with_history(other, calls=200, answered=20)

    told = learner.start(campaign, server.pk, HOUSE, timezone.now())

    assert told.pacer.experts.learned == 0
    assert told.pacer.strata.rate() < 0.2


def test_a_used_up_budget_leaves_one_call_for_each_agent_and_says_so():
    campaign, server = predictive(), pbx()
    with_history(campaign, calls=200, answered=50, abandoned=10)
    agents(campaign, server, ready=6, talking=4)
    rulebook.add_abandon_budget(owner=campaign, by=None, window="hours", window_length=24)

    assert Engine(server).tick() == 6
    assert why(campaign) == "abandon_budget"


def test_the_strictest_of_several_budgets_decides():
    campaign, server = predictive(), pbx()
    with_history(campaign, calls=200, answered=50, abandoned=1)
    agents(campaign, server, ready=6, talking=4)
    rulebook.add_abandon_budget(owner=campaign, by=None, limit=3, window="day")
    strict = rulebook.add_abandon_budget(owner=campaign, by=None, limit=1, window="hours", window_length=24)
    campaign.refresh_from_db()

    Engine(server).tick()

    budgets = {each["rule"]: each for each in Pool.objects.get(campaign=campaign).figures["budgets"]}
    assert budgets[f"abandon-{strict.pk}"]["decides"]
    assert budgets[f"abandon-{strict.pk}"]["calls"] == 50
    assert why(campaign) == "abandon_budget"


def test_without_agents_nobody_is_dialled_whatever_was_learned():
    campaign, server = predictive(), pbx()
    with_history(campaign)
    engine = Engine(server)

    assert [engine.tick() for _ in range(3)] == [0, 0, 0]
    assert why(campaign) == "too_few_agents"


def test_agents_who_vanish_take_their_calls_with_them():
    campaign, server = predictive(), pbx()
    with_history(campaign)
    agents(campaign, server, ready=6, talking=4)
    engine = Engine(server)
    engine.tick()
    Shift.objects.update(state="off", call_id=None)

    assert engine.tick() == 0
    assert why(campaign) == "too_few_agents"


def test_while_the_pbx_does_not_say_what_lives_nothing_is_dialled():
    campaign, server = predictive(), pbx()
    with_history(campaign)
    agents(campaign, server, ready=6)
    PbxServer.objects.update(audited_at=timezone.now() - timedelta(minutes=5))

    assert Engine(server).tick() == 0
    assert why(campaign) == "unaudited"


def test_the_trunks_limits_hold():
    campaign, server = predictive(), pbx(max_channels=3)
    with_history(campaign)
    agents(campaign, server, ready=6, talking=4)
    engine = Engine(server)

    assert engine.tick() + engine.tick() == 3
    assert why(campaign) == "trunk"


def test_a_list_that_ends_is_dialled_to_its_end_and_no_further():
    campaign, server = predictive(leads=4), pbx()
    with_history(campaign)
    agents(campaign, server, ready=6, talking=4)
    engine = Engine(server)

    assert engine.tick() == 4
    assert engine.tick() == 0
    assert why(campaign) == "callable_leads"


def test_events_that_come_twice_or_late_teach_nothing_twice():
    campaign, server = predictive(), pbx()
    with_history(campaign)
    agents(campaign, server, ready=6, talking=4)
    engine = Engine(server)
    engine.tick()
    learned = engine.memory._learners[campaign.pk].pacer.experts.learned
    [call, *_others] = LiveCall.objects.values_list("pk", flat=True)
    now = datetime.now(UTC)
    facts = [f.ChannelSeen(call, now), f.HungUp(call, now, 17, "486")]
    for _ in range(3):
        calls.hear(facts, timezone.now())
        engine.tick()

    assert engine.memory._learners[campaign.pk].pacer.experts.learned == learned + 1


def test_what_was_learned_survives_the_engine_and_calls_that_ended_meanwhile_are_learned_once():
    campaign, server = predictive(), pbx()
    with_history(campaign)
    agents(campaign, server, ready=3)
    engine = Engine(server)
    engine.tick()
    engine.memory.save(timezone.now(), at_once=True)
    before = engine.memory._learners[campaign.pk].pacer
    build.attempt(campaign.leads.last(), at=timezone.now() - SECOND, ended_at=timezone.now() + SECOND)

    after = Engine(server)
    after.tick()
    after.tick()

    restored = after.memory._learners[campaign.pk].pacer
    assert restored.experts.learned == before.experts.learned + 1
    assert restored.strata.rate() == pytest.approx(before.strata.rate(), abs=0.02)


def test_late_ringers_are_hung_up_only_where_campaign_and_profile_allow_it():
    campaign, server = predictive(cancels_late=True), pbx()
    started = [calls.reserve(lease=build.lease(server), campaign=campaign, line=build.line(server), want=2)[0].id]
    LiveCall.objects.filter(pk__in=started).update(state="ringing", ringing_at=timezone.now() - 20 * SECOND)

    assert calls.give_up([]) == 0
    assert calls.give_up(started) == 1
    assert {hang.id for hang in calls.to_hang_up(server.pk)} == set(started)
    assert calls.give_up(started) == 0


def test_every_decision_that_changed_something_is_on_record_and_one_a_minute_otherwise():
    campaign, server = predictive(), pbx()
    with_history(campaign)
    agents(campaign, server, ready=6, talking=4)
    engine = Engine(server)
    engine.tick()

    [row] = Pacing.objects.filter(campaign_id=campaign.pk)
    assert (row.dial_mode, row.ready, row.busy) == ("predictive", 6, 4)
    assert (row.calls, row.in_flight) == (LiveCall.objects.count(),) * 2
    assert 0 < row.answer_rate < 1
    assert row.theta > 0
    assert row.budget


def test_old_decisions_become_quarters_of_an_hour_that_sum_up_to_the_same():
    campaign, server = predictive(leads=0), pbx()
    begin = timezone.now().replace(hour=9, minute=0, second=0, microsecond=0) - timedelta(days=95)
    zero = dict.fromkeys(("risk", "theta", "answer_rate", "target"), 0.1)
    for minute in range(30):
        Pacing.objects.create(
            campaign_id=campaign.pk,
            server_id=server.pk,
            at=begin + timedelta(minutes=minute),
            dial_mode="predictive",
            limited_by="agents" if minute % 3 else "trunk",
            seconds=60,
            calls=2,
            cancelled=0,
            busy_seconds=90,
            idle_seconds=30,
            ready=1,
            busy=3,
            in_flight=2,
            waiting=0,
            budget="house.abandon",
            counted=minute,
            abandoned=0,
            remaining=0,
            **zero,
        )

    assert record.fold(timezone.now()) == 1
    assert record.fold(timezone.now()) == 0
    rows = list(Pacing.objects.order_by("at"))
    assert [(r.seconds, r.calls, r.busy_seconds, r.limited_by) for r in rows] == [(900, 30, 1350, "agents")] * 2


def test_busy_agents_who_serve_several_campaigns_are_expected_by_one_each_by_weight_and_priority():
    both = frozenset({1, 2})
    found = expect([both] * 8 + [frozenset({1})], [Sharer(1, weight=3), Sharer(2, weight=1)])

    assert found.count(1) == 7
    assert found.count(2) == 2
    assert expect([both], [Sharer(1), Sharer(2, priority=9)]) == [2]
    assert expect([both], [Sharer(1, wants=False), Sharer(2, wants=False)]) == [None]


def test_two_predictive_campaigns_that_share_all_agents_dial_no_more_than_one_would_with_them():
    one, other, server = predictive(), predictive(), pbx()
    for campaign in (one, other):
        with_history(campaign)
    for _ in range(6):
        build.shift(one, server, also=[other])
    engine = Engine(server)

    together = engine.tick()

    alone = predictive()
    with_history(alone)
    LiveCall.objects.all().delete()
    Shift.objects.update(state="off")
    Campaign.objects.filter(pk__in=[one.pk, other.pk]).update(status="paused")
    agents(alone, server, ready=6)
    assert 0 < together <= Engine(server).tick() + 1


def test_replaying_history_tells_a_pacer_answers_and_abandons_in_their_order():
    campaign = predictive(leads=1)
    with_history(campaign, calls=40, answered=8, abandoned=1)
    told = history.latest([campaign.pk], 100, timezone.now())

    assert len(told) == Attempt.objects.count() == 40
    assert [call.reserved_at for call in told] == sorted(call.reserved_at for call in told)
    assert replace(told[0], outcome="x").id == told[0].id

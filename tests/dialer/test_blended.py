"""Campaigns that share agents, in the database: who dials for whom, who takes which call, whose time it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from campaigns.models import Campaign
from dialer import calls, leases, matching, shifts
from dialer.engine import pool
from dialer.models import Attempt, LiveCall, PbxServer, Pool, Shift, ShiftSpan
from dialer.pacing.memory import Memory
from dialer.rules import facts as f
from tests import build

pytestmark = pytest.mark.django_db
PLENTY = 12


def at(seconds: float = 0) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def campaign(leads: int = PLENTY, **fields) -> Campaign:
    made = build.campaign(**fields)
    for _ in range(leads):
        build.lead(made)
    return made


def floor(**trunk: int) -> PbxServer:
    server = build.server()
    build.trunk(server, **{"calls_per_second": 100, **trunk})
    return server


def tick(server: PbxServer) -> dict[int, int]:
    """Calls started by one tick, by campaign."""
    lease = leases.take(server_id=server.pk, owner="test", dead_owner="test")
    originates, _topics = pool.tick(lease, {trunk.pk: _brimming() for trunk in server.trunks.all()}, Memory(server.pk))
    started = LiveCall.objects.filter(pk__in=[originate.id for originate in originates])
    return {pk: started.filter(campaign=pk).count() for pk in set(started.values_list("campaign", flat=True))}


def _brimming() -> pool.Budget:
    return pool.Budget(100, tokens=50)


def nobody_answers() -> None:
    gone = [f.HungUp(call, at(), 19, "480") for call in LiveCall.objects.values_list("pk", flat=True)]
    calls.hear([f.ChannelSeen(fact.id, fact.at) for fact in gone] + gone, timezone.now())


def waiting(of: Campaign, on: PbxServer) -> UUID:
    """A call of this campaign that was answered just now."""
    [placed] = calls.reserve(lease=build.lease(on), campaign=of, line=build.line(on), want=1)
    leases.release(leases.Lease(on.pk, "test", PbxServer.objects.get(pk=on.pk).epoch))
    calls.hear([f.Answered(placed.id, at()), f.Waiting(placed.id, at())], timezone.now())
    return placed.id


def test_ready_agents_whom_two_campaigns_share_are_dialled_for_once():
    one, other, server = campaign(), campaign(), floor()
    for _ in range(4):
        build.shift(one, server, also=[other])

    assert tick(server) == {one.pk: 2, other.pk: 2}
    assert tick(server) == {}
    assert set(Pool.objects.values_list("limited_by", flat=True)) == {"shared_agents"}


def test_one_shared_agent_is_dialled_for_in_turns_by_weight():
    heavy, light, server = campaign(agent_weight=3), campaign(), floor()
    build.shift(heavy, server, also=[light])
    turns = []
    for _ in range(8):
        [turn] = tick(server)
        turns.append(turn)
        nobody_answers()

    assert [turns[:4].count(light.pk), turns[4:].count(light.pk)] == [1, 1]


def test_the_part_of_a_campaign_without_callable_leads_goes_to_the_other_in_the_same_tick():
    nearly_done, other, server = campaign(leads=1), campaign(), floor()
    for _ in range(4):
        build.shift(nearly_done, server, also=[other])

    assert tick(server) == {nearly_done.pk: 1, other.pk: 3}
    assert Pool.objects.get(campaign=nearly_done).limited_by == "callable_leads"
    assert Pool.objects.get(campaign=nearly_done).credit == 0


def test_a_higher_priority_is_dialled_for_first_and_the_other_has_what_is_left():
    urgent, other, server = campaign(leads=3, agent_priority=9), campaign(), floor()
    for _ in range(4):
        build.shift(other, server, also=[urgent])

    assert tick(server) == {urgent.pk: 3, other.pk: 1}


def test_an_agent_of_one_campaign_only_is_dialled_for_by_it_and_the_shared_one_by_the_other():
    one, other, server = campaign(), campaign(), floor()
    build.shift(one, server, also=[other])
    build.shift(one, server)

    assert tick(server) == {one.pk: 1, other.pk: 1}


def test_calls_of_a_paused_campaign_that_still_ring_keep_the_agents_they_count_on():
    paused, other, server = campaign(), campaign(status="paused"), floor()
    for _ in range(3):
        build.shift(paused, server, also=[other])
    assert tick(server) == {paused.pk: 3}
    Campaign.objects.filter(pk=paused.pk).update(status="paused", version=2)
    Campaign.objects.filter(pk=other.pk).update(status="running", version=2)

    assert tick(server) == tick(server) == {}
    nobody_answers()
    assert tick(server) == {other.pk: 3}


def test_a_full_trunk_does_not_keep_agents_from_a_campaign_on_another_trunk():
    one, other, server = campaign(), campaign(), floor(max_channels=1)
    Pool.objects.create(campaign=other, server=server, trunk=build.trunk(server, calls_per_second=100))
    for _ in range(4):
        build.shift(one, server, also=[other])

    assert tick(server) == {one.pk: 1, other.pk: 3}
    assert Pool.objects.get(campaign=one).limited_by == "trunk"


def test_who_serves_one_campaign_takes_its_caller_and_who_serves_both_the_others():
    one, other, server = campaign(), campaign(), build.server()
    both = build.shift(one, server, also=[other], since=at(-60))
    only_one = build.shift(one, server)
    first, second = waiting(one, server), waiting(other, server)

    connects = matching.match(server.pk).connects

    assert {(c.call_id, c.shift_id) for c in connects} == {(first, only_one.pk), (second, both.pk)}


def test_who_serves_both_is_left_for_the_other_campaigns_call_that_still_rings():
    one, other, server = campaign(), campaign(), build.server()
    build.shift(one, server, also=[other], since=at(-60))
    only_one = build.shift(one, server)
    call = waiting(one, server)
    calls.reserve(lease=build.lease(server), campaign=other, line=build.line(server), want=1)

    assert [(c.call_id, c.shift_id) for c in matching.match(server.pk).connects] == [(call, only_one.pk)]


def test_however_many_agents_of_another_campaign_are_idle_longer_a_caller_finds_their_own(monkeypatch):
    monkeypatch.setattr(matching, "MOST", 2)
    one, other, server = campaign(), campaign(), build.server()
    for _ in range(4):
        build.shift(one, server, since=at(-60))
    mine = build.shift(other, server)
    waiting(one, server)
    call = waiting(other, server)

    assert (call, mine.pk) in [(c.call_id, c.shift_id) for c in matching.match(server.pk).connects]


def test_a_call_makes_the_shift_its_campaigns_until_the_next_and_time_is_counted_so():
    one, other, server = campaign(), campaign(wrap_up_seconds=77), build.server()
    shift = build.shift(one, server, also=[other])
    call = waiting(other, server)
    matching.match(server.pk)
    calls.hear([f.Bridged(call, at(1), shift.pk)], timezone.now())
    calls.hear([f.HungUp(call, at(5), 16)], timezone.now())

    shift.refresh_from_db()
    assert (shift.state, shift.campaign) == ("wrap_up", other)
    assert shift.wrap_up_until - shift.since == timedelta(seconds=77)
    calls.record_disposition(
        shift_id=shift.pk, disposition=build.disposition(), note="", callback_at=None, by=shift.agent.user
    )

    shift.refresh_from_db()
    assert (shift.state, shift.campaign) == ("ready", other)
    spans = ShiftSpan.objects.order_by("began", "id").values_list("state", "campaign_id")
    assert list(spans) == [
        ("ready", one.pk), ("claimed", other.pk), ("talking", other.pk), ("wrap_up", other.pk)
    ]  # fmt: skip
    assert Attempt.objects.get().campaign == other
    assert set(shift.campaigns.all()) == {one, other}


def test_a_shift_serves_what_was_chosen_among_the_agents_own_and_membership_taken_away_holds_from_the_next():
    one, other, foreign, _server = build.campaign(), build.campaign(), build.campaign(), build.server()
    agent = build.agent(one, other)

    with pytest.raises(shifts.NotOnCampaign, match="ask a supervisor"):
        shifts.sign_in(agent=agent, campaigns=[one, foreign])
    with pytest.raises(shifts.NotOnCampaign, match="at least one"):
        shifts.sign_in(agent=agent, campaigns=[])
    shift = shifts.sign_in(agent=agent, campaigns=[other, one])
    agent.campaigns.remove(one)

    assert Shift.objects.get().campaign == other
    assert set(shift.campaigns.all()) == {one, other}

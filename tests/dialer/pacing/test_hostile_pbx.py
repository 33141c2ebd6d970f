"""A predictive campaign against a PBX that misbehaves: never more calls than the caps, and always a reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.db.models import Count
from django.utils import timezone

from campaigns.models import Campaign, Touch
from dialer.engine import engine as engine_module
from dialer.models import Attempt, LiveCall, PbxServer, Pool, Shift
from dialer.pacing import memory
from tests import build
from tests.dialer.pacing.test_predictive_ticks import with_history
from tests.dialer.test_engine import driving, eventually, no_connection_left, server_of, write_up
from tests.fakes.pbx import FakePbx
from tests.fakes.phones import ANSWERS, NO_ANSWER, FarEnd
from tests.fakes.wire import Faults

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.filterwarnings("ignore:No directory at")]
__all__ = ["no_connection_left"]
TALKS_BRIEFLY = FarEnd(talks_for=0.05)


def customers(far_end: FarEnd) -> Callable[[str], FarEnd]:
    return lambda number: ANSWERS if number.startswith("agent") else far_end


def floor(server: PbxServer, *, agents: int, leads: int = 60, learned: bool = True) -> Campaign:
    campaign = build.campaign(dial_mode="predictive")
    for _ in range(leads):
        build.lead(campaign)
    if learned:
        with_history(campaign)
    for _ in range(agents):
        build.shift(campaign, server, state="signing_in")
    return campaign


async def signed_in(agents: int) -> None:
    await eventually(lambda: Shift.objects.filter(state="paused").count() == agents)
    await Shift.objects.aupdate(state="ready", since=timezone.now())


def why(campaign: Campaign) -> str:
    return Pool.objects.filter(campaign=campaign).values_list("limited_by", flat=True).first() or ""


def most_calls_to_one_person() -> int:
    calls = Touch.objects.values("contact_id").annotate(calls=Count("*")).values_list("calls", flat=True)
    return max([*calls, 0])


async def test_a_carrier_that_answers_everything_while_events_come_twice_is_held_to_its_channels():
    async with FakePbx(customers(TALKS_BRIEFLY), faults=Faults(double_events=True)) as pbx:
        server = await sync_to_async(server_of)(pbx, max_channels=8)
        campaign = await sync_to_async(floor)(server, agents=5)
        before = await Attempt.objects.acount()
        async with driving(server):
            await signed_in(5)
            await eventually(lambda: write_up() and Attempt.objects.count() >= before + 10)

    ids = await sync_to_async(lambda: list(Attempt.objects.values_list("id", flat=True)))()
    assert len(ids) == len(set(ids))
    assert await sync_to_async(most_calls_to_one_person)() == 1
    assert await sync_to_async(why)(campaign)


async def test_a_pbx_whose_events_stop_gets_no_more_calls_once_it_can_not_be_asked(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(memory, "AUDIT_HOLDS", timedelta(seconds=0))
    monkeypatch.setattr(engine_module, "AUDIT_SECONDS", 3600.0)
    async with FakePbx(customers(NO_ANSWER)) as pbx:
        server = await sync_to_async(server_of)(pbx)
        campaign = await sync_to_async(floor)(server, agents=4)
        async with driving(server):
            await signed_in(4)
            await eventually(lambda: why(campaign) == "unaudited")

    assert pbx.calls == []


async def test_agents_who_all_vanish_at_once_end_the_dialling():
    async with FakePbx(customers(NO_ANSWER)) as pbx:
        server = await sync_to_async(server_of)(pbx)
        campaign = await sync_to_async(floor)(server, agents=4)
        async with driving(server):
            await signed_in(4)
            await eventually(lambda: LiveCall.objects.count() >= 4)
            for leg in list(pbx.agent_legs):
                pbx.hang_up(leg.id)
            await eventually(lambda: why(campaign) == "too_few_agents")
            placed = len(pbx.calls)
            await eventually(lambda: Pool.objects.get(campaign=campaign).figures["ready"] == 0)

    assert len(pbx.calls) == placed


async def test_a_campaign_without_agents_places_no_call_and_says_so():
    async with FakePbx(customers(ANSWERS)) as pbx:
        server = await sync_to_async(server_of)(pbx)
        campaign = await sync_to_async(floor)(server, agents=0)
        async with driving(server):
            await eventually(lambda: why(campaign) == "too_few_agents")

    assert pbx.calls == []


async def test_a_list_that_ends_ends_the_campaign():
    async with FakePbx(customers(TALKS_BRIEFLY)) as pbx:
        server = await sync_to_async(server_of)(pbx)
        campaign = await sync_to_async(floor)(server, agents=4, leads=6, learned=False)
        async with driving(server):
            await signed_in(4)
            await eventually(lambda: (write_up() or True) and Attempt.objects.count() == 6)

    assert len(pbx.calls) == 6
    assert await sync_to_async(why)(campaign) in ("callable_leads", "agents", "learning", "not_started")

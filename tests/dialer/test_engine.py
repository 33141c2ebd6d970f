"""The engine between a real database and a fake PBX: what it starts, what it survives, what it leaves behind."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.exceptions import ValidationError
from django.db import connections

from campaigns.models import Campaign, Disposition, Lead, Touch
from dialer import calls, leases, matching
from dialer.engine import drive
from dialer.engine.engine import Engine
from dialer.models import Attempt, LiveCall, PbxServer, Pool, Shift, Trunk
from tests import build
from tests.fakes.pbx import FakePbx
from tests.fakes.phones import ANSWERS, UNKNOWN_TRUNK, FarEnd

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.filterwarnings("ignore:No directory at")]
NOT_THERE_YET = 20.0
TALKS_BRIEFLY = FarEnd(talks_for=0.05)


@pytest.fixture(autouse=True)
async def no_connection_left() -> AsyncIterator[None]:
    yield
    await sync_to_async(connections.close_all)()


async def eventually(is_so: Callable[[], Any]) -> Any:
    """What `is_so` returns in a thread, once it is true."""
    async with asyncio.timeout(NOT_THERE_YET):
        while not (found := await sync_to_async(is_so)()):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return found


@contextlib.asynccontextmanager
async def driving(server: PbxServer) -> AsyncIterator[asyncio.Task[None]]:
    """An engine at work, as its worker runs it."""
    task = asyncio.create_task(drive.drive(server.pk))
    try:
        yield task
    finally:
        task.cancel()
        async with asyncio.timeout(NOT_THERE_YET):
            await asyncio.wait({task})


def server_of(pbx: FakePbx, **limits: int) -> PbxServer:
    made = build.server(ami_host=pbx.host, ami_port=pbx.port, ami_username=pbx.username, ami_secret=pbx.secret)
    build.trunk(made, **limits)
    return made


def floor(server: PbxServer, leads: int) -> Shift:
    """A campaign with so many leads and one agent who signs in."""
    campaign = build.campaign(dial_mode="ratio", ratio=10)
    for _ in range(leads):
        build.lead(campaign)
    return build.shift(campaign, server, state="signing_in")


async def test_calls_written_down_but_never_sent_touch_nobody_when_the_engine_ends(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Engine, "_sending", lambda _: asyncio.Event().wait())
    async with FakePbx() as pbx:
        server = await sync_to_async(server_of)(pbx)
        shift = await sync_to_async(floor)(server, 3)
        async with driving(server):
            await eventually(lambda: Shift.objects.get(pk=shift.pk).state == "paused")
            await sync_to_async(Shift.objects.filter(pk=shift.pk).update)(state="ready")
            await eventually(lambda: LiveCall.objects.count() == 3)

    assert pbx.calls == []
    assert await Attempt.objects.filter(outcome="released").acount() == 3
    assert await Lead.objects.filter(state="due", attempts=0).acount() == 3
    assert not await Touch.objects.filter(campaign_id=shift.campaign_id).aexists()


async def test_a_trunk_that_fails_again_and_again_stops_the_pool_and_says_so_instead_of_going_through_the_list():
    async with FakePbx(lambda number: ANSWERS if number.startswith("agent") else UNKNOWN_TRUNK) as pbx:
        server = await sync_to_async(server_of)(pbx)
        campaign = await sync_to_async(lambda: build.campaign(dial_mode="ratio", ratio=2))()
        await sync_to_async(lambda: [build.lead(campaign) for _ in range(30)])()
        shifts = await sync_to_async(lambda: [build.shift(campaign, server, state="signing_in") for _ in range(3)])()
        async with driving(server):
            await eventually(lambda: Shift.objects.filter(state="paused").count() == len(shifts))
            await Shift.objects.aupdate(state="ready")
            await eventually(lambda: Pool.objects.get(campaign=campaign).limited_by == "trunk_failing")

    failed = await Attempt.objects.filter(campaign=campaign, outcome="failed").acount()
    assert 5 <= failed <= 12
    assert await Lead.objects.filter(campaign=campaign, state="due", attempts=0).acount() == 30
    assert not await Touch.objects.filter(campaign_id=campaign.pk).aexists()


async def test_two_campaigns_that_share_agents_both_get_their_part_of_the_calls_and_nobody_is_promised_twice():
    async with FakePbx(lambda number: ANSWERS if number.startswith("agent") else TALKS_BRIEFLY) as pbx:
        server = await sync_to_async(server_of)(pbx)
        heavy, light, agents = await sync_to_async(shared_floor)(server)
        async with driving(server):
            await eventually(lambda: Shift.objects.filter(state="paused").count() == len(agents))
            await Shift.objects.aupdate(state="ready")
            await eventually(lambda: write_up() >= 24)

    had = {each: await Attempt.objects.filter(campaign=each).acount() for each in (heavy, light)}
    assert abs(had[heavy] - 3 * had[light]) <= 4
    assert not await Attempt.objects.exclude(outcome__in=("conversation", "released")).aexists()


def shared_floor(server: PbxServer) -> tuple[Campaign, Campaign, list[Shift]]:
    heavy, light = build.campaign(agent_weight=3), build.campaign()
    for _ in range(40):
        build.lead(heavy)
        build.lead(light)
    return heavy, light, [build.shift(heavy, server, also=[light], state="signing_in") for _ in range(2)]


def write_up() -> int:
    """Every agent says what the call came to; how many calls they have talked in so far."""
    sale = Disposition.objects.filter(code="sale").first() or build.disposition()
    for shift in Shift.objects.filter(state="wrap_up"):
        with contextlib.suppress(calls.NothingToDisposition):
            calls.record_disposition(
                shift_id=shift.pk, disposition=sale, note="", callback_at=None, by=shift.agent.user
            )
    return Attempt.objects.filter(outcome="conversation").count()


async def test_a_fault_of_our_own_is_named_on_the_server_and_it_is_driven_again(monkeypatch: pytest.MonkeyPatch):
    faults = iter([KeyError("a name that must not be logged")])
    match = matching.match

    def fails_once(server_id: int) -> matching.Matched:
        for fault in faults:
            raise fault
        return match(server_id)

    monkeypatch.setattr(matching, "match", fails_once)
    async with FakePbx() as pbx:
        server = await sync_to_async(server_of)(pbx)
        async with driving(server):
            problem = await eventually(lambda: PbxServer.objects.get(pk=server.pk).problem)
            await eventually(lambda: not PbxServer.objects.get(pk=server.pk).problem)

    assert "KeyError" in problem
    assert "must not be logged" not in problem
    assert (await PbxServer.objects.aget(pk=server.pk)).epoch == 2


async def test_a_wrong_secret_is_said_in_a_sentence_and_nothing_is_dialled():
    async with FakePbx(secret="another") as pbx:
        server = await sync_to_async(server_of)(pbx)
        await PbxServer.objects.filter(pk=server.pk).aupdate(ami_secret="wrong")
        async with driving(server):
            problem = await eventually(lambda: PbxServer.objects.get(pk=server.pk).problem)

    assert "refused this AMI user and secret" in problem
    assert pbx.calls == []


@pytest.mark.django_db(transaction=True)
def test_an_engine_that_lost_the_database_takes_its_own_lease_again_at_once():
    server = build.server()
    assert leases.take(server_id=server.pk, owner=drive.owner_name())

    assert drive._take(server.pk) is not None
    assert leases.take(server_id=server.pk, owner="another host:1") is None


async def test_a_trunk_that_cannot_be_written_down_does_not_stop_the_others(tmp_path: Path):
    file = tmp_path / "pjsip_fairdial.conf"
    async with FakePbx() as pbx:
        server = await sync_to_async(server_of)(pbx)
        await PbxServer.objects.filter(pk=server.pk).aupdate(pjsip_file=str(file))
        await Trunk.objects.aupdate(password="a;b", username="us")
        async with driving(server):
            await eventually(lambda: PbxServer.objects.get(pk=server.pk).audited_at)

    assert (await PbxServer.objects.aget(pk=server.pk)).problem == ""
    assert not file.exists()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("password", "a;b", "password of carrier"),
        ("host", "a b", "host of carrier"),
        ("name", "agent-7", "agents' phones"),
        ("codecs", ["ulaw\nx"], "codec of carrier"),
    ],
)
def test_what_the_pbx_could_not_be_told_is_refused_in_the_form(field: str, value: object, said: str):
    trunk = Trunk(**{"name": "carrier", "host": "198.51.100.7", "username": "us", "password": "pw", field: value})

    with pytest.raises(ValidationError, match=said):
        trunk.clean()

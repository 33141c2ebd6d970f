"""Effects carried out on a fake PBX over a real socket, and the facts that come back."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from dialer.pbx import ActTimeout, SnapshotFailed
from dialer.pbx.actions import UnsafeValue
from dialer.rules.facts import (
    AgentGone,
    Bridged,
    ChannelState,
    Connect,
    HangUp,
    HungUp,
    NoAgent,
    PhoneGone,
    PhoneWaiting,
    Refused,
    Waiting,
)
from tests.fakes.ids import new_call_id, new_shift_id
from tests.fakes.pbx import FakePbx
from tests.fakes.phones import BUSY, CONGESTED, INVALID, NO_ANSWER, OUR_FAULT, REJECTS, UNKNOWN_TRUNK, FarEnd
from tests.fakes.wire import Faults
from tests.pbx.driving import NUMBER, call_agent, hear, names, originate, session, waiting_pair

pytestmark = pytest.mark.usefixtures("nothing_left")


async def test_a_call_is_placed_rings_is_answered_and_waits() -> None:
    async with FakePbx() as pbx, session(pbx) as driver:
        accepted = await driver.act(originate())
        facts = await hear(driver, Waiting)

    assert accepted
    assert names(facts) == ["ChannelSeen", "Ringing", "Answered", "Waiting"]
    assert pbx.calls[0].number == NUMBER


@pytest.mark.parametrize(
    ("phone", "cause", "code"),
    [(BUSY, 17, "486"), (INVALID, 1, "404"), (REJECTS, 21, "603"), (CONGESTED, 34, "503"), (OUR_FAULT, 0, "")],
)
async def test_a_call_that_fails_says_why_when_it_hangs_up(phone: FarEnd, cause: int, code: str) -> None:
    async with FakePbx({NUMBER: phone}) as pbx, session(pbx) as driver:
        await driver.act(originate())
        facts = await hear(driver, HungUp)

    hangup = facts[-1]
    assert isinstance(hangup, HungUp)
    assert (hangup.cause, hangup.tech_cause) == (cause, code)


async def test_a_call_that_rings_out_is_ended_by_the_pbx() -> None:
    async with FakePbx({NUMBER: NO_ANSWER}, second=0.001) as pbx, session(pbx) as driver:
        await driver.act(originate(ring_seconds=20))
        facts = await hear(driver, Refused)

    assert names(facts) == ["ChannelSeen", "HungUp", "Refused"]


async def test_an_unknown_trunk_is_refused_without_a_channel() -> None:
    async with FakePbx({NUMBER: UNKNOWN_TRUNK}) as pbx, session(pbx) as driver:
        accepted = await driver.act(originate())
        facts = await hear(driver, Refused)

    assert accepted
    assert names(facts) == ["Refused"]


async def test_the_outcome_of_an_originate_is_not_waited_for() -> None:
    async with FakePbx({NUMBER: NO_ANSWER}) as pbx, session(pbx) as driver:
        accepted = await driver.act(originate())

        assert accepted
        assert pbx.calls[0].id in pbx.channels


async def test_a_call_nobody_takes_is_abandoned_by_the_pbxs_own_timer() -> None:
    async with FakePbx(second=0.01) as pbx, session(pbx) as driver:
        await driver.act(originate(max_wait_seconds=2))
        facts = await hear(driver, HungUp)

    assert names(facts)[-3:] == ["Waiting", "NoAgent", "HungUp"]


async def test_a_waiting_call_and_a_waiting_agent_are_connected() -> None:
    async with FakePbx() as pbx, session(pbx) as driver:
        call, agent = await waiting_pair(driver)
        accepted = await driver.act(Connect(call.id, agent.id))
        facts = await hear(driver, Bridged)

    assert accepted
    assert [(fact.id, fact.shift_id) for fact in facts if isinstance(fact, Bridged)] == [(call.id, agent.id)]
    assert not [fact for fact in facts if isinstance(fact, NoAgent)]


async def test_connecting_does_not_wait_between_its_two_actions() -> None:
    async with FakePbx(faults=Faults(mute={"Setvar"})) as pbx, session(pbx) as driver:
        call, agent = await waiting_pair(driver)
        accepted = await driver.act(Connect(call.id, agent.id))

    assert accepted
    assert [action["Action"] for action in pbx.actions[-2:]] == ["Setvar", "Bridge"]


async def test_when_the_customer_leaves_the_agent_waits_again() -> None:
    async with FakePbx() as pbx, session(pbx) as driver:
        call, agent = await waiting_pair(driver)
        await driver.act(Connect(call.id, agent.id))
        await hear(driver, Bridged)
        pbx.hang_up(call.id)
        facts = await hear(driver, PhoneWaiting)

    assert names(facts) == ["HungUp", "PhoneWaiting"]


async def test_when_the_agent_leaves_the_customers_call_ends_without_the_abandon_message() -> None:
    async with FakePbx() as pbx, session(pbx) as driver:
        call, agent = await waiting_pair(driver)
        await driver.act(Connect(call.id, agent.id))
        await hear(driver, Bridged)
        await driver.act(HangUp(agent.id))
        facts = await hear(driver, HungUp)

    assert names(facts) == ["PhoneGone", "HungUp"]
    assert pbx.ended == {str(agent.id): 16, str(call.id): 16}


async def test_a_call_whose_agent_is_gone_is_matched_again() -> None:
    async with FakePbx() as pbx, session(pbx) as driver:
        call, gone = originate(), new_shift_id()
        await driver.act(call)
        await hear(driver, Waiting)
        accepted = await driver.act(Connect(call.id, gone))
        facts = await hear(driver, AgentGone)

    assert not accepted
    assert [(type(fact), fact.id) for fact in facts] == [(PhoneGone, gone), (AgentGone, call.id)]


async def test_a_call_that_is_gone_cannot_be_connected() -> None:
    async with FakePbx() as pbx, session(pbx) as driver:
        agent, gone = call_agent(), new_call_id()
        await driver.act(agent)
        await hear(driver, PhoneWaiting)
        driver.post(Connect(gone, agent.id))
        facts = await hear(driver, AgentGone)

    assert names(facts) == ["AgentGone"]


async def test_hanging_up_what_is_gone_already_is_no_news() -> None:
    async with FakePbx() as pbx, session(pbx) as driver:
        accepted = await driver.act(HangUp(new_call_id()))
        await driver.act(originate())
        facts = await hear(driver, Waiting)

    assert not accepted
    assert names(facts)[0] == "ChannelSeen"


@pytest.mark.parametrize(("effect", "fact"), [(originate(), Refused), (call_agent(), PhoneGone)])
async def test_a_posted_call_that_the_pbx_refuses_becomes_a_fact(effect: object, fact: type) -> None:
    async with FakePbx(faults=Faults(refuse={"Originate": "Permission denied"})) as pbx, session(pbx) as driver:
        driver.post(effect)  # type: ignore[arg-type]
        facts = await hear(driver, fact)

    assert [type(told) for told in facts] == [fact]


async def test_an_unsafe_effect_writes_nothing_and_when_posted_ends_its_own_call_only() -> None:
    async with FakePbx() as pbx, session(pbx) as driver:
        effect = originate(caller_id="x\r\n\r\nAction: Reload\r\nModule: res_pjsip.so")
        with pytest.raises(UnsafeValue):
            await driver.act(effect)
        driver.post(replace(effect, caller_id="x\nAction: Reload"))
        facts = await hear(driver, Refused)
        await driver.snapshot()

    assert [fact.id for fact in facts] == [effect.id]
    assert [action["Action"] for action in pbx.actions] == ["Login", "CoreShowChannels"]


async def test_an_action_that_is_never_answered_times_out_and_is_not_sent_again() -> None:
    async with FakePbx(faults=Faults(mute={"Originate"})) as pbx, session(pbx, action_timeout=0.1) as driver:
        with pytest.raises(ActTimeout, match=r"did not answer Originate within 0\.1 s"):
            await driver.act(originate())
        await driver.snapshot()

        assert driver.lost is None
    assert [action["Action"] for action in pbx.actions] == ["Login", "Originate", "CoreShowChannels"]


async def test_a_live_id_is_queued_and_then_refused_under_the_live_calls_id() -> None:
    async with FakePbx() as pbx, session(pbx) as driver:
        call = originate()
        await driver.act(call)
        await hear(driver, Waiting)
        accepted = await driver.act(call)
        facts = await hear(driver, Refused)

    assert accepted
    assert [(type(fact), fact.id) for fact in facts] == [(Refused, call.id)]


async def test_a_snapshot_shows_every_channel_of_ours() -> None:
    async with FakePbx({"12125550001": NO_ANSWER}) as pbx, session(pbx) as driver:
        dialing = originate(dial_string="PJSIP/12125550001@carrier")
        await driver.act(dialing)
        call, agent = await waiting_pair(driver)
        before = await driver.snapshot()
        await driver.act(Connect(call.id, agent.id))
        after = await driver.snapshot()

    assert before.channels == {
        dialing.id: ChannelState(dialing.id, "dialing"),
        call.id: ChannelState(call.id, "waiting"),
        agent.id: ChannelState(agent.id, "idle"),
    }
    assert after.channels[call.id] == ChannelState(call.id, "talking", agent.id)


async def test_a_snapshot_with_rows_missing_is_no_snapshot() -> None:
    async with FakePbx(faults=Faults(rows_missing=1)) as pbx, session(pbx) as driver:
        await waiting_pair(driver)
        with pytest.raises(SnapshotFailed, match="rows are missing"):
            await driver.snapshot()


async def test_a_refused_snapshot_is_no_snapshot() -> None:
    async with FakePbx(faults=Faults(refuse={"CoreShowChannels": "Permission denied"})) as pbx:
        async with session(pbx) as driver:
            with pytest.raises(SnapshotFailed, match="Permission denied"):
                await driver.snapshot()


async def test_a_snapshot_that_never_ends_times_out() -> None:
    async with FakePbx(faults=Faults(mute={"CoreShowChannels"})) as pbx:
        async with session(pbx, snapshot_timeout=0.1) as driver:
            with pytest.raises(SnapshotFailed, match="in time"):
                await driver.snapshot()

            assert driver._link.responses == {}


async def test_two_snapshots_at_once_do_not_mix() -> None:
    async with FakePbx() as pbx, session(pbx) as driver:
        await waiting_pair(driver)
        first, second = await asyncio.gather(driver.snapshot(), driver.snapshot())

    assert first.channels == second.channels
    assert len(first.channels) == 2


async def test_a_module_is_reloaded() -> None:
    async with FakePbx() as pbx, session(pbx) as driver:
        reloaded = await driver.reload("res_pjsip.so")

    assert reloaded
    assert pbx.reloads == ["res_pjsip.so"]


async def test_facts_put_in_come_behind_those_already_heard() -> None:
    async with FakePbx() as pbx, session(pbx) as driver:
        call = originate()
        await driver.act(call)
        await pbx.until(lambda: pbx.channels and pbx.channels[str(call.id)].bridge)
        snapshot = await driver.snapshot()
        driver.put([AgentGone(call.id, snapshot.at)])
        facts = await hear(driver, AgentGone)

    assert names(facts)[-2:] == ["Waiting", "AgentGone"]


async def test_facts_come_one_by_one_or_in_batches() -> None:
    async with FakePbx() as pbx, session(pbx) as driver:
        await driver.act(originate())
        one = await anext(driver.facts())
        batch = await anext(driver.batches())

    assert type(one).__name__ == "ChannelSeen"
    assert batch


async def test_a_burst_of_posted_calls_is_heard_complete_and_in_order() -> None:
    async with FakePbx() as pbx, session(pbx) as driver:
        calls = [originate() for _ in range(300)]
        for call in calls:
            driver.post(call)
        stories: dict[object, list[str]] = {call.id: [] for call in calls}
        async with asyncio.timeout(60):
            while not all(story[-1:] == ["Waiting"] for story in stories.values()):
                for fact in await driver.next_batch():
                    stories[fact.id].append(type(fact).__name__)

    assert set(map(tuple, stories.values())) == {("ChannelSeen", "Ringing", "Answered", "Waiting")}

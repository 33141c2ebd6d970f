"""A PBX that drops, stalls, mumbles and repeats itself: the session ends cleanly or goes on, and makes nothing up."""

from __future__ import annotations

import asyncio
import logging
from uuid import UUID

import pytest

from dialer.pbx import ActTimeout, Garbled, LinkLost, Silent
from dialer.rules.facts import Bridged, Connect, HungUp, Refused, Waiting
from tests.fakes.pbx import FakePbx
from tests.fakes.phones import BUSY, NO_ANSWER
from tests.fakes.wire import Faults
from tests.pbx.driving import NUMBER, hear, hear_the_end, names, originate, session, waiting_pair

pytestmark = pytest.mark.usefixtures("nothing_left")


async def test_a_dropped_link_is_told_after_everything_heard_before() -> None:
    async with FakePbx() as pbx, session(pbx) as driver:
        await driver.act(originate())
        await pbx.until(lambda: pbx.calls[0].bridge)
        await driver.snapshot()
        pbx.drop()
        facts = await hear_the_end(driver)
        with pytest.raises(LinkLost, match="closed the connection"):
            await driver.next_batch()

    assert names(facts) == ["ChannelSeen", "Ringing", "Answered", "Waiting"]


@pytest.mark.parametrize("how", ["drop", "half_close", "crash"])
async def test_whoever_waits_for_facts_is_told_that_the_link_is_lost(how: str) -> None:
    async with FakePbx() as pbx, session(pbx) as driver:
        listening = asyncio.create_task(driver.next_batch())
        await asyncio.sleep(0)
        getattr(pbx, how)()
        with pytest.raises(LinkLost):
            await asyncio.wait_for(listening, 60)

        assert driver.lost is not None


async def test_half_an_event_is_no_event() -> None:
    async with FakePbx() as pbx, session(pbx) as driver:
        await pbx.drop_mid_message()
        facts = await hear_the_end(driver)

    assert facts == []


async def test_an_unanswered_originate_is_never_sent_again() -> None:
    async with FakePbx(faults=Faults(mute={"Originate"})) as pbx:
        async with session(pbx) as driver:
            acting = asyncio.create_task(driver.act(originate()))
            await pbx.until(lambda: len(pbx.actions) == 2)
            pbx.drop()
            with pytest.raises(LinkLost):
                await acting
        async with session(pbx) as again:
            await again.snapshot()

    assert [action["Action"] for action in pbx.actions] == ["Login", "Originate", "Login", "CoreShowChannels"]


async def test_a_lost_session_does_not_connect_again_by_itself() -> None:
    async with FakePbx() as pbx, session(pbx) as driver:
        pbx.drop()
        await hear_the_end(driver)
        pending = [task for task in asyncio.all_tasks() if "create_connection" in repr(task)]

        assert (pbx.connections, pending) == (1, [])
        assert not driver._manager.awaiting_actions


async def test_every_wait_ends_with_the_link() -> None:
    async with FakePbx(faults=Faults(mute={"Originate", "CoreShowChannels", "Reload"})) as pbx:
        async with session(pbx) as driver:
            waits = [
                asyncio.create_task(driver.act(originate())),
                asyncio.create_task(driver.snapshot()),
                asyncio.create_task(driver.reload("res_pjsip.so")),
                asyncio.create_task(driver.next_batch()),
            ]
            driver.post(originate())
            await pbx.until(lambda: len(pbx.actions) == 5)
            pbx.drop()
            ends = await asyncio.wait_for(asyncio.gather(*waits, return_exceptions=True), 60)

            assert [type(end) for end in ends] == [LinkLost] * 4
            assert driver._link.responses == {}


async def test_a_peer_that_falls_silent_is_noticed() -> None:
    async with FakePbx() as pbx, session(pbx, ping_every=0.2) as driver:
        pbx.faults.stalled = True
        with pytest.raises(Silent, match="stopped answering"):
            await asyncio.wait_for(driver.next_batch(), 60)


async def test_a_peer_that_talks_but_leaves_one_ping_unanswered_is_silent_too() -> None:
    async with FakePbx(faults=Faults(mute={"Ping"})) as pbx, session(pbx, ping_every=0.2) as driver:
        driver.post(originate())
        await hear_the_end(driver)

        assert isinstance(driver.lost, Silent)
    assert [action["Action"] for action in pbx.actions].count("Ping") == 1


async def test_a_peer_that_answers_pings_is_kept() -> None:
    async with FakePbx() as pbx, session(pbx, ping_every=0.5) as driver:
        await pbx.until(lambda: [action["Action"] for action in pbx.actions].count("Ping") >= 3)

        assert driver.lost is None


async def test_an_action_that_is_never_answered_is_forgotten_in_the_end() -> None:
    options = {"ping_every": 1.0, "action_timeout": 0.01, "snapshot_timeout": 0.01}
    async with FakePbx(faults=Faults(mute={"Originate"})) as pbx, session(pbx, **options) as driver:
        driver.post(originate())
        await pbx.until(lambda: [action["Action"] for action in pbx.actions].count("Ping") >= 2)

        assert [ask["Action"] for ask in driver._link.responses.values()] in ([], ["Ping"])


async def test_a_message_without_an_end_is_garbled() -> None:
    async with FakePbx() as pbx, session(pbx) as driver:
        pbx.say(b"Event: " + b"x" * (8 << 20))
        await hear_the_end(driver)

        assert isinstance(driver.lost, Garbled)
        assert "longer than" in str(driver.lost)


async def test_noise_between_messages_is_passed_over() -> None:
    async with FakePbx() as pbx, session(pbx) as driver:
        pbx.say(b"\r\n\r\n\r\n: \r\n\r\nEvent\r\n\r\nEvent: \r\n\r\nResponse: Success\r\n\r\n\xff\xfe\x00\r\n\r\n")
        pbx.say(b"Event: Hangup\r\n\r\nEvent: CoreShowChannel\r\nActionID: nobody\r\n\r\nEvent: Shutdown\r\n\r\n")
        await driver.act(originate())
        facts = await hear(driver, Waiting)

        assert names(facts)[0] == "ChannelSeen"
        assert driver.lost is None


@pytest.mark.parametrize("size", [1, 2, 3, 7])
async def test_a_stream_in_tiny_pieces_tells_the_same(size: int) -> None:
    async with FakePbx() as pbx, session(pbx) as driver:
        pbx.faults.chunk = size
        pbx.faults.caller_name = "Zoë Müller 鈴木"
        await driver.act(originate())
        facts = await hear(driver, Waiting, seconds=60)

    assert names(facts) == ["ChannelSeen", "Ringing", "Answered", "Waiting"]


@pytest.mark.parametrize("name", ["a\nb", "a\rb", "a\r\nb", "a\r\nb: c"])
async def test_line_breaks_in_a_name_do_not_disturb_the_call(name: str) -> None:
    async with FakePbx(faults=Faults(caller_name=name)) as pbx, session(pbx) as driver:
        call, agent = await waiting_pair(driver)
        snapshot = await driver.snapshot()

    assert set(snapshot.channels) == {call.id, agent.id}


@pytest.mark.parametrize("name", ["a\r\n\r\nb", "\r\n\r\n\r\n"])
async def test_an_empty_line_in_a_name_costs_that_event_and_no_other(name: str) -> None:
    async with FakePbx() as pbx, session(pbx) as driver:
        pbx.faults.caller_name = name
        await driver.act(originate())
        await pbx.until(lambda: pbx.calls[0].bridge)
        pbx.faults.caller_name = "plain"
        await driver.act(originate())
        facts = await hear(driver, Waiting)

    assert {fact.id for fact in facts} == {UUID(pbx.calls[1].id)}


async def test_a_name_that_claims_to_be_a_header_ends_no_other_call() -> None:
    async with FakePbx() as pbx, session(pbx) as driver:
        victim = originate()
        await driver.act(victim)
        await hear(driver, Waiting)
        pbx.faults.caller_name = f"x\r\nEvent: Hangup\r\nUniqueid: {victim.id}\r\nCause: 16"
        await driver.act(originate())
        await pbx.until(lambda: pbx.calls[1].bridge)
        await driver.reload("res_pjsip.so")
        pbx.drop()
        facts = await hear_the_end(driver)

    assert not [fact for fact in facts if fact.id == victim.id]


async def test_doubled_events_are_doubled_facts_but_one_talk() -> None:
    async with FakePbx(faults=Faults(double_events=True)) as pbx, session(pbx) as driver:
        call, agent = await waiting_pair(driver)
        await driver.act(Connect(call.id, agent.id))
        await driver.act(Connect(call.id, agent.id))
        facts = await hear(driver, Bridged)

    assert names(facts).count("Bridged") in (1, 2)


@pytest.mark.parametrize("first", [True, False])
async def test_the_originates_answer_may_come_before_or_after_the_hangup(first: bool) -> None:
    faults = Faults(hangup_before_response=not first)
    async with FakePbx({NUMBER: BUSY}, faults=faults) as pbx, session(pbx) as driver:
        await driver.act(originate())
        facts = await hear(driver, HungUp if first else Refused)

    assert names(facts)[-2:] == (["Refused", "HungUp"] if first else ["HungUp", "Refused"])


async def test_the_originates_answer_may_come_after_the_bridge_and_ringing_never() -> None:
    faults = Faults(response_after_bridge=True, never_ringing=True)
    async with FakePbx(faults=faults) as pbx, session(pbx) as driver:
        await driver.act(originate())
        facts = await hear(driver, Waiting)

    assert names(facts) == ["ChannelSeen", "Answered", "Waiting"]


async def test_a_late_answer_to_a_forgotten_action_is_no_news() -> None:
    async with FakePbx(faults=Faults(mute={"Originate"})) as pbx, session(pbx, action_timeout=0.05) as driver:
        call = originate()
        with pytest.raises(ActTimeout):
            await driver.act(call)
        pbx.say(f"Response: Error\r\nActionID: {call.id}\r\nMessage: too late\r\n\r\n".encode())
        await driver.snapshot()

        assert driver._facts == []


async def test_a_hung_driver_makes_room_for_the_next_when_its_socket_is_gone() -> None:
    async with FakePbx() as pbx:
        async with session(pbx) as driver:
            pbx.drop()
            await hear_the_end(driver)
            async with session(pbx) as next_driver:
                await next_driver.snapshot()

    assert pbx.logins == ["accepted", "accepted"]


async def test_neither_secret_nor_number_is_ever_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with FakePbx({NUMBER: NO_ANSWER}, faults=Faults(refuse={"Originate": "no"})) as pbx:
        async with session(pbx) as driver:
            await driver.act(originate())
            pbx.drop()
            await hear_the_end(driver)

    assert pbx.secret not in caplog.text
    assert NUMBER not in caplog.text

"""Getting in, and every way of not getting in: one attempt, one sentence, no secret in it."""

from __future__ import annotations

import asyncio
import socket

import pytest

from dialer.pbx import AlreadyDriven, Garbled, LinkLost, LoginRefused, PbxError, Unreachable
from dialer.pbx.actions import UnsafeValue
from dialer.pbx.ami import Session
from dialer.rules.facts import HangUp
from tests.fakes.ids import new_call_id
from tests.fakes.pbx import FakePbx
from tests.fakes.wire import Faults
from tests.pbx.driving import session

pytestmark = pytest.mark.usefixtures("nothing_left")


async def refusal(pbx: FakePbx, kind: type[PbxError], **options: object) -> str:
    """The sentence with which logging in fails."""
    with pytest.raises(kind) as refused:
        async with session(pbx, **options):
            pass
    assert type(refused.value) is kind
    assert f"127.0.0.1:{pbx.port}" in str(refused.value)
    return str(refused.value)


async def test_a_driver_logs_in_once() -> None:
    async with FakePbx() as pbx:
        async with session(pbx) as driver:
            lost_inside = driver.lost

    assert lost_inside is None
    assert pbx.logins == ["accepted"]


async def test_a_wrong_secret_is_tried_once_and_never_shown() -> None:
    async with FakePbx() as pbx:
        sentence = await refusal(pbx, LoginRefused, secret="not-the-secret")

    assert "not-the-secret" not in sentence
    assert (pbx.logins, pbx.connections) == (["Authentication failed"], 1)


async def test_a_second_driver_is_told_that_there_is_one() -> None:
    async with FakePbx() as pbx, session(pbx) as first:
        sentence = await refusal(pbx, AlreadyDriven)

        assert "already has a driver" in sentence
        assert first.lost is None


async def test_a_second_driver_gets_in_once_the_first_has_left() -> None:
    async with FakePbx() as pbx:
        async with session(pbx):
            await refusal(pbx, AlreadyDriven)
        async with session(pbx):
            pass

    assert pbx.logins == ["accepted", "Login Already In Use", "accepted"]


async def test_nobody_listening_is_unreachable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]

        with pytest.raises(Unreachable, match=f"127.0.0.1:{port} cannot be reached"):
            async with Session("127.0.0.1", port, "dialer", "a-secret"):
                pass


async def test_a_host_that_does_not_exist_is_unreachable() -> None:
    with pytest.raises(Unreachable, match=r"nowhere\.invalid:5038 cannot be reached"):
        async with Session("nowhere.invalid", 5038, "dialer", "a-secret"):
            pass


async def test_a_peer_that_accepts_and_says_nothing_is_unreachable() -> None:
    async with FakePbx(faults=Faults(stalled=True)) as pbx:
        sentence = await refusal(pbx, Unreachable, connect_timeout=0.2)

    assert "did not answer the login" in sentence


async def test_a_peer_that_hangs_up_at_once_is_unreachable() -> None:
    async with FakePbx(faults=Faults(login_seconds=60.0)) as pbx:
        entering = asyncio.create_task(refusal(pbx, Unreachable))
        await pbx.until(lambda: pbx.actions)
        pbx.drop()
        sentence = await entering

    assert "permit and deny" in sentence


async def test_another_service_on_that_port_is_recognised() -> None:
    async with FakePbx(faults=Faults(banner=b"SSH-2.0-OpenSSH_9.2\r\n")) as pbx:
        sentence = await refusal(pbx, Garbled)

    assert "does not speak AMI" in sentence


async def test_a_pbx_that_is_still_starting_is_not_driven_yet() -> None:
    async with FakePbx(faults=Faults(booted=False)) as pbx:
        sentence = await refusal(pbx, Unreachable, connect_timeout=0.2)

    assert "still starting" in sentence


@pytest.mark.parametrize("secret", ["x\r\nAction: Originate", "x\nEvents: off"])
def test_a_secret_that_would_inject_an_action_is_refused_before_connecting(secret: str) -> None:
    with pytest.raises(UnsafeValue) as refused:
        Session("127.0.0.1", 5038, "dialer", secret)

    assert "Originate" not in str(refused.value)


@pytest.mark.parametrize("reached", ["clients", "actions"])
async def test_giving_up_during_the_login_leaves_nothing_behind(reached: str) -> None:
    async with FakePbx(faults=Faults(login_seconds=60.0)) as pbx:
        entering = asyncio.create_task(session(pbx).__aenter__())
        await pbx.until(lambda: getattr(pbx, reached))
        entering.cancel()
        with pytest.raises(asyncio.CancelledError):
            await entering
        await pbx.until(lambda: not pbx.clients)


async def test_a_session_that_was_left_does_nothing_any_more() -> None:
    async with FakePbx() as pbx:
        async with session(pbx) as driver:
            pass
        with pytest.raises(LinkLost):
            await driver.act(HangUp(new_call_id()))
        with pytest.raises(LinkLost):
            driver.post(HangUp(new_call_id()))
        with pytest.raises(LinkLost):
            await driver.snapshot()
        with pytest.raises(LinkLost):
            await driver.next_batch()

    assert [action["Action"] for action in pbx.actions] == ["Login"]


async def test_what_was_posted_last_still_leaves() -> None:
    async with FakePbx() as pbx:
        async with session(pbx) as driver:
            driver.post(HangUp(new_call_id()))
        await pbx.until(lambda: len(pbx.actions) == 2)

    assert pbx.actions[-1]["Action"] == "Hangup"


async def test_an_error_of_ours_inside_the_session_closes_it() -> None:
    async with FakePbx() as pbx:
        with pytest.raises(ZeroDivisionError):
            async with session(pbx):
                _ = 1 / 0
        await pbx.until(lambda: not pbx.clients)

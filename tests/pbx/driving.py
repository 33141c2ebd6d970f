"""How the session tests drive a fake PBX: short time-outs, and waiting for facts instead of sleeping."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from dialer.pbx import LinkLost
from dialer.pbx.ami import Session
from dialer.rules.facts import CallAgent, Fact, Originate, PhoneWaiting, Waiting
from tests.fakes.ids import new_call_id, new_shift_id
from tests.fakes.wire import AmiServer

NUMBER = "12125550123"
TRUNK = "carrier"


def session(pbx: AmiServer, **changes: Any) -> Session:
    options = {"connect_timeout": 60.0, "action_timeout": 60.0, "snapshot_timeout": 60.0, "ping_every": 600.0} | changes
    secret = options.pop("secret", pbx.secret)
    return Session(pbx.host, pbx.port, pbx.username, secret, **options)


def originate(**changes: Any) -> Originate:
    effect = {
        "id": new_call_id(),
        "dial_string": f"PJSIP/{NUMBER}@{TRUNK}",
        "caller_id": "12125550199",
        "ring_seconds": 600,
        "max_wait_seconds": 600,
    }
    return Originate(**(effect | changes))


def call_agent(**changes: Any) -> CallAgent:
    return CallAgent(**({"id": new_shift_id(), "dial_string": "PJSIP/agent1", "ring_seconds": 600} | changes))


async def hear(pbx: Session, until: type[Fact], seconds: float = 60.0) -> list[Fact]:
    """All facts up to and including the batch with the first of type `until`."""
    heard: list[Fact] = []
    async with asyncio.timeout(seconds):
        while not any(isinstance(fact, until) for fact in heard):
            heard += await pbx.next_batch()
    return heard


async def hear_the_end(pbx: Session, seconds: float = 60.0) -> list[Fact]:
    """All facts until the session is lost, which it must be within `seconds`."""
    heard: list[Fact] = []
    async with asyncio.timeout(seconds):
        with suppress(LinkLost):
            async for batch in pbx.batches():
                heard += batch
    return heard


async def waiting_pair(pbx: Session) -> tuple[Originate, CallAgent]:
    """A call that waits and an agent's leg that waits."""
    agent, call = call_agent(), originate()
    await pbx.act(agent)
    await hear(pbx, PhoneWaiting)
    await pbx.act(call)
    await hear(pbx, Waiting)
    return call, agent


def names(facts: list[Fact]) -> list[str]:
    return [type(fact).__name__ for fact in facts]

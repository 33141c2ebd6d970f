"""Server-sent events: who may hear what, that a nudge arrives without content, and that Redis may go away."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import redis
from asgiref.sync import sync_to_async
from django.conf import settings
from django.test import Client

from dialer import nudge
from dialer.events import Events, Hub, hear_redis
from dialer.hearing import Hearer, Refused, channels_for
from tests import build

NOWHERE = "redis://127.0.0.1:1/0"


class Browser:
    """An EventSource, as far as ASGI goes."""

    def __init__(self, app: Events, topics: str, session: str = "", **headers: str) -> None:
        named = {"host": "fairdial.test:8001", "cookie": f"{settings.SESSION_COOKIE_NAME}={session}", **headers}
        self.scope = {
            "type": "http",
            "method": "GET",
            "path": "/events/",
            "query_string": f"topics={topics}".encode(),
            "headers": [(k.encode(), v.encode()) for k, v in named.items()],
        }
        self.app, self.leave, self.answers = app, asyncio.Event(), asyncio.Queue()
        self.raw = ""

    async def receive(self) -> dict[str, Any]:
        await self.leave.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        self.raw += message.get("body", b"").decode()
        await self.answers.put(message)

    async def status(self) -> int:
        return (await asyncio.wait_for(self.answers.get(), 20))["status"]

    async def hears(self) -> list[tuple[str, dict[str, Any]]]:
        """The events of the next piece: (name, data)."""
        body = (await asyncio.wait_for(self.answers.get(), 20))["body"].decode()
        blocks = [block.split("\n") for block in body.split("\n\n") if block.startswith("event: ")]
        return [(lines[0][7:], json.loads(lines[1][6:])) for lines in blocks]

    async def hears_about(self, topic: str) -> dict[str, Any]:
        while True:
            for name, data in await self.hears():
                if name == "look-again" and data["topic"] == topic:
                    return data


@contextlib.asynccontextmanager
async def opened(browser: Browser) -> AsyncIterator[Browser]:
    task = asyncio.create_task(browser.app(browser.scope, browser.receive, browser.send))
    try:
        yield browser
    finally:
        browser.leave.set()
        await asyncio.wait_for(task, 20)


@contextlib.asynccontextmanager
async def running(url: str | None = None, **options: float) -> AsyncIterator[Events]:
    app = Events(url or settings.REDIS_URL, **options)
    app.start()
    try:
        yield app
    finally:
        await app.stop()


async def until(true: Any) -> None:
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def log_in(user: Any) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


async def session_of(role: str) -> tuple[str, Any]:
    """A session of a user of this role; an agent has a phone."""

    def make() -> tuple[str, Any]:
        who = build.agent() if role == "agent" else None
        return log_in(who.user if who else build.user(role)), who

    return await sync_to_async(make)()


def test_an_agent_hears_their_own_desk_only():
    agent = Hearer(agent_id=7, sees_all=False)

    assert channels_for(agent, ["agent"]) == {"agent.7": "agent"}
    for topic in ("wall", "campaign.3", "agent.8", "engine.1"):
        with pytest.raises(Refused) as refusal:
            channels_for(agent, [topic])
        assert refusal.value.status == 403


def test_a_supervisor_hears_the_wall_and_campaigns_but_no_desk_of_others():
    supervisor = Hearer(agent_id=None, sees_all=True)

    assert channels_for(supervisor, ["wall", "campaign.3"]) == {"wall": "wall", "campaign.3": "campaign.3"}
    for topic in ("agent", "agent.7", "campaign.*", "engine.1"):
        with pytest.raises(Refused):
            channels_for(supervisor, [topic])


def test_marks_of_a_slow_reader_are_merged():
    hub = Hub()
    with hub.listening({"wall": "wall", "campaign.3": "campaign.3"}) as listener:
        for n in range(1000):
            hub.tell("wall", n)

        assert listener.take() == {"wall": 999}
        assert listener.take() == {}
    assert not hub.listeners


@pytest.mark.django_db(transaction=True)
async def test_a_stranger_is_sent_to_log_in():
    app = Events(NOWHERE)
    async with opened(Browser(app, "wall")) as browser:
        assert await browser.status() == 401
    async with opened(Browser(app, "wall", session="made-up")) as browser:
        assert await browser.status() == 401


@pytest.mark.django_db(transaction=True)
async def test_a_nudge_reaches_the_browser_at_once_and_carries_nothing_personal():
    session, agent = await session_of("agent")
    async with running() as app, opened(Browser(app, "agent", session)) as browser:
        assert await browser.status() == 200
        await until(lambda: app.hub.up)
        began = time.monotonic()
        await sync_to_async(nudge.publish)(nudge.agent(agent.pk), nudge.WALL)
        heard = await browser.hears_about("agent")

    assert set(heard) == {"topic", "n"}
    assert isinstance(heard["n"], int)
    assert time.monotonic() - began < 5
    assert str(agent) not in browser.raw
    assert "wall" not in browser.raw


@pytest.mark.django_db(transaction=True)
async def test_whatever_a_payload_holds_stays_in_the_process():
    session, _none = await session_of("supervisor")
    async with running() as app, opened(Browser(app, "wall", session)) as browser:
        assert await browser.status() == 200
        await until(lambda: app.hub.up)
        with redis.Redis.from_url(settings.REDIS_URL) as publisher:
            publisher.publish("fairdial.wall", json.dumps({"n": 5, "name": "Ada Example", "phone": "12025550100"}))
            publisher.publish("fairdial.campaign.3", "Ada Example")
        while (await browser.hears_about("wall"))["n"] != 5:
            pass

    assert "Ada" not in browser.raw
    assert "1202555" not in browser.raw


@pytest.mark.django_db(transaction=True)
async def test_another_port_of_the_same_host_may_listen_and_another_host_may_not(settings):
    session, _none = await session_of("supervisor")
    app = Events(NOWHERE)

    async with opened(Browser(app, "wall", session, origin="http://fairdial.test:8000")) as browser:
        started = await asyncio.wait_for(browser.answers.get(), 20)
        assert started["status"] == 200
        assert (b"access-control-allow-origin", b"http://fairdial.test:8000") in started["headers"]
        assert (b"access-control-allow-credentials", b"true") in started["headers"]
    async with opened(Browser(app, "wall", session, origin="https://evil.test")) as browser:
        assert await browser.status() == 403
    settings.EVENTS_ALLOWED_ORIGINS = ["https://evil.test"]
    async with opened(Browser(app, "wall", session, origin="https://evil.test")) as browser:
        assert await browser.status() == 200


@pytest.mark.django_db(transaction=True)
async def test_without_redis_the_stream_stays_open_and_says_so():
    session, _none = await session_of("supervisor")
    async with running(NOWHERE, beat_seconds=0.1) as app, opened(Browser(app, "wall", session)) as browser:
        assert await browser.status() == 200
        [(name, data)] = await browser.hears()
        assert (name, data) == ("beat", {"source": "down"})
        await until(lambda: browser.answers.qsize() > 2)
        assert {name for name, _data in await browser.hears()} <= {"beat", "look-again"}


async def test_redis_coming_back_makes_everyone_look_again():
    hub = Hub()
    with hub.listening({"wall": "wall"}) as listener:
        hub.turn(up=False)
        listener.take()
        hearing = asyncio.create_task(hear_redis(hub, settings.REDIS_URL))
        await until(lambda: hub.up)
        hearing.cancel()

        assert listener.take() == {"wall": 0}


@pytest.mark.django_db(transaction=True)
async def test_a_browser_that_leaves_is_forgotten():
    session, _none = await session_of("supervisor")
    app = Events(NOWHERE)
    async with opened(Browser(app, "wall,campaign.3", session)) as browser:
        assert await browser.status() == 200
        await until(lambda: len(app.hub.listeners) == 2)

    assert not app.hub.listeners


async def test_it_says_that_it_lives_and_serves_nothing_else():
    app, browser = Events(NOWHERE), Browser(Events(NOWHERE), "wall")
    browser.scope["path"] = "/healthz"
    await app(browser.scope, browser.receive, browser.send)
    assert await browser.status() == 200

    browser = Browser(app, "wall")
    browser.scope["path"] = "/desk/"
    await app(browser.scope, browser.receive, browser.send)
    assert await browser.status() == 404

"""Server-sent events: tells a browser to look again, and never what it will see.

A small ASGI app of its own, without Django's handler: a stream costs a set of words and no database connection. Each
process subscribes to Redis once and marks topics on its listeners; a listener that reads slowly has its marks merged,
so nothing queues up. Without Redis the stream stays open and says so, and the page polls until it is back.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import redis.asyncio
from asgiref.sync import sync_to_async
from redis.exceptions import RedisError

from dialer import nudge
from dialer.hearing import Refused, channels_for, cors_headers, hearer_of_session, session_key

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

BEAT_SECONDS = 15.0
RETRY_MS = 2000
# A stream is closed after this long, so that whoever has lost the right to listen stops hearing.
STREAM_SECONDS = 3600.0
SEND_SECONDS = 30.0
RECONNECT_SECONDS = 1.0

log = logging.getLogger(__name__)


@dataclass(eq=False)
class Listener:
    """One open stream: the topics it hears, by channel, and those it has not been told about yet."""

    names: dict[str, str]
    pending: dict[str, int] = field(default_factory=dict)
    source: str | None = None
    wake: asyncio.Event = field(default_factory=asyncio.Event)

    def mark(self, channel: str, number: int) -> None:
        self.pending[self.names[channel]] = number
        self.wake.set()

    def take(self) -> dict[str, int]:
        self.wake.clear()
        taken, self.pending = self.pending, {}
        return taken


class Hub:
    """Who listens to what in this process, and whether Redis can be heard."""

    def __init__(self) -> None:
        self.listeners: defaultdict[str, set[Listener]] = defaultdict(set)
        self.up = False
        self.dropped = 0

    @property
    def source(self) -> str:
        return "up" if self.up else "down"

    @contextlib.contextmanager
    def listening(self, names: dict[str, str]) -> Iterator[Listener]:
        listener = Listener(names)
        for channel in names:
            self.listeners[channel].add(listener)
        try:
            yield listener
        finally:
            for channel in names:
                self.listeners[channel].discard(listener)
                if not self.listeners[channel]:
                    del self.listeners[channel]

    def tell(self, channel: str, number: int) -> None:
        for listener in self.listeners.get(channel, ()):
            listener.mark(channel, number)

    def turn(self, up: bool) -> None:
        """Redis came or went: everyone learns it, and looks again for what was missed meanwhile."""
        self.up = up
        for channel, listeners in self.listeners.items():
            for listener in listeners:
                listener.mark(channel, 0)


async def hear_redis(hub: Hub, url: str) -> None:
    """Feed the hub for ever; a lost Redis is tried again each second."""
    while True:
        try:
            await _hear_once(hub, url)
        except (RedisError, OSError) as error:
            if hub.up or hub.dropped == 0:
                log.warning("Redis cannot be heard (%s): pages poll until it is back", error)
            hub.dropped += 1
            hub.turn(up=False)
        await asyncio.sleep(RECONNECT_SECONDS)


async def _hear_once(hub: Hub, url: str) -> None:
    client = redis.asyncio.from_url(url, socket_connect_timeout=2, health_check_interval=5)
    async with client, client.pubsub() as pubsub:
        await pubsub.psubscribe(nudge.PREFIX + "*")
        hub.turn(up=True)
        while True:
            message = await nudge.hear(pubsub)
            if message is not None:
                hub.tell(message["channel"].decode().removeprefix(nudge.PREFIX), _number(message["data"]))


def _number(data: object) -> int:
    """The counter in a nudge's payload; whatever else a payload may hold stays here."""
    try:
        parsed = json.loads(data)  # type: ignore[arg-type]
    except (ValueError, TypeError):
        return 0
    number = parsed.get("n", 0) if isinstance(parsed, dict) else parsed
    return number if isinstance(number, int) else 0


class Events:
    """The ASGI app: `/events/` streams, `/healthz` says whether Redis is heard."""

    def __init__(self, redis_url: str, beat_seconds: float = BEAT_SECONDS) -> None:
        self.hub = Hub()
        self.redis_url = redis_url
        self.beat_seconds = beat_seconds
        self._hearing: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self.start()
            else:
                await self.stop()
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return

    def start(self) -> None:
        self._hearing = asyncio.create_task(hear_redis(self.hub, self.redis_url))

    async def stop(self) -> None:
        if self._hearing is not None:
            self._hearing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._hearing

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path == "/healthz":
            await _json(send, 200, {"status": "ok", "redis": self.hub.source, "channels": len(self.hub.listeners)})
        elif path != "/events/" or scope["method"] != "GET":
            await _json(send, 404, {"error": "This process serves GET /events/ and GET /healthz only."})
        else:
            await self._stream(scope, receive, send)

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
        cors: list[tuple[bytes, bytes]] = []
        try:
            cors = cors_headers(headers)
            hearer = await sync_to_async(hearer_of_session)(session_key(headers))
            if hearer is None:
                raise Refused(401, "Log in first.")
            query = parse_qs(scope["query_string"].decode("latin-1"))
            names = channels_for(hearer, filter(None, ",".join(query.get("topics", [])).split(",")))
        except Refused as refusal:
            await _json(send, refusal.status, {"error": str(refusal)}, cors)
            return
        await send({"type": "http.response.start", "status": 200, "headers": STREAM_HEADERS + cors})
        with self.hub.listening(names) as listener:
            await self._until_gone(listener, receive, send)

    async def _until_gone(self, listener: Listener, receive: Receive, send: Send) -> None:
        telling = asyncio.create_task(self._tell(listener, send))
        leaving = asyncio.create_task(_gone(receive))
        try:
            await asyncio.wait(
                {telling, leaving},
                timeout=STREAM_SECONDS * random.uniform(0.9, 1.1),
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            telling.cancel()
            leaving.cancel()
            await asyncio.gather(telling, leaving, return_exceptions=True)
        with contextlib.suppress(Exception):  # the client may be gone already
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _tell(self, listener: Listener, send: Send) -> None:
        """Write what is pending, and a beat when nothing was for a while: a silent stream is a dead one."""
        await _body(send, f"retry: {RETRY_MS}\n\n{_event('beat', {'source': self.hub.source})}")
        listener.source = self.hub.source
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(listener.wake.wait(), self.beat_seconds)
            lines = [_event("look-again", {"topic": topic, "n": n}) for topic, n in listener.take().items()]
            if not lines or listener.source != self.hub.source:
                listener.source = self.hub.source
                lines.insert(0, _event("beat", {"source": listener.source}))
            await _body(send, "".join(lines))


STREAM_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache, no-store"),
    (b"x-accel-buffering", b"no"),
]


def _event(name: str, data: dict[str, object]) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _body(send: Send, text: str) -> None:
    """A client that takes nothing for this long is gone, whatever TCP says."""
    async with asyncio.timeout(SEND_SECONDS):
        await send({"type": "http.response.body", "body": text.encode(), "more_body": True})


async def _json(send: Send, status: int, data: dict[str, object], headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
    start_headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store"), *headers]
    await send({"type": "http.response.start", "status": status, "headers": start_headers})
    await send({"type": "http.response.body", "body": json.dumps(data).encode()})

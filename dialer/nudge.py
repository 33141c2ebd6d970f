"""Look again: a word without content, published after a commit, to pages and engines.

Best effort by design. Nothing is carried but a topic, so nothing is lost with it: whoever listens re-reads the
database, and a poll heals a lost word. Redis being away costs a page two seconds and a call nothing.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import redis
from django.conf import settings
from redis.asyncio.client import PubSub

log = logging.getLogger(__name__)

PREFIX = "fairdial."
WALL = "wall"
LISTEN_SECONDS = 1.0
_silent_until = 0.0


def agent(agent_id: int) -> str:
    return f"agent.{agent_id}"


def campaign(campaign_id: int) -> str:
    return f"campaign.{campaign_id}"


def engine(server_id: int) -> str:
    return f"engine.{server_id}"


def channel(topic: str) -> str:
    """The Redis channel of a topic."""
    return PREFIX + topic


def publish(*topics: str) -> None:
    """Tell listeners of `topics` to look again; never raises and never waits long for Redis."""
    publish_all(topics)


def publish_all(topics: Iterable[str]) -> None:
    """As `publish`, for any number of topics in one round trip; after a failure Redis is left alone for a second."""
    global _silent_until
    if time.monotonic() < _silent_until:
        return
    try:
        pipe = _client().pipeline(transaction=False)
        now = time.time_ns() // 1_000_000
        for topic in topics:
            pipe.publish(channel(topic), now)
        pipe.execute()
    except (redis.RedisError, OSError) as error:
        _silent_until = time.monotonic() + 1
        log.warning("nudge lost, Redis does not answer: %s", type(error).__name__)


async def hear(pubsub: PubSub) -> dict[str, Any] | None:
    """The next message of a subscription, None when there was none for a second.

    redis-py was seen to swallow its task's cancellation while it connects, and then to listen for ever: whoever is
    cancelled ends here.
    """
    message: dict[str, Any] | None = await pubsub.get_message(ignore_subscribe_messages=True, timeout=LISTEN_SECONDS)
    task = asyncio.current_task()
    if task and task.cancelling():
        raise asyncio.CancelledError
    return message


@lru_cache(maxsize=1)
def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5)

"""Look again: a word without content, published after a commit, to pages and engines.

Best effort by design. Nothing is carried but a topic, so nothing is lost with it: whoever listens re-reads the
database, and a poll heals a lost word. Redis being away costs a page two seconds and a call nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from functools import lru_cache

import redis
from django.conf import settings

log = logging.getLogger(__name__)

PREFIX = "fairdial."
WALL = "wall"
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


@lru_cache(maxsize=1)
def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5)

"""One answer for every viewer: computed once, shared through Redis for a second, and still there without Redis.

An answer that took long to compute is kept longer, so that looking never costs more than a twentieth of a core. Redis
that fails is left alone for a while and this process shares with itself only.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.core.cache import cache
from redis.exceptions import RedisError

T = TypeVar("T")

PREFIX = "fairdial.wall."
AT_LEAST_S = 1.0
AT_MOST_S = 30.0
SHARE_OF_A_CORE = 0.05
LEAVE_REDIS_ALONE_S = 5.0

log = logging.getLogger(__name__)
_own: dict[str, tuple[float, Any]] = {}
_redis_fails_until = 0.0


def shared(key: str, make: Callable[[], T]) -> T:
    """The answer under this key, at most a second old (or 20 times as old as it took to make)."""
    found = _get(key)
    if found is not None:
        return found
    began = time.perf_counter()
    made = make()
    took = time.perf_counter() - began
    _set(key, made, min(max(AT_LEAST_S, took / SHARE_OF_A_CORE), AT_MOST_S))
    return made


def forget(*keys: str) -> None:
    """Something was just changed by a click: the next look must see it."""
    for key in keys:
        _own.pop(key, None)
    _with_redis(lambda: cache.delete_many([PREFIX + key for key in keys]))


def _get(key: str) -> Any:
    until, value = _own.get(key, (0.0, None))
    if time.monotonic() < until:
        return value
    return _with_redis(lambda: cache.get(PREFIX + key))


def _set(key: str, value: Any, seconds: float) -> None:
    if not _with_redis(lambda: cache.add(PREFIX + key, value, seconds) or True):
        _own.clear() if len(_own) > 100 else None
        _own[key] = (time.monotonic() + seconds, value)


def _with_redis(act: Callable[[], Any]) -> Any:
    global _redis_fails_until
    if time.monotonic() < _redis_fails_until:
        return None
    try:
        return act()
    except (RedisError, OSError) as error:
        _redis_fails_until = time.monotonic() + LEAVE_REDIS_ALONE_S
        log.warning("the wall is not shared, Redis does not answer: %s", type(error).__name__)
        return None

"""Progressive (one call in flight per ready agent) and fixed ratio: functions of the pool's state alone."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor

from dialer.rules.pacing.decision import Decision, LimitedBy


@dataclass(frozen=True, slots=True)
class PoolState:
    """A campaign on one server at one moment.

    `ready`: ready agents it may count on now (rules.sharing); `in_flight`: calls placed and not yet with an agent;
    `ratio`: calls per ready agent; `trunk_free`: channels the trunk still admits; `budget`: new calls that its
    calls-per-second limit admits now; `elsewhere`: ready agents who serve it and are promised to other campaigns.
    """

    ready: int
    in_flight: int
    ratio: float
    trunk_free: int
    budget: int
    elsewhere: int = 0


def calls_to_start(pool: PoolState) -> Decision:
    """Calls to start so that `in_flight` reaches floor(ready x ratio), within the trunk's limits; never negative."""
    wanted = max(0, floor(pool.ready * pool.ratio) - pool.in_flight)
    allowed = min(pool.trunk_free, pool.budget)
    if wanted <= allowed:
        return Decision(wanted, LimitedBy.SHARED_AGENTS if pool.elsewhere else LimitedBy.AGENTS)
    limit = LimitedBy.TRUNK if pool.trunk_free <= pool.budget else LimitedBy.CALLS_PER_SECOND
    return Decision(max(0, allowed), limit)


def counted_on(in_flight: int, ratio: float) -> int:
    """Ready agents whom so many calls in flight count on already: the inverse of `calls_to_start`."""
    return ceil(round(in_flight / ratio, 6))

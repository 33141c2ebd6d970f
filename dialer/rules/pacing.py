"""How many calls to start now, and what keeps it from being more.

Two dial modes so far: progressive (one call in flight per ready agent) and fixed ratio. A decision is a function of
the pool's state alone: no clock, no I/O. `limited_by` answers the supervisor's first question.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import ceil, floor


class LimitedBy(StrEnum):
    """What keeps the pool from starting more calls. Words for people are in campaigns.words."""

    NOT_STARTED = "not_started"
    PAUSED = "paused"
    PBX_DOWN = "pbx_down"
    NO_TRUNK = "no_trunk"
    TRUNK_FAILING = "trunk_failing"
    AGENTS = "agents"
    SHARED_AGENTS = "shared_agents"
    TRUNK = "trunk"
    CALLS_PER_SECOND = "calls_per_second"
    CALLABLE_LEADS = "callable_leads"


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


@dataclass(frozen=True, slots=True)
class Decision:
    """Start `calls` calls now; `limited_by` says what kept it from being more."""

    calls: int
    limited_by: LimitedBy


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

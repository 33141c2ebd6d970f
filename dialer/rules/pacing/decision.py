"""What a pacing rule answers: how many calls to start now, and what keeps it from being more.

`limited_by` answers the supervisor's first question; the other values say how the rule came to it, for the record.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from enum import StrEnum


class LimitedBy(StrEnum):
    """What keeps the pool from starting more calls. Words for people are in campaigns.words."""

    NOT_STARTED = "not_started"
    PAUSED = "paused"
    PBX_DOWN = "pbx_down"
    NO_TRUNK = "no_trunk"
    TRUNK_FAILING = "trunk_failing"
    AGENTS = "agents"
    SHARED_AGENTS = "shared_agents"
    TOO_FEW_AGENTS = "too_few_agents"
    LEARNING = "learning"
    ABANDON_BUDGET = "abandon_budget"
    UNAUDITED = "unaudited"
    CHANNELS = "channels"
    TRUNK = "trunk"
    CALLS_PER_SECOND = "calls_per_second"
    CALLABLE_LEADS = "callable_leads"
    HOURS = "hours"


@dataclass(frozen=True, slots=True)
class Decision:
    """Start `calls` calls now, hang up those in `cancel`; `limited_by` says what kept it from being more.

    Of predictive dialling also: `risk`, the probability that one more call would be answered with no agent free;
    `theta`, the risk that was allowed; `answer_rate` of the next call; `target`, the abandon rate steered for.
    """

    calls: int
    limited_by: LimitedBy
    risk: float = 0.0
    theta: float = 0.0
    answer_rate: float = 0.0
    target: float = 0.0
    cancel: tuple[Hashable, ...] = ()

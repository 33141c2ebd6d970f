"""Which ready agent takes which waiting call: the longest-waiting call goes to the agent idle longest."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class WaitingCall:
    """An answered call, with its campaign; given in the order in which they began to wait."""

    id: UUID
    campaign_id: int


@dataclass(frozen=True, slots=True)
class ReadyAgent:
    """A ready shift, with its campaign; given in the order in which they became ready."""

    shift_id: UUID
    campaign_id: int


def pair(calls: Sequence[WaitingCall], agents: Sequence[ReadyAgent]) -> list[tuple[UUID, UUID]]:
    """(call id, shift id) pairs; every call and every agent at most once, within one campaign."""
    idle: dict[int, deque[UUID]] = defaultdict(deque)
    for agent in agents:
        idle[agent.campaign_id].append(agent.shift_id)
    return [(call.id, idle[call.campaign_id].popleft()) for call in calls if idle[call.campaign_id]]

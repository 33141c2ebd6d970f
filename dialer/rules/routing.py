"""Which ready agent takes which waiting call: the longest-waiting call goes to the agent idle longest.

A callback that somebody promised goes to them, if they are ready when it is answered.
"""

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
    # The user who promised this callback, if it is theirs alone.
    wanted: int | None = None


@dataclass(frozen=True, slots=True)
class ReadyAgent:
    """A ready shift, with its campaign; given in the order in which they became ready."""

    shift_id: UUID
    campaign_id: int
    user: int | None = None


def pair(calls: Sequence[WaitingCall], agents: Sequence[ReadyAgent]) -> list[tuple[UUID, UUID]]:
    """(call id, shift id) pairs; every call and every agent at most once, within one campaign.

    Whoever promised a callback takes it when ready; when not, anyone does, rather than leave the person waiting.
    """
    promised = [(call.id, agent.shift_id) for call in calls for agent in agents if _promised(call, agent)]
    kept = _each_once(promised)
    idle: dict[int, deque[UUID]] = defaultdict(deque)
    for agent in agents:
        if agent.shift_id not in kept.values():
            idle[agent.campaign_id].append(agent.shift_id)
    for call in calls:
        if call.id not in kept and idle[call.campaign_id]:
            kept[call.id] = idle[call.campaign_id].popleft()
    return [(call.id, kept[call.id]) for call in calls if call.id in kept]


def _promised(call: WaitingCall, agent: ReadyAgent) -> bool:
    return call.wanted is not None and call.wanted == agent.user and call.campaign_id == agent.campaign_id


def _each_once(pairs: Sequence[tuple[UUID, UUID]]) -> dict[UUID, UUID]:
    """The first agent of each call and the first call of each agent."""
    found: dict[UUID, UUID] = {}
    for call, shift in pairs:
        if call not in found and shift not in found.values():
            found[call] = shift
    return found

"""Which ready agent takes which waiting call: the longest-waiting call goes to the agent idle longest.

But never so that another caller is left without: an agent who serves one campaign only takes its caller, and whoever
serves both is left for the other's, who waits as well or is being called already. A callback that somebody promised
goes to them, if they are ready when it is answered.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from dialer.rules.seats import Seats, Team


@dataclass(frozen=True, slots=True)
class WaitingCall:
    """An answered call, with its campaign; given in the order in which they began to wait."""

    id: UUID
    campaign_id: int
    # The user who promised this callback, if it is theirs alone.
    wanted: int | None = None


@dataclass(frozen=True, slots=True)
class ReadyAgent:
    """A ready shift, with the campaigns it serves; given in the order in which they became ready."""

    shift_id: UUID
    campaigns: Team
    user: int | None = None


def pair(
    calls: Sequence[WaitingCall], agents: Sequence[ReadyAgent], coming: Mapping[int, int] | None = None
) -> list[tuple[UUID, UUID]]:
    """(call id, shift id) pairs, every call and every agent at most once; as many calls as can be served are.

    `coming`: calls in flight by campaign, which may need an agent in a moment; they never take one from who waits.
    Whoever promised a callback takes it when ready; when not, anyone does, rather than leave the person waiting.
    """
    promised = [(call.id, agent.shift_id) for call in calls for agent in agents if _promised(call, agent)]
    kept = _each_once(promised)
    spoken_for = set(kept.values())
    others = [agent for agent in agents if agent.shift_id not in spoken_for]
    kept |= _assign([call for call in calls if call.id not in kept], others, coming or {})
    return [(call.id, kept[call.id]) for call in calls if call.id in kept]


def _assign(calls: Sequence[WaitingCall], agents: Sequence[ReadyAgent], coming: Mapping[int, int]) -> dict[UUID, UUID]:
    seats = Seats(agent.campaigns for agent in agents)
    served = [call for call in calls if seats.take(call.campaign_id)]
    for campaign, number in sorted(coming.items()):
        for _ in range(number):
            if not seats.take(campaign):
                break
    idle: defaultdict[Team, deque[tuple[int, UUID]]] = defaultdict(deque)
    for place, agent in enumerate(agents):
        idle[agent.campaigns].append((place, agent.shift_id))
    left = Counter(seats.taken)
    return {call.id: _longest_idle(left, idle, call.campaign_id) for call in served}


def _longest_idle(left: Counter[tuple[Team, int]], idle: Mapping[Team, deque[tuple[int, UUID]]], campaign: int) -> UUID:
    """Take the agent idle longest out of the teams in which this campaign has a seat left."""
    teams = [team for (team, holder), seats in left.items() if holder == campaign and seats > 0]
    team = min(teams, key=lambda team: idle[team][0])
    left[team, campaign] -= 1
    return idle[team].popleft()[1]


def _promised(call: WaitingCall, agent: ReadyAgent) -> bool:
    return call.wanted is not None and call.wanted == agent.user and call.campaign_id in agent.campaigns


def _each_once(pairs: Sequence[tuple[UUID, UUID]]) -> dict[UUID, UUID]:
    """The first agent of each call and the first call of each agent."""
    found: dict[UUID, UUID] = {}
    for call, shift in pairs:
        if call not in found and shift not in found.values():
            found[call] = shift
    return found

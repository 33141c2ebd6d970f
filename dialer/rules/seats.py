"""Who may count on whom: ready agents assigned to campaigns, no agent to two of them.

Sharing (how many agents a campaign may dial for) and routing (who takes which call) ask the same question, so its
answer is here once. Agents who serve the same campaigns are interchangeable: a team. A campaign that finds no free
agent is given another's seat when that one can be seated elsewhere: an augmenting path (Kuhn 1955), searched over
campaigns and teams, of which there are few. Nobody ever loses a seat by it, so asking in order of importance is best.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass

Team = frozenset[int]


@dataclass(frozen=True, slots=True)
class _Move:
    """A campaign gains a seat in one team and, unless it is the one that asked, gives up one in another."""

    campaign: int
    gains: Team
    gives: Team | None


class Seats:
    """Ready agents, given as the campaigns each serves in the order in which they shall be taken."""

    def __init__(self, agents: Iterable[Team]) -> None:
        self._free: defaultdict[Team, deque[int]] = defaultdict(deque)
        for place, team in enumerate(agents):
            self._free[team].append(place)
        self._teams: defaultdict[int, list[Team]] = defaultdict(list)
        for team in self._free:
            for campaign in team:
                self._teams[campaign].append(team)
        self.taken: Counter[tuple[Team, int]] = Counter()

    def could(self, campaign: int) -> bool:
        """Whether this campaign can have one more agent without any other having one less."""
        return any(self._free[team] for team in self._teams.get(campaign, ())) or bool(self._path(campaign))

    def take(self, campaign: int) -> bool:
        """Give it one more; False when there is none to give."""
        moves = self._path(campaign)
        for move in moves:
            self.taken[move.gains, move.campaign] += 1
            if move.gives is not None:
                self.taken[move.gives, move.campaign] -= 1
        if moves:
            self._free[moves[0].gains].popleft()
        return bool(moves)

    def _path(self, campaign: int) -> list[_Move]:
        """The moves that seat it, the one into a free seat first; empty when there are none."""
        came: dict[int, tuple[int, Team] | None] = {campaign: None}
        queue = [campaign]
        for asking in queue:
            teams = self._teams.get(asking, ())
            if free := [team for team in teams if self._free[team]]:
                return _walk_back(came, asking, min(free, key=lambda team: self._free[team][0]))
            for team in teams:
                for other in sorted(team - came.keys()):
                    if self.taken[team, other]:
                        came[other] = (asking, team)
                        queue.append(other)
        return []


def _walk_back(came: dict[int, tuple[int, Team] | None], campaign: int, free: Team) -> list[_Move]:
    moves, gains = [], free
    while (before := came[campaign]) is not None:
        asked, gives = before
        moves.append(_Move(campaign, gains, gives))
        campaign, gains = asked, gives
    return [*moves, _Move(campaign, gains, None)]

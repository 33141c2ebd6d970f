"""How many of the ready agents each campaign may dial for, when campaigns share agents.

The sum is safe: every ready agent is promised to one campaign at most, and to one they serve. What calls in flight
count on already is kept first. The rest is handed out one agent at a time, a turn each: to the highest priority that
wants one, among equals by weight. Who a turn is fair to is remembered as a credit: everyone who could have had the
agent earns their weight's part of it, whoever got it pays one. Of those who are not ahead, the one whose next turn is
due first has it (Tijdeman's chairman rule), so that nobody is ever a whole turn away from their part. Who wants
nothing earns nothing, so an idle campaign's part goes to the others and is not asked back later.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dialer.rules.seats import Seats, Team


@dataclass(frozen=True, slots=True)
class Sharer:
    """A campaign as sharing sees it.

    `wants`: it could dial for more agents; `holds`: ready agents whom its calls in flight count on already;
    `credit`: agents it is owed (above 0) or has had ahead (below 0).
    """

    id: int
    weight: int = 1  # 1 to 100
    priority: int = 5  # 0 to 9, higher first
    wants: bool = True
    holds: int = 0
    credit: float = 0.0


@dataclass(frozen=True, slots=True)
class Turn:
    """One ready agent handed out: to whom, and who among its equals could have had them."""

    winner: int
    among: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Shares:
    """`promised`: ready agents each campaign may count on, those its calls hold included; `turns`: the new ones."""

    promised: Mapping[int, int]
    turns: tuple[Turn, ...]


def share(agents: Iterable[Team], sharers: Sequence[Sharer]) -> Shares:
    """Promise these ready agents, each given as the campaigns they serve. Among equals the first given wins a tie."""
    seats = Seats(agents)
    promised: Counter[int] = Counter({sharer.id: 0 for sharer in sharers})
    for sharer in sorted(sharers, key=lambda s: -s.priority):
        while promised[sharer.id] < sharer.holds and seats.take(sharer.id):
            promised[sharer.id] += 1
    turns = _hand_out(seats, [sharer for sharer in sharers if sharer.wants])
    promised.update(turn.winner for turn in turns)
    return Shares(dict(promised), turns)


def expect(busy: Sequence[Team], sharers: Sequence[Sharer]) -> list[int | None]:
    """For each busy agent the one campaign that may count on their coming free: the highest priority they serve that
    wants agents, among equals each its weight's part. None where nobody of these wants them.

    The sum is safe: nobody is counted on twice.
    """
    by_id = {sharer.id: sharer for sharer in sharers if sharer.wants}
    had: Counter[tuple[frozenset[int], int]] = Counter()
    found: list[int | None] = []
    for team in busy:
        serves = [by_id[campaign] for campaign in sorted(team) if campaign in by_id]
        highest = max((sharer.priority for sharer in serves), default=0)
        equals = [sharer for sharer in serves if sharer.priority == highest]
        among = frozenset(sharer.id for sharer in equals)
        winner = min(equals, key=lambda s: (had[among, s.id] + 1) / s.weight, default=None)
        if winner is not None:
            had[among, winner.id] += 1
        found.append(winner.id if winner else None)
    return found


def settle(sharers: Sequence[Sharer], shares: Shares, used: Mapping[int, int]) -> dict[int, float]:
    """Credits after these turns, of which each campaign used so many. Who had no use for all of theirs had less than
    their part: they neither pay nor earn, and what they were offered counts for nobody."""
    offered = Counter(turn.winner for turn in shares.turns)
    short = {campaign for campaign in offered if used.get(campaign, 0) < offered[campaign]}
    weights = {sharer.id: sharer.weight for sharer in sharers}
    credits = {sharer.id: sharer.credit for sharer in sharers}
    for turn in shares.turns:
        if turn.winner not in short:
            _pay(credits, weights, turn.winner, [campaign for campaign in turn.among if campaign not in short])
    return credits


def _hand_out(seats: Seats, wanting: list[Sharer]) -> tuple[Turn, ...]:
    turns = []
    credits = {sharer.id: sharer.credit for sharer in wanting}
    weights = {sharer.id: sharer.weight for sharer in wanting}
    # Who cannot be given one more now never can be: seats only fill.
    while wanting := [sharer for sharer in wanting if seats.could(sharer.id)]:
        highest = max(sharer.priority for sharer in wanting)
        equals = [sharer.id for sharer in wanting if sharer.priority == highest]
        winner = _whose_turn(equals, credits, weights)
        seats.take(winner)
        _pay(credits, weights, winner, equals)
        turns.append(Turn(winner, tuple(equals)))
    return tuple(turns)


def _whose_turn(equals: Sequence[int], credits: Mapping[int, float], weights: Mapping[int, int]) -> int:
    """Of those who would not get ahead by a whole turn, the one whose next turn is due first."""
    total = sum(weights[campaign] for campaign in equals)
    not_ahead = [campaign for campaign in equals if credits[campaign] + weights[campaign] / total > 0]
    return min(not_ahead or equals, key=lambda campaign: (1 - credits[campaign]) / weights[campaign])


def _pay(credits: dict[int, float], weights: Mapping[int, int], winner: int, among: Sequence[int]) -> None:
    total = sum(weights[campaign] for campaign in among)
    for campaign in among:
        credits[campaign] += weights[campaign] / total
    credits[winner] -= 1

"""What lives on a server, as pacing sees it: calls and busy agents, read anew each tick."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from dialer.pacing.ended import DETECTED, FALSE_MACHINE, GREETED, MACHINE
from dialer.rules.budgets import Answered
from dialer.rules.seats import Team

# Answered calls of other servers count for budgets too.
CALLS = f"""
SELECT id, campaign_id, server_id, lead_id, state, abandoned, hangup_by <> '', reserved_at, ringing_at, answered_at,
       bridged_at, {GREETED}, {DETECTED}, {MACHINE}, {FALSE_MACHINE}, detector <> '' AND verdict = ''
FROM dialer_livecall WHERE server_id = %s OR answered_at IS NOT NULL
"""
# Who pauses or signs out after their call comes free for nobody.
BUSY = """
SELECT s.id, s.campaign_id, s.state, s.since, s.then <> '',
       ARRAY(SELECT v.campaign_id FROM dialer_shiftcampaign v WHERE v.shift_id = s.id)
FROM dialer_shift s WHERE s.server_id = %s AND s.state IN ('claimed', 'talking', 'wrap_up', 'ready', 'paused')
ORDER BY s.id
"""
UNANSWERED = ("reserved", "placed", "dialing", "ringing")
WAITING = ("answered", "waiting")


@dataclass(frozen=True, slots=True)
class Living:
    """A live call; `undecided`: a detector listens, or is to listen, and has not told yet."""

    id: UUID
    campaign_id: int
    server_id: int
    lead_id: int
    state: str
    abandoned: bool
    given_up: bool
    reserved_at: datetime
    ringing_at: datetime | None
    answered_at: datetime | None
    bridged_at: datetime | None
    greeted_at: datetime | None = None
    detected_at: datetime | None = None
    machine: bool = False
    false_machine: bool = False
    undecided: bool = False

    @property
    def answer(self) -> Answered | None:
        """As budgets count it while it lives; the caller who hears the message for missed calls is lost already."""
        if self.answered_at is None:
            return None
        return Answered(
            self.answered_at,
            self.bridged_at,
            None,
            dropped=self.abandoned,
            greeted_at=self.greeted_at,
            detected_at=self.detected_at,
            machine=self.machine,
            false_machine=self.false_machine,
        )


@dataclass(frozen=True, slots=True)
class Busy:
    """A signed-in agent, by shift: the campaign of their call, what they do since when, and whom they serve."""

    shift_id: UUID
    campaign_id: int
    state: str
    since: datetime
    leaves: bool
    serves: Team

    @property
    def comes_free(self) -> bool:
        return self.state in ("claimed", "talking", "wrap_up") and not self.leaves


@dataclass(frozen=True, slots=True)
class Scene:
    """A server at `at`. `calls`: all; `here`: those on this server, by campaign."""

    at: datetime
    server_id: int
    calls: Sequence[Living]
    agents: Sequence[Busy]
    here: Mapping[int, Sequence[Living]]

    def flying(self, campaign: int, longest: float) -> list[Living]:
        """Its calls on this server that nobody answered yet. One of which nothing is heard beyond `longest` seconds
        is not coming any more: its events were lost, and the next audit will say what became of it."""
        first = self.at - timedelta(seconds=longest)
        return [
            call
            for call in self.of(campaign)
            if call.state in UNANSWERED and not call.given_up and call.reserved_at >= first
        ]

    def waiting(self, campaign: int) -> int:
        """Callers who want an agent."""
        found = self.of(campaign)
        return sum(call.state in WAITING and not call.abandoned and not call.undecided for call in found)

    def screening(self, campaign: int) -> int:
        """Answered calls of which it is not known yet whether a person is there."""
        return sum(call.state in WAITING and call.undecided for call in self.of(campaign))

    def of(self, campaign: int) -> Sequence[Living]:
        return self.here.get(campaign, ())

    def age(self, since: datetime) -> float:
        """Seconds since then; a clock that was set back makes none of it."""
        return max(0.0, (self.at - since).total_seconds())


def look(server_id: int, now: datetime) -> Scene:
    """Calls before agents: one that is connected in between counts as in flight, and its agent as not ready."""
    with connection.cursor() as cursor:
        cursor.execute(CALLS, [server_id])
        calls = [Living(*row) for row in cursor.fetchall()]
        cursor.execute(BUSY, [server_id])
        agents = [
            Busy(shift, campaign, state, since, leaves, frozenset(serves))
            for shift, campaign, state, since, leaves, serves in cursor.fetchall()
        ]
    here: dict[int, list[Living]] = {}
    for call in calls:
        if call.server_id == server_id:
            here.setdefault(call.campaign_id, []).append(call)
    return Scene(now, server_id, calls, agents, here)

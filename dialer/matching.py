"""Pair the longest-waiting call with the agent idle longest, and claim both in one transaction.

Neither select waits (SKIP LOCKED), so this can be part of no deadlock; the order is live call, then shift. An engine
runs it in one thread only: two at a time could each hold what the other looks for, and both give up.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from dialer import shifts
from dialer.rules import routing
from dialer.rules.facts import Connect
from dialer.rules.shift import Claimed

MOST = 100
WAITING = """
SELECT id, campaign_id, wanted_user_id FROM dialer_livecall
WHERE server_id = %s AND state = 'waiting' AND NOT abandoned AND hangup_by = ''
ORDER BY waiting_at LIMIT %s FOR UPDATE SKIP LOCKED
"""
READY = """
SELECT s.id, s.campaign_id, a.user_id FROM dialer_shift s JOIN dialer_agent a ON a.id = s.agent_id
WHERE s.server_id = %s AND s.state = 'ready' AND s.campaign_id = ANY(%s)
ORDER BY s.since LIMIT %s FOR UPDATE OF s SKIP LOCKED
"""
ASSIGN = """
UPDATE dialer_livecall c SET state = 'assigned', shift_id = v.shift_id, assigned_at = %s
FROM unnest(%s::uuid[], %s::uuid[]) AS v(id, shift_id) WHERE c.id = v.id
"""


@dataclass(frozen=True, slots=True)
class Matched:
    """Bridges to make, and who should look again."""

    connects: list[Connect]
    topics: set[str]


def match(server_id: int) -> Matched:
    """Claim an agent for every waiting call that can have one."""
    with transaction.atomic():
        pairs = _pairs(server_id)
        if not pairs:
            return Matched([], set())
        now = timezone.now()
        with connection.cursor() as cursor:
            cursor.execute(ASSIGN, [now, [call for call, _ in pairs], [shift for _, shift in pairs]])
        changes = shifts.apply([(shift, Claimed(now, call)) for call, shift in pairs])
    return Matched([Connect(call, shift) for call, shift in pairs], changes.topics)


def _pairs(server_id: int) -> list[tuple[UUID, UUID]]:
    with connection.cursor() as cursor:
        cursor.execute(WAITING, [server_id, MOST])
        calls = [routing.WaitingCall(*row) for row in cursor.fetchall()]
        if not calls:
            return []
        cursor.execute(READY, [server_id, list({c.campaign_id for c in calls}), MOST])
        return routing.pair(calls, [routing.ReadyAgent(*row) for row in cursor.fetchall()])

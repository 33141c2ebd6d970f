"""Pair waiting calls with ready agents who serve their campaigns, and claim both in one transaction.

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
# Persons before those who were judged machines and go to an agent to learn the truth.
WAITING = """
SELECT id, campaign_id, wanted_user_id FROM dialer_livecall
WHERE server_id = %s AND state = 'waiting' AND NOT abandoned AND hangup_by = ''
ORDER BY verdict = 'machine', waiting_at LIMIT %s FOR UPDATE SKIP LOCKED
"""
COMING = """
SELECT campaign_id, count(*) FROM dialer_livecall
WHERE server_id = %s AND state IN ('placed', 'dialing', 'ringing', 'answered') AND hangup_by = '' GROUP BY campaign_id
"""
# Of each campaign those idle longest: so many calls cannot want more of them.
READY = """
SELECT s.id, (SELECT array_agg(v.campaign_id) FROM dialer_shiftcampaign v WHERE v.shift_id = s.id), a.user_id
FROM dialer_shift s JOIN dialer_agent a ON a.id = s.agent_id
WHERE s.state = 'ready' AND s.id IN (
    SELECT id FROM (
        SELECT r.id, row_number() OVER (PARTITION BY v.campaign_id ORDER BY r.since) AS place
        FROM dialer_shift r JOIN dialer_shiftcampaign v ON v.shift_id = r.id
        WHERE r.server_id = %s AND r.state = 'ready' AND v.campaign_id = ANY(%s)
    ) ranked WHERE place <= %s
)
ORDER BY s.since FOR UPDATE OF s SKIP LOCKED
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
        calls = _waiting(server_id)
        pairs = _pairs(server_id, calls) if calls else []
        if not pairs:
            return Matched([], set())
        now = timezone.now()
        with connection.cursor() as cursor:
            cursor.execute(ASSIGN, [now, [call for call, _ in pairs], [shift for _, shift in pairs]])
        campaigns = {call.id: call.campaign_id for call in calls}
        changes = shifts.apply([(shift, Claimed(now, call, campaigns[call])) for call, shift in pairs])
    return Matched([Connect(call, shift) for call, shift in pairs], changes.topics)


def _waiting(server_id: int) -> list[routing.WaitingCall]:
    with connection.cursor() as cursor:
        cursor.execute(WAITING, [server_id, MOST])
        return [routing.WaitingCall(*row) for row in cursor.fetchall()]


def _pairs(server_id: int, calls: list[routing.WaitingCall]) -> list[tuple[UUID, UUID]]:
    with connection.cursor() as cursor:
        cursor.execute(COMING, [server_id])
        coming = dict(cursor.fetchall())
        cursor.execute(READY, [server_id, list({call.campaign_id for call in calls} | coming.keys()), MOST])
        agents = [routing.ReadyAgent(shift, frozenset(serves), user) for shift, serves, user in cursor.fetchall()]
    return routing.pair(calls, agents, coming)

"""What the rows ask of the PBX besides new calls: phones to call, calls and legs to end, wrap-ups to close.

Every chore is a query for work not yet done and marks it done in the same statement, so it may run as often as one
likes, and what a web page asked for needs no message to reach the engine, only its next look.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Greatest
from django.utils import timezone

from campaigns import leads
from dialer import calls, shifts
from dialer.models import Agent, LiveCall, Shift
from dialer.pbx.snapshot import Held
from dialer.rules.facts import CallAgent, Effect, HangUp

AGENT_RING_SECONDS = 20
STRAY = """
SELECT l.id, l.held_by, l.held_phone, l.last_attempt_at FROM campaigns_lead l
WHERE l.state = 'held' AND l.last_attempt_at < now() - interval '60 s'
  AND NOT EXISTS (SELECT 1 FROM dialer_livecall c WHERE c.id = l.held_by)
  AND NOT EXISTS (SELECT 1 FROM dialer_shift s WHERE s.call_id = l.held_by)
"""


def run(server_id: int) -> tuple[list[Effect], set[str]]:
    """All chores of one server; returns what to do on the PBX and which topics changed."""
    effects: list[Effect] = [*_call_agents(server_id), *calls.to_hang_up(server_id), *_legs_to_end(server_id)]
    expired = calls.expire_wrap_ups(server_id)
    return [*effects, *expired.effects], expired.topics


def _call_agents(server_id: int) -> list[Effect]:
    due = shifts.phones_to_call(server_id)
    agents = Agent.objects.in_bulk([agent for _, agent in due]) if due else {}
    return [CallAgent(shift, f"PJSIP/{agents[agent].endpoint}", AGENT_RING_SECONDS) for shift, agent in due]


def _legs_to_end(server_id: int) -> list[Effect]:
    """Agents who sign out: asked again each time until the leg is gone, which costs nothing if it is."""
    leaving = Shift.objects.filter(server_id=server_id, state=Shift.State.LEAVING)
    return [HangUp(pk) for pk in leaving.values_list("pk", flat=True)]


def held_calls(server_id: int) -> Mapping[UUID, Held]:
    """What the database holds as live on this server, with when each entered its state."""
    entered = Greatest("reserved_at", "placed_at", *calls.MOMENTS)
    rows = LiveCall.objects.filter(server_id=server_id).annotate(entered=entered)
    return {pk: Held(state, since) for pk, state, since in rows.values_list("pk", "state", "entered")}


def held_shifts(server_id: int) -> Mapping[UUID, Held]:
    """Shifts that are not over, with when each entered its state."""
    rows = Shift.objects.filter(server_id=server_id).exclude(state=Shift.State.OFF)
    return {pk: Held(state, since) for pk, state, since in rows.values_list("pk", "state", "since")}


def release_stray_leads(now: datetime | None = None) -> int:
    """Leads held by a call that is neither live nor being written up; there should be none. Returns how many were."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(STRAY)
        strays = cursor.fetchall()
        leads.settle(
            [
                leads.Settlement(lead, call, phone, at, "unknown", level=1, refund=False, keep=False)
                for lead, call, phone, at in strays
            ],
            now or timezone.now(),
        )
    return len(strays)

"""From a due lead to a call on the wire, at most once.

T1 reserves leads and writes their calls down as `reserved`; T2 turns them into `placed`; only then is the PBX told.
A crash between T2 and the wire may lose a call but can never double it, and nothing is ever sent again.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from campaigns import policies, reservation
from campaigns.models import Campaign
from campaigns.reservation import Reserved
from dialer import leases, nudge
from dialer.calls import screening
from dialer.calls.screening import Screening
from dialer.leases import Lease
from dialer.models import LiveCall, Shift, Trunk
from dialer.rules.facts import HangUp, Originate
from dialer.rules.ids import new_call_id

INSERT = """
INSERT INTO dialer_livecall (id, server_id, trunk_id, campaign_id, lead_id, contact_id, phone, caller_id, state,
                             abandoned, hangup_by, hangup_sent, reserved_at, wanted_user_id, detector, on_machine,
                             sampled)
SELECT id, %(server)s, %(trunk)s, %(campaign)s, lead_id, contact_id, phone, caller_id, 'reserved', false, '', false,
       %(at)s, wanted, %(detector)s, on_machine, sampled
FROM unnest(%(ids)s::uuid[], %(leads)s::bigint[], %(contacts)s::bigint[], %(phones)s::bigint[], %(callers)s::text[],
            %(wanted)s::bigint[], %(on_machine)s::text[], %(sampled)s::boolean[])
     AS v(id, lead_id, contact_id, phone, caller_id, wanted, on_machine, sampled)
"""
PLACE = """
UPDATE dialer_livecall SET state = 'placed', placed_at = clock_timestamp()
WHERE id = ANY(%s) AND state = 'reserved' AND hangup_by = '' RETURNING id
"""
TO_HANG_UP = """
UPDATE dialer_livecall SET hangup_sent = true
WHERE server_id = %s AND hangup_by <> '' AND NOT hangup_sent AND state <> 'reserved' RETURNING id
"""
PREFIXES = {"e164": "", "plus": "+", "international": "00"}


@dataclass(frozen=True, slots=True)
class Line:
    """The trunk calls go out on, as values: lanes and ticks share no model instances."""

    id: int
    name: str
    number_format: str
    caller_ids: tuple[str, ...]

    @classmethod
    def of(cls, trunk: Trunk) -> Line:
        return cls(trunk.pk, trunk.name, trunk.number_format, tuple(trunk.caller_ids))

    def dial_string(self, phone: int) -> str:
        return f"PJSIP/{PREFIXES[self.number_format]}{phone}@{self.name}"


def reserve(*, lease: Lease, campaign: Campaign, line: Line, want: int, agents: Sequence[int] = ()) -> list[Originate]:
    """Up to `want` calls, written down and ready for the wire; the caller sends each exactly once.

    `agents`: the users who are ready, who may get the callbacks that they promised.
    Raises LeaseLost when another engine drives the server by now.
    """
    with transaction.atomic():
        # Nothing is sent before `placed` is on the disk, and with it all that was written before.
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit = off")
        leases.guard(lease)
        reserved = reservation.reserve(campaign=campaign, want=want, new_call_id=new_call_id, agents=agents)
        callers = [random.choice(line.caller_ids) if line.caller_ids else "" for _ in reserved]
        listening = {r.call_id: screening.of(campaign, r.call_id) for r in reserved}
        _insert(lease.server_id, campaign, line, reserved, callers, listening)
    least_ring = policies.of(campaign).min_ring_seconds if reserved else 0
    placed = _place([r.call_id for r in reserved])
    return [
        Originate(
            id=r.call_id,
            dial_string=line.dial_string(r.phone),
            caller_id=caller,
            ring_seconds=max(campaign.ring_seconds, least_ring),
            max_wait_seconds=campaign.max_wait_seconds,
            variables=listening[r.call_id].variables,
        )
        for r, caller in zip(reserved, callers, strict=True)
        if r.call_id in placed
    ]


def request_hangup(*, shift_id: UUID) -> None:
    """The agent ends the call they talk in; the engine hangs up, and the call's own events settle it."""
    shift = Shift.objects.filter(pk=shift_id).first()
    if shift and shift.call_id and LiveCall.objects.filter(pk=shift.call_id, hangup_by="").update(hangup_by="agent"):
        nudge.publish(nudge.engine(shift.server_id))


def stop_unanswered(campaign_id: int) -> int:
    """Stop now: mark calls that nobody answered yet to be ended. Returns how many."""
    unanswered = LiveCall.objects.filter(campaign_id=campaign_id, answered_at__isnull=True, hangup_by="")
    return unanswered.update(hangup_by="stop")


def give_up(ids: Sequence[Any]) -> int:
    """Calls that ring on while nobody would be free for them: to be ended, unless they were answered by now. Returns
    how many."""
    if not ids:
        return 0
    ringing = LiveCall.objects.filter(pk__in=list(ids), answered_at__isnull=True, hangup_by="")
    return ringing.update(hangup_by="pacing")


def to_hang_up(server_id: int) -> list[HangUp]:
    """Calls somebody asked to end, each given out once."""
    with connection.cursor() as cursor:
        cursor.execute(TO_HANG_UP, [server_id])
        return [HangUp(call_id) for (call_id,) in cursor.fetchall()]


def _insert(
    server_id: int,
    campaign: Campaign,
    line: Line,
    reserved: Sequence[Reserved],
    callers: list[str],
    listening: Mapping[UUID, Screening],
) -> None:
    if not reserved:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            INSERT,
            {
                "server": server_id,
                "trunk": line.id,
                "campaign": campaign.pk,
                "at": reserved[0].at,
                "ids": [r.call_id for r in reserved],
                "leads": [r.lead_id for r in reserved],
                "contacts": [r.contact_id for r in reserved],
                "phones": [r.phone for r in reserved],
                "callers": callers,
                "wanted": [r.wanted for r in reserved],
                "detector": listening[reserved[0].call_id].detector,
                "on_machine": [listening[r.call_id].on_machine for r in reserved],
                "sampled": [listening[r.call_id].sampled for r in reserved],
            },
        )


def _place(ids: list[UUID]) -> set[UUID]:
    if not ids:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(PLACE, [ids])
        return {call_id for (call_id,) in cursor.fetchall()}

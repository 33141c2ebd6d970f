"""What becomes of a held lead when its call is over: due again, finished, or kept until the agent has said.

The dialler tells outcomes in batches; a lead is only ever changed by the call that holds it (`held_by`), so telling
twice changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from campaigns import ledger
from campaigns.ledger import TouchKey
from campaigns.models import Disposition, Suppression, User
from campaigns.rules import retries
from campaigns.rules.retries import DueAgain, Next, Retry

# How long a number that the network called unallocated is left alone.
VACANT_FOR = timedelta(hours=24)

HELD = """
SELECT id, campaign_id, outcome_counts, held_by FROM campaigns_lead
WHERE held_by = ANY(%s) AND id = ANY(%s) FOR UPDATE
"""
LET_GO = """
UPDATE campaigns_lead l SET state = v.state, due_at = coalesce(v.due_at, l.due_at), reason = v.reason,
       held_by = NULL, held_phone = NULL, callback = v.callback, last_outcome = v.outcome,
       attempts = l.attempts - CASE WHEN v.refunded THEN 1 ELSE 0 END,
       outcome_counts = jsonb_set(l.outcome_counts, ARRAY[v.outcome], to_jsonb(v.times))
FROM unnest(%(ids)s::bigint[], %(states)s::text[], %(dues)s::timestamptz[], %(reasons)s::text[],
            %(callbacks)s::boolean[], %(outcomes)s::text[], %(refunded)s::boolean[], %(times)s::int[])
     AS v(id, state, due_at, reason, callback, outcome, refunded, times)
WHERE l.id = v.id
"""
RULES = """
SELECT campaign_id, outcome, wait_minutes, "limit" FROM campaigns_retryrule
WHERE campaign_id IS NULL OR campaign_id = ANY(%s)
"""
VACANT = """
UPDATE campaigns_phone SET status = 'vacant', status_source = 'own_call', status_observed_at = %s,
       status_expires_at = %s
WHERE number = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a call ended for its lead. `keep`: an agent talked and will say what it came to; the lead stays held."""

    lead_id: int
    call_id: UUID
    phone: int
    reserved_at: datetime
    outcome: str
    level: int
    refund: bool
    keep: bool

    @property
    def touch(self) -> TouchKey:
        return TouchKey(self.phone, self.reserved_at, self.call_id)


@dataclass(frozen=True, slots=True)
class LetGo:
    """A lead about to be released by its call."""

    lead_id: int
    next: Next
    outcome: str
    times: int
    callback: bool = False
    refunded: bool = False


def settle(settlements: Sequence[Settlement], now: datetime) -> None:
    """Settle ended calls: touches raised or refunded, leads due again or finished, dead numbers remembered."""
    ledger.refund([s.touch for s in settlements if s.refund])
    ledger.raise_level([(s.touch, s.level) for s in settlements if s.level > ledger.ATTEMPT])
    _let_go(_after_outcomes([s for s in settlements if not s.keep], now))
    _remember_vacant([s.phone for s in settlements if s.outcome == "invalid_number"], now)


def settle_disposition(
    *,
    lead_id: int,
    call_id: UUID,
    phone: int,
    disposition: Disposition | None,
    callback_at: datetime | None,
    by: User | None,
    now: datetime,
) -> bool:
    """Settle a conversation by what the agent said (None: nothing in time). False when the call no longer holds it."""
    held = _held([(lead_id, call_id)])
    if not held:
        return False
    again = None
    if disposition and disposition.retry_after_hours is not None:
        again = timedelta(hours=disposition.retry_after_hours)
    if disposition and disposition.category == Disposition.Category.DO_NOT_CALL:
        _never_call(phone, disposition, by)
        again = callback_at = None
    following = retries.after_disposition(again, callback_at, now)
    if disposition is None:
        following = retries.Finished("no_disposition")
    times = held[lead_id][1].get("conversation", 0) + 1
    _let_go([LetGo(lead_id, following, "conversation", times, callback=callback_at is not None)])
    return True


def _never_call(phone: int, disposition: Disposition, by: User | None) -> None:
    """The person said so: everywhere, from now on."""
    Suppression.objects.get_or_create(
        phone=phone,
        line_of_business=None,
        campaign=None,
        defaults={"reason": disposition.label, "source": "agent", "created_by": by},
    )


def _held(pairs: Iterable[tuple[int, UUID]]) -> dict[int, tuple[int, dict[str, int]]]:
    """(campaign, outcome counts) of those leads that these calls still hold, locked."""
    by_lead = dict(pairs)
    with connection.cursor() as cursor:
        cursor.execute(HELD, [list(by_lead.values()), list(by_lead)])
        rows = cursor.fetchall()
    # Django reads jsonb as text on a bare cursor.
    return {
        lead: (campaign, json.loads(counts)) for lead, campaign, counts, held_by in rows if by_lead[lead] == held_by
    }


def _after_outcomes(settlements: list[Settlement], now: datetime) -> list[LetGo]:
    if not settlements:
        return []
    held = _held([(s.lead_id, s.call_id) for s in settlements])
    rules = _rules({campaign for campaign, _ in held.values()})
    result = []
    for s in settlements:
        if s.lead_id in held:
            campaign, counts = held[s.lead_id]
            times = counts.get(s.outcome, 0) + 1
            following = retries.after(s.outcome, times=times, rules=rules.get(campaign, {}), now=now)
            result.append(LetGo(s.lead_id, following, s.outcome, times, refunded=s.refund))
    return result


def _rules(campaigns: set[int]) -> dict[int, dict[str, Retry]]:
    """Retry rules by campaign: everyone's, overridden by the campaign's own."""
    with connection.cursor() as cursor:
        cursor.execute(RULES, [list(campaigns)])
        rows = [(of, outcome, Retry(timedelta(minutes=wait), limit)) for of, outcome, wait, limit in cursor.fetchall()]
    everyone = {outcome: retry for of, outcome, retry in rows if of is None}
    own = {c: {outcome: retry for of, outcome, retry in rows if of == c} for c in campaigns}
    return {campaign: {**everyone, **rules} for campaign, rules in own.items()}


def _let_go(leads: Sequence[LetGo]) -> None:
    if not leads:
        return
    dues = [lead.next.at if isinstance(lead.next, DueAgain) else None for lead in leads]
    with connection.cursor() as cursor:
        cursor.execute(
            LET_GO,
            {
                "ids": [lead.lead_id for lead in leads],
                "states": ["due" if due else "finished" for due in dues],
                "dues": dues,
                "reasons": [lead.outcome if isinstance(lead.next, DueAgain) else lead.next.reason for lead in leads],
                "callbacks": [lead.callback for lead in leads],
                "outcomes": [lead.outcome for lead in leads],
                "refunded": [lead.refunded for lead in leads],
                "times": [lead.times for lead in leads],
            },
        )


def _remember_vacant(phones: list[int], now: datetime) -> None:
    if phones:
        with connection.cursor() as cursor:
            cursor.execute(VACANT, [now, now + VACANT_FOR, sorted(phones)])

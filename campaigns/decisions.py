"""Decisions not to call: kept where they change, told as a history.

The decision that holds is on the lead itself: reason, rule, policy, inputs, since when, how often it was made again.
When another takes its place, or the lead is called, it moves to the history. Looking again with the same result only
counts up, so that storage grows with changes, not with looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from campaigns import exchange
from campaigns.exchange import Statement
from campaigns.rules.eligibility import Refuse

# What is over: the decision as it stood on the lead. `in_call` passes within a minute and explains nothing later.
ARCHIVE = """
INSERT INTO campaigns_decision
    (lead_id, ended_at, decided_at, until, phone, policy_id, times, reason, rule, inputs)
SELECT l.id, %(now)s, l.decided_at, CASE l.state WHEN 'due' THEN l.due_at END, l.refused_phone, l.policy_id,
       l.decided_times, l.reason, l.rule, l.inputs
FROM campaigns_lead l JOIN v ON v.id = l.id
WHERE l.decided_at IS NOT NULL AND l.reason <> 'in_call'
"""
SAME = """l.decided_at IS NOT NULL
          AND (l.reason, l.rule, l.policy_id) IS NOT DISTINCT FROM (v.reason, v.rule, %(policy)s)"""
# What becomes of a lead `l` for which `v` was decided.
SET_ASIDE = f"""
UPDATE campaigns_lead l
SET due_at = coalesce(v.until, l.due_at), state = CASE WHEN v.until IS NULL THEN 'finished' ELSE 'due' END,
    decided_at = CASE WHEN {SAME} THEN l.decided_at ELSE %(now)s END,
    decided_times = CASE WHEN {SAME} THEN l.decided_times + 1 ELSE 1 END,
    reason = v.reason, rule = v.rule, policy_id = %(policy)s, inputs = v.inputs, refused_phone = v.phone,
    vetted = false
"""
REFUSE = f"""
WITH v AS MATERIALIZED (
    SELECT id, until, reason, rule, inputs::jsonb, phone
    FROM unnest(%(ids)s::bigint[], %(untils)s::timestamptz[], %(reasons)s::text[], %(rules)s::text[],
                %(inputs)s::text[], %(phones)s::bigint[]) AS given(id, until, reason, rule, inputs, phone)
), archived AS ({ARCHIVE} AND NOT ({SAME}))
{SET_ASIDE} FROM v WHERE l.id = v.id
"""
HOLD = f"""
WITH v AS MATERIALIZED (
    SELECT * FROM unnest(%(ids)s::bigint[], %(calls)s::uuid[], %(phones)s::bigint[]) AS v(id, call_id, phone)
), archived AS ({ARCHIVE})
UPDATE campaigns_lead l
SET state = 'held', held_by = v.call_id, held_phone = v.phone, attempts = l.attempts + 1, last_attempt_at = %(now)s,
    reason = '', rule = '', policy_id = NULL, inputs = NULL, refused_phone = NULL, decided_at = NULL, decided_times = 0,
    vetted = false
FROM v WHERE l.id = v.id
"""


@dataclass(frozen=True, slots=True)
class Held:
    """A lead about to be held by a call to this phone."""

    lead_id: int
    call_id: object
    phone: int


def refusing(refused: Sequence[tuple[int, Refuse]], *, policy_id: int, now: datetime) -> Statement:
    """Set these leads aside until their time, or for good, with the decision; their rows are locked by the caller."""
    return REFUSE, {
        "now": now,
        "policy": policy_id,
        "ids": exchange.array(lead for lead, _ in refused),
        "untils": [r.until for _, r in refused],
        "reasons": [r.reason.value for _, r in refused],
        "rules": [r.rule for _, r in refused],
        "inputs": [orjson.dumps(dict(r.inputs)).decode() if r.inputs else None for _, r in refused],
        "phones": [r.phone for _, r in refused],
    }


def holding(held: Sequence[Held], now: datetime) -> Statement:
    """Give these leads to their calls; what kept them before is history."""
    return HOLD, {
        "now": now,
        "ids": exchange.array(h.lead_id for h in held),
        "calls": exchange.array(h.call_id for h in held),
        "phones": exchange.array(h.phone for h in held),
    }

"""Facts change calls, and what ended is settled exactly once.

A lane hands over everything it has heard, and the batch is one transaction: lock the calls, let rules.call move them,
write what changed, turn what ended into attempts by one DELETE ... RETURNING, tell shifts, let leads go. Locks are
taken as campaigns.reservation sets out: live call -> its shift -> its held lead.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from campaigns import leads, ledger
from campaigns.leads import Settlement
from dialer import nudge, shifts
from dialer.rules import call as rules
from dialer.rules import facts as f
from dialer.rules import shift as shift_rules
from dialer.rules.call import Call, Ending, ForShift
from dialer.rules.outcomes import BY_MACHINE, REFUNDED, Outcome

MOMENTS = ("dialing_at", "ringing_at", "answered_at", "detected_at", "waiting_at", "assigned_at", "bridged_at")
# What a detector said of the call, each with its type.
VERDICT = {"verdict": "text", "verdict_cause": "text", "took_ms": "integer", "message_left": "boolean"}
# All that facts teach, and that is kept for good.
LEARNED = {**dict.fromkeys(MOMENTS, "timestamptz"), **VERDICT}
LOCK = f"""
SELECT id, campaign_id, state, shift_id, abandoned, hangup_by, on_machine = 'agent', {", ".join(LEARNED)}
FROM dialer_livecall WHERE id = ANY(%s) ORDER BY id FOR UPDATE
"""
UPDATE = f"""
UPDATE dialer_livecall c SET state = v.state, shift_id = v.shift_id, abandoned = v.abandoned,
       {", ".join(f"{name} = v.{name}" for name in LEARNED)}
FROM unnest(%s::uuid[], %s::text[], %s::uuid[], %s::boolean[], {", ".join(f"%s::{t}[]" for t in LEARNED.values())})
     AS v(id, state, shift_id, abandoned, {", ".join(LEARNED)})
WHERE c.id = v.id
"""
WRAP_UP = "SELECT id, wrap_up_seconds FROM campaigns_campaign WHERE id = ANY(%s)"
WHO = "server_id, trunk_id, campaign_id, lead_id, contact_id, phone, caller_id, hangup_by, reserved_at, placed_at"
CARRIED = f"{WHO}, {', '.join(MOMENTS)}, detector, verdict, verdict_cause, took_ms"
END = f"""
WITH v AS (
    SELECT * FROM unnest(%s::uuid[], %s::text[], %s::smallint[], %s::text[], %s::timestamptz[])
        AS v(id, outcome, cause, tech_cause, ended_at)
), gone AS (
    DELETE FROM dialer_livecall c USING v WHERE c.id = v.id
    RETURNING c.*, v.outcome, v.cause, v.tech_cause, v.ended_at
)
INSERT INTO dialer_attempt (id, {CARRIED}, sampled, shift_id, agent_id, outcome, cause, tech_cause, ended_at)
SELECT gone.id, {", ".join(f"gone.{name.strip()}" for name in CARRIED.split(","))},
       gone.sampled AND gone.verdict = 'machine',
       s.id, s.agent_id, gone.outcome, gone.cause, gone.tech_cause, gone.ended_at
FROM gone LEFT JOIN dialer_shift s ON s.id = gone.shift_id AND gone.bridged_at IS NOT NULL
RETURNING id, lead_id, phone, reserved_at, outcome, answered_at, cause, tech_cause
"""


@dataclass(slots=True)
class Heard:
    """What a batch of facts came to: what to do on the PBX, whom to nudge, whether to look for agents."""

    effects: list[f.Effect] = field(default_factory=list)
    topics: set[str] = field(default_factory=set)
    match: bool = False
    ended: int = 0


@dataclass(slots=True)
class _Batch:
    """Calls before and after, and what their moves asked for."""

    before: dict[UUID, Call]
    campaigns: dict[UUID, int]
    calls: dict[UUID, Call]
    endings: dict[UUID, Ending] = field(default_factory=dict)
    told: list[tuple[UUID, ForShift, UUID, datetime]] = field(default_factory=list)
    effects: list[f.Effect] = field(default_factory=list)


def hear(facts: Sequence[f.CallFact], now: datetime) -> Heard:
    """Apply facts to their calls, in order, in one transaction. Facts about calls that are over change nothing."""
    with transaction.atomic():
        batch = _lock({fact.id for fact in facts})
        for fact in facts:
            _move(batch, fact)
        if batch.calls == batch.before and not batch.endings:
            return Heard()
        _update([c for key, c in batch.calls.items() if _must_be_written(c, batch.before[key])])
        changes = shifts.apply(_for_shifts(batch))
        _settle(batch, changes, now)
    return Heard(
        effects=[*batch.effects, *changes.effects],
        topics={*changes.topics, nudge.WALL, *(nudge.campaign(c) for c in set(batch.campaigns.values()))},
        match=_needs_matching(batch, changes),
        ended=len(batch.endings),
    )


def _lock(ids: set[UUID]) -> _Batch:
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [sorted(ids)])
        rows = cursor.fetchall()
    calls = {row[0]: _call(row) for row in rows}
    return _Batch(before=calls, campaigns={row[0]: row[1] for row in rows}, calls=dict(calls))


def _call(row: tuple) -> Call:
    call_id, _campaign, state, shift_id, abandoned, hangup_by, machine_to_agent, *learned = row
    known = dict(zip(LEARNED, learned, strict=True))
    return Call(call_id, rules.State(state), shift_id, abandoned, hangup_by, machine_to_agent, **known)


def _move(batch: _Batch, fact: f.CallFact) -> None:
    call = batch.calls.get(fact.id)
    move = rules.step(call, fact) if call else None
    if move is None:
        return
    batch.calls[fact.id] = move.call
    batch.effects += move.effects
    if move.shift:
        batch.told.append((*move.shift, fact.id, fact.at))
    if move.ending:
        batch.endings[fact.id] = move.ending


def _must_be_written(call: Call, before: Call) -> bool:
    """An ended call's row is about to go: its new state need not be written, what was learned of it must."""
    if call.state != rules.State.ENDED:
        return call != before
    return any(getattr(call, name) != getattr(before, name) for name in LEARNED)


def _update(calls: list[Call]) -> None:
    if not calls:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            UPDATE,
            [
                [c.id for c in calls],
                [c.state.value for c in calls],
                [c.shift_id for c in calls],
                [c.abandoned for c in calls],
                *([getattr(c, name) for c in calls] for name in LEARNED),
            ],
        )


def _for_shifts(batch: _Batch) -> list[tuple[UUID, shift_rules.Event]]:
    wrap_up = _wrap_up_limits(batch)
    events: list[tuple[UUID, shift_rules.Event]] = []
    for shift_id, what, call_id, at in batch.told:
        match what:
            case ForShift.BRIDGED:
                events.append((shift_id, shift_rules.Connected(at, call_id, batch.campaigns[call_id])))
            case ForShift.RELEASED:
                events.append((shift_id, shift_rules.Released(at, call_id)))
            case ForShift.CALL_ENDED:
                limit = wrap_up[batch.campaigns[call_id]]
                events.append((shift_id, shift_rules.CallEnded(at, call_id, limit)))
    return events


def _wrap_up_limits(batch: _Batch) -> dict[int, timedelta]:
    ended = {batch.campaigns[call] for _, what, call, _ in batch.told if what == ForShift.CALL_ENDED}
    if not ended:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(WRAP_UP, [list(ended)])
        return {campaign: timedelta(seconds=seconds) for campaign, seconds in cursor.fetchall()}


def _settle(batch: _Batch, changes: shifts.Changes, now: datetime) -> None:
    if not batch.endings:
        return
    wrapping = {
        call_id
        for shift_id, what, call_id, _ in batch.told
        if what == ForShift.CALL_ENDED and changes.became.get(shift_id) == shift_rules.State.WRAP_UP
    }
    leads.settle([_settlement(row, wrapping) for row in _end(batch.endings)], now)


def _end(endings: dict[UUID, Ending]) -> list[tuple]:
    items = list(endings.items())
    with connection.cursor() as cursor:
        cursor.execute(
            END,
            [
                [call_id for call_id, _ in items],
                [e.outcome.value for _, e in items],
                [e.cause for _, e in items],
                [e.tech_cause[:40] for _, e in items],
                [e.at for _, e in items],
            ],
        )
        return cursor.fetchall()


def _settlement(row: tuple, wrapping: Iterable[UUID]) -> Settlement:
    call_id, lead_id, phone, reserved_at, outcome, answered_at, cause, tech_cause = row
    return Settlement(
        lead_id=lead_id,
        call_id=call_id,
        phone=phone,
        reserved_at=reserved_at,
        outcome=outcome,
        level=_level(outcome, answered_at),
        refund=outcome in REFUNDED,
        keep=call_id in wrapping,
        cause=cause,
        tech_cause=tech_cause,
    )


def _level(outcome: str, answered_at: datetime | None) -> int:
    """How far the call came for the caps. What a machine answered reached nobody: it is an attempt."""
    if outcome == Outcome.CONVERSATION:
        return ledger.CONVERSATION
    return ledger.ANSWERED if answered_at and outcome not in BY_MACHINE else ledger.ATTEMPT


def _needs_matching(batch: _Batch, changes: shifts.Changes) -> bool:
    """A caller began to wait, or an agent came free. A call whose agent was gone waits for the next tick instead:
    if the PBX refuses the same bridge again and again, this must not become a tight loop."""
    began_to_wait = any(
        c.state == rules.State.WAITING and not c.abandoned and batch.before[key].state != rules.State.ASSIGNED
        for key, c in batch.calls.items()
    )
    return began_to_wait or shift_rules.State.READY in changes.became.values()

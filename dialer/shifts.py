"""Agents' shifts: what they ask, what their phones do, what calls tell them. The only writer of Shift and ShiftSpan.

Every change goes through rules.shift under the shift's row lock and closes a span of the state before. A shift's
transaction never locks a call: where a call must be told (`tell_call`), it is told afterwards in its own lane.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from dialer import nudge
from dialer.models import Agent, PbxServer, Shift, ShiftCampaign
from dialer.rules import facts as f
from dialer.rules import shift as rules

LOCK = """
SELECT id, state, since, campaign_id, reason, call_id, wrap_up_until, "then", then_reason, agent_id, server_id
FROM dialer_shift WHERE id = ANY(%s) ORDER BY id FOR UPDATE
"""
UPDATE = """
UPDATE dialer_shift s SET state = v.state, since = v.since, campaign_id = v.campaign, reason = v.reason,
       call_id = v.call_id, wrap_up_until = v.wrap_up_until, "then" = v.after, then_reason = v.then_reason,
       ended = CASE WHEN v.state = 'off' THEN v.since END
FROM unnest(%s::uuid[], %s::text[], %s::timestamptz[], %s::bigint[], %s::text[], %s::uuid[], %s::timestamptz[],
            %s::text[], %s::text[]) AS v(id, state, since, campaign, reason, call_id, wrap_up_until, after, then_reason)
WHERE s.id = v.id
"""
SPAN = """
INSERT INTO dialer_shiftspan (shift_id, agent_id, campaign_id, state, reason, call_id, began, ended)
SELECT * FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::uuid[], %s::timestamptz[],
                     %s::timestamptz[])
ON CONFLICT DO NOTHING
"""
CLAIM_CALL_OUT = """
UPDATE dialer_shift SET called_at = now()
WHERE server_id = %s AND state = 'signing_in' AND called_at IS NULL RETURNING id, agent_id
"""


class AlreadySignedIn(Exception):
    """The agent has a shift that is not over."""


class NoServer(Exception):
    """No PBX is there to sign in on."""


class NotOnCampaign(Exception):
    """The agent is not a member of this campaign, or names none."""


@dataclass(slots=True)
class Changes:
    """What a batch of shift events came to."""

    effects: list[f.Effect] = field(default_factory=list)
    tell_calls: list[UUID] = field(default_factory=list)
    topics: set[str] = field(default_factory=set)
    became: dict[UUID, rules.State] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Row:
    shift: rules.Shift
    agent_id: int
    server_id: int


def sign_in(*, agent: Agent, campaigns: Sequence[Campaign]) -> Shift:
    """Open a shift that takes these campaigns' calls; the engine of its server then calls the agent's phone.

    Raises AlreadySignedIn, NoServer, NotOnCampaign, each with a sentence for the agent.
    """
    _refuse_others_campaigns(agent, campaigns)
    server = PbxServer.objects.filter(enabled=True).order_by("id").first()
    if server is None:
        raise NoServer(_("No telephone system is set up: ask an administrator to add one."))
    now = timezone.now()
    try:
        with transaction.atomic():
            shift = Shift.objects.create(agent=agent, campaign=campaigns[0], server=server, since=now, began=now)
            ShiftCampaign.objects.bulk_create(ShiftCampaign(shift=shift, campaign=each) for each in campaigns)
    except IntegrityError as error:
        raise AlreadySignedIn(_("You are signed in already, perhaps in another window.")) from error
    nudge.publish(nudge.engine(server.pk), nudge.WALL)
    return shift


def _refuse_others_campaigns(agent: Agent, campaigns: Sequence[Campaign]) -> None:
    if not campaigns:
        raise NotOnCampaign(_("Choose at least one of your campaigns."))
    mine = set(agent.campaigns.values_list("pk", flat=True))
    for campaign in campaigns:
        if campaign.pk not in mine:
            raise NotOnCampaign(
                _("You are not on the campaign %(name)s: ask a supervisor to add you.") % {"name": campaign}
            )


def go_ready(*, shift_id: UUID) -> Shift:
    """Take calls from now on; while busy, after this call."""
    return _ask(shift_id, rules.Ready(timezone.now()))


def pause(*, shift_id: UUID, reason: str) -> Shift:
    """Take no calls from now on; while busy, after this call."""
    return _ask(shift_id, rules.Pause(timezone.now(), reason))


def sign_out(*, shift_id: UUID) -> Shift:
    """End the shift; while busy, after this call."""
    return _ask(shift_id, rules.SignOut(timezone.now()))


def _ask(shift_id: UUID, event: rules.Event) -> Shift:
    with transaction.atomic():
        changes = apply([(shift_id, event)])
    shift = Shift.objects.select_related("campaign").get(pk=shift_id)
    nudge.publish_all({*changes.topics, nudge.engine(shift.server_id)})
    return shift


def hear(facts: Sequence[f.ShiftFact]) -> Changes:
    """Apply what agents' phones did, in order."""
    with transaction.atomic():
        return apply([(fact.id, fact) for fact in facts])  # type: ignore[misc]


def apply(events: Iterable[tuple[UUID, rules.Event]]) -> Changes:
    """Apply events to shifts, in order, within the caller's transaction."""
    events = list(events)
    rows = lock({shift_id for shift_id, _ in events})
    now_rows = dict(rows)
    changes, spans = Changes(), []
    for shift_id, event in events:
        row = now_rows.get(shift_id)
        move = rules.step(row.shift, event) if row else None
        if row and move:
            if _left(row.shift, move.shift):
                spans.append((row, move.shift.since))
            now_rows[shift_id] = _Row(move.shift, row.agent_id, row.server_id)
            _note(changes, now_rows[shift_id], move)
    _update([row.shift for key, row in now_rows.items() if row.shift != rows[key].shift])
    _write_spans(spans)
    return changes


def lock(ids: set[UUID]) -> dict[UUID, _Row]:
    """These shifts as the rules see them, their rows locked in order of id."""
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [sorted(ids)])
        return {row[0]: _row(row) for row in cursor.fetchall()}


def phones_to_call(server_id: int) -> list[tuple[UUID, int]]:
    """(shift id, agent id) of those whose phone must be called now; each is given out once, ever."""
    with connection.cursor() as cursor:
        cursor.execute(CLAIM_CALL_OUT, [server_id])
        return cursor.fetchall()


def _row(row: tuple) -> _Row:
    shift_id, state, since, campaign, reason, call_id, wrap_up_until, then, then_reason, agent, server = row
    shift = rules.Shift(
        id=shift_id,
        state=rules.State(state),
        since=since,
        campaign_id=campaign,
        reason=reason,
        call_id=call_id,
        wrap_up_until=wrap_up_until,
        then=rules.Then(then),
        then_reason=then_reason,
    )
    return _Row(shift, agent, server)


def _left(before: rules.Shift, after: rules.Shift) -> bool:
    return (before.state, before.reason, before.call_id) != (after.state, after.reason, after.call_id)


def _note(changes: Changes, row: _Row, move: rules.Move) -> None:
    changes.effects += move.effects
    if move.tell_call:
        changes.tell_calls.append(move.tell_call)
    changes.topics |= {nudge.agent(row.agent_id), nudge.WALL}
    changes.became[row.shift.id] = row.shift.state


def _update(shifts: list[rules.Shift]) -> None:
    if not shifts:
        return
    columns: list[Any] = [
        [s.id for s in shifts],
        [s.state.value for s in shifts],
        [s.since for s in shifts],
        [s.campaign_id for s in shifts],
        [s.reason for s in shifts],
        [s.call_id for s in shifts],
        [s.wrap_up_until for s in shifts],
        [s.then.value for s in shifts],
        [s.then_reason for s in shifts],
    ]
    with connection.cursor() as cursor:
        cursor.execute(UPDATE, columns)


def _write_spans(spans: list[tuple[_Row, datetime]]) -> None:
    if not spans:
        return
    columns: list[Any] = [
        [row.shift.id for row, _ in spans],
        [row.agent_id for row, _ in spans],
        [row.shift.campaign_id for row, _ in spans],
        [row.shift.state.value for row, _ in spans],
        [row.shift.reason for row, _ in spans],
        [row.shift.call_id for row, _ in spans],
        [row.shift.since for row, _ in spans],
        # Two clocks meet here, the PBX's and ours: a span never ends before it began.
        [max(ended, row.shift.since) for row, ended in spans],
    ]
    with connection.cursor() as cursor:
        cursor.execute(SPAN, columns)

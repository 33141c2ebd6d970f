"""What becomes of a held lead when its call is over: due again, finished, or kept until the agent has said.

The dialler tells outcomes in batches; a lead is only ever changed by the call that holds it (`held_by`), so telling
twice changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from campaigns import do_not_call, ledger, policies
from campaigns.ledger import TouchKey
from campaigns.models import Campaign, Disposition, Lead, User
from campaigns.rules import learning, retries
from campaigns.rules.caps import REFUSAL
from campaigns.rules.retries import DueAgain, Next
from campaigns.rules.validity import Code, Kind
from campaigns.validity import recording
from campaigns.validity.recording import Told

# What agents said is counted apart from outcomes: a disposition may be called busy.
SAID = "said:"

# Dispositions by which the person said no; see rules.caps.Gap.
REFUSALS = (Disposition.Category.REFUSAL, Disposition.Category.COMPLAINT, Disposition.Category.DO_NOT_CALL)

HELD = """
SELECT id, campaign_id, outcome_counts, held_by FROM campaigns_lead
WHERE held_by = ANY(%s) AND id = ANY(%s) FOR UPDATE
"""
LET_GO = """
UPDATE campaigns_lead l SET state = v.state, due_at = coalesce(v.due_at, l.due_at), reason = v.reason,
       held_by = NULL, held_phone = NULL, last_outcome = v.outcome,
       -- A promise stands until its call came through to them.
       callback = CASE WHEN v.talked THEN v.callback ELSE l.callback END,
       callback_by_id = CASE WHEN v.talked THEN v.callback_by ELSE l.callback_by_id END,
       callback_open_at = CASE WHEN v.talked THEN v.callback_open_at ELSE l.callback_open_at END,
       callback_expires_at = CASE WHEN v.talked THEN v.callback_expires_at ELSE l.callback_expires_at END,
       attempts = l.attempts - CASE WHEN v.refunded THEN 1 ELSE 0 END,
       outcome_counts = l.outcome_counts || jsonb_build_object(v.counted, v.times)
FROM unnest(%(ids)s::bigint[], %(states)s::text[], %(dues)s::timestamptz[], %(reasons)s::text[],
            %(talked)s::boolean[], %(callbacks)s::boolean[], %(callback_bys)s::bigint[],
            %(callback_opens)s::timestamptz[], %(callback_expires)s::timestamptz[], %(outcomes)s::text[],
            %(refunded)s::boolean[], %(counted)s::text[], %(times)s::int[])
     AS v(id, state, due_at, reason, talked, callback, callback_by, callback_open_at, callback_expires_at, outcome,
          refunded, counted, times)
WHERE l.id = v.id
"""


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a call ended for its lead. `keep`: an agent talked and will say what it came to; the lead stays held.

    `cause` and `tech_cause` are the Q.850 and SIP causes, where the network gave any.
    """

    lead_id: int
    call_id: UUID
    phone: int
    reserved_at: datetime
    outcome: str
    level: int
    refund: bool
    keep: bool
    cause: int | None = None
    tech_cause: str = ""

    @property
    def touch(self) -> TouchKey:
        return TouchKey(self.phone, self.reserved_at, self.call_id)


@dataclass(frozen=True, slots=True)
class Promise:
    """A callback: by this user alone (None: by anyone) until it is open to all; not any more once it expired."""

    by: int | None
    open_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class LetGo:
    """A lead about to be released by its call."""

    lead_id: int
    next: Next
    outcome: str
    times: int
    counted: str  # what `times` is kept under: the outcome, or SAID and the disposition's code
    promise: Promise | None = None
    talked: bool = False
    refunded: bool = False


def of_people(contacts: Iterable[int]) -> QuerySet[Lead]:
    """Their leads in all campaigns. The index leads by campaign: all are named, so that no lead is read in vain."""
    campaigns = Campaign.objects.order_by().values_list("pk", flat=True)
    return Lead.objects.filter(campaign__in=list(campaigns), contact__in=list(contacts))


def settle(settlements: Sequence[Settlement], now: datetime) -> None:
    """Settle ended calls: touches raised or refunded, leads due again or finished, numbers learned about."""
    ledger.refund([s.touch for s in settlements if s.refund])
    ledger.came_to([(s.touch, s.level, s.outcome) for s in settlements if not s.refund])
    _let_go(_after_outcomes([s for s in settlements if not s.keep], now))
    recording.learn(_told_by_calls(settlements), now)


def settle_disposition(
    *,
    lead_id: int,
    call_id: UUID,
    phone: int,
    reserved_at: datetime,
    disposition: Disposition | None,
    callback_at: datetime | None,
    by: User | None,
    now: datetime,
    personal: bool = False,
) -> bool:
    """Settle a conversation by what the agent said (None: nothing in time). False when the call no longer holds it."""
    held = _held([(lead_id, call_id)])
    if not held:
        return False
    campaign_id, counts = held[lead_id]
    if disposition and disposition.category in REFUSALS:
        ledger.came_to([(TouchKey(phone, reserved_at, call_id), ledger.CONVERSATION, REFUSAL)])
    if disposition and disposition.category == Disposition.Category.DO_NOT_CALL:
        _never_call(lead_id, phone, disposition, by)
        callback_at = None
    counted = f"{SAID}{disposition.code}" if disposition else "no_disposition"
    times = counts.get(counted, 0) + 1
    following = _after_conversation(disposition, callback_at, times, now)
    promise = _promise(campaign_id, callback_at, by if personal else None) if callback_at else None
    _let_go([LetGo(lead_id, following, "conversation", times, counted, promise, talked=True)])
    recording.learn(_told_by_agent(phone, call_id, disposition, by), now)
    return True


def _after_conversation(
    disposition: Disposition | None, callback_at: datetime | None, times: int, now: datetime
) -> Next:
    if disposition is None:
        return retries.Finished("no_disposition")
    hours = disposition.retry_after_hours
    if disposition.category == Disposition.Category.DO_NOT_CALL:
        hours = None
    again = None if hours is None else timedelta(hours=hours)
    return retries.after_disposition(again, callback_at, now, times=times, limit=disposition.retry_limit)


def _promise(campaign_id: int, at: datetime, by: User | None) -> Promise:
    limits = Campaign.objects.values_list("callback_fallback_minutes", "callback_expires_hours")
    fallback, expires = limits.get(pk=campaign_id)
    return Promise(
        by=by.pk if by else None, open_at=at + timedelta(minutes=fallback), expires_at=at + timedelta(hours=expires)
    )


def _never_call(lead_id: int, phone: int, disposition: Disposition, by: User | None) -> None:
    """The person said so: everywhere, from now on; the number they said it on, or all of theirs."""
    said: dict[str, Any] = {"reason": disposition.label, "source": "agent", "by": by}
    if disposition.of_person:
        do_not_call.enter(contact=Lead.objects.values_list("contact", flat=True).get(pk=lead_id), **said)
    do_not_call.enter(phone=phone, **said)


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
    rules = {campaign: policies.current(campaign).retries for campaign, _ in held.values()}
    result = []
    for s in settlements:
        if s.lead_id in held:
            campaign, counts = held[s.lead_id]
            times = counts.get(s.outcome, 0) + 1
            following = retries.after(s.outcome, times=times, rules=rules[campaign], now=now)
            result.append(LetGo(s.lead_id, following, s.outcome, times, s.outcome, refunded=s.refund))
    return result


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
                "talked": [lead.talked for lead in leads],
                "callbacks": [lead.promise is not None for lead in leads],
                "callback_bys": [lead.promise.by if lead.promise else None for lead in leads],
                "callback_opens": [lead.promise.open_at if lead.promise else None for lead in leads],
                "callback_expires": [lead.promise.expires_at if lead.promise else None for lead in leads],
                "outcomes": [lead.outcome for lead in leads],
                "refunded": [lead.refunded for lead in leads],
                "counted": [lead.counted for lead in leads],
                "times": [lead.times for lead in leads],
            },
        )


def _told_by_calls(settlements: Sequence[Settlement]) -> Iterator[Told]:
    for s in settlements:
        if code := learning.of_call(s.outcome, s.cause, s.tech_cause, talked=not s.keep):
            yield Told(s.phone, code, Kind.OWN_CALL, s.call_id, learning.detail(s.cause, s.tech_cause))


def _told_by_agent(phone: int, call_id: UUID, disposition: Disposition | None, by: User | None) -> Iterator[Told]:
    """Whoever says nothing about a conversation talked with somebody all the same."""
    if disposition is None:
        yield Told(phone, Code.ANSWERED, Kind.OWN_CALL, call_id)
    elif code := learning.of_disposition(disposition.category):
        yield Told(phone, code, Kind.DISPOSITION, call_id, disposition.label, by.pk if by else None)

"""The one transaction that hands due leads to a dialler.

Locking, and its order (the half page to read before changing anything here):
1. Reserving: server lease (the dialler's, FOR SHARE) -> campaign advisory lock -> due leads -> their contacts -> their
   phones. A call's facts: live call -> its shift -> its held lead. They share no row that both wait for: one locks
   *due* leads, the other *held* ones.
2. Contact rows, then phone rows, are the person's mutex. Both are taken with SKIP LOCKED: a person somebody else is
   deciding on this instant is left for the next tick. So this transaction never waits for a row and can't deadlock.
   FOR NO KEY UPDATE, so that inserts elsewhere that only refer to a contact are not held up.
3. Touches, do-not-call and held leads are read after the locks, by a new statement, hence with a fresh snapshot.
   Locking queries filter only on the table they lock: a join under SKIP LOCKED would see an old one.
4. Every refusal moves the lead's `due_at` forward or finishes it, so the index of due leads stays clean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from campaigns import ledger
from campaigns.models import Campaign, FrequencyCap
from campaigns.rules import caps, eligibility
from campaigns.rules.eligibility import Allow, Candidate, PhoneFacts, Policy, Refuse
from campaigns.rules.windows import Hours

ADVISORY_CLASS = 7301  # the first key of pg_advisory_xact_lock(class, campaign)
BATCH = 100
MAX_BATCHES = 20  # a tick looks at no more than 2,000 leads, however many are refused
ELSEWHERE = timedelta(minutes=1)  # a person in another call is looked at again after this

DUE = """
SELECT id, contact_id, attempts FROM campaigns_lead
WHERE campaign_id = %(campaign)s AND state = 'due' AND due_at <= now() AND callback = %(callback)s
      AND id <> ALL(%(seen)s)
ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
"""
CONTACTS = """
SELECT id, time_zone FROM campaigns_contact WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
"""
PHONES_OF = "SELECT contact_id, phone FROM campaigns_contactphone WHERE contact_id = ANY(%s) ORDER BY position, id"
PHONES = """
SELECT number, zones, status, status_expires_at FROM campaigns_phone
WHERE number = ANY(%s) ORDER BY number FOR NO KEY UPDATE SKIP LOCKED
"""
SUPPRESSED = """
SELECT phone, max(coalesce(expires_at, 'infinity'::timestamptz)) = 'infinity', max(expires_at)
FROM campaigns_suppression
WHERE phone = ANY(%(phones)s)
  AND (line_of_business_id IS NULL OR line_of_business_id = %(line)s)
  AND (campaign_id IS NULL OR campaign_id = %(campaign)s)
GROUP BY phone
"""
HELD = """
SELECT contact_id, held_phone FROM campaigns_lead
WHERE state = 'held' AND (contact_id = ANY(%(contacts)s) OR held_phone = ANY(%(phones)s))
"""
REFUSE = """
UPDATE campaigns_lead l SET due_at = coalesce(v.until, l.due_at), reason = v.reason,
       state = CASE WHEN v.until IS NULL THEN 'finished' ELSE 'due' END
FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[]) AS v(id, until, reason) WHERE l.id = v.id
"""
HOLD = """
UPDATE campaigns_lead l SET state = 'held', held_by = v.call_id, held_phone = v.phone, reason = '',
       attempts = l.attempts + 1, last_attempt_at = %s
FROM unnest(%s::bigint[], %s::uuid[], %s::bigint[]) AS v(id, call_id, phone) WHERE l.id = v.id
"""


@dataclass(frozen=True, slots=True)
class Reserved:
    """A lead held for one call: the touch is counted, the person is ours until the call is settled."""

    call_id: UUID
    lead_id: int
    contact_id: int
    phone: int
    at: datetime


@dataclass(frozen=True, slots=True)
class DueLead:
    """A due lead whose row is locked by us."""

    id: int
    contact_id: int
    attempts: int


def reserve(*, campaign: Campaign, want: int, new_call_id: Callable[[], UUID]) -> list[Reserved]:
    """Up to `want` leads of `campaign` that may be called now, held. Call it inside a transaction."""
    now = _lock_campaign(campaign.pk)
    policy = policy_of(campaign)
    reserved: list[Reserved] = []
    seen: list[int] = []
    for _ in range(MAX_BATCHES):
        if len(reserved) >= want:
            break
        leads = _due(campaign.pk, min(BATCH, 2 * (want - len(reserved))), seen)
        if not leads:
            break
        seen += [lead.id for lead in leads]
        reserved += _decide(campaign, policy, leads, want - len(reserved), now, new_call_id)
    return reserved


def policy_of(campaign: Campaign) -> Policy:
    """The campaign's rules at this moment, its own caps and everyone's."""
    rows = FrequencyCap.objects.filter(active=True).filter(campaign__isnull=True) | FrequencyCap.objects.filter(
        active=True, campaign=campaign
    )
    found = tuple(
        caps.Cap(row.counts, row.per, row.scope, timedelta(hours=row.window_hours), row.limit) for row in rows
    )
    return Policy(Hours(campaign.opens_at, campaign.closes_at), found, campaign.max_attempts)


def _lock_campaign(campaign_id: int) -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s), now()", [ADVISORY_CLASS, campaign_id])
        return cursor.fetchone()[1]


def _due(campaign_id: int, limit: int, seen: list[int]) -> list[DueLead]:
    """Callbacks first, then by time; the rows are locked, and none that others hold is waited for."""
    leads: list[DueLead] = []
    with connection.cursor() as cursor:
        for callback in (True, False):
            if len(leads) < limit:
                cursor.execute(
                    DUE, {"campaign": campaign_id, "callback": callback, "seen": seen, "limit": limit - len(leads)}
                )
                leads += [DueLead(*row) for row in cursor.fetchall()]
    return leads


def _decide(
    campaign: Campaign,
    policy: Policy,
    leads: list[DueLead],
    want: int,
    now: datetime,
    new_call_id: Callable[[], UUID],
) -> list[Reserved]:
    candidates = _candidates(campaign, policy, leads, now)
    taken_contacts, taken_phones = _held(leads, candidates)
    refused: list[tuple[int, Refuse]] = []
    reserved: list[Reserved] = []
    for lead in leads:
        candidate = candidates.get(lead.contact_id)
        if candidate is None or len(reserved) >= want:
            continue  # somebody is deciding on this person right now, or we have enough: next tick
        match _verdict(candidate, policy, taken_contacts, taken_phones, now):
            case Allow(phone):
                reserved.append(Reserved(new_call_id(), lead.id, lead.contact_id, phone, now))
                taken_phones.add(phone)
            case Refuse() as refusal:
                refused.append((lead.id, refusal))
    _write(campaign, reserved, refused, now)
    return reserved


def _verdict(
    candidate: Candidate, policy: Policy, taken_contacts: set[int], taken_phones: set[int], now: datetime
) -> eligibility.Verdict:
    in_call = candidate.contact_id in taken_contacts or any(p.number in taken_phones for p in candidate.phones)
    if in_call:
        return Refuse(eligibility.Reason.IN_CALL, now + ELSEWHERE)
    return eligibility.verdict(candidate, policy, now)


def _candidates(campaign: Campaign, policy: Policy, leads: list[DueLead], now: datetime) -> dict[int, Candidate]:
    """Everything the verdicts depend on, by contact, for those whose locks we got."""
    with connection.cursor() as cursor:
        cursor.execute(CONTACTS, [[lead.contact_id for lead in leads]])
        zones = dict(cursor.fetchall())
        cursor.execute(PHONES_OF, [list(zones)])
        numbers: dict[int, list[int]] = {contact: [] for contact in zones}
        for contact, number in cursor.fetchall():
            numbers[contact].append(number)
        wanted = sorted({n for of_contact in numbers.values() for n in of_contact})
        cursor.execute(PHONES, [wanted])
        facts = {row[0]: row for row in cursor.fetchall()}
    suppressed = _suppressed(campaign, wanted)
    touches = ledger.read(zones, wanted, now - caps.longest_window(policy.caps)) if policy.caps else {}
    return {
        lead.contact_id: Candidate(
            contact_id=lead.contact_id,
            campaign_id=campaign.pk,
            line_of_business_id=campaign.line_of_business_id,
            phones=tuple(_phone(facts[n], suppressed.get(n)) for n in numbers[lead.contact_id]),
            attempts=lead.attempts,
            contact_zone=zones[lead.contact_id],
            touches=ledger.of(touches, lead.contact_id, numbers[lead.contact_id]),
        )
        for lead in leads
        # A phone we could not lock belongs to someone being decided on right now: leave the whole person alone.
        if lead.contact_id in zones and all(n in facts for n in numbers[lead.contact_id])
    }


def _phone(row: tuple[int, list[str], str, datetime | None], suppressed_until: datetime | None) -> PhoneFacts:
    number, zones, status, status_expires_at = row
    return PhoneFacts(number, tuple(zones), status, status_expires_at, suppressed_until)


def _suppressed(campaign: Campaign, phones: list[int]) -> dict[int, datetime]:
    """Until when each phone on do-not-call is suppressed for this campaign; FOREVER when for good."""
    with connection.cursor() as cursor:
        cursor.execute(SUPPRESSED, {"phones": phones, "line": campaign.line_of_business_id, "campaign": campaign.pk})
        return {phone: eligibility.FOREVER if for_good else until for phone, for_good, until in cursor.fetchall()}


def _held(leads: list[DueLead], candidates: dict[int, Candidate]) -> tuple[set[int], set[int]]:
    """People and phones that some call of any campaign holds at this moment."""
    phones = [phone.number for candidate in candidates.values() for phone in candidate.phones]
    with connection.cursor() as cursor:
        cursor.execute(HELD, {"contacts": [lead.contact_id for lead in leads], "phones": phones})
        rows = cursor.fetchall()
    return {contact for contact, _ in rows}, {phone for _, phone in rows}


def _write(campaign: Campaign, reserved: list[Reserved], refused: Iterable[tuple[int, Refuse]], now: datetime) -> None:
    refusals = list(refused)
    with connection.cursor() as cursor:
        if refusals:
            ids, untils, reasons = zip(*((i, r.until, r.reason.value) for i, r in refusals), strict=True)
            cursor.execute(REFUSE, [list(ids), list(untils), list(reasons)])
        if reserved:
            cursor.execute(
                HOLD,
                [
                    now,
                    [r.lead_id for r in reserved],
                    [r.call_id for r in reserved],
                    [r.phone for r in reserved],
                ],
            )
    if reserved:
        ledger.claim(
            [ledger.Claim(r.phone, r.call_id, r.contact_id) for r in reserved],
            campaign_id=campaign.pk,
            line_of_business_id=campaign.line_of_business_id,
            at=now,
        )

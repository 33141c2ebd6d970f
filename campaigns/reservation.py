"""The one transaction that hands due leads to a dialler.

Locking, and its order (the half page to read before changing anything here):
1. Reserving: server lease (the dialler's, FOR SHARE) -> campaign advisory lock -> due leads -> their contacts -> their
   phones. A call's facts: live call -> its shift -> its held lead. They share no row that both wait for: one locks
   *due* leads, the other *held* ones.
2. Contact rows, then phone rows, are the person's mutex. Both are taken with SKIP LOCKED: a person somebody else is
   deciding on this instant is left for the next tick. So this transaction never waits for a row and can't deadlock.
   FOR NO KEY UPDATE, so that inserts elsewhere that only refer to a contact are not held up.
3. Held leads are read after the locks, by a new statement, hence with a fresh snapshot; touches and do-not-call after
   them. Whoever settles a call holds the lead, not these locks: what its call came to is there to be read before the
   lead is let go. The other way round a call that ended in between would be neither in progress nor counted.
   Locking queries filter only on the table they lock: a join under SKIP LOCKED would see an old one.
4. Every refusal moves the lead's `due_at` forward or finishes it, so the index of due leads stays clean. Where most
   are refused, a sweep (campaigns.sweep) does that for thousands at once; it too only refuses, and skips locked leads.
5. The policy is read under the campaign's advisory lock: an edit that was committed before is never overlooked.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from campaigns import decisions, ledger, policies, sweep
from campaigns.models import Campaign
from campaigns.rules import caps, eligibility, order
from campaigns.rules.cadence import kind_of
from campaigns.rules.eligibility import Allow, Candidate, Moment, PhoneFacts, Refuse
from campaigns.rules.order import Source
from campaigns.rules.policy import Policy

ADVISORY_CLASS = 7301  # the first key of pg_advisory_xact_lock(class, campaign)
BATCH = 100
MAX_BATCHES = 4  # a tick looks at no more than so many leads, however many are refused
MANY = 250  # a tick that refuses so many asks for a sweep
ELSEWHERE = timedelta(minutes=1)  # a person in another call is looked at again after this

# The time is told once the lock is ours: the transaction may have begun long before.
LOCK = "SELECT clock_timestamp() FROM (SELECT pg_advisory_xact_lock(%s, %s) OFFSET 0) locked"
COLUMNS = "id, contact_id, attempts, callback, callback_expires_at, callback_by_id, callback_open_at, vetted"
CALLBACKS = f"""
SELECT {COLUMNS} FROM campaigns_lead
WHERE campaign_id = %(campaign)s AND state = 'due' AND callback AND due_at <= %(now)s AND id <> ALL(%(seen)s)
      AND (callback_by_id IS NULL OR callback_open_at <= %(now)s OR callback_by_id = ANY(%(agents)s))
ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
"""
# Ranks are few: each is found by one step down the index lead_queue, and within it what became due last comes first.
# From the highest down, as each then begins with what is due last: what was taken lately has left dead entries before.
QUEUE = f"""
WITH RECURSIVE ranks AS (
    (SELECT rank FROM campaigns_lead WHERE {{these}} ORDER BY rank DESC, due_at DESC LIMIT 1)
    UNION ALL
    SELECT (SELECT rank FROM campaigns_lead WHERE {{these}} AND rank < r.rank ORDER BY rank DESC, due_at DESC LIMIT 1)
    FROM ranks r WHERE r.rank IS NOT NULL
)
SELECT due.* FROM (SELECT rank FROM ranks WHERE rank IS NOT NULL ORDER BY rank) r CROSS JOIN LATERAL (
    SELECT {COLUMNS} FROM campaigns_lead
    WHERE {{these}} AND rank = r.rank AND due_at <= %(now)s AND id <> ALL(%(seen)s)
      AND due_at > CASE WHEN r.rank < 0 THEN '-infinity' ELSE %(since)s::timestamptz END
    ORDER BY due_at DESC LIMIT %(limit)s FOR UPDATE SKIP LOCKED
) due LIMIT %(limit)s
"""
THESE = "campaign_id = %(campaign)s AND state = 'due' AND NOT callback AND "
OF_LIST = QUEUE.format(these=THESE + "list_id = %(list)s")
OF_NO_LIST = QUEUE.format(these=THESE + "list_id IS NULL")
SOURCES = """
SELECT list_id, priority, weight, boosted_until FROM campaigns_campaignlist WHERE campaign_id = %s ORDER BY list_id
"""
CONTACTS = """
SELECT id, time_zone, region FROM campaigns_contact
WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
"""
PHONES_OF = """
SELECT contact_id, phone, label FROM campaigns_contactphone WHERE contact_id = ANY(%s) ORDER BY position, id
"""
PHONES = """
SELECT number, zones, country, status, status_expires_at FROM campaigns_phone
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
# Each half can use one index only, as their conditions differ: planned while nobody was held, the other index looked
# as good, and every reservation read all leads that were held by then.
HELD = """
SELECT contact_id, held_phone FROM campaigns_lead WHERE state = 'held' AND contact_id = ANY(%(contacts)s)
UNION ALL
SELECT contact_id, held_phone FROM campaigns_lead WHERE held_phone = ANY(%(phones)s)
"""


@dataclass(frozen=True, slots=True)
class Reserved:
    """A lead held for one call: the touch is counted, the person is ours until the call is settled."""

    call_id: UUID
    lead_id: int
    contact_id: int
    phone: int
    at: datetime
    callback: bool = False
    # The user who promised the callback, while it is theirs alone.
    wanted: int | None = None


@dataclass(frozen=True, slots=True)
class DueLead:
    """A due lead whose row is locked by us."""

    id: int
    contact_id: int
    attempts: int
    callback: bool = False
    callback_expires_at: datetime | None = None
    callback_by: int | None = None
    callback_open_at: datetime | None = None
    vetted: bool = False

    def wanted(self, now: datetime) -> int | None:
        """Whose callback it is, while it is theirs alone."""
        open_to_all = not self.callback or (self.callback_open_at and self.callback_open_at <= now)
        return None if open_to_all else self.callback_by


@dataclass(frozen=True, slots=True)
class People:
    """Contacts, by their ids: zone and region, and (number, label) of their phones in order. `facts` are the rows of
    those of the `wanted` numbers that we got."""

    places: dict[int, tuple[str, str]]
    numbers: dict[int, list[tuple[int, str]]]
    wanted: list[int]
    facts: dict[int, Any]


@dataclass(slots=True)
class Queue:
    """The campaign's due leads in their order (rules.order), as far as they were looked at in this transaction."""

    campaign_id: int
    now: datetime
    agents: Sequence[int]
    tiers: list[list[Source]]
    # While a sweep is on: of those not vetted, only what became due since.
    since: datetime | None = None
    seen: list[int] = field(default_factory=list)
    unvetted: int = 0
    through: set[int | str | None] = field(default_factory=set)

    def next(self, limit: int) -> list[DueLead]:
        """Up to `limit` more leads, locked; none that others hold is waited for. Fewer: the queue is through."""
        found = [] if "callbacks" in self.through else self._fetch(CALLBACKS, limit, "callbacks")
        for tier in self.tiers:
            while len(found) < limit and (left := [s for s in tier if s.id not in self.through]):
                asked = order.shares(left, limit - len(found), random.random)
                found += _mixed([self._of(source, share) for source, share in asked.items() if share])
        return found

    def _of(self, source: int | None, limit: int) -> list[DueLead]:
        return self._fetch(OF_LIST if source is not None else OF_NO_LIST, limit, source)

    def _fetch(self, query: str, limit: int, source: int | str | None) -> list[DueLead]:
        values: dict[str, Any] = {
            "campaign": self.campaign_id,
            "now": self.now,
            "agents": list(self.agents),
            "list": source,
            "seen": self.seen,
            "since": self.since or "-infinity",
            "limit": limit,
        }
        with connection.cursor() as cursor:
            cursor.execute(query, values)
            leads = [DueLead(*row) for row in cursor.fetchall()]
        self.seen += [lead.id for lead in leads]
        self.unvetted += sum(not lead.vetted for lead in leads)
        if len(leads) < limit:
            self.through.add(source)
        return leads


def _mixed(parts: list[list[DueLead]]) -> list[DueLead]:
    """All of them, each part in its order: who takes only the first few gets them from every list."""
    turns = [number for number, part in enumerate(parts) for _ in part]
    random.shuffle(turns)
    ordered = [iter(part) for part in parts]
    return [next(ordered[turn]) for turn in turns]


def reserve(
    *,
    campaign: Campaign,
    want: int,
    new_call_id: Callable[[], UUID],
    agents: Sequence[int] = (),
    now: datetime | None = None,
) -> list[Reserved]:
    """Up to `want` leads of `campaign` that may be called now, held. Call it inside a transaction.

    `agents`: the users who are ready, for callbacks promised by one of them. `now` defaults to the database's clock.
    """
    started = _lock_campaign(campaign.pk)
    now = now or started
    moment = Moment(policies.current(campaign.pk), now)
    queue = Queue(campaign.pk, now, agents, order.tiers(_sources(campaign.pk), now), sweep.asked_at(campaign.pk))
    reserved: list[Reserved] = []
    for _ in range(MAX_BATCHES):
        missing = want - len(reserved)
        if missing <= 0:
            break
        # A few more than are missing, since some are refused; if that was not enough, many are.
        limit = min(BATCH, missing + missing // 4 + 5) if not queue.seen else BATCH
        leads = queue.next(limit)
        reserved += _decide(campaign, moment, leads, missing, new_call_id)
        if len(leads) < limit:
            break
    if queue.unvetted - len(reserved) >= MANY:
        sweep.ask(campaign.pk, now)
    return reserved


def _lock_campaign(campaign_id: int) -> datetime:
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [ADVISORY_CLASS, campaign_id])
        return cursor.fetchone()[0]


def _sources(campaign_id: int) -> list[Source]:
    with connection.cursor() as cursor:
        cursor.execute(SOURCES, [campaign_id])
        return [*(Source(*row) for row in cursor.fetchall()), Source(None, priority=0)]


def _decide(
    campaign: Campaign, moment: Moment, leads: list[DueLead], want: int, new_call_id: Callable[[], UUID]
) -> list[Reserved]:
    people = _people(leads, lock=True)
    taken_contacts, taken_phones = held(people.places, people.wanted)  # before what is read next: see 3.
    candidates = _candidates(campaign, moment.policy, leads, people, moment.now)
    refused: list[tuple[int, Refuse]] = []
    reserved: list[Reserved] = []
    for lead in leads:
        candidate = candidates.get(lead.contact_id)
        if candidate is None or len(reserved) >= want:
            continue  # somebody is deciding on this person right now, or we have enough: next tick
        match verdict(candidate, moment, taken_contacts, taken_phones):
            case Allow(phone):
                call = new_call_id()
                wanted = lead.wanted(moment.now)
                reserved.append(Reserved(call, lead.id, lead.contact_id, phone, moment.now, lead.callback, wanted))
                taken_phones.add(phone)
            case Refuse() as refusal:
                refused.append((lead.id, refusal))
    _write(campaign, moment, reserved, refused)
    return reserved


def verdict(
    candidate: Candidate, moment: Moment, taken_contacts: set[int], taken_phones: set[int]
) -> eligibility.Verdict:
    """The rules' verdict, unless the person or one of their phones is in a call of `held` at this moment."""
    in_call = candidate.contact_id in taken_contacts or any(p.number in taken_phones for p in candidate.phones)
    if in_call:
        return Refuse(eligibility.Reason.IN_CALL, moment.now + ELSEWHERE)
    return eligibility.verdict(candidate, moment)


def candidates_of(
    campaign: Campaign, policy: Policy, leads: Sequence[DueLead], now: datetime, *, lock: bool
) -> dict[int, Candidate]:
    """Everything the verdicts depend on, by contact. With `lock` only for those whose rows we got; without, all: to
    look, not to decide."""
    return _candidates(campaign, policy, leads, _people(leads, lock=lock), now)


def _people(leads: Sequence[DueLead], *, lock: bool) -> People:
    contacts_query, phones_query = (CONTACTS, PHONES) if lock else (_unlocked(CONTACTS), _unlocked(PHONES))
    with connection.cursor() as cursor:
        cursor.execute(contacts_query, [[lead.contact_id for lead in leads]])
        places = {contact: (zone, region) for contact, zone, region in cursor.fetchall()}
        cursor.execute(PHONES_OF, [list(places)])
        numbers: dict[int, list[tuple[int, str]]] = {contact: [] for contact in places}
        for contact, number, label in cursor.fetchall():
            numbers[contact].append((number, label))
        wanted = sorted({n for of_contact in numbers.values() for n, _ in of_contact})
        cursor.execute(phones_query, [wanted])
        return People(places, numbers, wanted, {row[0]: row for row in cursor.fetchall()})


def _candidates(
    campaign: Campaign, policy: Policy, leads: Sequence[DueLead], people: People, now: datetime
) -> dict[int, Candidate]:
    places, numbers, facts = people.places, people.numbers, people.facts
    suppressed = _suppressed(campaign, people.wanted)
    touches = _touches(policy, places, people.wanted, now)
    return {
        lead.contact_id: Candidate(
            contact_id=lead.contact_id,
            campaign_id=campaign.pk,
            line_of_business_id=campaign.line_of_business_id,
            phones=tuple(_phone(facts[n], label, suppressed.get(n)) for n, label in numbers[lead.contact_id]),
            attempts=lead.attempts,
            contact_zone=places[lead.contact_id][0],
            contact_region=places[lead.contact_id][1],
            touches=ledger.of(touches, lead.contact_id, [n for n, _ in numbers[lead.contact_id]]),
            callback=lead.callback,
            callback_expires_at=lead.callback_expires_at,
        )
        for lead in leads
        # A phone we could not lock belongs to someone being decided on right now: leave the whole person alone.
        if lead.contact_id in places and all(n in facts for n, _ in numbers[lead.contact_id])
    }


def _unlocked(query: str) -> str:
    return query.replace("FOR NO KEY UPDATE SKIP LOCKED", "")


def _touches(policy: Policy, people: Iterable[int], phones: list[int], now: datetime) -> dict[int, list[caps.Touch]]:
    since = caps.since(policy.caps, policy.gaps, now)
    if policy.spread:
        since = min(since, now - timedelta(days=1))
    refusals = bool(caps.long_after(policy.gaps))
    if since == now and not refusals:
        return {}
    return ledger.read(people, phones, since, now, refusals=refusals)


def _phone(
    row: tuple[int, list[str], str, str, datetime | None], label: str, suppressed_until: datetime | None
) -> PhoneFacts:
    number, zones, country, status, status_expires_at = row
    return PhoneFacts(number, tuple(zones), status, status_expires_at, suppressed_until, country, kind_of(label))


def _suppressed(campaign: Campaign, phones: list[int]) -> dict[int, datetime]:
    """Until when each phone on do-not-call is suppressed for this campaign; FOREVER when for good."""
    with connection.cursor() as cursor:
        cursor.execute(SUPPRESSED, {"phones": phones, "line": campaign.line_of_business_id, "campaign": campaign.pk})
        return {phone: eligibility.FOREVER if for_good else until for phone, for_good, until in cursor.fetchall()}


def held(contacts: Iterable[int], phones: Iterable[int]) -> tuple[set[int], set[int]]:
    """Which of these people and phones some call of any campaign holds at this moment."""
    with connection.cursor() as cursor:
        cursor.execute(HELD, {"contacts": list(contacts), "phones": list(phones)})
        rows = cursor.fetchall()
    return {contact for contact, _ in rows}, {phone for _, phone in rows}


def _write(campaign: Campaign, moment: Moment, reserved: list[Reserved], refused: Sequence[tuple[int, Refuse]]) -> None:
    decisions.refuse(refused, policy_id=moment.policy.version, now=moment.now)
    decisions.hold([decisions.Held(r.lead_id, r.call_id, r.phone) for r in reserved], moment.now)
    if reserved:
        ledger.claim(
            [ledger.Claim(r.phone, r.call_id, r.contact_id, r.callback) for r in reserved],
            campaign_id=campaign.pk,
            line_of_business_id=campaign.line_of_business_id,
            policy_id=moment.policy.version,
            at=moment.now,
        )

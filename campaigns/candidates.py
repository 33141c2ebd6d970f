"""Everything a verdict depends on, read for a batch of leads: to decide, under locks, or only to look.

The order of reading is the reservation's (its module says why): people and phones, locked if it is to decide; who is in
a call; then do-not-call and touches.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db import connection

from campaigns import ledger
from campaigns.models import Campaign
from campaigns.rules import caps, consent, eligibility
from campaigns.rules.cadence import kind_of
from campaigns.rules.eligibility import Candidate, Moment, PhoneFacts, Refuse
from campaigns.rules.policy import Policy

ELSEWHERE = timedelta(minutes=1)  # a person in another call is looked at again after this

CONTACTS = """
SELECT id, time_zone, region, consents, products FROM campaigns_contact
WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
"""
PHONES_OF = """
SELECT contact_id, phone, label FROM campaigns_contactphone WHERE contact_id = ANY(%s) ORDER BY position, id
"""
PHONES = """
SELECT number, zones, country, status, status_expires_at FROM campaigns_phone
WHERE number = ANY(%s) ORDER BY number FOR NO KEY UPDATE SKIP LOCKED
"""
# Of numbers and of persons, each by its own index.
SUPPRESSED = """
WITH holding AS (
    SELECT phone, contact_id, line_of_business_id, campaign_id, expires_at FROM campaigns_suppression
    WHERE phone = ANY(%(phones)s) AND ended_at IS NULL
    UNION ALL
    SELECT phone, contact_id, line_of_business_id, campaign_id, expires_at FROM campaigns_suppression
    WHERE contact_id = ANY(%(contacts)s) AND ended_at IS NULL
)
SELECT phone, contact_id, max(coalesce(expires_at, 'infinity'::timestamptz)) = 'infinity', max(expires_at)
FROM holding
WHERE (line_of_business_id IS NULL OR line_of_business_id = %(line)s)
  AND (campaign_id IS NULL OR campaign_id = %(campaign)s)
GROUP BY phone, contact_id
"""
# Each half can use one index only, as their conditions differ: planned while nobody was held, the other index looked
# as good, and every reservation read all leads that were held by then.
HELD = """
SELECT contact_id, held_phone FROM campaigns_lead WHERE state = 'held' AND contact_id = ANY(%(contacts)s)
UNION ALL
SELECT contact_id, held_phone FROM campaigns_lead WHERE held_phone = ANY(%(phones)s)
"""


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
    """Contacts, by their ids: zone and region, what they agreed to and hold, (number, label) of their phones in order.

    `facts` are the rows of those of the `wanted` numbers that we got.
    """

    places: dict[int, tuple[str, str]]
    said: dict[int, tuple[str, list[str]]]
    numbers: dict[int, list[tuple[int, str]]]
    wanted: list[int]
    facts: dict[int, Any]


def verdict(
    candidate: Candidate, moment: Moment, taken_contacts: set[int], taken_phones: set[int]
) -> eligibility.Verdict:
    """The rules' verdict, unless the person or one of their phones is in a call of `held` at this moment."""
    in_call = candidate.contact_id in taken_contacts or any(p.number in taken_phones for p in candidate.phones)
    if in_call:
        return Refuse(eligibility.Reason.IN_CALL, moment.now + ELSEWHERE)
    return eligibility.verdict(candidate, moment)


def read(
    campaign: Campaign, policy: Policy, leads: Sequence[DueLead], now: datetime, *, lock: bool
) -> dict[int, Candidate]:
    """Everything the verdicts depend on, by contact. With `lock` only for those whose rows we got; without, all: to
    look, not to decide."""
    return judged(campaign, policy, leads, people_of(leads, lock=lock), now)


def people_of(leads: Sequence[DueLead], *, lock: bool) -> People:
    contacts_query, phones_query = (CONTACTS, PHONES) if lock else (_unlocked(CONTACTS), _unlocked(PHONES))
    with connection.cursor() as cursor:
        cursor.execute(contacts_query, [[lead.contact_id for lead in leads]])
        rows = cursor.fetchall()
        places = {contact: (zone, region) for contact, zone, region, _, _ in rows}
        said = {contact: (consents, products) for contact, _, _, consents, products in rows}
        cursor.execute(PHONES_OF, [list(places)])
        numbers: dict[int, list[tuple[int, str]]] = {contact: [] for contact in places}
        for contact, number, label in cursor.fetchall():
            numbers[contact].append((number, label))
        wanted = sorted({n for of_contact in numbers.values() for n, _ in of_contact})
        cursor.execute(phones_query, [wanted])
        return People(places, said, numbers, wanted, {row[0]: row for row in cursor.fetchall()})


def judged(
    campaign: Campaign, policy: Policy, leads: Sequence[DueLead], people: People, now: datetime
) -> dict[int, Candidate]:
    places, numbers, facts = people.places, people.numbers, people.facts
    suppressed, silent = _suppressed(campaign, people.wanted, list(places))
    touches = _touches(policy, places, people.wanted, now)
    return {
        lead.contact_id: Candidate(
            contact_id=lead.contact_id,
            campaign_id=campaign.pk,
            line_of_business_id=campaign.line_of_business_id,
            phones=tuple(
                _phone(facts[n], label, _later(suppressed.get(n), silent.get(lead.contact_id)))
                for n, label in numbers[lead.contact_id]
            ),
            attempts=lead.attempts,
            contact_zone=places[lead.contact_id][0],
            contact_region=places[lead.contact_id][1],
            touches=ledger.of(touches, lead.contact_id, [n for n, _ in numbers[lead.contact_id]]),
            callback=lead.callback,
            callback_expires_at=lead.callback_expires_at,
            # Read only where rules ask for it; the column is text here.
            grants=consent.read_grants(orjson.loads(people.said[lead.contact_id][0])) if policy.consent else (),
            products=tuple(people.said[lead.contact_id][1]),
        )
        for lead in leads
        # A phone we could not lock belongs to someone being decided on right now: leave the whole person alone.
        if lead.contact_id in places and all(n in facts for n, _ in numbers[lead.contact_id])
    }


def _unlocked(query: str) -> str:
    return query.replace("FOR NO KEY UPDATE SKIP LOCKED", "")


def _touches(policy: Policy, people: Iterable[int], phones: list[int], now: datetime) -> dict[int, list[caps.Touch]]:
    since = eligibility.touches_since(policy, now)
    refusals = bool(caps.long_after(policy.gaps))
    if since == now and not refusals:
        return {}
    return ledger.read(people, phones, since, now, refusals=refusals)


def _phone(
    row: tuple[int, list[str], str, str, datetime | None], label: str, suppressed_until: datetime | None
) -> PhoneFacts:
    number, zones, country, status, status_expires_at = row
    return PhoneFacts(number, tuple(zones), status, status_expires_at, suppressed_until, country, kind_of(label))


def _suppressed(
    campaign: Campaign, phones: list[int], contacts: list[int]
) -> tuple[dict[int, datetime], dict[int, datetime]]:
    """Until when each phone, and each person as a whole, is on do-not-call for this campaign; FOREVER when for good."""
    scope = {"line": campaign.line_of_business_id, "campaign": campaign.pk}
    with connection.cursor() as cursor:
        cursor.execute(SUPPRESSED, {"phones": phones, "contacts": contacts, **scope})
        rows = cursor.fetchall()
    ends = [(phone, contact, eligibility.FOREVER if for_good else until) for phone, contact, for_good, until in rows]
    return {n: until for n, _, until in ends if n is not None}, {who: until for n, who, until in ends if n is None}


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((until for until in (one, other) if until), default=None)


def held(contacts: Iterable[int], phones: Iterable[int]) -> tuple[set[int], set[int]]:
    """Which of these people and phones some call of any campaign holds at this moment."""
    with connection.cursor() as cursor:
        cursor.execute(HELD, {"contacts": list(contacts), "phones": list(phones)})
        rows = cursor.fetchall()
    return {contact for contact, _ in rows}, {phone for _, phone in rows}

"""Everything a verdict depends on, read for a batch of leads: to decide, under locks, or only to look.

The order of reading is the reservation's (its module says why): people and phones, locked if it is to decide; who is in
a call; then do-not-call and touches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from campaigns import exchange, ledger
from campaigns.models import Campaign
from campaigns.rules import caps, consent, eligibility
from campaigns.rules.cadence import kind_of
from campaigns.rules.caps import Touch
from campaigns.rules.eligibility import Candidate, Moment, PhoneFacts, Refuse
from campaigns.rules.policy import Policy

ELSEWHERE = timedelta(minutes=1)  # a person in another call is looked at again after this

# The whole of `who` is locked before the first of `number`: its rows are looked up by an array made of all links.
PEOPLE = """
WITH who AS MATERIALIZED (
    SELECT id, time_zone, region, consents, products FROM campaigns_contact
    WHERE id = ANY(%(contacts)s::bigint[]) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
), link AS MATERIALIZED (
    SELECT c.contact_id, c.phone, c.label, c.position, c.id
    FROM campaigns_contactphone c WHERE c.contact_id = ANY(ARRAY(SELECT id FROM who))
), number AS MATERIALIZED (
    SELECT number, zones, country, status, status_expires_at FROM campaigns_phone
    WHERE number = ANY(ARRAY(SELECT phone FROM link)) ORDER BY number FOR NO KEY UPDATE SKIP LOCKED
)
SELECT who.id, who.time_zone, who.region, who.consents::text, who.products, link.phone, link.label, number.*
FROM who LEFT JOIN link ON link.contact_id = who.id LEFT JOIN number ON number.number = link.phone
ORDER BY who.id, link.position, link.id
"""
UNLOCKED = PEOPLE.replace("FOR NO KEY UPDATE SKIP LOCKED", "")
# Of numbers and of persons, each by its own index.
SUPPRESSED = """
WITH holding AS (
    SELECT phone, contact_id, line_of_business_id, campaign_id, expires_at FROM campaigns_suppression
    WHERE phone = ANY(%(phones)s::bigint[]) AND ended_at IS NULL
    UNION ALL
    SELECT phone, contact_id, line_of_business_id, campaign_id, expires_at FROM campaigns_suppression
    WHERE contact_id = ANY(%(contacts)s::bigint[]) AND ended_at IS NULL
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
SELECT contact_id, held_phone FROM campaigns_lead WHERE state = 'held' AND contact_id = ANY(%(contacts)s::bigint[])
UNION ALL
SELECT contact_id, held_phone FROM campaigns_lead WHERE held_phone = ANY(%(phones)s::bigint[])
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


@dataclass(frozen=True, slots=True)
class Known:
    """Which of these people and phones some call of any campaign holds, until when phones, and people as a whole, are
    on do-not-call (FOREVER: for good), and their touches (see ledger.collect)."""

    held_contacts: set[int]
    held_phones: set[int]
    suppressed: dict[int, datetime]
    silent: dict[int, datetime]
    touches: dict[int, list[Touch]]


def verdict(candidate: Candidate, moment: Moment, known: Known) -> eligibility.Verdict:
    """The rules' verdict, unless the person or one of their phones is in a call at this moment."""
    in_call = candidate.contact_id in known.held_contacts or any(
        p.number in known.held_phones for p in candidate.phones
    )
    if in_call:
        return Refuse(eligibility.Reason.IN_CALL, moment.now + ELSEWHERE)
    return eligibility.verdict(candidate, moment)


def look(
    campaign: Campaign, policy: Policy, leads: Sequence[DueLead], now: datetime
) -> tuple[dict[int, Candidate], Known]:
    """Everything the verdicts depend on, by contact, without a lock: to look, not to decide."""
    people = people_of(leads, lock=False)
    found = known(campaign, policy, people, now)
    return judged(campaign, policy, leads, people, found), found


def people_of(leads: Sequence[DueLead], *, lock: bool) -> People:
    """Their people and phones, of which with `lock` only those whose rows we got."""
    found = People({}, {}, {}, [], {})
    contacts = exchange.array(lead.contact_id for lead in leads)
    (rows,) = exchange.execute((PEOPLE if lock else UNLOCKED, {"contacts": contacts}))
    for contact, zone, region, consents, products, phone, label, *facts in rows:
        found.places[contact] = (zone, region)
        found.said[contact] = (consents, products)
        numbers = found.numbers.setdefault(contact, [])
        if phone is not None:
            numbers.append((phone, label))
        if facts[0] is not None:
            found.facts[phone] = facts
    found.wanted.extend(sorted({number for of_contact in found.numbers.values() for number, _ in of_contact}))
    return found


def known(campaign: Campaign, policy: Policy, people: People, now: datetime) -> Known:
    """Who is in a call, then do-not-call and touches: in this order, see the reservation."""
    contacts, phones = exchange.array(people.places), exchange.array(people.wanted)
    concerned = {"contacts": contacts, "phones": phones}
    suppressed = {**concerned, "line": campaign.line_of_business_id, "campaign": campaign.pk}
    since, refusals = eligibility.touches_since(policy, now), bool(caps.long_after(policy.gaps))
    touches = ledger.reading(people.places, people.wanted, since, now, refusals=refusals)
    calls, do_not_call, touched = exchange.execute((HELD, concerned), (SUPPRESSED, suppressed), touches)
    ends = [(phone, who, eligibility.FOREVER if good else until) for phone, who, good, until in do_not_call]
    return Known(
        held_contacts={contact for contact, _ in calls},
        held_phones={phone for _, phone in calls},
        suppressed={phone: until for phone, _, until in ends if phone is not None},
        silent={who: until for phone, who, until in ends if phone is None},
        touches=ledger.collect(touched),
    )


def judged(
    campaign: Campaign, policy: Policy, leads: Sequence[DueLead], people: People, known: Known
) -> dict[int, Candidate]:
    """The candidates, by contact."""
    places, numbers, facts = people.places, people.numbers, people.facts
    return {
        lead.contact_id: Candidate(
            contact_id=lead.contact_id,
            campaign_id=campaign.pk,
            line_of_business_id=campaign.line_of_business_id,
            phones=tuple(
                _phone(facts[n], label, _later(known.suppressed.get(n), known.silent.get(lead.contact_id)))
                for n, label in numbers[lead.contact_id]
            ),
            attempts=lead.attempts,
            contact_zone=places[lead.contact_id][0],
            contact_region=places[lead.contact_id][1],
            touches=ledger.of(known.touches, lead.contact_id, [n for n, _ in numbers[lead.contact_id]]),
            callback=lead.callback,
            callback_expires_at=lead.callback_expires_at,
            # Read only where rules ask for it.
            grants=consent.read_grants(orjson.loads(people.said[lead.contact_id][0])) if policy.consent else (),
            products=tuple(people.said[lead.contact_id][1]),
        )
        for lead in leads
        # A phone we could not lock belongs to someone being decided on right now: leave the whole person alone.
        if lead.contact_id in places and all(n in facts for n, _ in numbers[lead.contact_id])
    }


def _phone(
    row: tuple[int, list[str], str, str, datetime | None], label: str, suppressed_until: datetime | None
) -> PhoneFacts:
    number, zones, country, status, status_expires_at = row
    return PhoneFacts(number, tuple(zones), status, status_expires_at, suppressed_until, country, kind_of(label))


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((until for until in (one, other) if until), default=None)

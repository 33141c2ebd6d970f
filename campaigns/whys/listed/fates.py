"""The fate of everybody on a list, as SQL for all of them at once.

A person is barred when all of their phones are, by a status or by do-not-call, and for as long as the phone that frees
first: what rules.eligibility says of them where no hour is closed and no cap is reached (a test holds it to that). In a
campaign their lead says the rest. Of what bars a person and what their lead waits for, the one that holds longer is
told, as a lead's own page does. OFFSET 0 keeps a step from being worked out again for each of its uses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from campaigns.models import Campaign, ContactList, ListEntry
from campaigns.rules import records
from campaigns.selectors import RULED

LAST_ID = 2**63 - 1
STRETCH, TIMES_AS_MANY = 2_000, 4
# A million people are sorted and joined in memory, for the length of this question.
IN_MEMORY = "SET LOCAL work_mem = '64MB'"
# How many are barred nobody can guess. Taken for one, they would be looked through for each of a million people; taken
# for all, a million people would be sorted to be counted.
ALL_AT_ONCE = f"{IN_MEMORY}; SET LOCAL enable_nestloop = off; SET LOCAL enable_sort = off"

# A page reads few people, a count all of them: entries of do-not-call are then looked up, or read once.
LOOKED_UP = """LEFT JOIN LATERAL (
    SELECT max(coalesce(s.expires_at, 'infinity')) AS until FROM campaigns_suppression s
    WHERE s.phone = c.phone AND {scope}
) d ON true LEFT JOIN LATERAL (
    SELECT max(coalesce(s.expires_at, 'infinity')) AS until FROM campaigns_suppression s
    WHERE s.contact_id = c.contact_id AND {scope}
) e ON true"""
READ_ONCE = """LEFT JOIN (
    SELECT s.phone, max(coalesce(s.expires_at, 'infinity')) AS until FROM campaigns_suppression s
    WHERE {scope} GROUP BY s.phone
) d ON d.phone = c.phone LEFT JOIN (
    SELECT s.contact_id, max(coalesce(s.expires_at, 'infinity')) AS until FROM campaigns_suppression s
    WHERE s.contact_id IS NOT NULL AND {scope} GROUP BY s.contact_id
) e ON e.contact_id = c.contact_id"""
SCOPE = """s.ended_at IS NULL AND (s.campaign_id IS NULL AND s.line_of_business_id IS NULL
    OR s.campaign_id = %(campaign)s OR s.line_of_business_id = %(line)s)"""

# 'infinity' is for good.
FATES = """
WITH listed AS NOT MATERIALIZED (
    SELECT contact_id FROM campaigns_listentry WHERE list_id = %(list)s AND contact_id BETWEEN %(first)s AND %(last)s
), number AS (
    SELECT c.contact_id, c.phone, c.position, p.status,
           CASE WHEN coalesce(p.status_expires_at, 'infinity') > %(now)s AND p.number IS NOT NULL
                THEN coalesce(p.status_expires_at, 'infinity') END AS status_until,
           CASE WHEN greatest(d.until, e.until) > %(now)s THEN greatest(d.until, e.until) END AS suppressed_until
    FROM listed JOIN campaigns_contactphone c USING (contact_id)
    LEFT JOIN campaigns_phone p ON p.number = c.phone AND p.status <> ''
    {suppressed}
), barred_number AS MATERIALIZED (
    SELECT *, greatest(status_until, suppressed_until) AS until FROM number
    WHERE status_until IS NOT NULL OR suppressed_until IS NOT NULL
), barred AS (
    SELECT contact_id, min(until) AS until, (array_agg(phone ORDER BY until, position))[1] AS phone,
           (array_agg(CASE WHEN status_until = until THEN status ELSE 'do_not_call' END ORDER BY until, position))[1]
           AS code
    FROM barred_number b GROUP BY contact_id
    HAVING count(*) = (SELECT count(*) FROM campaigns_contactphone c WHERE c.contact_id = b.contact_id)
), standing AS (
    SELECT l.contact_id, lead.id AS lead_id, lead.reason, lead.rule, lead.policy_id, lead.refused_phone, lead.due_at,
           b.until AS barred_until, b.code, b.phone,
           CASE WHEN %(campaign)s IS NOT NULL AND lead.id IS NULL THEN 'absent'
                WHEN lead.state = 'finished' THEN 'finished'
                WHEN lead.state = 'held' THEN 'in_call'
                WHEN b.until > greatest(lead.due_at, %(now)s) THEN 'barred'
                WHEN lead.due_at > %(now)s AND lead.callback THEN 'promised'
                WHEN lead.due_at > %(now)s THEN 'waiting'
                ELSE 'callable' END AS stands
    FROM listed l LEFT JOIN barred b USING (contact_id)
    LEFT JOIN campaigns_lead lead ON lead.contact_id = l.contact_id AND lead.campaign_id = %(campaign)s
    OFFSET 0
), told AS (
    SELECT *, CASE WHEN stands = 'barred' THEN code WHEN stands = 'promised' THEN 'callback'
                   WHEN stands IN ('finished', 'waiting') THEN reason ELSE '' END AS why
    FROM standing OFFSET 0
), fate AS (
    SELECT contact_id, lead_id, why,
           CASE WHEN why = ANY(%(limits)s) THEN 'limited' WHEN stands = 'promised' THEN 'waiting'
                ELSE stands END AS stage,
           CASE WHEN why = ANY(%(ruled)s) THEN rule ELSE '' END AS rule,
           CASE WHEN stands IN ('waiting', 'finished') THEN policy_id END AS policy_id,
           CASE WHEN stands = 'barred' THEN nullif(barred_until, 'infinity')
                WHEN stands IN ('waiting', 'promised') THEN due_at END AS until,
           CASE WHEN stands = 'barred' THEN phone WHEN stands = 'waiting' THEN refused_phone END AS phone
    FROM told
)
"""
COUNT = "SELECT stage, why, rule, count(*), min(until), max(policy_id) FROM fate GROUP BY stage, why, rule"
PAGE = """
SELECT contact_id, lead_id, until, policy_id, phone FROM fate
WHERE stage = %(stage)s AND why = %(why)s AND rule = %(rule)s ORDER BY contact_id LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class Key:
    """Which of a list's people: their stage, why, and the rule, where several rules give that reason."""

    stage: str
    why: str = ""
    rule: str = ""


def count(of: ContactList, campaign: Campaign | None, now: datetime) -> list[tuple[Any, ...]]:
    """(stage, why, rule, how many, first until, newest policy) of everybody on the list."""
    return _rows(READ_ONCE, COUNT, {**_who(of, campaign, now), "first": 0, "last": LAST_ID}, settings=ALL_AT_ONCE)


def page(
    of: ContactList, campaign: Campaign | None, now: datetime, key: Key, *, after: int, most: int
) -> list[tuple[Any, ...]]:
    """(contact, lead, until, policy, phone) of the next people after a contact that stand so, at most so many."""
    found: list[tuple[Any, ...]] = []
    which = {**_who(of, campaign, now), "stage": key.stage, "why": key.why, "rule": key.rule}
    for first, last in _stretches(of, after):
        found += _rows(LOOKED_UP, PAGE, {**which, "first": first, "last": last, "most": most - len(found)})
        if len(found) == most:
            break
    return found


def _stretches(of: ContactList, after: int) -> Iterator[tuple[int, int]]:
    """The list's people cut in stretches, each larger than the one before: rare ones cost few questions."""
    size = STRETCH
    while True:
        people = ListEntry.objects.filter(list=of, contact_id__gt=after).order_by("contact_id")
        last = people.values_list("contact_id", flat=True)[size - 1 : size].first() or LAST_ID
        yield after + 1, last
        if last == LAST_ID:
            return
        after, size = last, size * TIMES_AS_MANY


def _who(of: ContactList, campaign: Campaign | None, now: datetime) -> dict[str, Any]:
    return {
        "list": of.pk,
        "campaign": campaign.pk if campaign else None,
        "line": campaign.line_of_business_id if campaign else None,
        "now": now,
        "ruled": list(RULED),
        "limits": list(records.LIMITS),
    }


def _rows(suppressed: str, statement: str, values: dict[str, Any], settings: str = IN_MEMORY) -> list[tuple[Any, ...]]:
    fates = FATES.format(suppressed=suppressed.format(scope=SCOPE))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(settings)
        cursor.execute(fates + statement, values)
        return cursor.fetchall()

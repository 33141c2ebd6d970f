"""One chunk of a sweep: its leads, phones and places laid out in temporary tables, judged, set aside or vetted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
from django.db import connection, transaction
from django.utils import timezone

from campaigns import ledger, policies
from campaigns.locks import Work
from campaigns.rules import cadence, caps, eligibility, places, windows
from campaigns.rules.cadence import kind_of
from campaigns.rules.caps import Period
from campaigns.rules.eligibility import Moment
from campaigns.rules.places import Place
from campaigns.rules.policy import Policy
from campaigns.sweep import sql
from campaigns.sweep.ground import Ground, Swept

LEADS = """
INSERT INTO sweep_lead
SELECT id, ctid, contact_id, attempts, due_at, decided_at, decided_times, reason, rule, policy_id, inputs, refused_phone
FROM campaigns_lead WHERE campaign_id = %(campaign)s AND contact_id > %(after)s AND contact_id <= %(end)s
  AND state = 'due' AND NOT callback AND NOT vetted AND due_at <= %(now)s
FOR UPDATE SKIP LOCKED
"""
PHONES = """
INSERT INTO sweep_phone
SELECT l.id, l.contact_id, l.attempts, c.phone, row_number() OVER of_lead, array_agg(c.label) OVER of_lead, c.label,
       who.time_zone, who.region, p.zones, p.country, p.status, p.status_expires_at, greatest(s.until, i.until),
       who.consents, who.products
FROM sweep_lead l
JOIN campaigns_contact who ON who.id = l.contact_id
JOIN campaigns_contactphone c ON c.contact_id = l.contact_id
JOIN campaigns_phone p ON p.number = c.phone
CROSS JOIN LATERAL (
    SELECT max(coalesce(expires_at, 'infinity')) AS until FROM campaigns_suppression
    WHERE phone = c.phone AND ended_at IS NULL AND (line_of_business_id IS NULL OR line_of_business_id = %(line)s)
      AND (campaign_id IS NULL OR campaign_id = %(campaign)s)
) s
CROSS JOIN LATERAL (
    SELECT max(coalesce(expires_at, 'infinity')) AS until FROM campaigns_suppression
    WHERE contact_id = l.contact_id AND ended_at IS NULL
      AND (line_of_business_id IS NULL OR line_of_business_id = %(line)s)
      AND (campaign_id IS NULL OR campaign_id = %(campaign)s)
) i
-- The chunk's bounds for each table: where most people are in the campaign, they are read side by side.
WHERE l.attempts < %(most)s AND who.id > %(after)s AND who.id <= %(end)s
  AND c.contact_id > %(after)s AND c.contact_id <= %(end)s
WINDOW of_lead AS (PARTITION BY l.id ORDER BY c.position, c.id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
"""
KNOWN_PLACES = "SELECT DISTINCT label, zone, region, zones, country FROM sweep_phone"
KNOWN_TURNS = "SELECT DISTINCT labels, attempts FROM sweep_phone WHERE cardinality(labels) > 1"
PLACE = f"INSERT INTO sweep_place VALUES ({', '.join(['%s'] * 20)})"
TURN = "INSERT INTO sweep_turn VALUES (%s::text[], %s, %s::int[])"
FAR = "SELECT id, until, label, zone, region, zones, country FROM sweep_refused WHERE far"
COME_NEAR = """
UPDATE sweep_refused r SET until = v.until
FROM unnest(%s::bigint[], %s::timestamptz[]) AS v(id, until) WHERE r.id = v.id
"""
VET = """
UPDATE campaigns_lead l SET vetted = true FROM sweep_lead s
WHERE l.ctid = s.place AND NOT EXISTS (SELECT 1 FROM sweep_refused r WHERE r.id = s.id)
"""


def sweep_chunk(ground: Ground, after: int, end: int, now: datetime | None = None) -> Swept:
    """Judge the due leads of these contacts, in a transaction of its own."""
    campaign, now = ground.campaign, now or timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(sql.TABLES, None)
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off; SET LOCAL work_mem = '64MB'", None)
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s, %s)", [Work.SWEEPING, campaign.pk])
        policy = policies.current(campaign.pk)
        values: dict[str, Any] = {"campaign": campaign.pk, "now": now, "after": after, "end": end}
        cursor.execute(LEADS, values)
        found = cursor.rowcount
        if not found:
            return Swept()
        cursor.execute(PHONES, {**values, "line": campaign.line_of_business_id, "most": policy.max_attempts})
        _places(cursor, ground, Moment(policy, now))
        _turns(cursor, policy)
        _decide(cursor, ground, policy, now)
        decided: dict[str, Any] = {"now": now, "policy": policy.version}
        cursor.execute(sql.ARCHIVE, decided)
        cursor.execute(sql.SET_ASIDE, decided)
        refused = cursor.rowcount
        if refused < found:
            cursor.execute(VET)
        return Swept(found, refused)


def _decide(cursor: Any, ground: Ground, policy: Policy, now: datetime) -> None:
    campaign = ground.campaign
    statement, reasons, rules = sql.decide(policy, campaign.pk, campaign.line_of_business_id)
    since, until = eligibility.touches_since(policy, now), now + ledger.AHEAD
    values = {"now": now, "since": since, "until": until, "horizon": ground.horizon}
    cursor.execute(statement, {**values, "reasons": reasons, "rules": rules})
    _later(cursor, policy)
    cursor.execute(sql.USED_UP, {"most": policy.max_attempts})


def _later(cursor: Any, policy: Policy) -> None:
    """The next calling hours of those who are set aside beyond the horizon."""
    cursor.execute(FAR)
    found = [(lead, _next_hour(policy, until, *place)) for lead, until, *place in cursor.fetchall()]
    if found:
        cursor.execute(COME_NEAR, [[lead for lead, _ in found], [until for _, until in found]])


def _next_hour(
    policy: Policy, at: datetime, label: str, zone: str, region: str, zones: list[str], country: str
) -> datetime:
    where = places.place(zone, region, tuple(zones), country)
    return windows.next_open(eligibility.hours_of(kind_of(label), policy), where, at) or at


def _places(cursor: Any, ground: Ground, moment: Moment) -> None:
    """What the hours say, worked out once for each distinct place and kind of phone."""
    cursor.execute(KNOWN_PLACES)
    rows = [_place_row(ground, moment, *row) for row in cursor.fetchall()]
    cursor.executemany(PLACE, rows)


def _place_row(
    ground: Ground, moment: Moment, label: str, zone: str, region: str, zones: list[str], country: str
) -> list[Any]:
    where, kind = places.place(zone, region, tuple(zones), country), kind_of(label)
    shut = eligibility.shut_there(where, kind, moment)
    key = (moment.policy.version, where, kind)
    if key not in ground.stretches:
        hours = eligibility.hours_of(kind, moment.policy)
        ground.stretches[key] = windows.stretches(hours, where, moment.now, ground.horizon)
    stretches = ground.stretches[key]
    return [
        *(label, zone, region, zones, country),
        *((shut.until or "infinity", shut.reason.value, shut.rule, _json(shut.inputs)) if shut else (None,) * 4),
        *([opens for opens, _ in stretches], [closes for _, closes in stretches]),
        *(instant for period in Period for instant in _period(period, where, moment.now)),
    ]


def _period(period: Period, where: Place, now: datetime) -> tuple[datetime | None, ...]:
    """When it began in the first and in the last of the zones, and when it has ended in all."""
    zones = places.known_zones(where.zones)
    if not zones:
        return (None, None, None)
    begins = [caps.period_start(period, z, now) for z in zones]
    return min(begins), max(begins), max(caps.period_end(period, z, now) for z in zones)


def _turns(cursor: Any, policy: Policy) -> None:
    """In which order the phones of people who have several come: array_position gives each its turn."""
    cursor.execute(KNOWN_TURNS)
    found = [
        (labels, attempts, [n + 1 for n in cadence.in_turn([kind_of(x) for x in labels], attempts, policy.cadence)])
        for labels, attempts in cursor.fetchall()
    ]
    if found:
        cursor.executemany(TURN, found)


def _json(inputs: Any) -> str | None:
    return orjson.dumps(dict(inputs)).decode() if inputs else None

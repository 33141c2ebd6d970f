"""Setting refused leads aside by the ten thousand, where a campaign's due leads are mostly refused.

When a tick finds little but refusals it asks for a sweep (a row of Sweep). Chunk by chunk, in the order of contacts,
all due leads are judged in SQL by the rules that rules.eligibility applies one by one: who is certainly refused is set
aside with the very decision the verdict would have made, everybody else is vetted, which puts them at the front of the
queue. While the row is there, ticks look at vetted leads only, and at those that became due since.

Decided:
- In the engine, on a thread of its own: a worker may be busy with a list for minutes, while the floor waits for calls.
  The work is the database's; ticks neither wait for it nor it for them (SKIP LOCKED on both sides).
- By contact and not in the order of the queue: leads, people and touches then lie side by side. In the queue's order
  each page of leads would be written once for every rank.
- A sweep only refuses, so it needs no lock on people: touches that come in meanwhile can only add reasons. Rules that
  change meanwhile have their recheck wait for the chunks that go by the old ones.
- It begins with a glance for people whom nobody called lately, so that there is somebody to call within the second.
- Redoing it is harmless, so nothing is kept of how far it came, and its commits don't wait for the disk.
- What it has moved leaves dead entries in the queue's index, through which a tick would have to wade: it ends with a
  VACUUM, and only then do ticks look at the whole queue again.
- A tick may have met the only thousand that are refused: where most turn out callable, the sweep ends at once.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from campaigns import ledger, policies, sweep_sql
from campaigns.models import Campaign, Sweep
from campaigns.rules import cadence, caps, eligibility, places, windows
from campaigns.rules.cadence import kind_of
from campaigns.rules.caps import Period
from campaigns.rules.eligibility import Moment
from campaigns.rules.places import Place
from campaigns.rules.policy import Policy

LEADING = 7302  # first key of the advisory lock of whoever sweeps a campaign
SWEEPERS = 2
FIRST_CHUNK, LARGEST_CHUNK = 2_000, 20_000
SCOUTED, ENOUGH = 50_000, 100
FALSE_ALARM = 50_000  # so many leads looked at and most of them callable: what the tick met was a few in a row
AHEAD = timedelta(days=40)  # so far hours are worked out for everybody; later ones lead by lead

ASK = "INSERT INTO campaigns_sweep (campaign_id, asked_at) VALUES (%s, %s) ON CONFLICT DO NOTHING"
END = """
SELECT max(contact_id) FROM (
    SELECT contact_id FROM campaigns_lead WHERE campaign_id = %s AND contact_id > %s ORDER BY contact_id LIMIT %s
) chunk
"""
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
       who.time_zone, who.region, p.zones, p.country, p.status, p.status_expires_at, s.until
FROM sweep_lead l
JOIN campaigns_contact who ON who.id = l.contact_id
JOIN campaigns_contactphone c ON c.contact_id = l.contact_id
JOIN campaigns_phone p ON p.number = c.phone
CROSS JOIN LATERAL (
    SELECT max(coalesce(expires_at, 'infinity')) AS until FROM campaigns_suppression
    WHERE phone = c.phone AND (line_of_business_id IS NULL OR line_of_business_id = %(line)s)
      AND (campaign_id IS NULL OR campaign_id = %(campaign)s)
) s
-- The chunk's bounds for each table: where most people are in the campaign, they are read side by side.
WHERE l.attempts < %(most)s AND who.id > %(after)s AND who.id <= %(end)s
  AND c.contact_id > %(after)s AND c.contact_id <= %(end)s
WINDOW of_lead AS (PARTITION BY l.id ORDER BY c.position, c.id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
"""
# Nobody called them lately, so they are likely callable, which takes a tenth of the time to find out. The last ones by
# contact, to which the sweep comes at its end.
SCOUT = """
UPDATE campaigns_lead SET vetted = true WHERE id IN (
    SELECT id FROM (
        SELECT id, contact_id FROM campaigns_lead
        WHERE campaign_id = %(campaign)s AND state = 'due' AND NOT callback AND NOT vetted AND due_at <= %(now)s
        ORDER BY contact_id DESC LIMIT %(scouted)s FOR UPDATE SKIP LOCKED
    ) l
    WHERE NOT EXISTS (
        SELECT 1 FROM campaigns_touch t
        WHERE t.contact_id = l.contact_id AND t.at > %(since)s AND t.at < %(until)s
    ) AND NOT EXISTS (
        SELECT 1 FROM campaigns_contactphone c JOIN campaigns_touch t ON t.phone = c.phone
        WHERE c.contact_id = l.contact_id AND t.at > %(since)s AND t.at < %(until)s
    ) LIMIT %(enough)s
)
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

Stretches = list[tuple[datetime, datetime]]


@dataclass
class Swept:
    """What a sweep has done."""

    looked_at: int = 0
    refused: int = 0


@dataclass
class Ground:
    """A campaign's leads, shared by the threads that sweep it: each takes the next chunk until there is none."""

    campaign: Campaign
    stop: threading.Event
    horizon: datetime
    after: int = 0
    size: int = FIRST_CHUNK
    looked_at: int = 0
    refused: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    # Hours lie still while a sweep lasts: they are worked out once for each place.
    stretches: dict[tuple[int, Place, str], Stretches] = field(default_factory=dict)

    def next(self) -> tuple[int, int] | None:
        """The contacts of the next chunk, as (after, until); chunks grow, so that the first people are found soon."""
        with self.lock, connection.cursor() as cursor:
            if self.stop.is_set() or self.is_false_alarm:
                return None
            cursor.execute(END, [self.campaign.pk, self.after, self.size])
            (end,) = cursor.fetchone()
            if end is None:
                return None
            chunk, self.after = (self.after, end), end
            self.size = min(self.size * 5 // 4, LARGEST_CHUNK)
            return chunk

    def count(self, swept: Swept) -> None:
        with self.lock:
            self.looked_at += swept.looked_at
            self.refused += swept.refused

    @property
    def is_false_alarm(self) -> bool:
        return self.looked_at >= FALSE_ALARM and 2 * self.refused < self.looked_at


def ask(campaign_id: int, now: datetime) -> None:
    """Most of what a tick looked at was refused: the rest is to be swept."""
    with connection.cursor() as cursor:
        cursor.execute(ASK, [campaign_id, now])


def asked_at(campaign_id: int) -> datetime | None:
    """Since when a sweep of this campaign is wanted or under way."""
    return Sweep.objects.filter(pk=campaign_id).values_list("asked_at", flat=True).first()


def give_up() -> None:
    """After a fault of our own: ticks go on as they can, and may ask again."""
    Sweep.objects.all().delete()


def run_wanted(stop: threading.Event) -> None:
    """Sweep every running campaign for which that was asked and nobody is at it."""
    for campaign in Campaign.objects.filter(sweep__isnull=False, status=Campaign.Status.RUNNING):
        with _leading(campaign.pk) as leading:
            if leading and not stop.is_set():
                _sweep(campaign, stop)


def _sweep(campaign: Campaign, stop: threading.Event) -> None:
    _scout(campaign, timezone.now())
    ground = Ground(campaign, stop, timezone.now() + AHEAD)
    with ThreadPoolExecutor(SWEEPERS, thread_name_prefix="sweep") as sweepers:
        for done in [sweepers.submit(_work, ground) for _ in range(SWEEPERS)]:
            done.result()
    if stop.is_set():
        return
    if not ground.is_false_alarm:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM campaigns_lead")
    Sweep.objects.filter(pk=campaign.pk).delete()


def _scout(campaign: Campaign, now: datetime) -> None:
    since, until = _touches_from(policies.current(campaign.pk), now)
    values: dict[str, Any] = {"campaign": campaign.pk, "now": now, "scouted": SCOUTED, "enough": ENOUGH}
    with connection.cursor() as cursor:
        cursor.execute(SCOUT, {**values, "since": since, "until": until})


def _work(ground: Ground) -> None:
    try:
        while chunk := ground.next():
            swept = sweep_chunk(ground, *chunk)
            ground.count(swept)
            done = {"looked_at": F("looked_at") + swept.looked_at, "refused": F("refused") + swept.refused}
            Sweep.objects.filter(pk=ground.campaign.pk).update(**done)
    finally:
        connection.close()


@contextmanager
def _leading(campaign_id: int) -> Iterator[bool]:
    """Whether nobody else sweeps this campaign; held by the connection, so that it ends with the engine."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LEADING, campaign_id])
        leading = bool(cursor.fetchone()[0])
    try:
        yield leading
    finally:
        if leading:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LEADING, campaign_id])


def sweep_chunk(ground: Ground, after: int, end: int, now: datetime | None = None) -> Swept:
    """Judge the due leads of these contacts, in a transaction of its own."""
    campaign, now = ground.campaign, now or timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(sweep_sql.TABLES, None)
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off; SET LOCAL work_mem = '64MB'", None)
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s, %s)", [policies.SWEEPING, campaign.pk])
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
        cursor.execute(sweep_sql.ARCHIVE, decided)
        cursor.execute(sweep_sql.SET_ASIDE, decided)
        refused = cursor.rowcount
        if refused < found:
            cursor.execute(VET)
        return Swept(found, refused)


def _decide(cursor: Any, ground: Ground, policy: Policy, now: datetime) -> None:
    campaign = ground.campaign
    statement, reasons, rules = sweep_sql.decide(policy, campaign.pk, campaign.line_of_business_id)
    since, until = _touches_from(policy, now)
    values = {"now": now, "since": since, "until": until, "horizon": ground.horizon}
    cursor.execute(statement, {**values, "reasons": reasons, "rules": rules})
    _later(cursor, policy)
    cursor.execute(sweep_sql.USED_UP, {"most": policy.max_attempts})


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


def _touches_from(policy: Policy, now: datetime) -> tuple[datetime, datetime]:
    """Between which instants touches are read, as reservations do."""
    since = caps.since(policy.caps, policy.gaps, now)
    return min(since, now - timedelta(days=2)) if policy.spread else since, now + ledger.AHEAD


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

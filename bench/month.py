"""Thirty simulated days of dialling one campaign, in a few minutes. Import it after Ground is entered."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import connection, transaction

from bench.crowd import Crowd, weekday_noon
from bench.ground import Ground, say
from campaigns import candidates, decisions, leads, partitions, policies, reservation
from campaigns.candidates import DueLead
from campaigns.exchange import Statement
from campaigns.leads import Settlement
from campaigns.models import Campaign, Disposition, Lead, RetryRule
from campaigns.reservation import Reserved
from campaigns.rules.eligibility import Candidate, Refuse
from campaigns.rules.policy import Policy

TICK = timedelta(minutes=10)
WANT = 20
# What a call comes to, how far it came, and of how many in a hundred.
OUTCOMES = (("no_answer", 1, 58), ("busy", 1, 12), ("rejected", 1, 5), ("hung_up", 2, 8), ("conversation", 3, 17))
PATIENT = {"no_answer": 120, "busy": 15, "rejected": 1440, "hung_up": 120}  # minutes until it is tried again
LOOKS = """
CREATE TABLE bench_refusal (LIKE campaigns_decision);
CREATE INDEX ON bench_refusal (lead_id, ended_at);
"""
LOOKED = """
INSERT INTO bench_refusal (lead_id, ended_at, decided_at, until, phone, policy_id, times, reason, rule, inputs)
SELECT id, decided_at, %(now)s, due_at, refused_phone, policy_id, 1, reason, rule, inputs FROM campaigns_lead
WHERE id = ANY(%(ids)s)
"""
SIZE = """
SELECT coalesce(sum(pg_total_relation_size(relid)), 0)::bigint FROM (
    SELECT relid FROM pg_partition_tree(%(table)s::regclass) UNION SELECT %(table)s::regclass
) parts
"""


@dataclass(frozen=True)
class Size:
    """Of a table with its partitions and indexes."""

    rows: int
    bytes: int


class Month:
    """A campaign with leads nobody has called, and a second table that keeps every refusal."""

    def __init__(self, ground: Ground, count: int) -> None:
        self.ends = weekday_noon()
        self.calls = 0
        self.draw = random.Random(7)
        self.crowd = Crowd(ground, people=count, touches=0, suppressed=count // 20)
        self.campaign = Campaign.objects.get(pk=self.crowd.campaigns[0].pk)
        self.later = Disposition.objects.create(
            code="later", label="Later", category="no_contact", retry_after_hours=48
        )
        Campaign.objects.update(max_attempts=1000)
        for outcome, minutes in PATIENT.items():
            RetryRule.objects.create(outcome=outcome, wait_minutes=minutes, limit=1000)
        policies.publish([self.campaign.pk], by=None)
        self.campaign.refresh_from_db()
        with connection.cursor() as cursor:
            cursor.execute(LOOKS)
        self._empty = {table: self._bytes(table) for table in ("campaigns_decision", "bench_refusal")}

    def play(self, days: int) -> None:
        """A tick every ten minutes from so many days ago on; every refusal is written to both tables."""
        now = self.ends - timedelta(days=days)
        for table in ("campaigns_touch", "campaigns_decision"):
            partitions.ensure(connection, table, by_id=False, now=now)
        self._leads(now)
        refusing = decisions.refusing
        decisions.refusing = self._refusing
        self._really = refusing
        try:
            while now < self.ends:
                self._tick(now)
                now += TICK
        finally:
            decisions.refusing = refusing
        with connection.cursor() as cursor:
            cursor.execute("VACUUM (ANALYZE)")
        say(f"{self.calls:,} calls in {days} days")

    def candidates(self, *, hours_alone: bool = False) -> tuple[list[Candidate], Policy, datetime]:
        """Every lead with all that its verdict depends on, the policy, and when."""
        policy = policies.current(self.campaign.pk)
        if hours_alone:
            policy = Policy(policy.hours[:1])
        due = [DueLead(*row) for row in Lead.objects.values_list("id", "contact_id", "attempts")]
        found = candidates.look(self.campaign, policy, due, self.ends)[0]
        return list(found.values()), policy, self.ends

    def size(self, table: str) -> Size:
        """What it has grown by since the beginning."""
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {table}")
            return Size(cursor.fetchone()[0], self._bytes(table) - self._empty[table])

    def _bytes(self, table: str) -> int:
        with connection.cursor() as cursor:
            cursor.execute(SIZE, {"table": table})
            return int(cursor.fetchone()[0])

    def _leads(self, now: datetime) -> None:
        people = range(1, self.crowd.people + 1)
        score = self.draw.randint
        Lead.objects.bulk_create(
            Lead(campaign=self.campaign, contact_id=n, list_id=1 + n % 3, due_at=now, score=score(0, 100))
            for n in people
        )

    def _tick(self, now: datetime) -> None:
        with transaction.atomic():
            self._refused: list[int] = []
            reserved = reservation.reserve(campaign=self.campaign, want=WANT, new_call_id=uuid4, now=now)
            with connection.cursor() as cursor:
                cursor.execute(LOOKED, {"now": now, "ids": self._refused})
        self.calls += len(reserved)
        with transaction.atomic():
            self._settle(reserved, now + timedelta(minutes=2))

    def _settle(self, reserved: list[Reserved], now: datetime) -> None:
        settled = []
        for one in reserved:
            outcome, level, _ = self.draw.choices(OUTCOMES, [share for _, _, share in OUTCOMES])[0]
            keep = outcome == "conversation"
            settled.append(Settlement(one.lead_id, one.call_id, one.phone, one.at, outcome, level, False, keep))
        leads.settle(settled, now)
        for each in settled:
            if each.keep:
                self._talked(each, now)

    def _talked(self, call: Settlement, now: datetime) -> None:
        leads.settle_disposition(
            lead_id=call.lead_id,
            call_id=call.call_id,
            phone=call.phone,
            reserved_at=call.reserved_at,
            disposition=self.later,
            callback_at=None,
            by=None,
            now=now,
        )

    def _refusing(self, refused: Sequence[tuple[int, Refuse]], *, policy_id: int, now: datetime) -> Statement:
        self._refused += [lead for lead, _ in refused]
        return self._really(refused, policy_id=policy_id, now=now)

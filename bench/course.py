"""A list of leads nearly all of whom are refused, and the engine's ticks and sweep going through it.

Import it after Ground is entered.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from uuid import uuid4

import psycopg
from django.db import connection, transaction
from django.utils import timezone

from bench.crowd import Crowd, die, number
from bench.ground import Ground, say
from bench.problems import BenchFailed
from campaigns import leads, reservation, sweep
from campaigns.leads import Settlement
from campaigns.models import Campaign, Sweep

ONE_IN = 1000
WANT = 50
TICK_SECONDS = 0.5
BARE_LEADS = 500_000
LONGEST = 1200.0  # seconds; a sweep that takes longer has failed
CALMS = 200  # ticks that are measured afterwards
# Spent: a conversation this month, two attempts today, or (of people with one phone) three attempts on it in a day.
SPENT = """
INSERT INTO campaigns_touch (phone, at, call_id, contact_id, campaign_id, line_of_business_id, level, outcome, callback,
                             policy_id)
SELECT {number}, now() - (5 + {second} + n) * interval '1 second', gen_random_uuid(),
       CASE WHEN how < 90 THEN i ELSE -i END, 2, 1, CASE WHEN how < 60 THEN 3 ELSE 1 END,
       CASE WHEN how < 60 THEN 11 ELSE 1 END, false, NULL
FROM (SELECT i, {how} AS how FROM generate_series($first::bigint, $last::bigint) AS i WHERE {lucky} > 0) people
CROSS JOIN LATERAL generate_series(1, CASE WHEN how < 60 THEN 1 WHEN how < 90 THEN 2 ELSE 3 END) AS n
"""
DUE = """
INSERT INTO campaigns_lead (campaign_id, contact_id, list_id, state, due_at, attempts, score, callback, outcome_counts,
                            last_outcome, reason)
SELECT 1, i, 1, 'due', now() - interval '1 hour', 0, {score}, false, '{{}}', '', ''
FROM generate_series($first, $last) AS i
"""
BARE = """
UPDATE campaigns_lead SET due_at = due_at + interval '1 day', reason = 'later', decided_at = now(), decided_times = 1
WHERE contact_id <= %s AND campaign_id = 1
"""
DECIDED_TWICE = """
SELECT (SELECT count(*) FROM campaigns_lead WHERE decided_times > 1) + (SELECT count(*) FROM campaigns_decision)
"""
LEFT = """
SELECT count(*) FILTER (WHERE NOT vetted), count(*) FILTER (WHERE vetted) FROM campaigns_lead
WHERE campaign_id = 1 AND state = 'due' AND due_at < now()
"""


@dataclass
class Course:
    """What happened: when each lead was taken, and how long each tick took."""

    began: float = field(default_factory=time.monotonic)
    taken: list[float] = field(default_factory=list)
    ticks: list[float] = field(default_factory=list)
    calm: list[float] = field(default_factory=list)
    looked_at: int = 0
    refused: int = 0
    set_aside: float = 0.0
    cleaned: float = 0.0
    over: bool = False
    twice: int = 0
    unswept: int = 0
    vetted: int = 0


def load(ground: Ground, crowd: Crowd) -> None:
    """All of the crowd are due in the first campaign; nearly all have been called elsewhere within the hour."""
    with ground.without_indexes("campaigns_touch", "campaigns_lead"):
        ground.fill(_spent(), crowd.people, "people, most of them called elsewhere")
        ground.fill(DUE.format(score=die("i", 33, 101)), crowd.people, "due leads")


def _spent() -> str:
    how = die("i", 32, "CASE WHEN i % 6 = 0 THEN 90 ELSE 100 END")
    return SPENT.format(number=number("i"), second=die("i", 34, 3000), how=how, lucky=die("i", 31, ONE_IN))


def bare(ground: Ground, people: int) -> float:
    """Leads that one UPDATE moves in a second; taken back afterwards."""
    with psycopg.connect(ground.url) as session:
        began = time.monotonic()
        session.execute(BARE, [min(people, BARE_LEADS)])
        took = time.monotonic() - began
        session.rollback()
    with psycopg.connect(ground.url, autocommit=True) as session:
        session.execute("VACUUM campaigns_lead")
    say(f"a bare UPDATE moves {min(people, BARE_LEADS) / took:,.0f} leads/s")
    return min(people, BARE_LEADS) / took


def play(crowd: Crowd) -> Course:
    """Tick until the sweep is through, and then some more."""
    course = Course()
    wanted, stop = threading.Event(), threading.Event()
    sweeper = threading.Thread(target=_sweep, args=(wanted, stop))
    sweeper.start()
    try:
        campaign = crowd.campaigns[0]
        course.began = time.monotonic()
        while not course.over:
            _tick(campaign, course, course.ticks)
            wanted.set()
            _look(course)
            time.sleep(max(0.0, course.began + TICK_SECONDS * len(course.ticks) - time.monotonic()))
        for _ in range(CALMS):
            _tick(campaign, course, course.calm)
    finally:
        stop.set()
        sweeper.join()
    with connection.cursor() as cursor:
        cursor.execute(DECIDED_TWICE)
        course.twice = cursor.fetchone()[0]
        cursor.execute(LEFT)
        course.unswept, course.vetted = cursor.fetchone()
    return course


def _sweep(wanted: threading.Event, stop: threading.Event) -> None:
    """As the engine does."""
    while not stop.is_set():
        wanted.wait(TICK_SECONDS)
        wanted.clear()
        sweep.run_wanted(stop)
    connection.close()


def _tick(campaign: Campaign, course: Course, into: list[float]) -> None:
    began = time.monotonic()
    with transaction.atomic():
        reserved = reservation.reserve(campaign=campaign, want=WANT, new_call_id=uuid4)
    ended = time.monotonic()
    into.append(1000 * (ended - began))
    course.taken += [ended - course.began] * len(reserved)
    with transaction.atomic():
        leads.settle(
            [Settlement(r.lead_id, r.call_id, r.phone, r.at, "no_answer", 1, False, False) for r in reserved],
            timezone.now(),
        )


def _look(course: Course) -> None:
    """How far the sweep has come."""
    now = time.monotonic() - course.began
    at = Sweep.objects.filter(pk=1).first()
    if at and at.looked_at > course.looked_at:
        course.looked_at, course.refused, course.set_aside = at.looked_at, at.refused, now
        say(f"{now:.0f} s: {at.refused:,} set aside, {len(course.taken):,} called")
    course.over = at is None and course.looked_at > 0
    course.cleaned = now
    if now > LONGEST:
        raise BenchFailed("the sweep did not end")

"""How long it takes to reserve 50 leads, by how many leads there are; and how many a second one and four engines get.

Real reservations, each with its own durable commit, under five caps and three compliance profiles, with 20 million
touches and half a million numbers on do-not-call. Leads are in every state; about a third of those due are refused.
The baseline takes 50 due leads of the same tables and holds them, without a rule. After each stretch what it did is
undone, so that the next one finds the same leads.
"""

from __future__ import annotations

import itertools
import multiprocessing
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from bench.figures import Figure, percentile
from bench.ground import Ground, say

if TYPE_CHECKING:
    from bench.crowd import Crowd

LEADS = (100_000, 1_000_000, 10_000_000)
WANT = 50
CALLS = 250  # reservations in a stretch
WARM_UP = 10
ENGINES = 4
CALLS_EACH = 60
TOUCHES_PER_PERSON, PEOPLE_PER_SUPPRESSED = 2, 20
P99_MS, RATIO, PER_SECOND = 50.0, 1.5, 2000.0
BARE = "no rules"
BARE_TAKE = """
SELECT id, contact_id FROM campaigns_lead
WHERE campaign_id = %s AND list_id = %s AND state = 'due' AND NOT callback AND due_at <= %s
ORDER BY rank LIMIT %s FOR UPDATE SKIP LOCKED
"""
BARE_HOLD = """
UPDATE campaigns_lead l SET state = 'held', held_by = v.call_id, held_phone = v.phone, attempts = attempts + 1
FROM unnest(%s::bigint[], %s::uuid[], %s::bigint[]) AS v(id, call_id, phone) WHERE l.id = v.id
"""

# Who was refused is due at any time of the last days again, as before, and not all of them first.
UNDO = """
UPDATE campaigns_lead
SET state = 'due', held_by = NULL, held_phone = NULL, reason = '', rule = '', decided_at = NULL, decided_times = 0,
    inputs = NULL, policy_id = NULL, refused_phone = NULL, vetted = false,
    attempts = CASE WHEN state = 'held' THEN attempts - 1 ELSE attempts END,
    due_at = CASE WHEN state = 'held' THEN due_at ELSE %s - (hashint8(id) & 4095) * interval '1 minute' END
WHERE state = 'held' OR decided_at = %s
"""


@dataclass
class Stretch:
    """Milliseconds of each reservation, and how many leads they got in how many seconds."""

    took: list[float] = field(default_factory=list)
    leads: int = 0
    seconds: float = 0.0

    @property
    def per_second(self) -> float:
        return self.leads / self.seconds if self.seconds else 0.0


def measure(seconds: float | None, leads: tuple[int, ...] = LEADS) -> list[Figure]:
    """p50 and p99 of a reservation, and leads a second, at each number of leads; `seconds` does not apply."""
    with Ground("reserve") as ground:
        from bench.crowd import Crowd

        people = max(leads)
        crowd = Crowd(
            ground,
            people=people,
            touches=TOUCHES_PER_PERSON * people,
            suppressed=people // PEOPLE_PER_SUPPRESSED,
        )
        found = {count: _at(ground, crowd, count) for count in leads}
    return [figure for count in leads for figure in _figures(count, found[count], found[min(leads)])]


def _at(ground: Ground, crowd: Crowd, leads: int) -> dict[str, Stretch]:
    crowd.add_leads(leads)
    ground.settle_down()
    calls = min(CALLS, leads // 8 // WANT // 4)
    each = min(CALLS_EACH, calls)
    bare = _stretch(crowd, _bare(crowd), calls)
    ours = _stretch(crowd, _ours(crowd), calls)
    four = _together(crowd, each)
    for name, stretch in (("without rules", bare), ("with rules", ours), (f"{ENGINES} engines", four)):
        p50, p99 = percentile(stretch.took, 50), percentile(stretch.took, 99)
        say(f"{leads:,} leads, {name}: p50 {p50:.1f} ms, p99 {p99:.1f} ms, {stretch.per_second:,.0f} leads/s")
    return {"bare": bare, "ours": ours, "four": four}


def _stretch(crowd: Crowd, reserve: Callable[[], int], calls: int) -> Stretch:
    for _ in range(WARM_UP):
        reserve()
    found = _timed(reserve, calls)
    _undo(crowd)
    return found


def _timed(reserve: Callable[[], int], calls: int) -> Stretch:
    found = Stretch()
    began = time.perf_counter()
    for _ in range(calls):
        at = time.perf_counter()
        found.leads += reserve()
        found.took.append(1000 * (time.perf_counter() - at))
    found.seconds = time.perf_counter() - began
    return found


def _ours(crowd: Crowd) -> Callable[[], int]:
    return _reserving(crowd.campaigns[0].pk, crowd.now)


def _reserving(campaign_id: int, now: datetime) -> Callable[[], int]:
    from django.db import transaction

    from campaigns import reservation
    from campaigns.models import Campaign
    from dialer.engine import pauses

    campaign = Campaign.objects.get(pk=campaign_id)
    pauses.shorten()

    def reserve() -> int:
        with transaction.atomic():
            return len(reservation.reserve(campaign=campaign, want=WANT, new_call_id=uuid4, now=now))

    return reserve


def _bare(crowd: Crowd) -> Callable[[], int]:
    from django.db import connection, transaction

    campaign, lists = crowd.campaigns[0].pk, itertools.cycle((1, 2, 3))

    def take() -> int:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(BARE_TAKE, [campaign, next(lists), crowd.now, WANT])
            leads = cursor.fetchall()
            calls: list[UUID] = [uuid4() for _ in leads]
            cursor.execute(BARE_HOLD, [[lead for lead, _ in leads], calls, [contact for _, contact in leads]])
            return len(leads)

    return take


def _together(crowd: Crowd, calls: int) -> Stretch:
    """Engines in processes of their own, a campaign each, all at once."""
    from django.db import connections

    connections.close_all()
    context = multiprocessing.get_context("spawn")
    start, results = context.Barrier(ENGINES), context.Queue()
    arguments = [(campaign.pk, crowd.now, calls, start, results) for campaign in crowd.campaigns[:ENGINES]]
    engines = [context.Process(target=_engine, args=each) for each in arguments]
    for engine in engines:
        engine.start()
    found: list[Stretch] = [results.get(timeout=600) for _ in engines]
    for engine in engines:
        engine.join()
    _undo(crowd)
    longest = max(stretch.seconds for stretch in found)
    return Stretch([ms for stretch in found for ms in stretch.took], sum(s.leads for s in found), longest)


def _engine(campaign_id: int, now: datetime, calls: int, start: Any, results: Any) -> None:
    import django

    django.setup()
    reserve = _reserving(campaign_id, now)
    for _ in range(WARM_UP):
        reserve()
    start.wait()
    results.put(_timed(reserve, calls))


def _undo(crowd: Crowd) -> None:
    """Let go what was held, take its touches back, and have what was refused due again."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM campaigns_touch WHERE at = %s AND policy_id IS NOT NULL", [crowd.now])
        cursor.execute("DELETE FROM campaigns_decision")
        cursor.execute(UNDO, [crowd.now, crowd.now])
        cursor.execute("VACUUM campaigns_lead")


def _figures(leads: int, at: dict[str, Stretch], fewest: dict[str, Stretch]) -> list[Figure]:
    bare, ours, four = at["bare"], at["ours"], at["four"]
    name = f"{leads:,} leads"
    p50, p99 = ([percentile(stretch.took, share) for stretch in (ours, bare)] for share in (50, 99))
    least = percentile(fewest["ours"].took, 99)
    within = p99[0] <= P99_MS and p99[0] <= RATIO * least
    aim = f"≤ {P99_MS:g} ms, ≤ {RATIO:g} × that of the fewest"
    return [
        Figure(f"reserving {WANT}, p50, {name}", p50[0], "ms", BARE, p50[1]),
        Figure(f"reserving {WANT}, p99, {name}", p99[0], "ms", BARE, p99[1], aim, within),
        Figure(
            f"one engine, {name}",
            ours.per_second,
            "leads/s",
            BARE,
            bare.per_second,
            f"≥ {PER_SECOND:,.0f} leads/s",
            ours.per_second >= PER_SECOND,
        ),
        Figure(f"{ENGINES} engines, {name}", four.per_second, "leads/s", "one engine", ours.per_second),
    ]

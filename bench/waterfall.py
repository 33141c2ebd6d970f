"""How long it takes to say where every lead of a campaign, and every record of a list, stands.

A million leads in all states and for many reasons, of people with a number or two, some vacant or on do-not-call. The
baselines read the same rows for a plain count. Each is counted anew every time: nothing is kept.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from bench.figures import Figure, percentile
from bench.ground import Ground

LEADS = (1_000_000,)
ROUNDS, QUICK_ROUNDS = 9, 3
AIM_S = 1.0
AIM = f"<= {AIM_S:.0f}"
REASONS = "ARRAY['frequency_cap_reached', 'too_soon', 'outside_calling_hours', 'holiday', 'no_answer', 'vacant']"
# Ten of a hundred are finished, sixty wait, the others are due.
LEAD = """
INSERT INTO campaigns_lead (campaign_id, contact_id, list_id, state, due_at, attempts, score, callback, outcome_counts,
                            last_outcome, reason, decided_at, decided_times, rule)
SELECT 1, i, 1, CASE WHEN {state} < 10 THEN 'finished' ELSE 'due' END,
       timestamptz '{now}' + CASE WHEN {state} < 70 THEN 1 ELSE -1 END * {minute} * interval '1 minute',
       1, 0, {state} = 69, '{{}}', '',
       CASE WHEN {state} < 10 THEN 'talked' WHEN {state} < 70 THEN ({reasons})[1 + {why}] ELSE '' END,
       timestamptz '{now}', 1, CASE WHEN {why} < 2 THEN 'cap-' || {rule} ELSE '' END
FROM generate_series($first, $last) AS i
"""
ENTRY = """
INSERT INTO campaigns_listentry (list_id, contact_id, row_no)
SELECT 1, i, i + 1 FROM generate_series($first, $last) AS i
"""
REJECT = """
INSERT INTO campaigns_reject (list_id, row_no, reason, "column", value, row)
SELECT 1, {people} + i + 1, (ARRAY['malformed', 'duplicate', 'missing'])[1 + i % 3], '', '', '{{}}'
FROM generate_series($first, $last) AS i
"""
LEADS_READ = "SELECT count(*), sum(attempts) FROM campaigns_lead WHERE campaign_id = 1"
PHONES_READ = """
SELECT count(*) FILTER (WHERE p.status <> '')
FROM campaigns_listentry e JOIN campaigns_contactphone c USING (contact_id)
JOIN campaigns_phone p ON p.number = c.phone WHERE e.list_id = 1
"""


def measure(seconds: float | None, leads: tuple[int, ...] = LEADS) -> list[Figure]:
    """Median seconds of a campaign's waterfall and of a list's; `seconds` asks for fewer rounds."""
    people = leads[0]
    with Ground("waterfall") as ground:
        now = _fill(ground, people)
        ground.settle_down()
        from campaigns import selectors
        from campaigns.models import Campaign, ContactList
        from campaigns.whys.listed import fates

        campaign, listed = Campaign.objects.get(pk=1), ContactList.objects.get(pk=1)
        rounds = ROUNDS if seconds is None else QUICK_ROUNDS
        ours = _median(lambda: selectors.lead_groups(campaign, now), rounds)
        alone = _median(lambda: fates.count(listed, None, now), rounds)
        with_leads = _median(lambda: fates.count(listed, campaign, now), rounds)
        read, joined = _median(lambda: _run(LEADS_READ), rounds), _median(lambda: _run(PHONES_READ), rounds)
        said = f"{people:,}"
        return [
            Figure(f"waterfall of a campaign of {said} leads", ours, "s", "its leads read", read, AIM, ours <= AIM_S),
            Figure(f"waterfall of a list of {said} people", alone, "s", "its people's numbers read", joined),
            Figure(f"the same in a campaign of {said} leads", with_leads, "s", "its people's numbers read", joined),
        ]


def _fill(ground: Ground, people: int) -> datetime:
    from bench.crowd import Crowd, die

    crowd = Crowd(ground, people=people, touches=0, suppressed=people // 20)
    values = {"state": die("i", 41, 100), "why": die("i", 42, 6), "rule": die("i", 43, 4), "minute": die("i", 44, 4320)}
    with ground.without_indexes("campaigns_lead", "campaigns_listentry"):
        ground.fill(LEAD.format(now=crowd.now, reasons=REASONS, **values), people, "leads")
        ground.fill(ENTRY, people, "entries of a list")
    ground.fill(REJECT.format(people=people), people // 20, "rejects")
    return crowd.now


def _median(what: Callable[[], object], rounds: int) -> float:
    """Seconds, after one round that does not count."""
    what()
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        what()
        took.append(time.perf_counter() - began)
    return percentile(took, 50)


def _run(statement: str) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(statement)
        cursor.fetchall()

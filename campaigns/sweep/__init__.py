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
- It begins with a glance for people whom nobody called lately, and goes on glancing every second, so that there is
  somebody to call all the while.
- Redoing it is harmless, so nothing is kept of how far it came, and its commits don't wait for the disk.
- What it has moved leaves dead entries in the queue's index, through which a tick would have to wade: it ends with a
  VACUUM, and only then do ticks look at the whole queue again.
- A tick may have met the only thousand that are refused: where most turn out callable, the sweep ends at once.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import F
from django.utils import timezone

from campaigns import ledger, locks, policies
from campaigns.locks import Work
from campaigns.models import Campaign, Sweep
from campaigns.rules import eligibility
from campaigns.sweep.chunk import sweep_chunk
from campaigns.sweep.ground import Ground, Swept

__all__ = ["Ground", "Swept", "ask", "asked_at", "give_up", "run_wanted", "sweep_chunk"]

SWEEPERS = 2
SCOUTED, ENOUGH = 50_000, 100
AHEAD = timedelta(days=40)  # so far hours are worked out for everybody; later ones lead by lead

ASK = "INSERT INTO campaigns_sweep (campaign_id, asked_at) VALUES (%s, %s) ON CONFLICT DO NOTHING"
# Nobody called them lately, so they are likely callable, which takes a tenth of the time to find out. From the last
# ones by contact on, to which the sweep comes at its end. Nothing is locked but what is vetted.
SCOUT = """
WITH these AS MATERIALIZED (
    SELECT id, contact_id FROM campaigns_lead
    WHERE campaign_id = %(campaign)s AND contact_id < %(before)s AND state = 'due' AND NOT callback AND NOT vetted
          AND due_at <= %(now)s
    ORDER BY contact_id DESC LIMIT %(scouted)s
), found AS (
    SELECT id FROM these l
    WHERE NOT EXISTS (
        SELECT 1 FROM campaigns_touch t
        WHERE t.contact_id = l.contact_id AND t.at > %(since)s AND t.at < %(until)s
    ) AND NOT EXISTS (
        SELECT 1 FROM campaigns_contactphone c JOIN campaigns_touch t ON t.phone = c.phone
        WHERE c.contact_id = l.contact_id AND t.at > %(since)s AND t.at < %(until)s
    ) LIMIT %(enough)s
), vetted AS (
    UPDATE campaigns_lead l SET vetted = true FROM found WHERE l.id = found.id AND l.state = 'due'
)
SELECT min(contact_id) FROM these
"""


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
        with locks.alone(Work.LEADING_A_SWEEP, campaign.pk) as leading:
            if leading and not stop.is_set():
                _sweep(campaign, stop)


def _sweep(campaign: Campaign, stop: threading.Event) -> None:
    ground = Ground(campaign, stop, timezone.now() + AHEAD)
    _scout(ground, timezone.now())
    with ThreadPoolExecutor(SWEEPERS, thread_name_prefix="sweep") as sweepers:
        for done in [sweepers.submit(_work, ground) for _ in range(SWEEPERS)]:
            done.result()
    if stop.is_set():
        return
    if not ground.is_false_alarm:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM campaigns_lead")
    Sweep.objects.filter(pk=campaign.pk).delete()


def _scout(ground: Ground, now: datetime) -> None:
    """Vet a few of the next leads from the end, so that there is somebody to call while the refused are set aside."""
    campaign = ground.campaign.pk
    since, until = eligibility.touches_since(policies.current(campaign), now), now + ledger.AHEAD
    values: dict[str, Any] = {"campaign": campaign, "now": now, "scouted": SCOUTED, "enough": ENOUGH}
    with connection.cursor() as cursor:
        cursor.execute(SCOUT, {**values, "before": ground.scouted, "since": since, "until": until})
        ground.scouted = cursor.fetchone()[0] or 0


def _work(ground: Ground) -> None:
    try:
        while chunk := ground.next():
            swept = sweep_chunk(ground, *chunk)
            ground.count(swept)
            done = {"looked_at": F("looked_at") + swept.looked_at, "refused": F("refused") + swept.refused}
            Sweep.objects.filter(pk=ground.campaign.pk).update(**done)
            if ground.wants_scouting():
                _scout(ground, timezone.now())
    finally:
        connection.close()

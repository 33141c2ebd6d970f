"""What a pacer learns from the past: a campaign's own attempts, or its siblings' where it has too few.

A replay tells the pacer the same things in the same order as it would have heard them live, so that a restart, a cold
start and a long run differ in what they have seen and in nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from campaigns.models import Campaign
from campaigns.partitions import first_id
from campaigns.rules.abandons import AbandonLimit
from dialer.models import ShiftSpan
from dialer.pacing.ended import COLUMNS, LONGEST_CALL, EndedCall
from dialer.rules.budgets import worth
from dialer.rules.pacing import Pacer, Prospect
from dialer.rules.pacing.predictive import Predictive

REPLAYED, BORROWED, WRAP_UPS = 3000, 300, 300
# Of a campaign that has fewer of its own, the pacer is first told its siblings'.
FEW = 30
OURS = ("cancelled", "released", "failed", "unknown")
LATEST = f"SELECT {COLUMNS} FROM dialer_attempt WHERE campaign_id = ANY(%s) AND id >= %s ORDER BY id DESC LIMIT %s"
SINCE = f"SELECT {COLUMNS} FROM dialer_attempt WHERE campaign_id = %s AND id >= %s AND ended_at > %s ORDER BY id"
# Older than this, people, lists and hours were others.
REMEMBERED = timedelta(days=14)
LONGEST_PAUSE_S = 60.0


def latest(campaigns: Sequence[int], many: int, now: datetime) -> list[EndedCall]:
    """The latest attempts of these campaigns, oldest first."""
    return _calls(LATEST, [list(campaigns), first_id(now - REMEMBERED), many])[::-1]


def since(campaign: int, moment: datetime) -> list[EndedCall]:
    """Those that ended after that moment, in the order of their reservation."""
    return _calls(SINCE, [campaign, first_id(moment - LONGEST_CALL), moment])


def _calls(sql: str, arguments: list[Any]) -> list[EndedCall]:
    with connection.cursor() as cursor:
        cursor.execute(sql, arguments)
        return [EndedCall(*row) for row in cursor.fetchall()]


def siblings(campaign: Campaign) -> list[int]:
    """Campaigns whose customers behave most like its own: those of its line of business, else all."""
    others = Campaign.objects.exclude(pk=campaign.pk).order_by("-pk")
    same = others.filter(line_of_business__isnull=False, line_of_business=campaign.line_of_business_id)
    found = list(same.values_list("pk", flat=True)[:20])
    return found or list(others.values_list("pk", flat=True)[:20])


def wrap_ups(campaigns: Sequence[int], now: datetime) -> list[float]:
    """Seconds of their latest write-ups."""
    spans = ShiftSpan.objects.filter(campaign_id__in=campaigns, state="wrap_up", began__gte=now - timedelta(days=3))
    rows = spans.order_by("-began").values_list("began", "ended")[:WRAP_UPS]
    return [(ended - began).total_seconds() for began, ended in rows]


def replay(pacer: Predictive, calls: Iterable[EndedCall], rule: AbandonLimit) -> None:
    """Tell it what happened, in the order in which it did; breaks in dialling are no time of it."""
    events: list[tuple[datetime, int, EndedCall]] = []
    for call in calls:
        events += [(call.reserved_at, 0, call), (call.answered_at or call.ended_at, 1, call)]
    events.sort(key=lambda event: event[:2])
    before = events[0][0] if events else None
    for at, what, call in events:
        pacer.control.passed(min((at - before).total_seconds(), LONGEST_PAUSE_S) if before else 0.0)
        before = at
        if what == 0:
            pacer.dialled(call.id.int, Prospect())
        else:
            outcome(pacer, call)
            conversation(pacer, call, rule)


def outcome(pacer: Pacer, call: EndedCall) -> None:
    """Whether it was answered."""
    if call.answered_at is not None:
        pacer.answered(call.id.int, (call.answered_at - call.reserved_at).total_seconds())
        if call.detected_at is not None:
            pacer.screened(person=not call.machine)
    elif call.outcome in OURS:
        pacer.cancelled(call.id.int, (call.ended_at - call.reserved_at).total_seconds())
    else:
        pacer.failed(call.id.int, (call.ended_at - call.reserved_at).total_seconds())


def conversation(pacer: Pacer, call: EndedCall, rule: AbandonLimit, *, judged: bool = False) -> None:
    """What came of its answer; `judged`: whether it found an agent in time has been told already."""
    if call.answer and not judged and (tally := worth(rule, call.answer)).calls:
        pacer.live(abandoned=bool(tally.abandoned))
    if call.bridged_at is not None:
        pacer.talked((call.ended_at - call.bridged_at).total_seconds())

"""What was decided, written down: each decision that changed something, one a minute when nothing does.

A row says what was so at its moment, and sums up the seconds since the row before, so that a curve over a day is exact
however many ticks a row stands for. The screens' figures are on the pool, renewed every two seconds at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp
from typing import Any

from django.db import connection

from dialer.models import Pacing, Pool
from dialer.pacing.floor import Scene
from dialer.rules.budgets import Usage
from dialer.rules.pacing import Decision

EVERY, FIGURES_EVERY = timedelta(seconds=60), timedelta(seconds=2)
LONGEST_TICK_S = 10.0
RATE_SECONDS = 1200.0
KEPT = timedelta(days=90)
# Quarters of an hour of what is older than that: sums stay sums, states become means, the reason is the most frequent.
FOLD = """
WITH old AS (
    DELETE FROM dialer_pacing WHERE NOT folded AND at < %s AND at >= %s RETURNING *
)
INSERT INTO dialer_pacing
SELECT campaign_id, server_id, max(at), mode() WITHIN GROUP (ORDER BY dial_mode),
       mode() WITHIN GROUP (ORDER BY limited_by),
       sum(seconds), sum(calls), sum(cancelled), avg(ready)::int, avg(busy)::int, avg(in_flight)::int, max(waiting),
       avg(risk), avg(theta), avg(answer_rate), avg(target), mode() WITHIN GROUP (ORDER BY budget),
       max(counted), max(abandoned), min(remaining), sum(busy_seconds), sum(idle_seconds), true
FROM old GROUP BY campaign_id, server_id, date_bin('15 min', at, 'epoch'::timestamptz)
"""
OLDEST = "SELECT min(at) FROM dialer_pacing WHERE NOT folded AND at < %s"


@dataclass(frozen=True, slots=True)
class Now:
    """A decision and the floor it was made for."""

    pool: Pool
    at: datetime
    decision: Decision
    usage: Usage
    started: int
    cancelled: int
    ready: int
    busy: int
    in_flight: int
    waiting: int


def now(pool: Pool, decision: Decision, usage: Usage, scene: Scene, started: int, cancelled: int, ready: int) -> Now:
    of = pool.campaign_id
    busy = sum(a.campaign_id == of and a.state in ("claimed", "talking", "wrap_up") for a in scene.agents)
    flying = sum(call.answered_at is None for call in scene.of(of)) + started
    waiting = scene.waiting(of)
    return Now(pool, scene.at, decision, usage, started, cancelled, ready, busy, flying + waiting, waiting)


class Last:
    """What was written down last of a pool, and what has added up since."""

    def __init__(self, began: datetime) -> None:
        self._wrote = self._ticked = self._showed = began
        self._why = ""
        self._calls = self._cancelled = self._counted = 0
        self._busy = self._idle = 0.0
        self._answers = self._seconds = 0.0
        self._budget: Any = None
        self._figures: dict[str, Any] = {}

    @property
    def answers_per_second(self) -> float:
        """Calls counted by the deciding budget, of about the last twenty minutes."""
        return self._answers / self._seconds if self._seconds else 0.0

    def add(self, now: Now, usages: Sequence[Usage], decides: Usage) -> None:
        elapsed = min(max((now.at - self._ticked).total_seconds(), 0.0), LONGEST_TICK_S)
        self._ticked = now.at
        self._busy += now.busy * elapsed
        self._idle += now.ready * elapsed
        self._calls += now.started
        self._cancelled += now.cancelled
        self._learn_rate(now, elapsed)
        if now.started or now.cancelled or now.decision.limited_by != self._why or now.at - self._wrote >= EVERY:
            self._write(now)
        self._show(now, usages, decides)

    def _learn_rate(self, now: Now, elapsed: float) -> None:
        fade = exp(-elapsed / RATE_SECONDS)
        same, before = self._budget == (now.usage.rule, now.usage.of_day), self._counted
        self._budget, self._counted = (now.usage.rule, now.usage.of_day), now.usage.tally.calls
        new = max(0, self._counted - before) if same else 0
        self._answers, self._seconds = self._answers * fade + new, self._seconds * fade + elapsed

    def _write(self, now: Now) -> None:
        decision, usage = now.decision, now.usage
        row = Pacing(
            campaign_id=now.pool.campaign_id,
            server_id=now.pool.server_id,
            at=now.at,
            dial_mode=now.pool.campaign.dial_mode,
            limited_by=decision.limited_by,
            seconds=max(0.0, (now.at - self._wrote).total_seconds()),
            calls=self._calls,
            cancelled=self._cancelled,
            busy_seconds=self._busy,
            idle_seconds=self._idle,
            ready=now.ready,
            busy=now.busy,
            in_flight=now.in_flight,
            waiting=now.waiting,
            risk=decision.risk,
            theta=decision.theta,
            answer_rate=decision.answer_rate,
            target=decision.target,
            budget=usage.rule.name,
            counted=usage.tally.calls,
            abandoned=usage.tally.abandoned,
            remaining=usage.remaining,
        )
        # A clock that was set back may give a moment twice; the first word on it stands.
        Pacing.objects.bulk_create([row], ignore_conflicts=True)
        self._wrote, self._why = now.at, decision.limited_by
        self._calls, self._cancelled, self._busy, self._idle = 0, 0, 0.0, 0.0

    def _show(self, now: Now, usages: Sequence[Usage], decides: Usage) -> None:
        if self._figures and abs(now.at - self._showed) < FIGURES_EVERY:
            return
        found = figures(now, usages, decides)
        if found != self._figures:
            Pool.objects.filter(pk=now.pool.pk).update(figures=found)
            self._figures = found
        self._showed = now.at


def figures(now: Now, usages: Sequence[Usage], decides: Usage) -> dict[str, Any]:
    """What the screens show, as JSON."""
    return {
        "budgets": [_budget(usage, usage is decides) for usage in usages],
        "risk": round(now.decision.risk, 4),
        "theta": round(now.decision.theta, 4),
        "answer_rate": round(now.decision.answer_rate, 4),
        "target": round(now.decision.target, 4),
        "ready": now.ready,
        "busy": now.busy,
        "in_flight": now.in_flight,
        "waiting": now.waiting,
    }


def _budget(usage: Usage, decides: bool) -> dict[str, Any]:
    return {
        "rule": usage.rule.name,
        "calls": usage.tally.calls,
        "abandoned": usage.tally.abandoned,
        "aim": usage.aim,
        "limit": usage.rule.limit,
        "remaining": usage.remaining,
        "to_limit": usage.to_limit,
        "until": usage.until.isoformat() if usage.until else None,
        "of_day": usage.of_day,
        "decides": decides,
    }


def fold(moment: datetime) -> int:
    """Make quarters of an hour of what is older than 90 days, a day at a time; returns how many days were."""
    days = 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(OLDEST, [moment - KEPT])
            (oldest,) = cursor.fetchone()
            if oldest is None:
                return days
            begin = oldest.replace(hour=0, minute=0, second=0, microsecond=0)
            cursor.execute(FOLD, [min(begin + timedelta(days=1), moment - KEPT), begin])
            days += 1

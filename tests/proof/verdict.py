"""After the race: settle what the dead left, ask the independent checker, and see that nothing is left over."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection

from campaigns.models import Lead
from dialer import calls
from dialer.audit import Finding, findings
from dialer.models import LiveCall, PbxServer, Shift
from tests.proof.clock import BASE, Clock
from tests.proof.race import Race
from tests.proof.recovery import settle

PATIENCE = 60.0  # seconds
CALLS_A_MINUTE = 150  # the least that makes it a race, on a slow machine

# Refunded calls have no touch; every other has exactly its own.
UNEVEN = """
SELECT count(*) FROM (SELECT id, phone, reserved_at FROM dialer_attempt WHERE outcome NOT IN ('failed', 'released')) a
FULL JOIN campaigns_touch t ON (t.call_id, t.phone, t.at) = (a.id, a.phone, a.reserved_at)
WHERE a.id IS NULL OR t.call_id IS NULL
"""
# The hours of a kind of phone are told apart from all others.
REFUSALS = """
SELECT CASE WHEN starts_with(rule, 'cadence.') THEN 'hours_of_a_kind_of_phone' ELSE reason END, sum(times) FROM (
    SELECT reason, rule, times FROM campaigns_decision
    UNION ALL SELECT reason, rule, decided_times FROM campaigns_lead WHERE decided_at IS NOT NULL) d
GROUP BY 1 ORDER BY 2 DESC
"""
OUTCOMES = "SELECT outcome, count(*) FROM dialer_attempt GROUP BY outcome ORDER BY 2 DESC"
MUST_BITE = (
    "frequency_cap_reached",
    "too_soon",
    "outside_calling_hours",
    "hours_of_a_kind_of_phone",
    "same_part_of_day",
    "attempts_used",
    "do_not_call",
    "holiday",
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a race; `faults` are sentences, none of which may be there."""

    calls: int
    days: float
    outcomes: Mapping[str, int]
    refusals: Mapping[str, int]
    audit: Mapping[str, Finding]
    faults: tuple[str, ...]

    @property
    def violations(self) -> dict[str, int]:
        return {check: finding.count for check, finding in self.audit.items()}


def reach(race: Race, clock: Clock) -> Verdict:
    """Judge a race that is over."""
    _settle_all(clock)
    outcomes = dict(_rows(OUTCOMES))
    refusals = {reason: int(times) for reason, times in _rows(REFUSALS)}
    audit = findings(BASE)
    faults = [*_broken(audit), *_left_over(), *_no_race(race, sum(outcomes.values()), refusals)]
    days = (clock() - BASE).total_seconds() / 86400
    return Verdict(sum(outcomes.values()), days, outcomes, refusals, audit, tuple(faults))


def _settle_all(clock: Clock) -> None:
    """What the last ones left; wrap-ups run out by themselves, simulated time being fast."""
    deadline = time.monotonic() + PATIENCE
    servers = list(PbxServer.objects.values_list("pk", flat=True))
    while LiveCall.objects.exists() or Shift.objects.filter(call_id__isnull=False).exists():
        for server in servers:
            settle(server, clock)
            calls.expire_wrap_ups(server)
        if time.monotonic() > deadline:
            return


def _broken(audit: Mapping[str, Finding]) -> list[str]:
    return [f"{finding.count} × {check.replace('_', ' ')}" for check, finding in audit.items() if finding.count]


def _left_over() -> list[str]:
    left = {
        "live calls": LiveCall.objects.count(),
        "held leads": Lead.objects.filter(state="held").count(),
        "shifts with a call": Shift.objects.filter(call_id__isnull=False).count(),
        "touches without their attempt, or attempts without their touch": _rows(UNEVEN)[0][0],
    }
    return [f"{count} {what} left" for what, count in left.items() if count]


def _no_race(race: Race, placed: int, refusals: Mapping[str, int]) -> list[str]:
    """What would make the proof a proof of nothing."""
    idle = [slot for slot in range(len(race.servers)) if not race.tally.of(slot, "reserved")]
    faults = [f"engine {slot} reserved nothing" for slot in idle]
    faults += [f"nobody was refused for {reason}" for reason in MUST_BITE if not refusals.get(reason)]
    faults += [f"no {kind} was killed" for kind in race.plan.every if not race.kills[kind] and _was_due(race, kind)]
    if placed < CALLS_A_MINUTE * race.plan.seconds / 60:
        faults.append(f"only {placed} calls were made")
    for word in ("edits", "written_up", "recovered"):
        if not race.tally.total(word):
            faults.append(f"nothing was {word.replace('_', ' ')}")
    for word, what in (("conflicts", "clashes of transactions"), ("strays", "stray leads")):
        if race.tally.total(word):
            faults.append(f"{race.tally.total(word)} {what}")
    return faults


def _was_due(race: Race, kind: str) -> bool:
    return race.plan.every[kind] * 1.5 < race.plan.seconds


def _rows(query: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()

"""One tick of one server's pools: look, decide, reserve. Runs in the tick's thread, in plain Django.

Level-triggered: every tick reads the rows anew, so a pause, a changed ratio or an agent who left is seen within a
tick, and a lost nudge costs nothing but that.
"""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import connection
from django.db.models import Count, F, Q
from django.utils import timezone

from campaigns.models import Campaign
from campaigns.partitions import first_id
from dialer import calls, nudge
from dialer.calls.placing import Line
from dialer.leases import Lease
from dialer.models import LiveCall, Pool, Shift, Trunk
from dialer.rules.facts import Originate
from dialer.rules.pacing import Decision, LimitedBy, PoolState, calls_to_start

# This many calls in a row that failed on our own side mean that the trunk does not work; it is tried again later.
FAILING_CALLS = 5
TRY_AGAIN = timedelta(seconds=60)
BURST_SECONDS = 0.5
FAILING = """
SELECT count(*) = %(calls)s AND bool_and(outcome = 'failed') FROM (
    SELECT outcome FROM dialer_attempt WHERE id >= %(first)s AND trunk_id = %(trunk)s ORDER BY id DESC LIMIT %(calls)s
) latest
"""
BEFORE_AGENT = ("reserved", "placed", "dialing", "ringing", "answered", "waiting")


@dataclass(slots=True)
class Budget:
    """New calls a trunk admits now: a bucket that fills at its calls-per-second limit.

    It holds BURST_SECONDS' worth: they leave at the limit's pace, so what is reserved waits that long at most.
    """

    per_second: float
    tokens: float = 0.0
    at: float = field(default_factory=time.monotonic)

    def refill(self, per_second: float) -> int:
        now = time.monotonic()
        self.tokens = min(max(1.0, per_second * BURST_SECONDS), self.tokens + (now - self.at) * per_second)
        self.per_second, self.at = per_second, now
        return int(self.tokens)

    def spend(self, calls: int) -> None:
        self.tokens -= calls


@dataclass(frozen=True, slots=True)
class Counts:
    """A pool's agents and calls at this moment."""

    ready: int
    in_flight: int
    # The users who are ready.
    agents: tuple[int, ...] = ()


def tick(lease: Lease, budgets: dict[int, Budget]) -> tuple[list[Originate], set[str]]:
    """Start what may be started on this server now. Returns the calls to send and the topics that changed.

    Raises LeaseLost.
    """
    pools = _pools(lease.server_id)
    counts = _counts(lease.server_id)
    busy = _channels_in_use(lease.server_id)
    originates: list[Originate] = []
    topics: set[str] = set()
    for pool in pools:
        calls_now, decision = _run_pool(lease, pool, counts.get(pool.campaign_id, Counts(0, 0)), busy, budgets)
        originates += calls_now
        if _record(pool, decision):
            topics |= {nudge.WALL, nudge.campaign(pool.campaign_id)}
    if originates:
        topics |= {nudge.WALL, *(nudge.campaign(pool.campaign_id) for pool in pools)}
    return originates, topics


def _run_pool(
    lease: Lease, pool: Pool, counts: Counts, busy: dict[int, int], budgets: dict[int, Budget]
) -> tuple[list[Originate], Decision]:
    campaign, trunk = pool.campaign, pool.trunk
    if campaign.status != Campaign.Status.RUNNING:
        return [], Decision(0, LimitedBy.PAUSED if campaign.status == "paused" else LimitedBy.NOT_STARTED)
    if trunk is None or not trunk.enabled:
        return [], Decision(0, LimitedBy.NO_TRUNK)
    budget = budgets.setdefault(trunk.pk, Budget(trunk.calls_per_second))
    state = PoolState(
        ready=counts.ready,
        in_flight=counts.in_flight,
        ratio=1.0 if campaign.dial_mode == Campaign.DialMode.PROGRESSIVE else float(campaign.ratio),
        trunk_free=trunk.max_channels - busy.get(trunk.pk, 0),
        budget=budget.refill(trunk.calls_per_second),
        trunk_failing=_is_failing(trunk.pk),
    )
    decision = calls_to_start(state)
    if not decision.calls:
        return [], decision
    started = calls.reserve(
        lease=lease, campaign=campaign, line=Line.of(trunk), want=decision.calls, agents=counts.agents
    )
    budget.spend(len(started))
    busy[trunk.pk] = busy.get(trunk.pk, 0) + len(started)
    if len(started) < decision.calls:
        _finish_if_done(campaign)
        return started, Decision(len(started), LimitedBy.CALLABLE_LEADS)
    return started, decision


def _pools(server_id: int) -> list[Pool]:
    """Pools of campaigns that run, or whose last change this engine has not acknowledged; made where missing."""
    _make_missing_pools(server_id)
    pools = Pool.objects.filter(server_id=server_id).select_related("campaign", "trunk")
    wanted = Q(campaign__status=Campaign.Status.RUNNING) | ~Q(campaign__version=F("seen_version"))
    # Who decided longest ago is first: campaigns that share a trunk take turns at its limits.
    found = list(pools.filter(wanted).order_by(F("decided_at").asc(nulls_first=True), "campaign_id"))
    fallback = Trunk.objects.filter(server_id=server_id, enabled=True).order_by("id").first()
    for pool in found:
        pool.trunk = pool.trunk or fallback
    return found


def _make_missing_pools(server_id: int) -> None:
    missing = Campaign.objects.filter(status=Campaign.Status.RUNNING).exclude(pools__server_id=server_id)
    Pool.objects.bulk_create((Pool(campaign=c, server_id=server_id) for c in missing), ignore_conflicts=True)


def _counts(server_id: int) -> dict[int, Counts]:
    ready = Shift.objects.filter(server_id=server_id, state=Shift.State.READY)
    flying = LiveCall.objects.filter(server_id=server_id, state__in=BEFORE_AGENT, abandoned=False)
    agents: dict[int, list[int]] = defaultdict(list)
    for campaign, user in ready.values_list("campaign", "agent__user"):
        agents[campaign].append(user)
    by_flying = dict(flying.values_list("campaign").annotate(n=Count("id")).order_by())
    both = agents.keys() | by_flying.keys()
    return {c: Counts(len(agents.get(c, ())), by_flying.get(c, 0), tuple(agents.get(c, ()))) for c in both}


def _channels_in_use(server_id: int) -> dict[int, int]:
    rows = LiveCall.objects.filter(server_id=server_id).values_list("trunk").annotate(n=Count("id")).order_by()
    return dict(rows)


def _is_failing(trunk_id: int) -> bool:
    """Whether every one of its latest calls failed on our own side, all within the last minute."""
    with connection.cursor() as cursor:
        first = first_id(timezone.now() - TRY_AGAIN)
        cursor.execute(FAILING, {"calls": FAILING_CALLS, "first": first, "trunk": trunk_id})
        return bool(cursor.fetchone()[0])


def _record(pool: Pool, decision: Decision) -> bool:
    """Write the decision where it differs from the last; True when it did."""
    campaign = pool.campaign
    changed = (pool.limited_by, pool.seen_version) != (decision.limited_by.value, campaign.version)
    if changed or decision.calls:
        Pool.objects.filter(pk=pool.pk).update(
            limited_by=decision.limited_by,
            started=decision.calls,
            seen_version=campaign.version,
            decided_at=timezone.now(),
        )
    return changed


def _finish_if_done(campaign: Campaign) -> None:
    """A campaign without a lead that could still be called is finished; one conditional UPDATE, harmless to race."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE campaigns_campaign SET status = 'finished', version = version + 1, status_changed_at = now()
               WHERE id = %s AND status = 'running'
                 AND NOT EXISTS (SELECT 1 FROM campaigns_lead WHERE campaign_id = %s AND state = 'due' AND NOT callback)
                 AND NOT EXISTS (SELECT 1 FROM campaigns_lead WHERE campaign_id = %s AND state = 'due' AND callback)
                 AND NOT EXISTS (SELECT 1 FROM campaigns_lead WHERE campaign_id = %s AND state = 'held')""",
            [campaign.pk] * 4,
        )

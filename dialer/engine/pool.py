"""One tick of one server's pools: look, share the ready agents, decide, reserve. Runs in the tick's thread, in plain
Django.

Level-triggered: every tick reads the rows anew, so a pause, a changed ratio or an agent who left is seen within a
tick, and a lost nudge costs nothing but that.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q
from django.utils import timezone

from campaigns import services
from campaigns.models import Campaign
from dialer import calls, nudge
from dialer.calls.placing import Line
from dialer.engine import obstacles
from dialer.leases import Lease
from dialer.models import LiveCall, Pool, Trunk
from dialer.pacing.memory import Memory
from dialer.rules.facts import Originate
from dialer.rules.pacing import Decision, LimitedBy, Limits, PoolState, calls_to_start, counted_on
from dialer.rules.seats import Team
from dialer.rules.sharing import Sharer, Shares, settle, share

BURST_SECONDS = 0.5
READY = """
SELECT a.user_id, array_agg(v.campaign_id) FROM dialer_shift s JOIN dialer_agent a ON a.id = s.agent_id
JOIN dialer_shiftcampaign v ON v.shift_id = s.id
WHERE s.server_id = %s AND s.state = 'ready' GROUP BY a.user_id
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


@dataclass(slots=True)
class Floor:
    """A server at this moment: ready users with the campaigns they serve, calls by campaign, channels by trunk."""

    ready: list[tuple[int, Team]]
    in_flight: dict[int, int]
    busy: dict[int, int]

    def serving(self, campaign_id: int) -> tuple[int, ...]:
        return tuple(user for user, team in self.ready if campaign_id in team)


@dataclass(slots=True)
class Run:
    """A pool in one tick: what it may count on, what was decided, what it has started so far."""

    pool: Pool
    in_flight: int
    decision: Decision
    # It may dial, and has had a use for every agent it was promised so far.
    wants: bool
    credit: float
    # Calls that count on one agent, in the mean.
    ratio: float = 1.0
    started: list[Originate] = field(default_factory=list)
    cancelled: int = 0

    @property
    def predicts(self) -> bool:
        return self.pool.campaign.dial_mode == Campaign.DialMode.PREDICTIVE

    @property
    def sharer(self) -> Sharer:
        campaign = self.pool.campaign
        return Sharer(
            id=campaign.pk,
            weight=campaign.agent_weight,
            priority=campaign.agent_priority,
            wants=self.wants,
            holds=counted_on(self.in_flight + len(self.started), self.ratio),
            credit=self.credit,
        )


def tick(lease: Lease, budgets: dict[int, Budget], memory: Memory) -> tuple[list[Originate], set[str]]:
    """Start what may be started on this server now. Returns the calls to send and the topics that changed.

    Raises LeaseLost.
    """
    services.return_pacing(timezone.now())
    floor = _floor(lease.server_id)
    runs = [_run(pool, floor) for pool in _pools(lease.server_id)]
    memory.look([run.pool for run in runs], [run.sharer for run in runs], timezone.now())
    for run in runs:
        run.ratio = _ratio(run.pool.campaign, memory)
    _share_out(lease, runs, floor, budgets, memory)
    topics: set[str] = set()
    for run in runs:
        ready = len(floor.serving(run.pool.campaign_id))
        memory.record(run.pool, run.decision, len(run.started), run.cancelled, ready)
        if _record(run):
            topics |= {nudge.WALL, nudge.campaign(run.pool.campaign_id)}
    originates = [originate for run in runs for originate in run.started]
    if originates:
        topics |= {nudge.WALL, *(nudge.campaign(run.pool.campaign_id) for run in runs)}
    memory.save(timezone.now())
    return originates, topics


def _ratio(campaign: Campaign, memory: Memory) -> float:
    match campaign.dial_mode:
        case Campaign.DialMode.PREDICTIVE:
            return 1 / min(max(memory.expected_answers(campaign.pk), 0.02), 1.0)
        case Campaign.DialMode.RATIO:
            return float(campaign.ratio)
    return 1.0


def _run(pool: Pool, floor: Floor) -> Run:
    refused = _why_not_at_all(pool)
    decision = Decision(0, refused or LimitedBy.AGENTS)
    return Run(pool, floor.in_flight.get(pool.campaign_id, 0), decision, wants=refused is None, credit=pool.credit)


def _why_not_at_all(pool: Pool) -> LimitedBy | None:
    """Why this pool may start no calls, however many agents were ready."""
    if pool.campaign.status != Campaign.Status.RUNNING:
        return LimitedBy.PAUSED if pool.campaign.status == Campaign.Status.PAUSED else LimitedBy.NOT_STARTED
    if pool.trunk is None or not pool.trunk.enabled:
        return LimitedBy.NO_TRUNK
    return LimitedBy.TRUNK_FAILING if obstacles.is_failing(pool.trunk.pk) else None


def _share_out(lease: Lease, runs: list[Run], floor: Floor, budgets: dict[int, Budget], memory: Memory) -> None:
    """Promise the ready agents and dial for them. What a campaign has no use for, for want of leads or channels, is
    promised anew to the others at once: each round ends it, or one campaign fewer takes part in the next."""
    teams = [team for _user, team in floor.ready]
    while any(run.wants for run in runs):
        before = [run.sharer for run in runs]
        shares = share(teams, before)
        for run in runs:
            if run.wants:
                _dial(lease, run, shares.promised[run.pool.campaign_id], floor, budgets, memory)
        if not _somebody_is_short(runs, before, shares):
            return


def _somebody_is_short(runs: list[Run], before: list[Sharer], shares: Shares) -> bool:
    """Count the turns that were used. Who had no use for all of theirs wants no more now: True when there are such."""
    used = {was.id: run.sharer.holds - was.holds for was, run in zip(before, runs, strict=True)}
    offered = Counter(turn.winner for turn in shares.turns)
    credits = settle(before, shares, used)
    short = {campaign for campaign, turns in offered.items() if used[campaign] < turns}
    for run in runs:
        run.credit = credits[run.pool.campaign_id]
        run.wants = run.wants and run.pool.campaign_id not in short
    return bool(short)


def _dial(lease: Lease, run: Run, promised: int, floor: Floor, budgets: dict[int, Budget], memory: Memory) -> None:
    campaign, trunk = run.pool.campaign, run.pool.trunk
    assert trunk is not None
    budget = budgets.setdefault(trunk.pk, Budget(trunk.calls_per_second))
    agents = floor.serving(campaign.pk)
    limits = Limits(
        trunk=trunk.max_channels - floor.busy.get(trunk.pk, 0), per_second=budget.refill(trunk.calls_per_second)
    )
    run.decision = _decision(run, promised, len(agents) - promised, limits, memory)
    run.cancelled += calls.give_up(run.decision.cancel)
    if not run.decision.calls:
        return
    started = calls.reserve(lease=lease, campaign=campaign, line=Line.of(trunk), want=run.decision.calls, agents=agents)
    budget.spend(len(started))
    floor.busy[trunk.pk] = floor.busy.get(trunk.pk, 0) + len(started)
    run.started += started
    if len(started) < run.decision.calls:
        obstacles.finish_if_done(campaign)
        run.decision = replace(run.decision, calls=len(started), limited_by=obstacles.why_no_leads(campaign))


def _decision(run: Run, promised: int, elsewhere: int, limits: Limits, memory: Memory) -> Decision:
    if run.predicts:
        started = [originate.id for originate in run.started]
        return memory.decide(run.pool.campaign, promised, elsewhere, limits, started)
    return calls_to_start(
        PoolState(
            ready=promised,
            in_flight=run.in_flight + len(run.started),
            ratio=run.ratio,
            trunk_free=limits.trunk,
            budget=limits.per_second,
            elsewhere=elsewhere,
        )
    )


def _pools(server_id: int) -> list[Pool]:
    """Pools of campaigns that run, have calls in flight, or whose last change this engine has not acknowledged; made
    where missing."""
    _make_missing_pools(server_id)
    pools = Pool.objects.filter(server_id=server_id).select_related("campaign", "trunk").defer("learned", "figures")
    flying = LiveCall.objects.filter(server_id=server_id, campaign_id=OuterRef("campaign_id"))
    wanted = Q(campaign__status=Campaign.Status.RUNNING) | ~Q(campaign__version=F("seen_version")) | Exists(flying)
    # Who decided longest ago is first: campaigns that share a trunk take turns at its limits.
    found = list(pools.filter(wanted).order_by(F("decided_at").asc(nulls_first=True), "campaign_id"))
    fallback = Trunk.objects.filter(server_id=server_id, enabled=True).order_by("id").first()
    for pool in found:
        pool.trunk = pool.trunk or fallback
    return found


def _make_missing_pools(server_id: int) -> None:
    missing = Campaign.objects.filter(status=Campaign.Status.RUNNING).exclude(pools__server_id=server_id)
    Pool.objects.bulk_create((Pool(campaign=c, server_id=server_id) for c in missing), ignore_conflicts=True)


def _floor(server_id: int) -> Floor:
    # Calls before agents: one that is claimed in between counts as in flight still, and its agent not as ready.
    flying = LiveCall.objects.filter(server_id=server_id, state__in=BEFORE_AGENT, abandoned=False)
    in_flight = dict(flying.values_list("campaign").annotate(n=Count("id")).order_by())
    with connection.cursor() as cursor:
        cursor.execute(READY, [server_id])
        ready = [(user, frozenset(campaigns)) for user, campaigns in cursor.fetchall()]
    return Floor(ready, in_flight, _channels_in_use(server_id))


def _channels_in_use(server_id: int) -> dict[int, int]:
    rows = LiveCall.objects.filter(server_id=server_id).values_list("trunk").annotate(n=Count("id")).order_by()
    return dict(rows)


def _record(run: Run) -> bool:
    """Write the decision where it differs from the last; True when it did."""
    pool, campaign = run.pool, run.pool.campaign
    changed = (pool.limited_by, pool.seen_version) != (run.decision.limited_by.value, campaign.version)
    values: dict[str, Any] = {"credit": run.credit} if run.credit != pool.credit else {}
    if changed or run.started:
        values |= {
            "limited_by": run.decision.limited_by,
            "started": len(run.started),
            "seen_version": campaign.version,
            "decided_at": timezone.now(),
        }
    if values:
        Pool.objects.filter(pk=pool.pk).update(**values)
    return changed

"""What an engine knows of pacing between two ticks: budgets counted, pacers that learn, decisions to write down.

Nothing here is the truth: an engine that ends loses it, and the next one makes it anew from the rows, the snapshots and
the attempts. Used in the tick's thread alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings

from campaigns import policies
from campaigns.models import Campaign
from campaigns.rules.abandons import HOUSE
from dialer.models import PbxServer, Pool
from dialer.pacing import floor, learner, record
from dialer.pacing.counting import Counts
from dialer.pacing.ended import Ended, EndedCall
from dialer.pacing.floor import Busy, Scene
from dialer.pacing.learner import Learner
from dialer.rules import budgets
from dialer.rules.budgets import Strictest, Usage
from dialer.rules.pacing import Budget, Decision, Floor, Flying, Limits
from dialer.rules.sharing import Sharer, expect

# The PBX is asked what lives every 30 s; after three times without an answer nobody knows any more.
AUDIT_HOLDS = timedelta(seconds=95)
# Beyond its longest ringing a call of which nothing is heard is not coming any more.
LOST_AFTER_S = 15.0
LEAST_CANCEL_S = 15.0


@dataclass(slots=True)
class Seen:
    """A campaign in this tick: its budgets, the one that decides, what its agents and calls are."""

    usages: list[Usage]
    decides: Strictest
    talking: list[float] = field(default_factory=list)
    wrapping: list[float] = field(default_factory=list)
    signed_in: int = 0


class Memory:
    """One engine's."""

    def __init__(self, server_id: int) -> None:
        self.server_id = server_id
        self._zone = ZoneInfo(settings.CENTRE_TIME_ZONE)
        self._ended: Ended | None = None
        self._counts: Counts | None = None
        self._learners: dict[int, Learner] = {}
        self._last: dict[int, record.Last] = {}
        self._scene: Scene | None = None
        self._seen: dict[int, Seen] = {}
        self._audited = False

    def look(self, pools: Sequence[Pool], sharers: Sequence[Sharer], now: datetime) -> None:
        """The first thing of a tick: read what lives and what ended, count, and tell the pacers."""
        new, counts = self._read()
        # Calls that live are read before the attempts: one that ends in between is counted by its end.
        scene = self._scene = floor.look(self.server_id, now)
        new += self._ended.read() if self._ended else []
        counts.add(new, {c.id: (c.campaign_id, c.answer) for c in scene.calls if c.answer}, now)
        self._audited = PbxServer.objects.filter(pk=self.server_id, audited_at__gte=now - AUDIT_HOLDS).exists()
        self._seen = {pool.campaign_id: self._campaign(pool.campaign, counts, now) for pool in pools}
        self._allot(scene, sharers)
        predictive = {p.campaign_id: p.campaign for p in pools if p.campaign.dial_mode == Campaign.DialMode.PREDICTIVE}
        for campaign_id in self._learners.keys() - predictive.keys():
            self._learners.pop(campaign_id).save(self.server_id, now, at_once=True)
        for campaign in predictive.values():
            self._tell(campaign, new, scene)

    def _read(self) -> tuple[list[EndedCall], Counts]:
        if self._ended is None or self._counts is None:
            self._ended = Ended()
            self._counts = Counts(self._ended)
            return [], self._counts
        return self._ended.read(), self._counts

    def _campaign(self, campaign: Campaign, counts: Counts, now: datetime) -> Seen:
        rules = policies.of(campaign).abandon or (HOUSE,)
        aim = None if campaign.abandon_aim is None else float(campaign.abandon_aim) / 100
        here = now.astimezone(self._zone)
        began = campaign.created_at.astimezone(self._zone)
        usages = counts.usages(rules, campaign.pk, _line(campaign), began, here, aim)
        last = self._last.get(campaign.pk)
        per_second = last.answers_per_second if last else 0.0
        return Seen(usages, budgets.strictest(usages, here, per_second, _closing(campaign, here)))

    def _allot(self, scene: Scene, sharers: Sequence[Sharer]) -> None:
        """Busy agents, each to the one campaign that may count on them."""
        busy = [agent for agent in scene.agents if agent.comes_free]
        for agent, campaign in zip(busy, expect([a.serves for a in busy], sharers), strict=True):
            if campaign in self._seen:
                self._count_on(self._seen[campaign], agent, scene)
        for agent in scene.agents:
            for campaign in agent.serves & self._seen.keys():
                self._seen[campaign].signed_in += 1

    def _count_on(self, seen: Seen, agent: Busy, scene: Scene) -> None:
        if agent.state == "wrap_up":
            seen.wrapping.append(scene.age(agent.since))
        else:
            seen.talking.append(scene.age(agent.since) if agent.state == "talking" else 0.0)

    def _tell(self, campaign: Campaign, new: Sequence[EndedCall], scene: Scene) -> None:
        rule = self._seen[campaign.pk].decides.usage.rule
        if campaign.pk not in self._learners:
            self._learners[campaign.pk] = learner.start(campaign, self.server_id, rule, scene.at)
        told = self._learners[campaign.pk]
        told.rule = rule
        told.hear(new, scene)

    def decide(
        self, campaign: Campaign, promised: int, elsewhere: int, limits: Limits, started: Sequence[UUID]
    ) -> Decision:
        """How many calls a predictive campaign may start now; `started`: those of this very tick."""
        assert self._scene is not None
        told, seen, scene = self._learners[campaign.pk], self._seen[campaign.pk], self._scene
        least = policies.of(campaign).min_ring_seconds
        flying = scene.flying(campaign.pk, max(campaign.ring_seconds, least) + LOST_AFTER_S)
        usage = seen.decides.usage
        # Calls are known to a pacer by the number of their id, which is quick to look up.
        decision = told.pacer.decide(
            Floor(
                ready=promised,
                limits=limits,
                flying=Flying(
                    ids=[*(call.id.int for call in flying), *(call.int for call in started)],
                    ages=[*(scene.age(call.reserved_at) for call in flying), *(0.0 for _ in started)],
                    ringing=[
                        *(scene.age(call.ringing_at) if call.ringing_at else -1.0 for call in flying),
                        *(-1.0 for _ in started),
                    ],
                ),
                talking=seen.talking,
                wrapping=seen.wrapping,
                waiting=scene.waiting(campaign.pk),
                screening=scene.screening(campaign.pk),
                elsewhere=elsewhere,
                prospects=list(told.prospects),
                budget=Budget(usage.aim, usage.tally.calls, usage.tally.abandoned, seen.decides.seconds_left),
                cancel_after=max(least, LEAST_CANCEL_S) if campaign.cancels_late and least else None,
                audited=self._audited,
                elapsed=told.elapsed(scene.at),
            )
        )
        return replace(decision, cancel=tuple(UUID(int=int(str(call))) for call in decision.cancel))

    def expected_answers(self, campaign_id: int) -> float:
        """Share of a predictive campaign's calls that are answered: what one call in flight counts on agents."""
        told = self._learners.get(campaign_id)
        return told.pacer.strata.rate() if told else 1.0

    def record(self, pool: Pool, decision: Decision, started: int, cancelled: int, ready: int) -> None:
        """Write down what this tick decided, where it changed something or stood for a minute."""
        seen = self._seen.get(pool.campaign_id)
        if seen is None or self._scene is None:
            return
        last = self._last.setdefault(pool.campaign_id, record.Last(self._scene.at))
        now = record.now(pool, decision, seen.decides.usage, self._scene, started, cancelled, ready)
        last.add(now, seen.usages, seen.decides.usage)

    def save(self, now: datetime, *, at_once: bool = False) -> None:
        for told in self._learners.values():
            told.save(self.server_id, now, at_once=at_once)


def _line(campaign: Campaign) -> frozenset[int]:
    """The campaigns whose calls are counted with its own where a budget is of the line of business."""
    if campaign.line_of_business_id is None:
        return frozenset({campaign.pk})
    same = Campaign.objects.filter(line_of_business=campaign.line_of_business_id)
    return frozenset(same.values_list("pk", flat=True))


def _closing(campaign: Campaign, here: datetime) -> datetime:
    """When today's dialling ends, by its own hours on the clock of the centre; midnight where they are over."""
    midnight = here.replace(hour=0, minute=0, second=0, microsecond=0)
    ends = [midnight + timedelta(minutes=end) for _start, end in campaign.week[here.weekday()]]
    return max([end for end in ends if end > here], default=midnight + timedelta(days=1))

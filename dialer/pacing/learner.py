"""One campaign's pacer on one server, kept in step with the rows.

Level-triggered: each tick it is shown what lives and what ended, and tells the pacer what it has not told it yet, so
events that come twice, late or not at all change nothing but when it is told.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from campaigns.models import Campaign, Lead
from campaigns.rules.abandons import AbandonLimit
from dialer.models import Pool
from dialer.pacing import history
from dialer.pacing.ended import EndedCall
from dialer.pacing.floor import Busy, Living, Scene
from dialer.rules.budgets import worth_so_far
from dialer.rules.pacing import Prospect
from dialer.rules.pacing.predictive import Predictive

SNAPSHOT = timedelta(seconds=10)
# A snapshot older than this says less than the history does.
STALE = timedelta(days=3)
# The next leads are taken to be like the latest ones: a list is called in its order.
LIKE_THE_LATEST = 20


@dataclass(slots=True)
class Known:
    """What the pacer was told of a call."""

    answered: bool = False
    screened: bool = False
    judged: bool = False


class Learner:
    """Tells the pacer; the engine asks it. `rule`: the abandon budget that decided last."""

    def __init__(self, campaign: Campaign, rule: AbandonLimit, pacer: Predictive, heard: Iterable[UUID] = ()) -> None:
        self.campaign_id, self.rule, self.pacer = campaign.pk, rule, pacer
        self.decided_at: datetime | None = None
        self.saved_at: datetime | None = None
        self._heard = set(heard)
        self._known: dict[UUID, Known] = {}
        self._wrapping: dict[UUID, datetime] = {}
        self.prospects: deque[Prospect] = deque(maxlen=LIKE_THE_LATEST)

    def hear(self, ended: Sequence[EndedCall], scene: Scene) -> None:
        """What is new since the last tick; `ended` of any campaign."""
        mine = scene.of(self.campaign_id)
        self._dialled([(call.id, call.lead_id) for call in mine])
        for call in mine:
            self._answered(call, scene.at)
        for each in ended:
            if each.campaign_id == self.campaign_id:
                self._ended(each)
        self._wrapped(scene)

    def _dialled(self, calls: Sequence[tuple[UUID, int]]) -> None:
        new = [(call, lead) for call, lead in calls if call not in self._known]
        strata = _strata([lead for _, lead in new])
        for call, lead in new:
            prospect = strata.get(lead, Prospect())
            self._known[call] = Known()
            self.prospects.append(prospect)
            self.pacer.dialled(call.int, prospect)

    def _answered(self, call: Living, now: datetime) -> None:
        known = self._known[call.id]
        if call.answered_at and not known.answered:
            known.answered = True
            self.pacer.answered(call.id.int, (call.answered_at - call.reserved_at).total_seconds())
        if call.detected_at and not known.screened:
            known.screened = True
            self.pacer.screened(person=not call.machine)
        if call.answer and not known.judged and (tally := worth_so_far(self.rule, call.answer, now)).calls:
            known.judged = True
            self.pacer.live(abandoned=bool(tally.abandoned))

    def _ended(self, call: EndedCall) -> None:
        if call.id in self._heard:
            self._heard.discard(call.id)
            return
        if call.id not in self._known:
            self._dialled([(call.id, call.lead_id)])
        known = self._known.pop(call.id)
        if not known.answered:
            history.outcome(self.pacer, call)
        elif call.detected_at and not known.screened:
            self.pacer.screened(person=not call.machine)
        history.conversation(self.pacer, call, self.rule, judged=known.judged)

    def _wrapped(self, scene: Scene) -> None:
        agents = {agent.shift_id: agent for agent in scene.agents}
        for shift, began in list(self._wrapping.items()):
            agent = agents.get(shift)
            if agent is None or agent.state != "wrap_up" or agent.since != began:
                del self._wrapping[shift]
                self._wrap_up_over(began, agent, scene.at)
        for agent in scene.agents:
            if agent.state == "wrap_up" and agent.campaign_id == self.campaign_id:
                self._wrapping[agent.shift_id] = agent.since

    def _wrap_up_over(self, began: datetime, agent: Busy | None, now: datetime) -> None:
        until = agent.since if agent and agent.since > began else now
        ready = agent is not None and agent.state in ("ready", "claimed", "talking")
        self.pacer.wrapped((until - began).total_seconds(), ready=ready)

    def elapsed(self, now: datetime) -> float:
        """Seconds since the last decision; and this one is now."""
        before, self.decided_at = self.decided_at, now
        return max(0.0, (now - before).total_seconds()) if before else 1.0

    def save(self, server_id: int, now: datetime, *, at_once: bool = False) -> None:
        """Keep what was learned, every ten seconds at most."""
        if not at_once and self.saved_at and now - self.saved_at < SNAPSHOT:
            return
        self.saved_at = now
        mine = Pool.objects.filter(campaign_id=self.campaign_id, server_id=server_id)
        mine.update(learned=self.pacer.to_dict(), learned_at=now)


def start(campaign: Campaign, server_id: int, rule: AbandonLimit, now: datetime) -> Learner:
    """From the snapshot and what happened since; without one from the campaign's history; else from its siblings'."""
    kept = Pool.objects.filter(campaign=campaign, server_id=server_id).values_list("learned", "learned_at").first()
    if kept and kept[0] and kept[1] and now - kept[1] < STALE:
        pacer, calls = Predictive.from_dict(kept[0], rule.aim), history.since(campaign.pk, kept[1])
    else:
        pacer, calls = Predictive(rule.aim), history.latest([campaign.pk], history.REPLAYED, now)
        if len(calls) < history.FEW:
            _borrow(pacer, campaign, rule, now)
        for seconds in history.wrap_ups([campaign.pk], now):
            pacer.wrapped(seconds, ready=True)
    history.replay(pacer, calls, rule)
    return Learner(campaign, rule, pacer, [call.id for call in calls])


def _borrow(pacer: Predictive, campaign: Campaign, rule: AbandonLimit, now: datetime) -> None:
    """Start from what siblings saw; that is not counted as learned, so the first calls of its own are still 1:1."""
    others = history.siblings(campaign)
    history.replay(pacer, history.latest(others, history.BORROWED, now), rule)
    for seconds in history.wrap_ups(others, now):
        pacer.wrapped(seconds, ready=True)
    pacer.experts.learned = 0


def _strata(leads: Sequence[int]) -> dict[int, Prospect]:
    """List and attempt number of these leads, from the general to the special."""
    if not leads:
        return {}
    rows = Lead.objects.filter(pk__in=leads).values_list("pk", "list_id", "attempts")
    return {pk: Prospect((f"list-{of}", f"attempt-{min(attempts, 4)}")) for pk, of, attempts in rows}

"""An engine that races: it reserves through the real path and tells the real code what its pretend PBX heard.

A call's fate is drawn when it is placed: a list of facts, told a few at a time, late, and sometimes twice. It drives
its server by a lease, is killed at any instant, and sometimes dies where that hurts most.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from campaigns import leads, policies
from campaigns.models import Campaign, Disposition
from dialer import calls, leases, matching, shifts
from dialer.calls import placing
from dialer.calls.placing import Line
from dialer.engine import chores
from dialer.leases import Lease
from dialer.models import Shift, Trunk
from dialer.pbx.snapshot import missed
from dialer.rules import facts as f
from tests.proof.process import Place

Step = Callable[[UUID, datetime], f.CallFact]

SEEN, RINGING, ANSWERED, WAITING = f.ChannelSeen, f.Ringing, f.Answered, f.Waiting
NO_AGENT, GONE, REFUSED, UNSENT = f.NoAgent, f.Vanished, f.Refused, f.Unsent
MOST_CALLS = 24
DIES = 0.002  # how often a step of which the machine could die half-way is the last


def hung_up(cause: int, tech: str = "") -> Step:
    return lambda call, at: f.HungUp(call, at, cause, tech)


# (weight, what the PBX tells); a call that waits is matched with an agent, or gives up
FATES: tuple[tuple[int, tuple[Step, ...]], ...] = (
    (20, (SEEN, RINGING, hung_up(19, "480"))),
    (12, (SEEN, hung_up(17, "486"))),
    (4, (SEEN, RINGING, hung_up(21, "603"))),
    (4, (SEEN, hung_up(34, "503"))),
    (3, (SEEN, hung_up(3))),
    (1, (SEEN, hung_up(1, "404"))),
    (4, (REFUSED,)),
    (3, (SEEN, hung_up(0))),
    (2, (UNSENT,)),
    (6, (SEEN, RINGING, ANSWERED, hung_up(16))),
    (7, (SEEN, ANSWERED, WAITING, NO_AGENT, hung_up(16))),
    (3, (SEEN, RINGING, GONE)),
    (30, (SEEN, RINGING, ANSWERED, WAITING)),
)


class Engine:
    """One engine; its number is its slot, and that of its server."""

    def __init__(self, place: Place, server_id: int) -> None:
        self.place, self.rng, self.server_id = place, place.rng(), server_id
        self.lease: Lease | None = None
        self.line = Line.of(Trunk.objects.get(server=server_id))
        self.campaigns = list(Campaign.objects.values_list("pk", flat=True))
        self.dispositions = list(Disposition.objects.all())
        self.fates: dict[UUID, list[Step]] = {}
        self._may_die_half_way()

    def turn(self) -> None:
        if self.lease is None:
            self._take_the_wheel()
            return
        act = self.rng.choices((self._reserve, self._tell, self._match, self._write_up, self._chores), (4, 8, 4, 4, 1))
        act[0]()

    def come_back(self) -> None:
        """After the database, or our place, was lost: what it holds and our PBX does not know is gone."""
        if self.lease and not self._still_mine():
            self.lease = None
            self.fates.clear()
        self._take_stock()

    def _still_mine(self) -> bool:
        try:
            leases.renew(self.lease)
        except leases.LeaseLost:
            return False
        return True

    def _take_the_wheel(self) -> None:
        owner = f"{self.place.slot}:{os.getpid()}"
        self.lease = leases.take(server_id=self.server_id, owner=owner, dead_owner=owner)
        if self.lease:
            self._take_stock()

    def _take_stock(self) -> None:
        if self.lease is None:
            return
        now = self.place.clock()
        ours = {call: f.ChannelState(call, "dialing") for call in self.fates}
        legs = Shift.objects.filter(server_id=self.server_id).exclude(state="off").values_list("pk", flat=True)
        shown = f.Snapshot(now, {**ours, **{leg: f.ChannelState(leg, "idle") for leg in legs}})
        facts, _strays = missed(
            shown, chores.held_calls(self.server_id), {}, absent_after=timedelta(0), unsettled_after=timedelta(0)
        )
        calls.hear([fact for fact in facts if isinstance(fact, f.CallFact)], now)

    def _reserve(self) -> None:
        room = MOST_CALLS - len(self.fates)
        if room <= 0:
            self._tell()
            return
        assert self.lease
        campaign = Campaign.objects.get(pk=self.rng.choice(self.campaigns))
        ready = Shift.objects.filter(server_id=self.server_id, campaign=campaign, state="ready")
        originates = calls.reserve(
            lease=self.lease,
            campaign=campaign,
            line=self.line,
            want=self.rng.randint(1, min(room, 8)),
            agents=list(ready.values_list("agent__user_id", flat=True)),
        )
        for originate in originates:
            weights = [weight for weight, _ in FATES]
            self.fates[originate.id] = list(self.rng.choices(FATES, weights)[0][1])
        self.place.add("reserved", len(originates))

    def _tell(self) -> None:
        """The next facts of some calls; now and then one is told twice."""
        if not self.fates:
            return
        some = self.rng.sample(sorted(self.fates), self.rng.randint(1, len(self.fates)))
        facts: list[f.CallFact] = []
        for call in some:
            steps = self.fates[call][: self.rng.randint(1, 3)]
            facts += [step(call, self.place.clock()) for step in steps]
            if facts and self.rng.random() < 0.03:
                facts.append(facts[-1])
        heard = calls.hear(facts, self.place.clock())
        told: dict[UUID, int] = {}
        for fact in dict.fromkeys(facts):
            told[fact.id] = told.get(fact.id, 0) + 1
        for call, steps_told in told.items():
            self._told(call, steps_told)
        self.place.add("heard", heard.ended)

    def _told(self, call: UUID, steps: int) -> None:
        said = self.fates[call][:steps]
        del self.fates[call][:steps]
        if self.fates[call]:
            return
        if said[-1] is WAITING:  # until an agent comes, or the patience ends
            self.fates[call] = [NO_AGENT, hung_up(16)] if self.rng.random() < 0.2 else []
        else:
            del self.fates[call]

    def _match(self) -> None:
        """Callers who wait get agents; of those who don't, some give up."""
        connects = matching.match(self.server_id).connects
        facts: list[f.CallFact] = [f.Bridged(c.call_id, self.place.clock(), c.shift_id) for c in connects]
        calls.hear(facts, self.place.clock())
        for connect in connects:
            self.fates[connect.call_id] = [hung_up(16)]
        for call, steps in self.fates.items():
            if not steps and self.rng.random() < 0.3:
                self.fates[call] = [NO_AGENT, hung_up(16)]

    def _write_up(self) -> None:
        """Agents say what their calls came to; a few forget to, and the limit says it for them."""
        wrapping = Shift.objects.filter(server_id=self.server_id, state="wrap_up").select_related("agent__user")
        for shift in wrapping[:6]:
            if self.rng.random() < 0.9:
                self._say(shift)

    def _say(self, shift: Shift) -> None:
        said = self.rng.choices(self.dispositions, (40, 3, 18, 18, 4, 3, 8))[0]
        later = self.place.clock() + timedelta(minutes=self.rng.choice((10, 90, 600, 2000)))
        try:
            calls.record_disposition(
                shift_id=shift.pk,
                disposition=said,
                note="",
                callback_at=later if said.category == "callback" else None,
                by=shift.agent.user,
                personal=self.rng.random() < 0.5,
            )
        except calls.NothingToDisposition:
            return
        self.place.add("written_up")

    def _chores(self) -> None:
        chores.run(self.server_id)
        for paused in Shift.objects.filter(server_id=self.server_id, state="paused").values_list("pk", flat=True):
            shifts.go_ready(shift_id=paused)
        for campaign in Campaign.objects.filter(recheck=True).values_list("pk", flat=True)[:1]:
            policies.recheck(campaign)

    def _may_die_half_way(self) -> None:
        """Between reserving and placing; and between an ended call and what becomes of its lead."""

        def deadly(work):
            def maybe(*args, **kwargs):
                if self.rng.random() < DIES:
                    os.kill(os.getpid(), signal.SIGKILL)
                return work(*args, **kwargs)

            return maybe

        placing._place = deadly(placing._place)
        leads.settle = deadly(leads.settle)

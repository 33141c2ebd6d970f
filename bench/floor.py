"""The dialer's side of a benchmark: a campaign with leads nobody was called for, and agents who write up at once.

Import it after Stage.use_django. What a browser would send for an agent goes straight to the services, so the web's
work is left out; one frequency cap as in the demo is in force and refuses nobody, because no lead is called twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from bench.problems import BenchFailed
from bench.stage import TRUNK
from campaigns.models import Campaign, Contact, ContactPhone, Disposition, FrequencyCap, Lead, Phone, User
from dialer import calls, nudge, shifts
from dialer.models import Agent, Attempt, AttemptResult, LiveCall, PbxServer, Shift, Trunk
from dialer.rules.shift import Dispositioned

FIRST_NUMBER = 10_000_000_000
PATIENCE = 60.0  # seconds; what takes longer has failed
LOOK_SECONDS = 0.05
LONGEST_TALK_SECONDS = 5.0  # ten times what customers talk
SETTLED = {"state": "finished", "held_by": None, "held_phone": None, "reason": "talked", "last_outcome": "conversation"}


class Floor:
    """One campaign, paused; its agents exist and are signed out."""

    def __init__(self, *, agents: int, leads: int, trunk_port: int) -> None:
        PbxServer.objects.update(pjsip_file="")  # the stage has written its endpoints
        self.server = PbxServer.objects.get()
        self.trunk = Trunk.objects.create(
            server=self.server, name=TRUNK, host="127.0.0.1", port=trunk_port, max_channels=1000, codecs=["ulaw"]
        )
        FrequencyCap.objects.create(counts="attempts", per="contact", scope="all", window_hours=24, limit=3)
        self.sold = Disposition.objects.create(code="sold", label="Sold", category="success")
        self.campaign = _campaign()
        self.clerk = User.objects.create(username="clerk")
        self.agents = _agents(self.campaign, agents)
        _leads(self.campaign, leads)

    @property
    def phones(self) -> list[str]:
        """The endpoints of the agents' phones."""
        return [agent.endpoint for agent in self.agents]

    def sign_in(self) -> None:
        """All agents' phones are called; returns when all are ready."""
        opened = [shifts.sign_in(agent=agent, campaigns=[self.campaign]) for agent in self.agents]
        self.wait(lambda: self._shifts("paused") == len(opened), "every agent's phone to be up")
        for shift in opened:
            shifts.go_ready(shift_id=shift.pk)

    def dial(self, *, calls_per_second: int, channels: int) -> None:
        """Start the campaign, its trunk limited so."""
        Trunk.objects.update(calls_per_second=calls_per_second, max_channels=channels)
        self._turn(Campaign.Status.RUNNING)

    def rest(self) -> None:
        """Pause the campaign and see its calls out."""
        self._turn(Campaign.Status.PAUSED)
        self.wait(self._is_quiet, "all calls to be settled")

    def stretch(self, calls_per_second: int, seconds: float, channels: int = 1000) -> datetime:
        """Dial at this rate for so long and see all calls out; returns when it began."""
        began = timezone.now()
        self.dial(calls_per_second=calls_per_second, channels=channels)
        self.work(seconds)
        self.rest()
        return began

    def work(self, seconds: float) -> None:
        """Let agents write up what has ended, for so long."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._write_up()
            time.sleep(LOOK_SECONDS)

    def wait(self, done: Callable[[], bool], what: str) -> None:
        """Work until `done`; raises BenchFailed."""
        deadline = time.monotonic() + PATIENCE
        while not done():
            if time.monotonic() > deadline:
                raise BenchFailed(f"waited in vain for {what}")
            self.work(LOOK_SECONDS)

    def answered(self, since: datetime) -> int:
        """How many of the calls reserved since then were answered."""
        return Attempt.objects.filter(reserved_at__gte=since, answered_at__isnull=False).count()

    def to_agent(self, since: datetime) -> list[float]:
        """Seconds from answer to both in one bridge, by the PBX's own clock, of the calls reserved since then."""
        return self._between("answered_at", "bridged_at", since)

    def to_wire(self, since: datetime) -> list[float]:
        """Seconds from a call's reservation to its channel on the PBX: what it waits inside the dialer."""
        return self._between("reserved_at", "dialing_at", since)

    def _between(self, first: str, then: str, since: datetime) -> list[float]:
        both = Attempt.objects.filter(reserved_at__gte=since, **{f"{first}__isnull": False, f"{then}__isnull": False})
        return [(end - begin).total_seconds() for begin, end in both.values_list(first, then)]

    def settled(self) -> int:
        """How many calls have ended and are written down as such."""
        return Attempt.objects.count()

    def ticks(self, since: datetime, until: datetime) -> list[datetime]:
        """When the engine decided to place calls: every tick that does reserves its calls in one transaction."""
        within = Attempt.objects.filter(reserved_at__range=(since, until)).order_by("reserved_at")
        return list(within.values_list("reserved_at", flat=True).distinct())

    def backend(self) -> int:
        """The process id of the database's backend that serves us."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            return int(cursor.fetchone()[0])

    def _write_up(self) -> None:
        """Everybody whose call has ended says at once what it came to, in one transaction.

        Each at their own desk would cost ten times as much, and that is the web's work, which is not measured here.
        """
        ended = list(Shift.objects.filter(state=Shift.State.WRAP_UP).values_list("pk", "call_id"))
        if not ended:
            return
        now, talks = timezone.now(), [call for _, call in ended if call]
        with transaction.atomic():
            shifts.apply([(shift, Dispositioned(now, call)) for shift, call in ended if call])
            AttemptResult.objects.bulk_create(self._sale(call, now) for call in talks)
            Lead.objects.filter(held_by__in=talks).update(**SETTLED)
        nudge.publish(nudge.engine(self.server.pk))

    def _sale(self, call: UUID, now: datetime) -> AttemptResult:
        return AttemptResult(attempt_id=call, campaign=self.campaign, disposition=self.sold, by=self.clerk, at=now)

    def _end_dead_lines(self) -> None:
        """An agent who hears nothing hangs up: Asterisk 22 was seen to lose a BYE that came within the Bridge."""
        long_ago = timezone.now() - timedelta(seconds=LONGEST_TALK_SECONDS)
        dead = LiveCall.objects.filter(bridged_at__lt=long_ago, hangup_by="", shift__isnull=False)
        for shift in dead.values_list("shift", flat=True):
            calls.request_hangup(shift_id=shift)

    def _shifts(self, state: str) -> int:
        return Shift.objects.filter(state=state).count()

    def _is_quiet(self) -> bool:
        self._end_dead_lines()
        return not LiveCall.objects.exists() and not self._shifts("wrap_up")

    def _turn(self, status: str) -> None:
        self.campaign.refresh_from_db()
        Campaign.objects.filter(pk=self.campaign.pk).update(status=status, version=self.campaign.version + 1)


def _campaign() -> Campaign:
    return Campaign.objects.create(
        name="Benchmark",
        status=Campaign.Status.PAUSED,
        dial_mode=Campaign.DialMode.RATIO,
        ratio=10,
        week=[[[0, 1440]]] * 7,
        calls_on_holidays=True,
        max_wait_seconds=10,
        wrap_up_seconds=60,
    )


def _agents(campaign: Campaign, count: int) -> list[Agent]:
    names = (f"agent{n}" for n in range(count))
    users = User.objects.bulk_create(User(username=name, role=User.Role.AGENT) for name in names)
    agents = Agent.objects.bulk_create(Agent(user=user, phone_kind=Agent.PhoneKind.SIP) for user in users)
    campaign.agents.set(agents)
    return agents


def _leads(campaign: Campaign, count: int) -> None:
    due = timezone.now() - timedelta(hours=1)
    numbers = range(FIRST_NUMBER, FIRST_NUMBER + count)
    phones = Phone.objects.bulk_create((Phone(number=n, zones=["UTC"]) for n in numbers), batch_size=5000)
    contacts = Contact.objects.bulk_create((Contact(customer_id=f"B{n}") for n in numbers), batch_size=5000)
    owned = (ContactPhone(contact=c, phone=p) for c, p in zip(contacts, phones, strict=True))
    ContactPhone.objects.bulk_create(owned, batch_size=5000)
    Lead.objects.bulk_create((Lead(campaign=campaign, contact=c, due_at=due) for c in contacts), batch_size=5000)
    with connection.cursor() as cursor:  # without statistics the planner would take the lists for small
        cursor.execute("ANALYZE")

"""The whole system on real parts, started once: PostgreSQL, Valkey, two Asterisks, and our five processes.

The tests speak to it as its users do, and look at its database through the ORM. After every test nothing may be left:
no live call, no held lead, no shift, no channel on the PBX.
"""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.db.models import F

from campaigns import services
from campaigns.models import Campaign, Lead
from deploy.asterisk import carrier_numbers
from deploy.asterisk.far_end import Pace, register_phones
from deploy.stack import Stack
from dialer import shifts
from dialer.models import Agent, LiveCall, PbxServer, Shift, Trunk
from tests import build
from tests.processes import running_in

FAST = Pace(ring_ms=(300, 600), talk_ms=(2000, 3000), ring_out=60, short_talk=1.0, machine_listens=3)
_lines = itertools.count(55500)
PATIENCE = 90.0  # seconds; a slow machine is not a failure


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            item.add_marker(pytest.mark.pbx)
            item.add_marker(pytest.mark.timeout(600))


def eventually(is_so: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """What `is_so` returns, once it is true; fails with `what` when it does not become so."""
    deadline = time.monotonic() + seconds
    while not (found := is_so()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.05)
    return found


def number(behaviour: str) -> int:
    """A number nobody was given yet, with this behaviour of the far end."""
    return int(f"1212{next(_lines)}{carrier_numbers.behaviour(behaviour).ending}")


@pytest.fixture(scope="package")
def database(django_db_blocker) -> Iterator[str]:
    """A database of its own beside the unit tests', which Django uses while these tests run."""
    url, name = os.environ["DATABASE_URL"], f"e2e_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
    parts = urlsplit(url)
    os.environ["DATABASE_URL"] = urlunsplit(parts._replace(path=f"/{name}"))
    before = connection.settings_dict["NAME"]
    with django_db_blocker.unblock():
        connection.close()
        connection.settings_dict["NAME"] = name
        yield os.environ["DATABASE_URL"]
        connection.close()
        connection.settings_dict["NAME"] = before
    os.environ["DATABASE_URL"] = url
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="package")
def stack(database: str) -> Iterator[Stack]:
    var = settings.VAR_DIR / "e2e"
    with Stack(var, carrier=True, pace=FAST, durable=False) as running:
        running.prepare(demo=False)
        running.start_processes()
        yield running
    assert running_in(var) == [], "no process is left"


class Floor:
    """A contact centre in a test: builds campaigns and agents on the running system."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.server = PbxServer.objects.get()
        self.trunk = Trunk.objects.get()

    def campaign(self, *numbers: int, **fields: Any) -> Campaign:
        """A paused campaign with a lead for each of these numbers, called in this order: the freshest is first."""
        made = build.campaign(**{"status": Campaign.Status.PAUSED, "ring_seconds": 3, "wrap_up_seconds": 60, **fields})
        for each in reversed(numbers):
            build.lead(made, build.contact(build.phone(each)))
        return made

    def agent(self, *campaigns: Campaign, ready: bool = True) -> Shift:
        """An agent with a real SIP phone, signed in for these campaigns and, if asked, ready."""
        agent = build.agent(*campaigns, phone_kind=Agent.PhoneKind.SIP)
        phones = Agent.objects.filter(phone_kind=Agent.PhoneKind.SIP).values_list("pk", "sip_secret")
        register_phones(self.stack.far_end, [(f"agent-{pk}", secret) for pk, secret in phones], self.sip_port)
        eventually(lambda: self._registered(agent), "the agent's phone is registered")
        shift = shifts.sign_in(agent=agent, campaigns=campaigns)
        eventually(lambda: self.state(shift) == "paused", "the agent's phone is up")
        if ready:
            shifts.go_ready(shift_id=shift.pk)
        return shift

    @property
    def sip_port(self) -> int:
        return self.stack.pbx.addresses.sip_port

    def _registered(self, agent: Agent) -> bool:
        return agent.endpoint in self.stack.pbx.command("pjsip show contacts")

    def state(self, shift: Shift) -> str:
        return Shift.objects.values_list("state", flat=True).get(pk=shift.pk)

    def start(self, campaign: Campaign) -> None:
        services.start(campaign=campaign, by=None)

    def channels(self) -> int:
        return sum("!" in line for line in self.stack.pbx.command("core show channels concise").splitlines())


@pytest.fixture
def floor(stack: Stack) -> Iterator[Floor]:
    made = Floor(stack)
    yield made
    _clear(made)


def _clear(floor: Floor) -> None:
    """Send everybody home, and make sure that nothing is left."""
    Campaign.objects.filter(status=Campaign.Status.RUNNING).update(status="paused", version=99)
    LiveCall.objects.filter(hangup_by="").update(hangup_by="stop")
    eventually(lambda: not LiveCall.objects.exists(), "no live call")
    Shift.objects.filter(state="wrap_up").update(wrap_up_until=F("since"))
    for shift in Shift.objects.exclude(state="off"):
        shifts.sign_out(shift_id=shift.pk)
    eventually(lambda: not Shift.objects.exclude(state="off").exists(), "no shift")
    eventually(lambda: not Lead.objects.filter(state="held").exists(), "no held lead")
    eventually(lambda: floor.channels() == 0, "no channel on the PBX")

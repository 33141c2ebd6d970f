"""Folders and services for the launchers' own tests; after each test nothing they started is left running."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.asterisk import far_end
from deploy.asterisk.addresses import Addresses
from deploy.asterisk.instance import Instance
from deploy.asterisk.manager import Manager, ManagerError, Message
from deploy.asterisk.pbx import pbx
from dialer.pbx.provisioning import AgentPhoneSpec, TrunkSpec, render
from tests.processes import running_in

AGENT = "agent-1"
PATIENT = 120.0  # seconds: a shared machine may be slow, and nothing here measures speed
FAST = far_end.Pace(ring_ms=(200, 600), talk_ms=(1000, 3000), ring_out=60.0, short_talk=1.0, machine_listens=2.0)


def new_folder() -> Path:
    """A folder that an unprivileged account can enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="fd-"))
    folder.chmod(0o755)
    return folder


@pytest.fixture
def var() -> Iterator[Path]:
    folder = new_folder()
    yield folder
    wait_until(lambda: running_in(folder) == [])
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def launcher() -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Runs Python text in a process of its own and waits until it has printed a line."""
    started: list[subprocess.Popen[str]] = []

    def launch(text: str) -> subprocess.Popen[str]:
        process = subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "up"
        return process

    yield launch
    for process in started:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


@dataclass
class World:
    """Our exchange and the far end, with one trunk and one agent's phone."""

    pbx: Instance
    carrier: Instance
    at: Addresses
    carrier_at: Addresses

    def trunks(self) -> list[TrunkSpec]:
        return [TrunkSpec("carrier", "127.0.0.1", self.carrier_at.sip_port)]

    def provision(self, *phones: str, trunks: list[TrunkSpec] | None = None) -> None:
        known = [AgentPhoneSpec(phone, f"secret-of-{phone}", webrtc=False) for phone in phones]
        self.pbx.provision(render(trunks or self.trunks(), known))
        far_end.register_phones(self.carrier, [(phone.endpoint, phone.secret) for phone in known], self.at.sip_port)


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    folder = new_folder()
    ours, theirs = pbx(folder), far_end.carrier(folder, FAST)
    try:
        world = World(ours, theirs, ours.start(600), theirs.start(600))
        world.provision(AGENT)
        yield world
    finally:
        ours.stop()
        theirs.stop()
        shutil.rmtree(folder, ignore_errors=True)


class Driver:
    """What the engine does, by hand: originate with our id, look at events."""

    def __init__(self, manager: Manager) -> None:
        self.manager = manager

    def call(self, channel: str, context: str = "customer", *, ring: float = 30.0, **variables: str) -> str:
        call_id = str(uuid.uuid4())
        self.manager.act(
            "Originate",
            {"MAX_WAIT": "1", **variables},
            Channel=channel,
            Context=context,
            Exten="s",
            Priority=1,
            Async="true",
            ChannelId=call_id,
            Timeout=int(ring * 1000),
        )
        return call_id

    def event(self, name: str, call_id: str, timeout: float = PATIENT, **headers: str) -> Message:
        def wanted(event: Message) -> bool:
            return event["Event"] == name and event.get("Uniqueid") == call_id and headers.items() <= event.items()

        return self.manager.wait_for(wanted, timeout)

    def hang_up(self, call_id: str) -> None:
        self.manager.act("Hangup", Channel=call_id)


@pytest.fixture
def driver(world: World) -> Iterator[Driver]:
    with Manager(world.at.ami_port, "dialer", world.at.ami_secret, timeout=PATIENT) as manager:
        yield Driver(manager)
        with contextlib.suppress(ManagerError):  # raised when there is no channel
            manager.act("Hangup", Channel="/.*/")
    with world.pbx.keeper(timeout=PATIENT) as keeper:
        wait_until(lambda: "0 active channels" in keeper.command("core show channels"))


def wait_until(true: Callable[[], bool], timeout: float = PATIENT) -> None:
    """Wait for something to become true; fails the test after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not true():
        assert time.monotonic() < deadline, "it did not become true in time"
        time.sleep(0.1)

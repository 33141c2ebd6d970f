"""The whole product on this machine: database, Redis, PBX, carrier, and our five processes.

Used by `make run`, `make demo`, the end-to-end tests and the benchmarks, so that what is tested is what is run. What
the environment points at (DATABASE_URL, REDIS_URL, ASTERISK_HOST) is used as it is; the rest is embedded.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self, TextIO

from deploy import places, ports, processes
from deploy.asterisk import far_end
from deploy.asterisk.far_end import Pace
from deploy.asterisk.instance import Instance
from deploy.asterisk.pbx import pbx
from deploy.embedded.postgres import Postgres
from deploy.embedded.valkey import Valkey
from deploy.problems import BadSetting, DeployError, StartFailed
from deploy.supervisor import Command, Supervisor

READY_SECONDS = 600.0  # a small, busy machine starts slowly; each process says in the log how far it is
REVIVE_SECONDS = 5.0  # between two tries to start a server again
PATIENT_SECONDS = 10.0  # a start may take this long without a word
Say = Callable[[str], None]


@dataclass(frozen=True)
class Size:
    """How many processes and threads serve; the defaults suit a small machine."""

    web_workers: int = 1
    web_threads: int = 8
    worker_processes: int = field(default_factory=lambda: min(os.cpu_count() or 1, 4))  # an import is shared by them


@dataclass
class Stack:
    """Everything, started in order and stopped in reverse. `with Stack(var) as stack: …`

    `carrier`: also the simulated far end. `durable=False`: a database that is fast and forgets at a power cut.
    """

    var: Path
    carrier: bool = False
    pace: Pace | None = None
    durable: bool = True
    echo: TextIO | None = None
    size: Size = field(default_factory=Size)
    say: Say = lambda line: None
    # (user name, password) of the administrator that was made because there was nobody; only then.
    first_log_in: list[str] | None = field(default=None, init=False)
    _servers: dict[str, Postgres | Valkey | Instance] = field(default_factory=dict, init=False)
    _revive_after: float = field(default=0.0, init=False)
    _said: set[str] = field(default_factory=set, init=False)
    _patient_until: float = field(default=0.0, init=False)

    def __enter__(self) -> Self:
        self._exit = ExitStack()
        try:
            self._start()
        except BaseException:
            self._exit.close()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        self._exit.close()

    def _start(self) -> None:
        places.make_folder(self.var, None, mode=0o755)
        (self.var / "static").mkdir(exist_ok=True)
        # As root, Celery warns at each start; here it serves loopback, and its messages are JSON.
        quiet = {"PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges"}
        self.env = {**quiet, "PYTHONPATH": str(places.CHECKOUT), "FAIRDIAL_VAR": str(self.var)}
        self.env["SECRET_KEY"] = self._secret_key()
        # On one machine no other engine waits to take over; a killed one's successor sees that it is dead at once.
        self.env["ENGINE_LEASE_SECONDS"] = os.environ.get("ENGINE_LEASE_SECONDS", "60")
        self._start_services()
        self.pbx = self._start_pbx()
        self.far_end = self._start_carrier() if self.carrier else None
        self._choose_ports()
        self.supervisor = self._exit.enter_context(Supervisor(self.var / "log", self.echo))
        self.supervisor.watch(self._revive)

    def _start_services(self) -> None:
        self.env["DATABASE_URL"] = os.environ.get("DATABASE_URL") or self._embedded(Postgres, "PostgreSQL")
        self.env["REDIS_URL"] = os.environ.get("REDIS_URL") or self._embedded(Valkey, "Valkey")

    def _embedded(self, kind: type[Postgres] | type[Valkey], name: str) -> str:
        self.say(f"Starting {name} …")
        server = kind(self.var, durable=self.durable)
        url = server.start()
        self._exit.callback(server.stop)
        self._servers[name] = server
        return url

    def _revive(self) -> list[str]:
        """Start servers of ours that have died again, where they were; calls of a PBX end with it."""
        dead = [name for name, server in self._servers.items() if not (server.pid and processes.is_alive(server.pid))]
        if not dead or time.monotonic() < self._revive_after:
            return []
        self._revive_after = time.monotonic() + REVIVE_SECONDS
        return [self._start_again(name) for name in dead]

    def _start_again(self, name: str) -> str:
        server = self._servers[name]
        try:
            server.stop()
            server.start()
        except DeployError as error:
            return f"{name} has died and cannot be started again: {error}"
        return f"{name} had died: it is started again"

    def _start_pbx(self) -> Instance | None:
        """Our Asterisk, or None when ASTERISK_HOST names one that is there already."""
        if host := os.environ.get("ASTERISK_HOST"):
            self._use_external_pbx(host)
            return None
        self.say("Starting Asterisk …")
        instance = pbx(self.var)
        at = instance.start()
        self._exit.callback(instance.stop)
        self._servers["Asterisk"] = instance
        self.env |= {"ASTERISK_AMI_SECRET": at.ami_secret, "ASTERISK_WS_PORT": str(at.http_port)}
        self.pbx_options = ["--ami-host", "127.0.0.1", "--ami-port", str(at.ami_port)]
        self.pbx_options += ["--pjsip-file", str(instance.provisioned_file)]
        return instance

    def _use_external_pbx(self, host: str) -> None:
        secret = os.environ.get("ASTERISK_AMI_SECRET")
        if not secret:
            raise BadSetting("ASTERISK_HOST is set but ASTERISK_AMI_SECRET is not: set it to that AMI user's secret.")
        self.env["ASTERISK_AMI_SECRET"] = secret
        self.pbx_options = ["--ami-host", host, "--ami-port", os.environ.get("ASTERISK_AMI_PORT", "5038")]
        if file := os.environ.get("ASTERISK_PJSIP_FILE"):
            self.pbx_options += ["--pjsip-file", file]

    def _start_carrier(self) -> Instance:
        self.say("Starting the simulated carrier …")
        instance = far_end.carrier(self.var, self.pace)
        at = instance.start()
        self._exit.callback(instance.stop)
        self._servers["the simulated carrier"] = instance
        self.pbx_options += ["--trunk-host", "127.0.0.1", "--trunk-port", str(at.sip_port)]
        self.pbx_options += ["--caller-id", "442079460000"]
        return instance

    def _choose_ports(self) -> None:
        self.web_port = ports.choose("FAIRDIAL_WEB_PORT", 8000, socket.SOCK_STREAM)
        self.events_port = ports.choose("FAIRDIAL_EVENTS_PORT", 8001, socket.SOCK_STREAM)
        self.env["EVENTS_PORT"] = str(self.events_port)

    @property
    def url(self) -> str:
        """Where the pages are."""
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def events_url(self) -> str:
        """Where pages hear that they should look again."""
        return f"http://127.0.0.1:{self.events_port}/events/"

    def manage(self, *arguments: str, timeout: float = 600.0) -> str:
        """Run a management command to its end and return what it printed. Raises StartFailed with its last words."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=places.CHECKOUT,
            env={**os.environ, **self.env},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if done.returncode:
            raise StartFailed(f"`manage.py {arguments[0]}` failed: {_last_sentence(done.stderr)}")
        return done.stdout

    def prepare(self, *, demo: bool) -> list[tuple[str, str]]:
        """Bring schema and PBX settings up to date, with the demo's data if asked for.

        Returns (endpoint, secret) of the agents' SIP phones, for the far end to play.
        """
        self.say("Preparing the database …")
        path = self.var / "set-up.json"
        path.unlink(missing_ok=True)
        self.manage("set_up", "--report", str(path), *(["--demo"] if demo else []), *self.pbx_options)
        report = json.loads(path.read_text())
        path.unlink()  # it holds secrets
        self.first_log_in = report["first_log_in"]
        return [tuple(phone) for phone in report["phones"]]

    def start_processes(self) -> None:
        """web, events, worker, beat and engine; returns when all is ready. Raises StartFailed, StartTimedOut."""
        self.say("Starting web, events, worker, beat and engine …")
        self._patient_until = time.monotonic() + PATIENT_SECONDS
        for command in self.commands():
            self.supervisor.start(command)
        self.supervisor.wait_ready("web", self.is_ready, READY_SECONDS)
        self.supervisor.wait_ready(
            "events", lambda: _answers(f"http://127.0.0.1:{self.events_port}/healthz"), READY_SECONDS
        )

    def is_ready(self) -> bool:
        """Whether everything that a call needs is there; what is still missing after a while is said, once."""
        problems = _problems(f"{self.url}/readyz")
        for problem in problems if time.monotonic() > self._patient_until else []:
            if problem not in self._said:
                self._said.add(problem)
                self.say(f"  waiting: {problem}")
        return not problems

    def commands(self) -> list[Command]:
        celery = (sys.executable, "-m", "celery", "-q", "-A", "config", "--skip-checks")
        alone = ("--without-gossip", "--without-mingle", "--without-heartbeat")
        size = self.size.worker_processes
        return [
            self._command("web", *self._gunicorn()),
            self._command("events", *self._uvicorn()),
            self._engine(*celery, "worker", "-Q", "engine", "-P", "threads", "-c", "1", "-n", "engine@%h", *alone),
            self._command("worker", *celery, "worker", "-Q", "default", "-c", str(size), "-n", "worker@%h", *alone),
            self._command("beat", *celery, "beat", "-s", str(self.var / "beat"), "--pidfile="),
        ]

    def _engine(self, *argv: str) -> Command:
        """It repeats a few dozen statements all day: they are planned once."""
        prepare = {"DATABASE_PREPARE": os.environ.get("DATABASE_PREPARE", "1")}
        return Command("engine", argv, env={**self.env, **prepare}, cwd=places.CHECKOUT)

    def _gunicorn(self) -> tuple[str, ...]:
        options = ("--workers", str(self.size.web_workers), "--threads", str(self.size.web_threads))
        where = ("--bind", f"127.0.0.1:{self.web_port}", "--worker-tmp-dir", "/dev/shm")  # noqa: S108
        # Longer than browsers and proxies keep a connection: whoever uses it last must be the one who closes it.
        patience = ("--keep-alive", "75", "--graceful-timeout", "5", "--no-control-socket")
        return (sys.executable, "-m", "gunicorn", "config.wsgi", *where, *options, *patience)

    def _uvicorn(self) -> tuple[str, ...]:
        where = ("--host", "127.0.0.1", "--port", str(self.events_port))
        options = ("--timeout-graceful-shutdown", "3", "--no-access-log", "--log-level", "warning")
        return (sys.executable, "-m", "uvicorn", "config.asgi:application", *where, *options)

    def _command(self, name: str, *argv: str) -> Command:
        return Command(name, argv, env=self.env, cwd=places.CHECKOUT)

    def _secret_key(self) -> str:
        path = self.var / "secret_key"
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(50))
        return path.read_text()


def _last_sentence(complaint: str) -> str:
    """What a failed command said last, without the name of the exception it came as."""
    lines = complaint.strip().splitlines() or ["it said nothing"]
    return re.sub(r"^[\w.]+: ", "", lines[-1])


def _problems(url: str) -> list[str]:
    """What /readyz says is wrong; nothing when all is well."""
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310
            return []
    except urllib.error.HTTPError as error:
        return list(json.load(error).get("problems", []))
    except OSError:
        return ["web does not answer yet"]


def _answers(url: str) -> bool:
    """Whether an address answers with 200 now."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except OSError:
        return False

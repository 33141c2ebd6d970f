"""Runs the product's processes as one: a common log, a restart after a crash, an orderly end.

`make run`, `make demo` and the end-to-end tests use it. No threads and no event loop: each child
writes to a log file of its own, so nothing blocks while nobody looks, and `poll` does all the work there is:
copies new lines into the common log (`name | line`) and starts again what has crashed.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO, TextIO

from deploy import processes
from deploy.places import Account
from deploy.problems import StartFailed, StartTimedOut

TICK = 0.1
LOOK_SECONDS = 0.2
LONGEST_LOG = 50_000_000
COLOURS = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)


@dataclass(frozen=True)
class Command:
    """One process: what runs and how it is treated. `env` is added to ours; times are in seconds.

    After a crash it starts again after `backoff[0]`, twice as long each further time up to `backoff[1]`; having lived
    for `steady` it counts as healthy anew. `grace` is what it gets between SIGTERM and SIGKILL.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    account: Account | None = None
    restart: bool = True
    backoff: tuple[float, float] = (0.5, 30.0)
    steady: float = 30.0
    grace: float = 10.0


class Supervisor:
    """The processes of one var folder. Use it in a `with` block, or call `stop` at the end."""

    def __init__(self, log_folder: Path, echo: TextIO | None = None) -> None:
        """Logs go to `fairdial.log` and NAME.log in `log_folder`; the common one also to `echo`, coloured on a tty."""
        log_folder.mkdir(parents=True, exist_ok=True)
        self.log = log_folder / "fairdial.log"
        self._folder = log_folder
        self._common = open(self.log, "a", encoding="utf-8", errors="replace")  # noqa: SIM115
        self._echo = echo
        self._children: dict[str, _Child] = {}
        self._told_to_end = False
        self._watches: list[Callable[[], list[str]]] = []

    def __enter__(self) -> "Supervisor":
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def start(self, command: Command) -> None:
        """Start one process; its name must be new, or that of one that has been ended. Raises StartFailed."""
        known = self._children.get(command.name)
        if known and known.is_alive():
            raise StartFailed(f"A process named {command.name!r} already runs: give this one another name.")
        self._children[command.name] = child = _Child(command, self._folder / f"{command.name}.log")
        child.launch()

    def end(self, name: str) -> None:
        """End one process for good: SIGTERM, then SIGKILL to its group after its grace."""
        child = self._children[name]
        child.wanted = False
        deadline = time.monotonic() + child.command.grace
        child.signal(signal.SIGTERM)
        while child.is_alive() and time.monotonic() < deadline:
            self._copy_logs()
            time.sleep(0.02)
        child.kill_group()
        self._copy_logs()

    def stop(self) -> None:
        """End everything, the last started first, and close the log. Harmless when done twice."""
        for name in reversed(self._children):
            self.end(name)
        self._children.clear()
        self._common.close()

    def watch(self, look: Callable[[], list[str]]) -> None:
        """Let each `poll` also look after something else; what `look` returns goes to the log."""
        self._watches.append(look)

    def poll(self) -> None:
        """Do what there is to do, without waiting: copy log lines, start again what crashed."""
        for look in self._watches:
            for notice in look():
                self._write("supervisor", notice)
        self._copy_logs()
        for child in self._children.values():
            notice = child.look_after()
            if notice:
                self._write("supervisor", notice)

    def run(self, until: Callable[[], bool] = lambda: False) -> None:
        """Look after the processes until `until()`, `tell_to_end`, SIGINT or SIGTERM. It does not stop them."""
        with self._signals_heard():
            while not self._told_to_end and not until():
                self.poll()
                time.sleep(TICK)
        self.poll()

    def tell_to_end(self) -> None:
        """Make `run` return within a tick; safe in a signal handler."""
        self._told_to_end = True

    def wait_ready(self, name: str, ready: Callable[[], bool], timeout: float) -> None:
        """Look after the processes until `ready()`; `timeout` in seconds.

        Raises StartFailed when the process ended and is not to start again, StartTimedOut; both with its last lines.
        """
        deadline = time.monotonic() + timeout
        while not ready():
            self.poll()
            child = self._children[name]
            if not child.is_alive() and not child.command.restart:
                raise StartFailed(f"{name} ended (code {child.exit_code}): {processes.last_lines(child.log)}")
            if time.monotonic() > deadline:
                raise StartTimedOut(f"{name} was not ready after {timeout:g} s: {processes.last_lines(child.log)}")
            time.sleep(LOOK_SECONDS)

    def pid(self, name: str) -> int | None:
        """The process id while it runs, else None. Raises KeyError for an unknown name."""
        child = self._children[name]
        return child.process.pid if child.process and child.is_alive() else None

    def exit_code(self, name: str) -> int | None:
        """How it ended last (negative: by that signal), None while it runs."""
        return self._children[name].exit_code

    def kill(self, name: str, sig: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to the process (not its group); one that dies of it counts as crashed."""
        self._children[name].signal(sig)

    def _copy_logs(self) -> None:
        for index, (name, child) in enumerate(self._children.items()):
            for line in child.new_lines():
                self._write(name, line, COLOURS[index % len(COLOURS)])
        self._common.flush()

    def _write(self, name: str, line: str, colour: int = 31) -> None:
        self._common.write(f"{name:<10} | {line}\n")
        if self._echo:
            label = f"\033[{colour}m{name:<10} |\033[0m" if self._echo.isatty() else f"{name:<10} |"
            self._echo.write(f"{label} {line}\n")
            self._echo.flush()

    @contextmanager
    def _signals_heard(self) -> Iterator[None]:
        def heard(number: int, frame: FrameType | None) -> None:
            self.tell_to_end()

        before = {number: signal.signal(number, heard) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


class _Child:
    """One command's process, its log and its luck so far."""

    def __init__(self, command: Command, log: Path) -> None:
        self.command = command
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None
        self.wanted = True
        self._crashes = 0
        self._started = 0.0
        self._start_at: float | None = None
        self._rest = b""
        log.write_bytes(b"")
        self._reader: IO[bytes] = open(log, "rb")  # noqa: SIM115

    @property
    def exit_code(self) -> int | None:
        return self.process.poll() if self.process else None

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def launch(self) -> None:
        command = self.command
        self._start_at = None
        self._started = time.monotonic()
        try:
            with open(self.log, "ab") as output:
                self.process = processes.spawn(
                    command.argv,
                    output=output,
                    cwd=command.cwd,
                    env={**os.environ, "PYTHONUNBUFFERED": "1", **command.env},
                    account=command.account,
                )
        except OSError as error:
            raise StartFailed(f"{command.name} cannot be started: {error}") from error

    def look_after(self) -> str:
        """Start again what crashed, when its time has come. Returns a line for the log, or nothing."""
        if not self.wanted or not self.command.restart or self.is_alive():
            return ""
        now = time.monotonic()
        if self._start_at is None:
            if now - self._started > self.command.steady:
                self._crashes = 0
            first, longest = self.command.backoff
            pause = min(first * 2**self._crashes, longest)
            self._crashes += 1
            self._start_at = now + pause
            return f"{self.command.name} ended (code {self.exit_code}): starting it again in {pause:g} s"
        if now >= self._start_at:
            self.kill_group()
            self.launch()
            return f"{self.command.name} is started again"
        return ""

    def signal(self, number: signal.Signals) -> None:
        if self.process is not None and self.is_alive():
            self.process.send_signal(number)

    def kill_group(self) -> None:
        """Nothing of it may stay, not even children that outlived it."""
        if self.process is not None:
            processes.kill_group(self.process.pid)
            self.process.wait()

    def new_lines(self) -> list[str]:
        self._rest += self._reader.read()
        *lines, self._rest = self._rest.split(b"\n")
        if self._reader.tell() > LONGEST_LOG:
            os.truncate(self.log, 0)  # it is written in append mode, so it goes on from the start
            self._reader.seek(0)
        return [line.decode(errors="replace").rstrip("\r") for line in lines]

"""How a child process is started and ended, so that it never outlives its launcher by accident.

Each child leads its own session (Ctrl-C at the terminal is ours to translate) and asks the kernel
for a signal at its parent's death, so a launcher killed with -9 leaves no service behind.
Hazard: the kernel means the *thread* that forked. Start children from a thread that stays.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from deploy.places import Account
from deploy.problems import StartFailed, StartTimedOut

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def spawn(
    argv: Sequence[str | Path],
    *,
    output: IO[bytes] | int,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    account: Account | None = None,
    death_signal: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start a child in its own session, as `account` if given, both outputs to `output`, no input.

    `death_signal` is what the kernel sends it when we die. Raises OSError as Popen does.
    """
    return subprocess.Popen(
        [str(part) for part in argv],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd=cwd,
        env=env,
        start_new_session=True,
        preexec_fn=_die_with(os.getpid(), death_signal),
        **as_account(account),
    )


def run(
    argv: Sequence[str | Path], *, cwd: Path, account: Account | None = None, stdin: str = "", timeout: float = 120.0
) -> str:
    """Run a short program to its end, as `account` if given, and return what it wrote.

    Raises StartFailed with its last lines when it fails, StartTimedOut after `timeout` seconds.
    """
    program = Path(argv[0]).name
    try:
        done = subprocess.run(
            [str(part) for part in argv],
            check=False,
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=cwd,
            timeout=timeout,
            env={**os.environ, "HOME": str(cwd)},
            preexec_fn=_die_with(os.getpid(), signal.SIGTERM),
            **as_account(account),
        )
    except subprocess.TimeoutExpired as error:
        raise StartTimedOut(
            f"{program} was not done after {timeout:g} s: is the machine overloaded or the disk full?"
        ) from error
    if done.returncode != 0:
        raise StartFailed(
            f"{program} failed (code {done.returncode}): {' | '.join(done.stdout.strip().splitlines()[-5:])}"
        )
    return str(done.stdout)


def as_account(account: Account | None) -> dict[str, Any]:
    """The arguments that make `subprocess` run a program as this account."""
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def _die_with(parent: int, death_signal: signal.Signals) -> Callable[[], None]:
    # It runs after the change of user: a change of user clears the parent-death signal.
    def ask() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return ask


def wait_until_ready(
    ready: Callable[[], bool], process: subprocess.Popen[bytes], *, name: str, timeout: float, log: Path
) -> None:
    """Return when `ready()` is true. Raises StartFailed if the process ends, StartTimedOut after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    pause = 0.005
    while not ready():
        if process.poll() is not None:
            raise StartFailed(
                f"{name} ended while starting (code {process.returncode}); look into {log}: {last_lines(log)}"
            )
        if time.monotonic() > deadline:
            raise StartTimedOut(f"{name} was not ready after {timeout:g} s; look into {log}: {last_lines(log)}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)


def stop(process: subprocess.Popen[bytes], ask: signal.Signals = signal.SIGTERM, grace: float = 10.0) -> int:
    """Ask the child to end; after `grace` seconds kill its whole group. Returns its exit code."""
    if process.poll() is None:
        process.send_signal(ask)
        try:
            process.wait(grace)
        except subprocess.TimeoutExpired:
            kill_group(process.pid)
    return process.wait()


def kill_group(leader: int) -> None:
    """Kill a child's whole process group at once; harmless when it is gone."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def is_alive(pid: int) -> bool:
    """Whether a process with this id exists and is not a zombie.

    A program's first thread may be a zombie while its others still end and hold its ports: then it lives.
    """
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
        threads = len(os.listdir(f"/proc/{pid}/task"))
    except OSError:
        return False
    return threads > 1 or status.rpartition(")")[2].split()[0] not in ("Z", "X")


def wait_gone(pid: int, timeout: float) -> bool:
    """Wait up to `timeout` seconds for a process that need not be our child; whether it has ended."""
    deadline = time.monotonic() + timeout
    while is_alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def end_stray(pid_file: Path, mark: str, asks: Sequence[signal.Signals], patience: float = 5.0) -> None:
    """End the process of a dead launcher, named by `pid_file`, if its command line holds `mark`; remove the file.

    Only for the holder of the folder's lock. It is first left `patience` seconds to end by itself (the kernel
    has told it to), then asked by each signal in turn, and killed at last.
    """
    try:
        pid = int(pid_file.read_text().split("\n")[0])
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except (OSError, ValueError):
        pid_file.unlink(missing_ok=True)
        return
    if os.fsencode(mark) in command and not wait_gone(pid, patience):
        for ask in (*asks, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, ask)
            if wait_gone(pid, patience):
                break
    pid_file.unlink(missing_ok=True)


def last_lines(log: Path, count: int = 5) -> str:
    """The last lines of a log in one, or a word that there are none."""
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        lines = []
    return " | ".join(line.strip() for line in lines[-count:]) or "(the log is empty)"

"""The supervisor: one log, restarts, an orderly end, and nothing left when it is killed."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy import processes
from deploy.problems import StartFailed, StartTimedOut
from deploy.supervisor import Command, Supervisor
from tests.deploy.conftest import PATIENT, running_in, wait_until

Launch = Callable[[str], subprocess.Popen[str]]


def python(name: str, text: str, **treatment: object) -> Command:
    return Command(name, (sys.executable, "-c", text), **treatment)  # type: ignore[arg-type]


def lines(supervisor: Supervisor) -> list[str]:
    supervisor.poll()
    return supervisor.log.read_text().splitlines()


def test_all_processes_speak_in_one_log(var: Path) -> None:
    screen = io.StringIO()
    with Supervisor(var, echo=screen) as supervisor:
        supervisor.start(python("web", "print('hello'); import time; time.sleep(600)"))
        supervisor.start(python("engine", "import sys, time; print('héllo', file=sys.stderr); time.sleep(600)"))
        wait_until(lambda: len(lines(supervisor)) == 2)
        assert sorted(lines(supervisor)) == ["engine     | héllo", "web        | hello"]
        assert "\033" not in screen.getvalue()


def test_what_crashes_is_started_again_ever_more_slowly(var: Path) -> None:
    with Supervisor(var) as supervisor:
        supervisor.start(python("frail", "raise SystemExit(3)", backoff=(0.05, 0.1), steady=1e6))
        wait_until(lambda: sum("starting it again" in line for line in lines(supervisor)) >= 3)
        notices = [line for line in lines(supervisor) if "starting it again" in line]
        assert notices[0] == "supervisor | frail ended (code 3): starting it again in 0.05 s"
        assert notices[1].endswith("in 0.1 s")
        assert notices[2].endswith("in 0.1 s")


def test_a_process_killed_from_outside_comes_back_with_another_id(var: Path) -> None:
    with Supervisor(var) as supervisor:
        supervisor.start(python("engine", "import time; time.sleep(600)", backoff=(0.05, 0.1)))
        before = supervisor.pid("engine")
        supervisor.kill("engine", signal.SIGKILL)
        wait_until(lambda: supervisor.pid("engine") is None)
        supervisor.run(until=lambda: supervisor.pid("engine") is not None)
        assert supervisor.pid("engine") != before


def test_one_that_is_not_to_restart_stays_ended(var: Path) -> None:
    with Supervisor(var) as supervisor:
        supervisor.start(python("seed", "raise SystemExit(4)", restart=False))
        wait_until(lambda: supervisor.exit_code("seed") == 4)
        supervisor.poll()
        assert supervisor.pid("seed") is None


def test_the_last_started_ends_first_and_the_deaf_are_killed_with_their_children(var: Path) -> None:
    polite = (
        "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: (print('bye'), sys.exit())); "
        "print('up'); time.sleep(600)"
    )
    deaf = (
        "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); os.fork(); "
        "print('up', flush=True); time.sleep(600)"
    )
    supervisor = Supervisor(var)
    supervisor.start(python("first", polite, cwd=var))
    supervisor.start(python("second", polite, cwd=var))
    supervisor.start(python("deaf", deaf, cwd=var, grace=0.3))
    wait_until(lambda: sum(line.endswith("| up") for line in lines(supervisor)) == 4)

    supervisor.stop()

    said = supervisor.log.read_text().splitlines()
    assert said.index("second     | bye") < said.index("first      | bye")
    assert running_in(var) == []


def test_waiting_for_one_that_fails_tells_its_last_words(var: Path) -> None:
    with Supervisor(var) as supervisor:
        supervisor.start(python("web", "raise SystemExit('the database is away')", restart=False))
        with pytest.raises(StartFailed, match=r"web ended \(code 1\): the database is away"):
            supervisor.wait_ready("web", lambda: False, timeout=PATIENT)
        supervisor.start(python("slow", "import time; time.sleep(600)"))
        with pytest.raises(StartTimedOut, match=r"slow was not ready after 0\.2 s"):
            supervisor.wait_ready("slow", lambda: False, timeout=0.2)


def test_a_program_that_is_not_there_is_told(var: Path) -> None:
    with Supervisor(var) as supervisor, pytest.raises(StartFailed, match="ghost cannot be started"):
        supervisor.start(Command("ghost", ("/nowhere/ghost",)))


def test_it_returns_at_sigterm(var: Path) -> None:
    with Supervisor(var) as supervisor:
        os.kill(os.getpid(), 0)
        supervisor.start(python("messenger", f"import os; os.kill({os.getpid()}, 15)", restart=False))
        supervisor.run()
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_a_supervisor_killed_with_9_takes_its_processes_along(var: Path, launcher: Launch) -> None:
    process = launcher(
        "import os, sys, time\n"
        "from pathlib import Path\n"
        "from deploy.supervisor import Command, Supervisor\n"
        f"os.chdir({str(var)!r})\n"
        "supervisor = Supervisor(Path('.'))\n"
        "supervisor.start(Command('child', (sys.executable, '-c', 'import time; time.sleep(600)')))\n"
        f"Path({str(var / 'pid')!r}).write_text(str(supervisor.pid('child')))\n"
        "print('up', flush=True)\n"
        "time.sleep(600)\n"
    )
    child = int((var / "pid").read_text())
    assert processes.is_alive(child)

    process.kill()
    process.wait()

    assert processes.wait_gone(child, PATIENT)


def test_a_log_that_grew_too_long_begins_anew(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.supervisor.LONGEST_LOG", 100)
    with Supervisor(var) as supervisor:
        supervisor.start(
            python("chatty", "import time\nfor n in range(40):\n print('line', n); time.sleep(.01)", restart=False)
        )
        wait_until(lambda: lines(supervisor)[-1:] == ["chatty     | line 39"])
        # What is written in the very instant in which it begins anew is lost.
        assert len(lines(supervisor)) >= 38

"""How long a newcomer waits: from a clean clone to the first answered call of `make demo`.

Three times: with nothing cached, in a second clone that finds the first one's caches (Python packages, Asterisk), and
once more in that clone. Whatever the environment says of databases and PBXs is left out. Aims are what a newcomer
bears; there is no baseline.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from bench.figures import Figure
from deploy import places, processes
from deploy.problems import StartFailed, StartTimedOut

ANSWERED = re.compile(r"placed · .*[1-9]\d* (answered|talking)")  # the first counts calls that are over
PATIENCE = 1800.0  # seconds
GOODBYE_SECONDS = 120.0
DEMO = "ARGS=--headless --every 1 --minutes 10"  # it would end by itself, should we be killed
OURS = re.compile(
    r"(DATABASE_URL|REDIS_URL|REDIS_PORT|VIRTUAL_ENV|PYTHONPATH|DJANGO_|FAIRDIAL_|ASTERISK_|CARRIER_|PIP_FIND)"
)


def measure(seconds: float | None) -> list[Figure]:
    """Seconds to the first answered call; a length of stretches does not apply."""
    with tempfile.TemporaryDirectory(prefix="fairdial-setup-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # services of their own account must get in, else they would find this machine's own cache
        env = _environment(folder)
        return [
            Figure("first answered call, nothing cached", _seconds(folder / "first", env), "s"),
            Figure("first answered call, second clone, caches filled", _seconds(folder / "second", env), "s"),
            Figure("first answered call, the same clone again", _seconds(folder / "second", env), "s"),
        ]


def _environment(folder: Path) -> dict[str, str]:
    """Ours without what points at servers or nearby packages, with caches of its own."""
    kept = {name: value for name, value in os.environ.items() if not OURS.match(name)}
    return {**kept, "FAIRDIAL_CACHE": str(folder / "cache"), "PIP_CACHE_DIR": str(folder / "pip")}


def _seconds(checkout: Path, env: Mapping[str, str]) -> float:
    began = time.monotonic()
    if not checkout.exists():
        clone = ["git", "clone", "--quiet", str(places.CHECKOUT), str(checkout)]
        subprocess.run(clone, check=True, timeout=PATIENCE)
    log = checkout.with_suffix(".log")
    with open(log, "wb") as output:
        demo = processes.spawn(["make", "demo", DEMO], output=output, cwd=checkout, env=env)
    try:
        _await_answer(demo, log, began + PATIENCE)
        return time.monotonic() - began
    finally:
        _end(demo)


def _await_answer(demo: subprocess.Popen[bytes], log: Path, deadline: float) -> None:
    while not ANSWERED.search(log.read_text(errors="replace")):
        if demo.poll() is not None:
            raise StartFailed(f"the demo ended before a call was answered: {processes.last_lines(log)}")
        if time.monotonic() > deadline:
            raise StartTimedOut(f"no call was answered in time: {processes.last_lines(log)}")
        time.sleep(0.1)


def _end(demo: subprocess.Popen[bytes]) -> None:
    """As Ctrl-C would, and if it does not listen, for good."""
    if demo.poll() is None:
        os.killpg(demo.pid, signal.SIGINT)
    try:
        demo.wait(GOODBYE_SECONDS)
    except subprocess.TimeoutExpired:
        processes.kill_group(demo.pid)
        demo.wait()

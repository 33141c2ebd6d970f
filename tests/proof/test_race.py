"""The race proof, short: it holds, and it can fail."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import running_in

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
CHECKOUT = Path(__file__).resolve().parents[2]
SERVERS = ("DATABASE_URL", "REDIS_URL", "FAIRDIAL_VAR")


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that servers of their own account can enter; nobody works in it afterwards."""
    memory = Path("/dev/shm")
    made = Path(tempfile.mkdtemp(prefix="fairdial-proof-", dir=memory if os.access(memory, os.W_OK) else None))
    yield made
    left = running_in(made)
    shutil.rmtree(made, ignore_errors=True)
    assert not left


# People are few, as leads are tried for a second time only when all have been tried once or refused.
# A machine that is slow makes few calls: it gets more time for fewer days, and fewer of it are killed, until every rule
# has had its turn.
PACES = (
    ("--minutes", "0.35", "--days", "2", "--pace", "4"),
    ("--minutes", "0.7", "--days", "1.5", "--pace", "3"),
    ("--minutes", "2", "--days", "1", "--pace", "1.5"),
)


def race(folder: Path, *arguments: str):
    """Its exit code and what it found; it brings a PostgreSQL of its own, in a folder of its own."""
    own = tempfile.mkdtemp(dir=folder)
    options = ("--workers", "4", "--seed", "7", "--json", *arguments)
    env = {name: value for name, value in os.environ.items() if name not in SERVERS}
    done = subprocess.run(
        [sys.executable, "-m", "tests.proof", *options, "--folder", own],
        cwd=CHECKOUT, env=env, capture_output=True, text=True, timeout=500,
    )  # fmt: skip
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


BROKEN = {
    "frequency_caps",
    "minimum_gaps",
    "calling_hours",
    "hours_of_a_kind_of_phone",
    "spread_over_the_day",
    "attempts_of_a_lead",
    "do_not_call",
}
AT_ONCE = {"two_calls_to_one_person_at_once", "two_calls_to_one_number_at_once"}


def test_no_rule_is_broken_while_everybody_races_and_is_killed(folder: Path) -> None:
    for pace in PACES:
        code, found = race(folder, "--people", "100", *pace)
        assert not any(found["violations"].values())
        if code == 0:
            break

    assert (code, found["faults"]) == (0, [])
    assert {"engine", "backend", "recovery"} <= set(found["kills"])


def test_the_checker_sees_what_happens_without_rules_and_locks(folder: Path) -> None:
    for pace in PACES:
        code, found = race(folder, "--people", "30", *pace, "--break", "all")
        seen = {check for check, count in found["violations"].items() if count}
        if seen >= BROKEN and seen & AT_ONCE:
            break

    assert code == 1
    assert seen >= BROKEN
    assert seen & AT_ONCE

"""Benchmarks of the database run from end to end, on a few leads each."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from deploy import places


@pytest.mark.parametrize(("name", "leads"), [("reserve", "4000,12000"), ("worst", "6000"), ("decisions", "150")])
def test_a_quick_look_ends_with_a_table(name, leads, tmp_path):
    ours = {"DATABASE_URL", "REDIS_URL", "FAIRDIAL_VAR"}
    env = {key: value for key, value in os.environ.items() if key not in ours} | {"FAIRDIAL_VAR": str(tmp_path)}
    tmp_path.chmod(0o755)
    for folder in tmp_path.parents[:2]:  # the server's own account must get through
        folder.chmod(0o755)
    results = tmp_path / "results"
    command = [sys.executable, "-m", "bench", name, "--leads", leads, "--seconds", "0.2", "--results", str(results)]

    done = subprocess.run(command, cwd=places.CHECKOUT, env=env, capture_output=True, text=True, timeout=240)

    assert done.returncode == 0, done.stderr[-2000:]
    assert "took" in done.stdout
    assert (results / f"{name}.json").exists()

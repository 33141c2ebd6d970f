"""One running Asterisk: its folder rendered from templates, started, watched until it takes calls, stopped.

Several live side by side (ours, a second of ours for failover tests, the one that plays the
carrier): each has its own folders, ports and media range. As root it runs as an unprivileged user.
It is our child and dies with us; a next launcher on the same folder first sees a leftover out.
"""

import logging
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy import places, processes
from deploy.asterisk import addresses, install, rendering
from deploy.asterisk.addresses import Addresses
from deploy.asterisk.install import Installation
from deploy.asterisk.manager import Manager, ManagerError
from deploy.locks import FolderLock
from deploy.problems import PortTaken

log = logging.getLogger(__name__)

TEMPLATES = Path(__file__).parent
START_TIMEOUT = 180.0  # a busy machine was seen to need 70; one that has died is noticed at once
PROVISIONED = "pjsip_fairdial.conf"
# Files whose absence Asterisk logs as an error although their defaults are what we want.
EMPTY = ("acl.conf", "ccss.conf", "features.conf", "pjproject.conf", "udptl.conf")


class Instance:
    """An Asterisk in `var/asterisk/NAME`.

    `templates` are folders whose *.conf files are rendered, later ones over earlier ones; `values` are added to
    the names they may use; `prefix` begins the environment variables that ask for ports.
    """

    def __init__(
        self,
        name: str,
        var: Path,
        *,
        templates: Sequence[Path] = (TEMPLATES,),
        values: Mapping[str, str] | None = None,
        prefix: str = "ASTERISK",
        installation: Installation | None = None,
    ) -> None:
        self.name = name
        self.prefix = prefix
        self.addresses: Addresses | None = None
        self._values = dict(values or {})
        self._templates = tuple(templates)
        self._installation = installation
        self._account = places.service_account()
        self._wanted = Path(var) / "asterisk" / name
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: FolderLock | None = None
        self.sip_host = os.environ.get(f"{prefix}_SIP_HOST") or "127.0.0.1"
        self.http_host = os.environ.get(f"{prefix}_WS_HOST") or "127.0.0.1"

    def start(self, timeout: float = START_TIMEOUT) -> Addresses:
        """Start, wait up to `timeout` seconds until calls can be made, and return where it listens.

        Raises AlreadyRunning, NoAsterisk, NotWritable, PortTaken, BadSetting, StartFailed or StartTimedOut.
        """
        warn_if_own_name_is_unknown()
        self._installation = self._installation or install.ensure(log.info)
        self.folder = places.service_folder(self._wanted, self._account)
        self._lock = FolderLock(self.folder / "launcher.lock")
        self._lock.take(f"The Asterisk {self.name!r}")
        try:
            processes.end_stray(self.folder / "pid", str(self._main_file), (signal.SIGTERM,))
            memory = self.folder / "addresses.json"
            self.addresses = addresses.choose(memory, self.prefix, self.sip_host, self.http_host)
            self._render(self._installation, self.addresses)
            self._launch(self._installation, timeout)
        except BaseException:
            self.stop()
            raise
        return self.addresses

    def stop(self) -> None:
        """End it: calls are hung up. Harmless when it does not run."""
        if self._process is not None:
            processes.stop(self._process, signal.SIGTERM, grace=15.0)
            self._process = None
            (self.folder / "pid").unlink(missing_ok=True)
            if self._run_folder.parent != self.folder:
                shutil.rmtree(self._run_folder, ignore_errors=True)
        if self._lock is not None:
            self._lock.drop()

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process else None

    @property
    def provisioned_file(self) -> Path:
        """The file of trunks and phones that its pjsip.conf includes; write it whole and reload res_pjsip.so."""
        return self.folder / "etc" / PROVISIONED

    @property
    def log_file(self) -> Path:
        """Its own log: notices, warnings and errors."""
        return self.folder / "log" / "messages"

    def keeper(self, timeout: float = 5.0) -> Manager:
        """A logged-in AMI connection with the launcher's own user (commands and reloads, no calls).

        Raises ManagerError.
        """
        assert self.addresses is not None, "not started"
        return Manager(self.addresses.ami_port, "keeper", self.addresses.keeper_secret, timeout=timeout)

    def command(self, line: str) -> str:
        """What its command line answers, e.g. to `core show channels`. Raises ManagerError."""
        with self.keeper() as manager:
            return manager.command(line)

    def provision(self, text: str) -> None:
        """Replace the trunks and phones by this text (see dialer.pbx.provisioning) and reload. Raises ManagerError."""
        self._write(self.provisioned_file, text)
        with self.keeper(timeout=20.0) as manager:
            manager.act("Reload", Module="res_pjsip.so")

    @property
    def _main_file(self) -> Path:
        return self.folder / "etc" / "asterisk.conf"

    @property
    def _run_folder(self) -> Path:
        return places.socket_folder(self.folder / "run", self._account, len("asterisk.ctl"))

    def _render(self, installation: Installation, at: Addresses) -> None:
        folders = {part: self.folder / part for part in ("etc", "lib", "spool", "run", "log")} | {
            "run": self._run_folder
        }
        for folder in (*folders.values(), self.folder / "lib" / "keys"):
            places.make_folder(folder, self._account)
        values = {
            **{name: str(value) for name, value in vars(at).items()},
            **{part: str(folder) for part, folder in folders.items()},
            "modules": str(installation.modules),
            "data": str(installation.data),
            "instance": self.name,
            "sip_host": self.sip_host,
            "http_host": self.http_host,
            **self._values,
        }
        texts = dict.fromkeys(EMPTY, "; defaults\n") | rendering.render_folders(self._templates, values)
        for name, text in texts.items():
            self._write(folders["etc"] / name, text)
        if not self.provisioned_file.exists():
            self._write(self.provisioned_file, "")

    def _write(self, path: Path, text: str) -> None:
        """Whole or not at all, readable by the account only: these files hold secrets."""
        new = path.with_name(f".{path.name}.new")
        new.unlink(missing_ok=True)
        new.touch(mode=0o600)
        new.write_text(text)
        if self._account:
            os.chown(new, self._account.uid, self._account.gid)
        new.replace(path)

    def _launch(self, installation: Installation, timeout: float) -> None:
        self.log_file.unlink(missing_ok=True)
        console = self.folder / "log" / "console"
        with open(console, "wb") as output:
            self._process = processes.spawn(
                [*installation.asterisk, "-C", self._main_file, "-f"],
                output=output,
                cwd=self.folder,
                env={**os.environ, "HOME": str(self.folder)},
                account=self._account,
            )
        (self.folder / "pid").write_text(str(self._process.pid))
        name = f"Asterisk {self.name!r}"
        watched = self.log_file if self.log_file.exists() else console
        processes.wait_until_ready(self._is_booted, self._process, name=name, timeout=timeout, log=watched)
        if self.log_file.exists() and "Address already in use" in self.log_file.read_text(errors="replace"):
            raise PortTaken(
                f"A port of {name} was taken by another program while it started: "
                f"start again, or set {self.prefix}_SIP_PORT to a free one."
            )

    def _is_booted(self) -> bool:
        try:
            with self.keeper(timeout=10.0) as manager:
                manager.wait_for(lambda event: event.get("Event") == "FullyBooted", timeout=10.0)
        except ManagerError:
            return False
        return True


def warn_if_own_name_is_unknown() -> bool:
    """Log a warning, and return True, where this machine's own name does not resolve: every call would wait for DNS."""
    name = socket.gethostname()
    try:
        socket.getaddrinfo(name, None)
    except OSError:
        log.warning(
            "This machine's name %s does not resolve, which makes every call wait: add '127.0.0.1 %s' to /etc/hosts.",
            name,
            name,
        )
        return True
    return False

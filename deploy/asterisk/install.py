"""Decides which Asterisk runs: the system's, if 20 or newer, else a private copy unpacked from Debian.

The copy needs no root and disturbs nothing. It lies in a cache outside the checkout, named after its
version, so that a second clone does not pay for it again; it is built in a temporary folder and
renamed into place, so a half-made one is never used. It runs by its own loader and libraries.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deploy import places
from deploy.asterisk.apt import FetchFailed, Package, PrivateApt
from deploy.locks import FolderLock
from deploy.problems import DeployError, NoBinaries

OLDEST = 20
SUITE = "unstable"  # Debian's stable releases have no Asterisk
WANTED = ("asterisk", "sip-tester")
# What Asterisk runs with, of all that its package asks for: libraries, not perl, python, gnupg and the like.
RUN_WITH = re.compile(
    r"(asterisk|asterisk-modules|asterisk-core-sounds-.*|sip-tester|zlib1g|openssl-provider.*"
    r"|lib(?!perl|python|icu|codec2|snmp|c-gconv|pam-modules|asound2-data|gnutls|db5|nss-|unbound-).*)$"
)
MEGABYTE = 1_000_000


class NoAsterisk(NoBinaries):
    """There is no Asterisk and no copy can be fetched; the text says what to install."""


@dataclass(frozen=True)
class Installation:
    """An Asterisk that runs here: how to start it, and where its parts are."""

    version: str
    asterisk: tuple[str, ...]
    modules: Path
    data: Path
    sipp: tuple[str, ...] | None
    private: bool


def ensure(say: Callable[[str], None] = lambda line: None) -> Installation:
    """The Asterisk to use, fetched first if there is none; `say` gets a line for each slow step.

    Raises NoAsterisk, NotWritable, or AlreadyRunning when another run fetches for over 15 minutes.
    """
    found = find()
    if found:
        return found
    cache = places.cache_folder(places.service_account())
    lock = FolderLock(cache / "asterisk.lock")
    lock.take("Fetching Asterisk into the cache", wait=900.0)
    try:
        return find() or _fetch(cache, say)
    except (FetchFailed, OSError) as error:
        raise NoAsterisk(
            f"Asterisk {OLDEST} or newer was not found and a private copy cannot be fetched ({error}): "
            "install the package asterisk, or set FAIRDIAL_DEBIAN_MIRROR to a Debian mirror that can be reached."
        ) from error
    finally:
        lock.drop()


def find() -> Installation | None:
    """The Asterisk that is already here: the system's, else the newest copy in the cache."""
    return _system() or _cached(places.cache_folder(places.service_account()))


def _system() -> Installation | None:
    program = shutil.which("asterisk", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    version = _version((program,)) if program else None
    if not program or not version:
        return None
    modules = _first(Path("/usr"), "lib/*/asterisk/modules", "lib/asterisk/modules", "local/lib/asterisk/modules")
    data = _first(Path("/"), "usr/share/asterisk/sounds", "var/lib/asterisk/sounds", "usr/local/share/asterisk/sounds")
    sipp = shutil.which("sipp")
    if not modules or not data:
        return None
    return Installation(version, (program,), modules, data.parent, (sipp,) if sipp else None, private=False)


def _cached(cache: Path) -> Installation | None:
    copies = sorted(cache.glob("asterisk-[0-9]*"), key=lambda copy: _numbers(copy.name), reverse=True)
    return next((_in_prefix(copy) for copy in copies if _numbers(copy.name)[0] >= OLDEST), None)


def _in_prefix(prefix: Path) -> Installation:
    loader = _first(prefix / "usr", "lib/*/ld-linux*.so.*", "lib64/ld-linux*.so.*", "lib/ld-linux*.so.*")
    modules = _first(prefix / "usr", "lib/*/asterisk/modules")
    if not loader or not modules:
        raise FetchFailed(f"{prefix} is not whole: remove it")
    run = (str(loader), "--library-path", str(modules.parent.parent))
    return Installation(
        version=prefix.name.removeprefix("asterisk-"),
        asterisk=(*run, str(prefix / "usr/sbin/asterisk")),
        modules=modules,
        data=prefix / "usr/share/asterisk",
        sipp=(*run, str(prefix / "usr/bin/sipp")),
        private=True,
    )


def _fetch(cache: Path, say: Callable[[str], None]) -> Installation:
    say("Asterisk is not installed: unpacking a private copy from Debian, once (about 50 MB).")
    with tempfile.TemporaryDirectory(dir=cache, prefix=".building-") as text:
        folder = Path(text)
        apt = PrivateApt(folder / "apt", SUITE)
        say("  reading the package lists")
        apt.update()
        packages = [package for package in apt.closure(WANTED) if RUN_WITH.match(package.name)]
        total = sum(package.size for package in packages)
        apt.download(
            packages,
            _in_steps(5 * MEGABYTE, lambda size: say(f"  fetched {size // MEGABYTE} of {total // MEGABYTE} MB")),
        )
        name = f"asterisk-{_upstream(packages)}"
        prefix = folder / name
        apt.unpack(prefix, _in_steps(30, lambda done: say(f"  unpacked {done} of {len(packages)} packages")))
        _finish(prefix)
        prefix.rename(cache / name)
    say(f"  Asterisk is ready in {cache / name}")
    return _in_prefix(cache / name)


def _in_steps(step: int, tell: Callable[[int], None]) -> Callable[[int], None]:
    """Tell of a growing number only when it has grown by a step."""
    told = 0

    def maybe(number: int) -> None:
        nonlocal told
        if number >= told + step:
            told = number
            tell(number)

    return maybe


def _finish(prefix: Path) -> None:
    """What the packages' own scripts would do, and a proof that it runs."""
    prefix.chmod(0o755)
    sounds = prefix / "usr/share/asterisk/sounds"
    spoken = _first(sounds, "en_*")
    if spoken and not (sounds / "en").exists():
        (sounds / "en").symlink_to(spoken.name)
    copy = _in_prefix(prefix)
    if not _version(copy.asterisk):
        raise FetchFailed("the unpacked copy does not run on this machine")


def _version(command: tuple[str | None, ...]) -> str | None:
    """What a working Asterisk of at least OLDEST says its version is."""
    try:
        done = subprocess.run([*filter(None, command), "-V"], capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    told = re.search(r"Asterisk (?:certified/)?(\d+(?:\.\d+)*)", done.stdout)
    return told[1] if told and int(told[1].split(".")[0]) >= OLDEST else None


def _upstream(packages: list[Package]) -> str:
    """ "1%3a22.10.1+dfsg…" → "22.10.1"."""
    version = next((package.version for package in packages if package.name == "asterisk"), None)
    if version is None:
        raise FetchFailed(f"Debian {SUITE} has no package asterisk at the moment")
    return re.sub(r"^\d+%3a", "", version).split("+")[0].split("-")[0].split("~")[0]


def _numbers(name: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", name))


def _first(folder: Path, *patterns: str) -> Path | None:
    return next((path for pattern in patterns for path in sorted(folder.glob(pattern))), None)


def main() -> int:
    """Fetch Asterisk if need be, quiet when it is there. Returns the exit code."""
    try:
        ensure(say=lambda line: print(line, file=sys.stderr, flush=True))
    except DeployError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

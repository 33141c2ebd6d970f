"""Decides where services keep their files, and as whom they run.

PostgreSQL refuses to run as root, and a telephone exchange should not: as root, services run as
`nobody`. That account cannot pass a checkout under /root, so such data goes to a folder of its own
under /var/tmp, and the log says so. A unix socket's path may have 107 bytes only, so sockets get
a short folder under /tmp when the data's own path is long.
"""

import hashlib
import logging
import os
import pwd
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from deploy.problems import BadSetting, NotWritable

log = logging.getLogger(__name__)

LONGEST_SOCKET_PATH = 107
# Names in these folders could be taken by strangers: make_folder refuses what is not ours.
OTHER_VAR = Path("/var/tmp")  # noqa: S108
SHORT_PLACE = Path("/tmp")  # noqa: S108
CHECKOUT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Account:
    """The unprivileged user that services run as."""

    name: str
    uid: int
    gid: int


def var_folder() -> Path:
    """The folder for everything that running leaves behind: FAIRDIAL_VAR, else `var/` of the checkout."""
    return Path(os.environ.get("FAIRDIAL_VAR") or CHECKOUT / "var").absolute()


def service_account() -> Account | None:
    """As whom services run: None for ourselves, or for root FAIRDIAL_SERVICE_USER (default nobody).

    Raises BadSetting when there is no such user.
    """
    if os.geteuid() != 0:
        return None
    name = os.environ.get("FAIRDIAL_SERVICE_USER", "nobody")
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise BadSetting(f"There is no user {name!r} to run services as: set FAIRDIAL_SERVICE_USER.") from None
    return Account(name, entry.pw_uid, entry.pw_gid)


def reachable(path: Path, account: Account | None) -> bool:
    """Whether the account may pass through every existing folder of this path."""
    if account is None:
        return True
    folders = [place for place in (path, *path.parents) if place.is_dir()]
    return all(_may_enter(place.stat(), account) for place in folders)


def _may_enter(entry: os.stat_result, account: Account) -> bool:
    if entry.st_uid == account.uid:
        return bool(entry.st_mode & stat.S_IXUSR)
    if entry.st_gid == account.gid:
        return bool(entry.st_mode & stat.S_IXGRP)
    return bool(entry.st_mode & stat.S_IXOTH)


def service_folder(wanted: Path, account: Account | None) -> Path:
    """A private folder for one service, made if need be: `wanted`, or one under /var/tmp.

    The second is taken when the account cannot get into `wanted`; the log says so.
    Raises NotWritable.
    """
    folder = wanted.absolute()
    _make_parents(folder)
    if not reachable(folder.parent.resolve(), account):
        folder = OTHER_VAR / f"fairdial-{short_name(wanted.parent)}" / wanted.name
        make_folder(folder.parent, None, mode=0o755)
        log.warning("%s cannot enter %s: using %s instead", account and account.name, wanted, folder)
    make_folder(folder, account)
    return folder


def cache_folder(account: Account | None) -> Path:
    """Where private copies of programs are kept, readable by the account: FAIRDIAL_CACHE, or
    `fairdial` in XDG_CACHE_HOME or ~/.cache, or /var/cache/fairdial where the account cannot get there.

    Raises NotWritable.
    """
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path(os.environ.get("FAIRDIAL_CACHE") or home / "fairdial").absolute()
    _make_parents(folder)
    if not reachable(folder.parent.resolve(), account):
        folder = Path("/var/cache/fairdial")
    make_folder(folder, None, mode=0o755)
    return folder


def make_folder(folder: Path, account: Account | None, mode: int = 0o700) -> None:
    """Make the folder, the account's own. Raises NotWritable when it cannot be, or is a stranger's."""
    _make_parents(folder)
    try:
        folder.mkdir(exist_ok=True)
        entry = folder.lstat()
        mine = {os.geteuid(), account.uid if account else os.geteuid()}
        if not stat.S_ISDIR(entry.st_mode) or entry.st_uid not in mine:
            raise NotWritable(f"{folder} belongs to someone else: remove it, or set FAIRDIAL_VAR to another folder.")
        if account:
            os.chown(folder, account.uid, account.gid)
        folder.chmod(mode)
    except OSError as error:
        raise _not_writable(folder, error) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise NotWritable(f"{folder} cannot be written: set FAIRDIAL_VAR to a folder that can.")


def _make_parents(folder: Path) -> None:
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _not_writable(folder, error) from error


def _not_writable(folder: Path, error: OSError) -> NotWritable:
    return NotWritable(
        f"{folder} cannot be written ({error.strerror}): set FAIRDIAL_VAR (or FAIRDIAL_CACHE) to a folder that can."
    )


def socket_folder(folder: Path, account: Account | None, longest_name: int) -> Path:
    """A folder whose unix sockets, named with up to `longest_name` bytes, have paths that fit.

    It is `folder` itself, or a private one under the temporary folder, always the same for the same `folder`.
    """
    if len(os.fsencode(folder)) + 1 + longest_name <= LONGEST_SOCKET_PATH:
        return folder
    short = (SHORT_PLACE if account else Path(tempfile.gettempdir())) / f"fairdial-{os.geteuid()}-{short_name(folder)}"
    make_folder(short, account)
    return short


def short_name(path: Path) -> str:
    """Twelve characters that stand for this path on this machine."""
    return hashlib.sha256(os.fsencode(path.absolute())).hexdigest()[:12]

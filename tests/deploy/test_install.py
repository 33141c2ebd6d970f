"""Finding Asterisk, and saying what to do where there is none."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from deploy.asterisk import apt, install
from deploy.asterisk.install import NoAsterisk

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(1800)]


@pytest.fixture
def bare(var: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without Asterisk and with an empty cache."""
    monkeypatch.setenv("FAIRDIAL_CACHE", str(var / "cache"))
    monkeypatch.setattr(install, "_system", lambda: None)
    return var


def test_the_asterisk_that_is_found_runs() -> None:
    found = install.ensure()

    told = subprocess.run([*found.asterisk, "-V"], capture_output=True, text=True, timeout=120, check=True).stdout
    assert found.version in told
    assert (found.modules / "chan_pjsip.so").exists()
    assert list(found.data.glob("sounds/en/hello-world.*"))
    if found.private:
        assert found.sipp is not None
        assert "SIPp" in subprocess.run([*found.sipp, "-v"], capture_output=True, text=True, timeout=120).stdout


def test_without_a_debian_mirror_it_says_what_to_install(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apt, "KEYRING", bare / "none")
    with pytest.raises(NoAsterisk, match=r"do not come from a Debian mirror\): install the package asterisk"):
        install.ensure()


def test_without_a_network_it_says_what_to_install(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRDIAL_DEBIAN_MIRROR", "http://127.0.0.1:9/debian")
    with pytest.raises(NoAsterisk, match="install the package asterisk, or set FAIRDIAL_DEBIAN_MIRROR"):
        install.ensure()
    assert [path.name for path in (bare / "cache").iterdir()] == ["asterisk.lock"]


def test_a_version_is_read_from_the_packages_name() -> None:
    packages = [apt.Package("asterisk", "1%3a22.10.1+dfsg+~cs6.17.60671434-1", 1)]
    assert install._upstream(packages) == "22.10.1"


def test_only_what_asterisk_runs_with_is_unpacked() -> None:
    taken = [
        name
        for name in ("asterisk", "libssl3t64", "libperl5.42", "perl-base", "sip-tester", "gnupg", "libc6")
        if install.RUN_WITH.match(name)
    ]
    assert taken == ["asterisk", "libssl3t64", "sip-tester", "libc6"]

"""Imports by real processes: several at once, one of which is killed in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection

from campaigns import services
from campaigns.lists import importing, versions
from campaigns.models import Contact, ContactPhone, Lead, ListEntry, ListVersion
from tests import build
from tests.campaigns.cutting import small_parts

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = 3000
PATIENCE = 120.0


@pytest.fixture(autouse=True)
def _uploads_in(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "uploads"


def content() -> bytes:
    """Every tenth row is the same person as the one before, every twentieth has no number."""
    lines = ["customer id,name,phone"]
    for n in range(ROWS):
        customer = n - 1 if n % 10 == 9 else n
        lines.append(f"C{customer},Ann {n},{'12' if n % 20 == 0 else f'138{n:08d}'}")
    return "\n".join(lines).encode() + b"\n"


def cut_list(monkeypatch: pytest.MonkeyPatch) -> ListVersion:
    """A list that is cut into about thirty parts."""
    small_parts(monkeypatch, 100)
    made = services.upload_list(
        name="A",
        file=ContentFile(content(), name="a.csv"),
        default_country="CN",
        by=None,
        campaign=build.campaign(),
        ask_first=True,
    )
    version = made.versions.get()
    versions.look(version)
    versions.start(version=version, by=None, tell_workers=False)
    return version


def worker(version: ListVersion, media: Path) -> subprocess.Popen[bytes]:
    """A process that imports in the database of this test."""
    code = (
        "import django, sys; from django.conf import settings; django.setup();"
        f"settings.MEDIA_ROOT = {str(media)!r};"
        f"settings.DATABASES['default']['NAME'] = {connection.settings_dict['NAME']!r};"
        "from campaigns.lists import importing\n"
        f"while importing.step({version.pk}): pass"
    )
    return subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": os.getcwd()})


def until(condition: Any) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.01)


def nothing_is_doubled_or_lost(version: ListVersion) -> None:
    version.refresh_from_db()
    assert (version.state, version.rows_total) == ("ready", ROWS)
    good = version.rows_good
    assert good + version.rows_duplicate + version.rows_rejected == ROWS
    assert version.rows_rejected == ROWS // 20
    counts = [model.objects.count() for model in (Contact, ContactPhone, ListEntry, Lead)]
    assert counts == [good] * 4


@pytest.mark.parametrize("dies_in", ["reading", "applying", "publishing"])
def test_kill_9_of_a_worker_in_the_middle_doubles_and_loses_nothing(
    monkeypatch: pytest.MonkeyPatch, settings: Any, dies_in: str
) -> None:
    version = cut_list(monkeypatch)
    done = {"reading": "read", "applying": "applied", "publishing": "published"}[dies_in]
    first = worker(version, settings.MEDIA_ROOT)
    until(lambda: version.parts.filter(state=done).count() >= 2)

    first.send_signal(signal.SIGKILL)
    first.wait(timeout=PATIENCE)
    version.refresh_from_db()
    killed_in = version.state
    until(lambda: not importing.is_running(version.pk))
    importing.run(version.list_id)

    assert killed_in == dies_in
    nothing_is_doubled_or_lost(version)


def test_several_processes_share_one_import(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    version = cut_list(monkeypatch)
    workers = [worker(version, settings.MEDIA_ROOT) for _ in range(3)]

    for each in workers:
        assert each.wait(timeout=PATIENCE) == 0

    importing.run(version.list_id)
    nothing_is_doubled_or_lost(version)

"""What every test shares: how Hypothesis searches, in which order the folders run, and until when."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A slow or busy machine is not a failure: no deadline for a single example.
settings.register_profile("fairdial", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("fairdial")
TRANSCRIPTS = Path(__file__).parent / "transcripts"
# The quick ones first: what is broken shows early.
ORDER = ("rules", "campaigns", "dialer", "pbx", "browser", "e2e", "proof", "deploy")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _rank(item.path.parent.name))


def _rank(folder: str) -> int:
    return ORDER.index(folder) if folder in ORDER else 0


def pytest_runtest_setup(item: pytest.Item) -> None:
    """FAIRDIAL_TEST_UNTIL (seconds since 1970): what has not begun by then is skipped, and says so.

    A shared machine was seen to be 40 times slower than the day before; whoever limits the time of a whole run gets
    the results of what could be run instead of none.
    """
    until = float(os.environ.get("FAIRDIAL_TEST_UNTIL", "inf"))
    if time.time() > until:
        pytest.skip("the time for the whole run (FAIRDIAL_TEST_UNTIL) is over: this machine is very slow today")


@pytest.fixture(autouse=True)
def language_is_forgotten() -> Iterator[None]:
    """A page asked for in Chinese leaves its thread in Chinese, and the next test would be told so."""
    yield
    from django.conf import settings as django

    if django.configured:
        from django.utils import translation

        translation.deactivate()


@pytest.fixture(autouse=True)
def history_is_forgotten(request: pytest.FixtureRequest) -> Iterator[None]:
    """Touches, decisions and attempts are partitioned tables unknown to Django, whose own cleaning up leaves them."""
    yield
    marker = request.node.get_closest_marker("django_db")
    if marker and marker.kwargs.get("transaction"):
        from django.db import connection

        with request.getfixturevalue("django_db_blocker").unblock(), connection.cursor() as cursor:
            cursor.execute("TRUNCATE campaigns_touch, campaigns_decision, dialer_attempt, dialer_pacing")

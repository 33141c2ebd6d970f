"""One server, one database and one Chromium for all of these tests; a window of its own, logged in, for each.

The database is beside the unit tests', and nothing is undone in it: tests build campaigns and people of their own.
A window's console must stay free of errors, whatever its test does.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.management import call_command
from django.db import connection, connections
from django.test import Client
from django.test.testcases import LiveServerThread
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from campaigns import rulebook
from deploy import chromium
from tests import build
from tests.campaigns.browser.window import Window

ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# What is remembered by an id (rules by version, waterfalls by campaign) must not be that of another database.
FAR_IDS = """
SELECT setval(pg_get_serial_sequence('campaigns_policyversion', 'id'), 10000000),
       setval(pg_get_serial_sequence('campaigns_campaign', 'id'), 10000000)
"""
PATIENCE_MS = 30_000  # a slow machine is not a failure
Open = Callable[..., Window]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def database(django_db_blocker) -> Iterator[None]:
    """Committed, as a server in other threads must see it; with what a new installation begins with."""
    before, name = connection.settings_dict["NAME"], f"browser_{os.getpid()}"
    with django_db_blocker.unblock(), psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as postgres:
        postgres.execute(f"CREATE DATABASE {name}")
        connection.close()
        connection.settings_dict["NAME"] = name
        call_command("migrate", verbosity=0)
        with connection.cursor() as cursor:
            cursor.execute(FAR_IDS)
        rulebook.install()
        yield
        connections.close_all()
        connection.settings_dict["NAME"] = before
        postgres.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="package")
def server(database: None) -> Iterator[str]:
    """Where the pages are."""
    thread = LiveServerThread("127.0.0.1", StaticFilesHandler, connections_override={})
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    if thread.error:
        raise thread.error
    yield f"http://127.0.0.1:{thread.port}"
    thread.terminate()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = chromium.find()
    assert path, "run `make chromium` first"
    # Playwright runs an event loop in this very thread, which makes Django refuse its database although it is safe.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
        started = playwright.chromium.launch(executable_path=path, args=list(ARGS))
        yield started
        started.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def open_window(browser: Browser, server: str) -> Iterator[Open]:
    """`open_window(role, language=…)`: a window of somebody of this role, who is logged in."""
    contexts: list[BrowserContext] = []
    windows: list[Window] = []

    def opened(role: str = "manager", language: str = "en") -> Window:
        context = browser.new_context(base_url=server, viewport={"width": 1280, "height": 720}, locale="en-GB")
        contexts.append(context)
        context.add_cookies([_session(server, role), _cookie(server, settings.LANGUAGE_COOKIE_NAME, language)])
        windows.append(Window(_page(context)))
        return windows[-1]

    yield opened
    for context in contexts:
        context.close()
    assert [error for window in windows for error in window.errors] == []


@pytest.fixture
def window(open_window: Open) -> Window:
    """A manager's, in English."""
    return open_window()


def _page(context: BrowserContext) -> Page:
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    return page


def _session(server: str, role: str):
    client = Client()
    client.force_login(build.user(role))
    return _cookie(server, settings.SESSION_COOKIE_NAME, client.cookies[settings.SESSION_COOKIE_NAME].value)


def _cookie(server: str, name: str, value: str):
    return {"name": name, "value": value, "url": server}

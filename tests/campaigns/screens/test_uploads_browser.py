"""Uploads in a real browser: a connection cut midway, a page that is loaded again, a script that is not there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from campaigns.models import ContactList, ListVersion, StatusFeed, SuppressionFile, Upload
from campaigns.uploads import parts
from deploy import chromium
from tests.campaigns.screens.test_lists_browser import PATIENCE, log_in, manager, upload

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
__all__ = ["manager"]
ROWS = 60_000
PIECES = "**/api/v1/uploads/*"
LEAST_PIECE = 256 * 1024


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    path = chromium.find()
    assert path, "run `make chromium` first"
    # Playwright runs an event loop in this very thread, which makes Django refuse its database although it is safe.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Page:
    made = browser.new_context(viewport={"width": 1280, "height": 820}, locale="en-GB").new_page()
    made.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    return made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """About 2 MB: several pieces."""
    rows = (f"C{row},Ann Example,{13_800_000_000 + row}" for row in range(ROWS))
    made = tmp_path / "july.csv"
    made.write_text("\n".join(["customer id,name,phone", *rows]))
    return made


class Cut:
    """A connection that lets one piece through and is then cut, until it is mended."""

    def __init__(self, page: Page) -> None:
        self.page, self.pieces, self.is_cut = page, [], True
        page.route(PIECES, self._pass)

    def _pass(self, route: Route) -> None:
        if route.request.method == "PATCH":
            if self.is_cut and self.pieces:
                route.abort("connectionreset")
                return
            self.pieces.append(int(route.request.headers["upload-offset"]))
        elif self.is_cut and self.pieces:
            route.abort("internetdisconnected")
            return
        route.continue_()

    def mend(self) -> None:
        self.is_cut = False
        self.page.evaluate("dispatchEvent(new Event('online'))")


def choose(page: Page, server: Any, file: Path) -> None:
    page.goto(f"{server.url}/lists/upload/")
    page.set_input_files("input[name=file]", file)
    page.click("button.primary")


def test_an_upload_goes_on_by_itself_when_the_network_is_back(
    live_server: Any, manager: AbstractUser, page: Page, file: Path
) -> None:
    log_in(page, live_server, manager)
    cut = Cut(page)

    choose(page, live_server, file)
    expect(page.locator("[data-upload]")).to_contain_text("it goes on by itself")
    kept = parts.received(Upload.objects.get().pk)
    cut.mend()
    page.wait_for_url("**/columns/")

    assert cut.pieces[:2] == [0, LEAST_PIECE] and kept == LEAST_PIECE
    assert Path(ListVersion.objects.get().file.path).read_bytes() == file.read_bytes()
    assert not Upload.objects.exists()


def test_an_upload_goes_on_after_the_page_was_loaded_again_and_the_same_file_chosen(
    live_server: Any, manager: AbstractUser, page: Page, file: Path
) -> None:
    log_in(page, live_server, manager)
    cut = Cut(page)
    choose(page, live_server, file)
    expect(page.locator("[data-upload]")).to_contain_text("it goes on by itself")
    page.on("dialog", lambda dialog: dialog.accept())

    page.reload()
    cut.is_cut = False
    choose(page, live_server, file)
    page.wait_for_url("**/columns/")

    assert cut.pieces[:2] == [0, LEAST_PIECE]
    assert Path(ListVersion.objects.get().file.path).read_bytes() == file.read_bytes()


def test_an_upload_that_is_cancelled_leaves_nothing(
    live_server: Any, manager: AbstractUser, page: Page, file: Path
) -> None:
    log_in(page, live_server, manager)
    cut = Cut(page)
    choose(page, live_server, file)
    expect(page.locator("[data-upload]")).to_contain_text("it goes on by itself")
    cut.is_cut = False

    with page.expect_response(lambda answer: answer.request.method == "DELETE"):
        page.click("[data-upload] button")

    expect(page.locator("button.primary")).to_be_enabled()
    assert not Upload.objects.exists() and parts.all_ids() == set()


def test_a_file_that_can_not_be_read_is_refused_before_it_is_sent(
    live_server: Any, manager: AbstractUser, page: Page, tmp_path: Path
) -> None:
    log_in(page, live_server, manager)
    picture = tmp_path / "picture.png"
    picture.write_bytes(b"x" * 1000)

    choose(page, live_server, picture)

    expect(page.locator("[data-upload]")).to_contain_text("Only CSV, Excel (.xlsx) and zip files can be read.")
    expect(page.locator("button.primary")).to_be_enabled()


def test_without_the_script_the_form_sends_the_file_itself(
    live_server: Any, manager: AbstractUser, browser: Browser, file: Path
) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    log_in(page, live_server, manager)

    upload(page, live_server, file)

    assert ListVersion.objects.get().size == file.stat().st_size
    assert not Upload.objects.exists()


def test_a_file_that_has_come_is_kept_while_something_else_is_wrong_with_the_form(
    live_server: Any, manager: AbstractUser, page: Page, tmp_path: Path
) -> None:
    log_in(page, live_server, manager)
    register = tmp_path / "register.csv"
    register.write_text("13800138001\n13800138002\n")
    page.goto(f"{live_server.url}/do-not-call/files/upload/")
    page.set_input_files("input[name=file]", register)
    page.fill("input[name=reason]", "register of July")
    page.click("button.primary")
    expect(page.locator("main")).to_contain_text("The file has come already")

    page.fill("input[name=source]", "register")
    page.click("button.primary")
    page.wait_for_url(re.compile(r"/do-not-call/files/\d+/$"))

    assert SuppressionFile.objects.get().original_name == "register.csv"
    assert not Upload.objects.exists()


def test_a_status_feed_comes_in_pieces_as_well(
    live_server: Any, manager: AbstractUser, page: Page, tmp_path: Path
) -> None:
    log_in(page, live_server, manager)
    states = tmp_path / "states.csv"
    states.write_text("phone,status\n13800138001,vacant\n")
    page.goto(f"{live_server.url}/lists/status/upload/")
    page.set_input_files("input[name=file]", states)
    page.fill("input[name=source]", "carrier")
    page.click("button.primary")
    page.wait_for_url(re.compile(r"/lists/status/\d+/$"))

    assert StatusFeed.objects.get().original_name == "states.csv"
    assert not ContactList.objects.exists() and not Upload.objects.exists()

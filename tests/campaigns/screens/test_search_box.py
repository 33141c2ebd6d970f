"""The search box in a real browser, by keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection
from django.urls import reverse
from playwright.sync_api import Page, expect, sync_playwright

from deploy import chromium
from tests import build

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "correct horse"


@pytest.fixture
def page(live_server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """A supervisor who looks at the campaigns."""
    path = chromium.find()
    assert path, "run `make chromium` first"
    user = build.user("supervisor")
    user.set_password(PASSWORD)
    user.save()
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.set_default_timeout(60_000)
        page.goto(f"{live_server.url}{reverse('login')}")
        page.fill("input[name=username]", user.username)
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")
        page.wait_for_selector("#search")
        page.goto(f"{live_server.url}{reverse('campaigns')}")
        yield page
        # Within Playwright's event loop Django has a connection of its own, which nobody else would close.
        connection.close()
        browser.close()


def test_a_slash_leads_to_the_box_arrows_choose_and_enter_opens(page: Page):
    people = [build.contact(name=name) for name in ("王小芳", "王芳")]

    page.keyboard.press("/")
    page.keyboard.type("王")
    expect(page.locator("#suggestions [role=option]")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    chosen = page.locator("#suggestions [aria-selected=true]").get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{chosen}")

    assert chosen in [reverse("person", args=[person.pk]) for person in people]


def test_enter_without_a_choice_looks_for_all_and_nothing_of_it_is_in_the_address(page: Page):
    for _ in range(2):
        build.contact(name="Wang Fang")

    page.keyboard.press("/")
    page.keyboard.type("wang f")
    page.keyboard.press("Enter")
    page.wait_for_selector("#found")

    assert page.url.endswith(reverse("people"))


def test_escape_leaves_the_box_and_its_suggestions(page: Page):
    build.contact(name="Wang Fang")

    page.keyboard.press("/")
    page.keyboard.type("wang")
    page.wait_for_selector("#suggestions [role=option]")
    page.keyboard.press("Escape")

    expect(page.locator("#suggestions")).to_be_hidden()
    expect(page.locator("#search")).not_to_be_focused()


def test_a_slash_within_a_text_is_a_slash(page: Page, live_server):
    page.goto(f"{live_server.url}{reverse('people')}")

    page.fill("#id_who", "")
    page.press("#id_who", "/")

    expect(page.locator("#id_who")).to_have_value("/")

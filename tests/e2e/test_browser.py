"""An agent in a real browser: logs in, signs in with the softphone, talks, and writes the call up by one key."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from deploy import chromium
from dialer.models import Agent, Attempt, AttemptResult, Shift
from tests import build
from tests.e2e.conftest import PATIENCE, Floor, eventually, number

pytestmark = pytest.mark.browser

ARGS = (
    "--no-sandbox",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
PASSWORD = "correct horse"


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    path = chromium.find()
    assert path, "run `make chromium` first"
    # Playwright runs an event loop in this very thread, which makes Django refuse its database although it is safe.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGS))
        context = browser.new_context(viewport={"width": 1280, "height": 720}, permissions=["microphone"])
        page = context.new_page()
        page.set_default_timeout(PATIENCE * 1000)
        yield page
        browser.close()


def log_in(page: Page, floor: Floor, username: str) -> None:
    page.goto(f"{floor.stack.url}/login/")
    page.fill("input[name=username]", username)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")


def packets(page: Page) -> tuple[int, int]:
    stats = page.evaluate("async () => await window.fairdialPhone.stats()")
    return stats["packetsSent"], stats["packetsReceived"]


def test_a_browser_agent_takes_a_call_with_audio_both_ways_and_writes_it_up_by_one_key(floor: Floor, page: Page):
    campaign = floor.campaign(number("stays"))
    build.disposition("browser-sale", campaign=campaign, position=1)
    agent = build.agent(campaign, phone_kind=Agent.PhoneKind.WEBRTC)
    agent.user.set_password(PASSWORD)
    agent.user.save()

    log_in(page, floor, agent.user.username)
    page.click("#sign-in-button")
    page.wait_for_selector("#desk[data-state=paused]")
    page.keyboard.press("r")
    page.wait_for_selector("#desk[data-state=ready]")
    floor.start(campaign)
    page.wait_for_selector("#desk[data-state=talking]")

    expect(page.locator("#desk")).to_contain_text("Ada Example")
    sent, received = packets(page)
    page.wait_for_function(
        """async ([sent, received]) => {
            const now = await window.fairdialPhone.stats();
            return now.packetsSent > sent + 50 && now.packetsReceived > received + 50;
        }""",
        arg=[sent, received],
    )
    page.keyboard.press("e")
    page.wait_for_selector("#desk[data-state=wrap_up]")
    page.keyboard.press("1")
    page.wait_for_selector("#desk[data-state=ready]")

    attempt = Attempt.objects.get(campaign=campaign)
    assert (attempt.outcome, attempt.agent_id) == ("conversation", agent.pk)
    assert AttemptResult.objects.get(attempt_id=attempt.pk).disposition.code == "browser-sale"
    shift = Shift.objects.get(agent=agent)
    assert eventually(lambda: floor.state(shift) == "ready", "the agent is ready for the next call")


def test_the_wall_shows_a_call_without_a_reload(floor: Floor, page: Page):
    campaign = floor.campaign(number("stays"))
    shift = floor.agent(campaign)
    supervisor = build.user("supervisor")
    supervisor.set_password(PASSWORD)
    supervisor.save()
    log_in(page, floor, supervisor.username)
    page.goto(f"{floor.stack.url}/wall/")
    expect(page.locator("main")).to_contain_text(str(shift.agent))

    page.evaluate("window.sameDocument = true")
    floor.start(campaign)
    eventually(lambda: floor.state(shift) == "talking", "the agent talks")

    expect(page.locator("main .state--talking").first).to_be_visible(timeout=PATIENCE * 1000)
    assert page.evaluate("window.sameDocument") is True

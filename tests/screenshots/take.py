"""Takes the pictures of docs/lists.md: the real pages, in Chromium, with made-up people and numbers.

    make screenshots

SCREENSHOTS_LANGUAGE=zh-hans and SCREENSHOTS_FOLDER=… take them in Chinese and elsewhere, to look at. It is no test (its
name keeps it out of `make test`) but runs as one: the same server, database and browser.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django
from django.core.files.base import ContentFile
from django.db import connection
from django.utils import timezone, translation
from playwright.sync_api import Page, sync_playwright

from campaigns import rulebook, services
from campaigns.feeds import importing as feeds
from campaigns.feeds import uploading
from campaigns.lists import importing, versions
from campaigns.models import Campaign, ContactList, LineOfBusiness, ListVersion, Phone, User
from deploy import chromium
from tests import build
from tests.campaigns.lists.reading.making import workbook
from tests.screenshots import people

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]
LANGUAGE = os.environ.get("SCREENSHOTS_LANGUAGE", "en")
FOLDER = Path(os.environ.get("SCREENSHOTS_FOLDER", "docs/images"))
MOST_BYTES = 200_000
WIDTH, HEIGHT = 1280, 860
PATIENCE_MS = 120_000


@pytest.fixture
def manager() -> User:
    made = build.user("manager", language=LANGUAGE, time_zone="Asia/Shanghai", theme="light")
    made.username = "lin.yue"
    made.set_password("correct horse")
    made.save()
    return made


@pytest.fixture
def page(live_server: Any, manager: User, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    path = chromium.find()
    assert path, "run `make chromium` first"
    # Playwright runs an event loop in this very thread, which makes Django refuse its database although it is safe.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": WIDTH, "height": HEIGHT},
            color_scheme="light",
            reduced_motion="reduce",
            timezone_id="Asia/Shanghai",
        )
        context.add_cookies([{"name": django.LANGUAGE_COOKIE_NAME, "value": LANGUAGE, "url": live_server.url}])
        made = context.new_page()
        made.set_default_timeout(PATIENCE_MS)
        made.goto("/login/")
        made.fill("input[name=username]", manager.username)
        made.fill("input[name=password]", "correct horse")
        made.press("input[name=password]", "Enter")
        made.wait_for_url(lambda url: "/login/" not in url)
        yield made
        browser.close()


@pytest.fixture
def campaign(manager: User) -> Campaign:
    """A running campaign of a bank's cards, dialled in the daytime."""
    rulebook.install()
    cards = LineOfBusiness.objects.create(name="Cards" if LANGUAGE == "en" else "信用卡")
    return build.campaign(name="Autumn instalments" if LANGUAGE == "en" else "秋季分期", line_of_business=cards)


def test_take(page: Page, manager: User, campaign: Campaign, settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "uploads"
    with translation.override(LANGUAGE):
        _upload(page, tmp_path)
        july = _july(page, campaign, tmp_path)
        _waterfall(page, july, campaign, manager)
        _august(page, july, tmp_path)
        _search(page)
        _ruined(page, tmp_path)
        _progress(page, tmp_path)


def _upload(page: Page, folder: Path) -> None:
    """Midway through a file, with the connection gone."""
    file = folder / "客户名单.csv"
    file.write_bytes(people.table(people.some(12_000), "utf-8-sig"))
    pieces = iter(range(1))
    page.route("**/uploads/*", lambda route: route.continue_() if next(pieces, None) is not None else route.abort())
    page.goto("/lists/upload/")
    page.set_input_files("input[name=file]", file)
    page.click("button.primary")
    page.locator(".upload.waiting").wait_for()
    _shot(page, "list-upload")
    page.unroute("**/uploads/*")
    page.once("dialog", lambda dialog: dialog.accept())


def _july(page: Page, campaign: Campaign, folder: Path) -> ContactList:
    """A GB18030 file: how it is read, and what its import came to."""
    file = folder / "七月名单.csv"
    file.write_bytes(people.table(people.dirty(people.some(2_400)), "gb18030"))
    _send(page, file, f"?campaign={campaign.pk}")
    _shot(page, "list-reading")
    page.evaluate("document.querySelectorAll('section.card')[1].scrollIntoView()")
    page.evaluate("scrollBy(0, -60)")
    _shot(page, "list-columns")
    listed = ContactList.objects.latest("pk")
    page.click("button[value=start]")
    importing.run(listed.pk)
    return listed


def _waterfall(page: Page, listed: ContactList, campaign: Campaign, by: User) -> None:
    """After a status feed and do-not-call, in a campaign."""
    numbers = [f"+{number}" for number in Phone.objects.order_by("number").values_list("number", flat=True)]
    draw = random.Random(7)
    draw.shuffle(numbers)
    states = [("vacant", 190), ("suspended", 74), ("powered off", 41), ("risk", 12)]
    rows, at = ["phone,status"], 0
    for state, count in states:
        rows += [f"{number},{state}" for number in numbers[at : at + count]]
        at += count
    file = ContentFile("\n".join(rows).encode(), name="carrier.csv")
    said: dict[str, Any] = {"observed_at": None, "expires_at": None}
    feed = uploading.upload_feed(source="carrier", file=file, default_country="CN", by=by, read_later=False, **said)
    feeds.run(feed.pk)
    for number in numbers[at : at + 63]:
        services.suppress(number=number, reason="asked not to be called", by=by)
    _let_plan()
    page.goto(f"/lists/{listed.pk}/?campaign={campaign.pk}")
    page.locator(".funnel").first.wait_for()
    _shot(page, "list-waterfall")


def _august(page: Page, listed: ContactList, folder: Path) -> None:
    """The next version: who is new, changed and gone."""
    file = folder / "八月名单.csv"
    file.write_bytes(people.table(people.next_month(people.some(2_400)), "gb18030"))
    _send(page, file, f"?list={listed.pk}")
    page.click("button[value=start]")
    importing.run(listed.pk)
    page.goto(f"/lists/{listed.pk}/versions/2/")
    page.locator(".funnel").first.wait_for()
    _shot(page, "list-version")
    page.goto(f"/lists/{listed.pk}/versions/2/people/changed/")
    _shot(page, "list-changed")


def _search(page: Page) -> None:
    page.goto("/lists/")
    page.locator("#search").press_sequentially("王")
    page.locator("#suggestions [role=option]").first.wait_for()
    _shot(page, "list-search", clip_height=620)


def _ruined(page: Page, folder: Path) -> None:
    """A workbook whose numbers a spreadsheet has rounded."""
    file = workbook(folder / "branch.xlsx", {"Sheet1": people.ruined(people.some(120))})
    _send(page, file)
    page.click("button[value=start]")
    listed = ContactList.objects.latest("pk")
    importing.run(listed.pk)
    page.goto(f"/lists/{listed.pk}/versions/1/")
    page.locator(".funnel").first.wait_for()
    page.locator("a[href$='rejects.csv']").first.evaluate(
        "link => link.closest('.card').previousElementSibling.scrollIntoView()"
    )
    page.evaluate("scrollBy(0, -60)")
    _shot(page, "list-ruined")


def _progress(page: Page, folder: Path) -> None:
    """A large import, midway."""
    file = ContentFile(people.table(people.some(100_000), "utf-8"), name="all-customers.csv")
    listed = ContactList.objects.create(name="All customers" if LANGUAGE == "en" else "全部客户", default_country="CN")
    version = versions.add(list=listed, file=file, by=User.objects.get())
    versions.start(version=version, by=None, tell_workers=False)
    ListVersion.objects.filter(pk=version.pk).update(started_at=timezone.now())
    while importing.step(version.pk) and version.parts.exclude(state="waiting").count() < 3:
        pass
    page.goto(f"/lists/{listed.pk}/versions/1/")
    _shot(page, "list-progress", clip_height=560)


def _let_plan() -> None:
    """As an hour later: without figures of its tables PostgreSQL counted them the slow way round."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _send(page: Page, file: Path, query: str = "") -> None:
    page.goto(f"/lists/upload/{query}")
    page.set_input_files("input[name=file]", file)
    page.click("button.primary")
    page.wait_for_url("**/columns/")


def _shot(page: Page, name: str, clip_height: int = HEIGHT) -> None:
    """What is on the screen, without what floats over it for a moment."""
    page.evaluate("document.getElementById('toasts').replaceChildren()")
    path = FOLDER / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path, clip={"x": 0, "y": 0, "width": WIDTH, "height": clip_height})
    assert path.stat().st_size < MOST_BYTES, f"{path} is too large"

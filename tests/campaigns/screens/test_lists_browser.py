"""Lists in a real browser, with files as banks send them: GB18030 from an old system, and one that Excel has ruined."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AbstractUser
from playwright.sync_api import Page, expect, sync_playwright

from campaigns.lists import importing
from campaigns.models import Contact, ContactList
from deploy import chromium
from tests import build
from tests.campaigns.lists.reading.making import workbook

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "correct horse"
PATIENCE = 60_000
GB18030 = """客户号,姓名,手机号,省份,账户.额度
C1,王芳,13800138001,江苏,50000
C2,李雷,13800138002,浙江,
C2,李雷,13800138002,,
"""
RUINED = "customer id,name,phone\nC1,Ann,1.38E+10\n1.2E+15,Bob,13800138002\nC3,Cid,'13800138003\nC4,Dan,13800138004.0\n"


@pytest.fixture
def manager() -> AbstractUser:
    made = build.user("manager")
    made.set_password(PASSWORD)
    made.save()
    return made


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    path = chromium.find()
    assert path, "run `make chromium` first"
    # Playwright runs an event loop in this very thread, which makes Django refuse its database although it is safe.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        made = browser.new_context(viewport={"width": 1280, "height": 820}).new_page()
        made.set_default_timeout(PATIENCE)
        yield made
        browser.close()


def log_in(page: Page, server: Any, user: AbstractUser) -> None:
    page.goto(f"{server.url}/login/")
    page.fill("input[name=username]", user.username)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda url: "/login/" not in url)


def upload(page: Page, server: Any, path: Path, query: str = "") -> None:
    page.goto(f"{server.url}/lists/upload/{query}")
    page.set_input_files("input[name=file]", path)
    page.click("button:has-text('Upload')")
    page.wait_for_url("**/columns/")


def imported(page: Page, contact_list: ContactList) -> None:
    """Start it as a manager does, and do the work of the workers."""
    page.click("button[value=start]")
    expect(page.locator("main")).to_contain_text("Rows a second")
    importing.run(contact_list.pk)


def test_a_gb18030_list_is_read_shown_imported_uploaded_again_and_undone(
    live_server: Any, manager: AbstractUser, page: Page, tmp_path: Path
) -> None:
    july, august = tmp_path / "七月.csv", tmp_path / "八月.csv"
    july.write_bytes(GB18030.encode("gb18030"))
    august.write_bytes(GB18030.replace("50000", "80000").replace("C2", "C3").encode("gb18030"))
    log_in(page, live_server, manager)

    upload(page, live_server, july)
    expect(page.locator("main")).to_contain_text("王芳")
    expect(page.locator("main")).to_contain_text("+8613800138001")
    made = ContactList.objects.get()
    imported(page, made)
    expect(page.locator("main")).to_contain_text("3 rows = 2 good + 1 duplicate + 0 rejected.")
    expect(page.locator("main")).to_contain_text("same person as row 3")

    upload(page, live_server, august, f"?list={made.pk}")
    expect(page.locator("main")).to_contain_text("As they were read the last time.")
    imported(page, made)
    page.click("a[href$='/people/changed/']")
    expect(page.locator("main")).to_contain_text("额度: 50000 → 80000")
    page.go_back()
    page.click("button[data-opens=undo]")
    page.click("dialog button.danger")
    importing.run(made.pk)
    expect(page.locator(".page-state")).to_contain_text("undone")

    assert Contact.objects.get(customer_id="C1").attributes["account"]["额度"] == 50000
    assert not Contact.objects.filter(customer_id="C3").exists()


def test_the_characters_are_shown_in_other_readings_and_read_otherwise_by_one_click(
    live_server: Any, manager: AbstractUser, page: Page, tmp_path: Path
) -> None:
    july = tmp_path / "七月.csv"
    july.write_bytes(GB18030.encode("gb18030"))
    log_in(page, live_server, manager)

    upload(page, live_server, july)
    expect(page.locator("main")).to_contain_text("In this encoding the characters are those that people use")
    expect(page.locator("tr", has_text="read so")).to_contain_text("GB18030 / GBK")
    page.click("tr:has-text('Latin-1') button")
    expect(page.locator("tr", has_text="read so")).to_contain_text("Latin-1")
    expect(page.locator("main")).to_contain_text("Somebody chose it")
    page.click("tr:has-text('GB18030') button")

    expect(page.locator("tr", has_text="read so")).to_contain_text("王芳")


def test_a_workbook_that_excel_has_ruined_says_which_numbers_are_lost(
    live_server: Any, manager: AbstractUser, page: Page, tmp_path: Path
) -> None:
    head = ["customer id", "name", "phone"]
    rows = [head, ["C1", "Ann", 13800138001.0], ["C2", "Bob", "1.38E+10"], [6.2258801234567e17, "Cid", "13800138003"]]
    file = workbook(tmp_path / "ruined.xlsx", {"Sheet1": rows})
    log_in(page, live_server, manager)

    upload(page, live_server, file)
    expect(page.locator("main")).to_contain_text("rounded by a spreadsheet")
    imported(page, ContactList.objects.get())

    expect(page.locator("main")).to_contain_text("3 rows = 1 good + 0 duplicate + 2 rejected.")
    assert Contact.objects.get().customer_id == "C1"


def test_numbers_that_excel_has_ruined_are_told_apart_from_those_it_only_dressed_up(
    live_server: Any, manager: AbstractUser, page: Page, tmp_path: Path
) -> None:
    file = tmp_path / "ruined.csv"
    file.write_text(RUINED)
    log_in(page, live_server, manager)

    upload(page, live_server, file)
    expect(page.locator("main")).to_contain_text("rounded by a spreadsheet")
    imported(page, ContactList.objects.get())

    expect(page.locator("main")).to_contain_text("4 rows = 2 good + 0 duplicate + 2 rejected.")
    with page.expect_download() as download:
        page.click("a[href$='rejects.csv']")
    text = Path(download.value.path()).read_text("utf-8-sig")
    assert text.splitlines()[1].startswith("C1,Ann,1.38E+10,2,")

"""The same pages for a reader of Chinese: whole sentences, and room for them."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.campaigns.browser.conftest import Open
from tests.campaigns.browser.people import campaign_of_three, spent
from tests.campaigns.browser.test_rules import choose_cap
from tests.campaigns.browser.window import Window

# Names, zones and codes stay as they are; whole English phrases do not.
ENGLISH = re.compile(r"(?:\b[a-z]{2,}\b ){3,}")


def reads_chinese(window: Window) -> None:
    said = window.part("main").inner_text()
    assert re.search("[一-鿿]", said)
    assert ENGLISH.findall(said) == []


def test_rules_and_forecast(open_window: Open):
    window, (campaign, _leads) = open_window(language="zh-hans"), campaign_of_three()
    window.visit("campaign-rules", campaign.pk)
    window.part("#rules-caps summary").first.click()

    choose_cap(window.page)

    expect(window.part("#rules-caps .read-back")).to_contain_text("每位客户")
    expect(window.part("#rules-caps .effect")).to_contain_text(re.compile("3.*2|2.*3"))
    window.fits("zh-rules")

    window.visit("forecast", campaign.pk)

    expect(window.part("#forecast-hours")).to_be_visible()
    reads_chinese(window)
    window.fits("zh-forecast")


def test_the_waterfall_the_lead_and_the_person(open_window: Open):
    window, lead = open_window(language="zh-hans"), spent()
    window.visit("campaign", lead.campaign_id)
    window.fits("zh-campaign")
    window.part("main tr[data-href]").first.locator(".bar").click()
    window.fits("zh-leads")
    window.part("table tbody tr .num").first.click()

    expect(window.part(".verdict")).to_contain_text("现在不可拨：已达外呼频次上限")
    reads_chinese(window)
    window.fits("zh-lead")

    window.visit("person", lead.contact_id)

    reads_chinese(window)
    window.fits("zh-person")

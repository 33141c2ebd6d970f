"""The dry run of a campaign before it starts."""

from __future__ import annotations

from playwright.sync_api import expect

from campaigns.models import Suppression
from tests import build
from tests.campaigns.browser.people import campaign_of_three
from tests.campaigns.browser.window import Window


def test_the_forecast_tells_who_may_be_called_who_never_and_how_long_it_lasts(window: Window):
    campaign, leads = campaign_of_three(status="draft")
    Suppression.objects.create(phone=leads[2].contact.phones.get().pk)
    window.visit("campaign-rules", campaign.pk)
    window.page.get_by_role("link", name="See the forecast").click()

    window.shows("Every lead was asked.", "Callable in each hour")
    expect(window.card("Never callable")).to_contain_text("on the do-not-call list")
    expect(window.part("dl.figures .figure").last).to_contain_text("3")
    window.part("#agents").fill("2")
    expect(window.part("#forecast-hours")).to_contain_text("2 agents need")
    expect(window.part("#forecast-hours")).to_contain_text(
        "assumed, since this campaign has made fewer than 30 attempts"
    )
    window.fits("forecast")

    window.part("summary", has_text="As a table").click()

    expect(window.part("table.dense tbody tr")).to_have_count(7)
    expect(window.part("table.dense tbody tr").nth(1).locator("td").first).to_have_text("2")
    window.fits("forecast-table")


def test_a_campaign_without_leads_says_what_to_do(window: Window):
    campaign = build.campaign(status="draft")
    window.visit("forecast", campaign.pk)

    window.shows("No leads yet: upload a list, or attach one that is already here.")
    window.page.get_by_role("link", name="Back to the campaign").click()
    expect(window.page).to_have_title(f"{campaign.name} · Fairdial")

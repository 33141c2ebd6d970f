"""Setting rules: what was chosen is read back in a sentence, with what it leaves of the list, before it is saved."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from campaigns import policies
from campaigns.models import ComplianceProfile
from tests.campaigns.browser.conftest import Open
from tests.campaigns.browser.people import campaign_of_three
from tests.campaigns.browser.window import Window


def choose_cap(page: Page) -> None:
    """At most 1 attempt per person in any 30 days, over all campaigns."""
    form = page.locator("#rules-caps form")
    form.locator("[name=limit]").fill("1")
    form.locator("[name=counts]").select_option("attempts")
    form.locator("[name=window]").select_option("rolling")
    form.locator("[name=length]").fill("30")
    form.locator("[name=unit]").select_option("days")
    form.locator("[name=per]").select_option("contact")
    form.locator("[name=scope]").select_option("all")


def test_a_cap_is_read_back_with_what_it_leaves_of_the_list_and_then_holds(window: Window):
    campaign, _leads = campaign_of_three()
    window.visit("campaign-rules", campaign.pk)
    window.part(
        "#rules-caps summary",
    ).get_by_text("Add a cap").click()

    choose_cap(window.page)

    read_back = window.part("#rules-caps .read-back")
    expect(read_back).to_contain_text("At most 1 attempt per person in any 30 days, over all campaigns")
    expect(read_back).to_contain_text("Leaves 2 of 3 callable today, 2 this week. The rules in force: 3 and 3.")
    assert not any(cap.limit == 1 for cap in policies.of(campaign).caps)
    window.fits("cap", "#rules-caps")

    window.page.get_by_role("button", name="Add this cap").click()

    expect(window.part("#rules-caps")).to_contain_text("At most 1 attempt per person in any 30 days")
    expect(window.part("#rules-sheet")).to_contain_text("At most 1 attempt per person in any 30 days")
    assert any(cap.limit == 1 for cap in policies.of(campaign).caps)


def test_a_cap_that_cannot_be_says_so_while_it_is_typed(window: Window):
    campaign, _leads = campaign_of_three()
    window.visit("campaign-rules", campaign.pk)
    window.part("#rules-caps summary").get_by_text("Add a cap").click()

    choose_cap(window.page)
    window.part("#rules-caps form [name=length]").fill("99999")

    expect(window.part("#rules-caps .read-back")).not_to_contain_text("Leaves")
    window.page.get_by_role("button", name="Add this cap").click()
    window.shows("From 1 hour to 31 days: what is older may be gone.", within="#rules-caps")
    window.fits("cap-refused", "#rules-caps")


def test_hours_with_a_lunch_break_are_copied_to_the_other_days_and_become_the_week_in_force(window: Window):
    campaign, _leads = campaign_of_three()
    window.visit("campaign-rules", campaign.pk)
    hours = window.part("#rules-hours")
    for day in range(7):
        for name in (f"from{day}_0", f"to{day}_0", f"from{day}_1", f"to{day}_1"):
            hours.locator(f"[name={name}]").fill("")

    for name, typed in (("from0_0", "9"), ("to0_0", "12:00"), ("from0_1", "13.30"), ("to0_1", "20:00")):
        hours.locator(f"[name={name}]").fill(typed)
    hours.get_by_role("button", name="Copy to Tuesday–Friday").click()

    expect(hours.locator("[name=from4_1]")).to_have_value("13.30")
    expect(hours.locator(".read-back")).to_contain_text("Monday to Friday 09:00–12:00 and 13:30–20:00")
    expect(hours.locator(".effect")).to_contain_text(re.compile(r"Leaves \d of 3 callable today, 3 this week"))
    window.fits("hours", "#rules-hours")

    hours.get_by_role("button", name="Save calling hours").click()

    window.toast("Calling hours saved")
    expect(window.part("#rules-week tbody tr").first).to_contain_text("09:00–12:00 and 13:30–20:00")
    expect(window.part("#rules-week tbody tr").last).not_to_contain_text("09:00")
    campaign.refresh_from_db()
    assert campaign.week == [[[540, 720], [810, 1200]]] * 5 + [[], []]


def test_hours_that_overlap_are_refused_beside_their_day(window: Window):
    campaign, _leads = campaign_of_three()
    window.visit("campaign-rules", campaign.pk)
    hours = window.part("#rules-hours")
    for name, typed in (("from0_0", "9"), ("to0_0", "12"), ("from0_1", "11"), ("to0_1", "15")):
        hours.locator(f"[name={name}]").fill(typed)

    hours.get_by_role("button", name="Save calling hours").click()

    window.shows("Two times of one day overlap.", within="#rules-hours")
    window.fits("hours-refused", "#rules-hours")
    campaign.refresh_from_db()
    assert campaign.week == [[[0, 1440]]] * 7


def test_a_profile_says_what_it_asks_and_who_must_confirm_it_and_binds_once_it_is_saved(window: Window):
    campaign, _leads = campaign_of_three()
    profile = ComplianceProfile.objects.get(name="fr_prospection")
    window.visit("campaign-rules", campaign.pk)
    window.shows("a compliance officer must confirm a profile before you rely on it", within="#rules-profiles")
    chosen = window.part("#rules-profiles .profile", has_text=profile.title)
    chosen.get_by_text("What it asks").click()
    expect(chosen).to_contain_text("Source")

    chosen.locator("input[type=checkbox]").check()

    expect(window.part("#rules-profiles .read-back")).to_contain_text("10:00–13:00 and 14:00–20:00")
    expect(window.part("#rules-profiles .effect")).to_contain_text("of 3 callable today")
    window.fits("profiles", "#rules-profiles")

    window.page.get_by_role("button", name="Save profiles").click()

    window.toast("Compliance profiles saved; they hold from the next call on.")
    monday = window.part("#rules-week tbody tr").first
    expect(monday).to_contain_text("10:00–13:00 and 14:00–20:00")
    expect(monday).to_contain_text(profile.title)
    assert list(campaign.profiles.all()) == [profile]


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Compliance profile base: hours is a list; allowed: an object."),
        ("zh-hans", "合规方案 base：hours，现为：列表；允许：对象。"),
    ],
)
def test_what_is_wrong_in_a_file_of_profiles_is_said_in_the_readers_language(
    open_window: Open, language: str, sentence: str
):
    window = open_window(language=language)
    window.visit("rules")
    words = {"name": "p.json", "mimeType": "application/json"}
    content = b'{"profiles": [{"name": "base", "title": "B", "title_zh": "B", "hours": []}]}'

    window.part("input[type=file]").set_input_files({**words, "buffer": content})
    window.part("form[action$='/upload/'] button").click()

    window.shows(sentence)
    window.fits(f"profile-file-{language}", "#rules-retries")

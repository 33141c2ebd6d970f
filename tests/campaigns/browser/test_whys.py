"""Why, and when next: from a bar of the waterfall to its leads, to one lead, to the person."""

from __future__ import annotations

from playwright.sync_api import expect

from tests import build
from tests.campaigns.browser.conftest import Open
from tests.campaigns.browser.people import spent
from tests.campaigns.browser.window import Window


def test_a_bar_of_the_waterfall_opens_its_leads_and_each_of_them_its_page(window: Window):
    lead = spent()
    build.lead(lead.campaign, build.contact(name="Li Wei"), state="finished", reason="talked")
    window.visit("campaign", lead.campaign_id)
    window.fits("campaign")
    bar = window.card("Leads").locator("tbody tr", has_text="called as often as allowed")
    expect(bar.locator(".num")).to_have_text("1")

    bar.locator(".bar").click()

    expect(window.part("table tbody tr")).to_have_count(1)
    expect(window.part("table tbody")).to_contain_text("Wang Fang")
    expect(window.part("table tbody")).not_to_contain_text("Li Wei")
    window.fits("leads")
    window.part("table tbody tr .num").click()
    expect(window.page).to_have_title(f"Wang Fang · {lead.campaign.name} · Fairdial")


def test_the_lead_page_answers_why_and_when_and_who_spent_the_budget(window: Window):
    lead = spent()
    window.visit("lead", lead.campaign_id, lead.pk)

    expect(window.part(".verdict")).to_contain_text("Not callable now: called as often as allowed. May be called on")
    expect(window.card("What holds now")).to_contain_text("At most 1 attempt per person in any 24 hours")
    budget = window.card("Who spent the budget")
    expect(budget).to_contain_text("1 of 1 used")
    expect(budget).to_contain_text("Cards")
    expect(window.card("Stored decision")).to_contain_text("1 time")
    window.fits("lead")

    window.page.get_by_role("link", name="All about this person").click()

    expect(window.page).to_have_title("Wang Fang · Fairdial")


def test_the_person_page_tells_of_every_campaign_and_of_what_happened(window: Window):
    lead = spent()
    window.visit("person", lead.contact_id)

    whys = window.card("Why, and when next")
    expect(whys.locator("tbody tr")).to_have_count(2)
    expect(whys).to_contain_text("called as often as allowed")
    window.shows("in 2 campaigns", "nobody answered", "1 of 1 used")
    window.fits("person")

    whys.locator("tbody tr", has_text="Loans").locator(".num").click()

    expect(window.page).to_have_title(f"Wang Fang · {lead.campaign.name} · Fairdial")


def test_a_person_is_found_by_number_which_stays_out_of_the_address(window: Window):
    person = spent(name="Li Wei").contact
    window.visit("people")
    window.part("main input[name=who]").fill(f"+{person.phones.get().pk}")
    window.part("main input[name=who]").press("Enter")

    expect(window.page).to_have_title("Li Wei · Fairdial")
    assert str(person.phones.get().pk) not in window.path
    window.fits("found")


def test_a_supervisor_reads_why_and_changes_no_rule(open_window: Open):
    lead, window = spent(), open_window("supervisor")
    window.visit("campaign-rules", lead.campaign_id)

    window.shows("A campaign manager sets these rules.", "The week in force")
    expect(window.page.get_by_role("button", name="Save calling hours")).to_have_count(0)
    window.fits("rules-supervisor")

"""Caps, gaps, days, attempts, retries, order; everyone's rules and a line's."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns import policies, rulebook
from campaigns.models import (
    AuditEntry,
    Campaign,
    CampaignList,
    ClosedDay,
    Disposition,
    FrequencyCap,
    MinimumGap,
    RetryRule,
)
from tests import build
from tests.campaigns.screens.browsing import page, post
from tests.campaigns.screens.typed import CAP, GAP, GARBAGE, PARTS, text

pytestmark = pytest.mark.django_db


def test_a_cap_is_read_back_while_it_is_chosen(manager: Client, campaign: Campaign):
    html = text(manager.get(reverse("rules-words", kwargs={"campaign": campaign.pk, "what": "caps"}), CAP))

    assert "At most 3 answered calls per person in any 30 days, over all campaigns" in html
    assert reverse("rules-effect", args=[campaign.pk, "caps"]) in html
    assert not FrequencyCap.objects.filter(campaign=campaign).exists()


def test_the_sentence_names_the_line_of_business(manager: Client, campaign: Campaign):
    html = text(
        manager.get(
            reverse("rules-words", kwargs={"campaign": campaign.pk, "what": "caps"}),
            CAP | {"scope": "line_of_business"},
        )
    )

    assert "over all Cards campaigns" in html


def test_a_cap_is_added_ended_and_taken_back(manager: Client, campaign: Campaign):
    added = text(post(manager, "rules-save", CAP, campaign=campaign.pk, what="caps"))
    cap = FrequencyCap.objects.get(campaign=campaign)

    ended = post(manager, "rule-end", what="caps", pk=cap.pk)
    names_ended = {each.name for each in policies.current(campaign.pk).caps}
    back = text(post(manager, "rule-restore", what="caps", pk=cap.pk))

    assert "At most 3 answered calls per person in any 30 days" in added
    assert f"cap-{cap.pk}" not in names_ended
    assert "Undo" in text(ended)
    assert ended["HX-Trigger"] == "rules-read-back"
    assert "Undo" not in back
    assert f"cap-{cap.pk}" in {each.name for each in policies.current(campaign.pk).caps}


def test_rules_of_others_are_shown_with_who_gave_them_and_not_to_be_ended_here(manager: Client, campaign: Campaign):
    line = campaign.line_of_business
    rulebook.add_cap(owner=line, by=None, limit=9, window_hours=24)
    everyones = FrequencyCap.objects.get(campaign=None, line_of_business=None)

    html = page(manager, "rules-fragment", campaign.pk, "caps")

    assert "line of business Cards" in html
    assert "everyone" in html
    assert reverse("rule-end", kwargs={"what": "caps", "pk": everyones.pk}) not in html


def test_a_gap_is_added_for_a_time_or_for_good(manager: Client, campaign: Campaign):
    post(manager, "rules-save", GAP, campaign=campaign.pk, what="gaps")
    post(manager, "rules-save", GAP | {"after": "refusal", "wait": "never"}, campaign=campaign.pk, what="gaps")

    assert list(MinimumGap.objects.filter(campaign=campaign).order_by("pk").values_list("after", "minutes")) == [
        ("busy", 15),
        ("refusal", None),
    ]


@pytest.mark.parametrize(
    ("what", "data", "sentence"),
    [
        ("caps", CAP | {"length": 32}, "From 1 hour to 31 days"),
        ("caps", CAP | {"length": ""}, "From 1 hour to 31 days"),
        ("caps", CAP | {"limit": 1001}, "less than or equal to 1000"),
        ("caps", CAP | {"scope": "everything"}, "Select a valid choice."),
        ("gaps", GAP | {"wait": "never"}, "Only a refusal can be for good"),
        ("gaps", GAP | {"length": 36, "unit": "days"}, "At most 35 days"),
        ("gaps", GAP | {"after": "refusal", "length": 3651, "unit": "days"}, "At most 10 years."),
        ("gaps", GAP | {"length": ""}, "Say for how long."),
        ("days", {"day": "2001-01-01"}, "Choose a day from today on"),
        ("days", {"day": "2999-01-01"}, "Choose a day from today on"),
        ("days", {"day": "2026-12-24", "country": "XX"}, "Select a valid choice."),
        ("attempts", {"max_attempts": 21}, "less than or equal to 20"),
        (
            "attempts",
            {"max_attempts": 3, "label0": "home", "times0": 1, "label1": "home", "times1": 1},
            "Each kind of phone has one line in the order.",
        ),
        ("callbacks", {"fallback_minutes": 120, "expires_hours": 1}, "must expire after it has become"),
        ("retries", {"busy_wait": 5}, "Fill in both, or neither."),
    ],
)
def test_what_cannot_be_is_refused_next_to_its_field(
    manager: Client, campaign: Campaign, what: str, data: dict[str, object], sentence: str
):
    response = post(manager, "rules-save", data, campaign=campaign.pk, what=what)

    assert response.status_code == 200
    assert sentence in text(response)
    assert "HX-Trigger" not in response.headers


@pytest.mark.parametrize("garbage", GARBAGE)
@pytest.mark.parametrize("what", PARTS)
def test_whatever_is_typed_is_answered(manager: Client, campaign: Campaign, what: str, garbage: str):
    form = editors_form(campaign, what)
    data = dict.fromkeys(form.fields, garbage)

    saved = post(manager, "rules-save", data, campaign=campaign.pk, what=what)
    words = manager.get(reverse("rules-words", kwargs={"campaign": campaign.pk, "what": what}), data)
    effect = manager.get(reverse("rules-effect", args=[campaign.pk, what]), data)

    assert saved.status_code == 200
    assert {words.status_code, effect.status_code} <= {200, 404}


def editors_form(campaign: Campaign, what: str):
    from campaigns.views import editors

    return editors.OF_CAMPAIGN[what].form(campaign, None)


def test_a_part_that_does_not_exist_is_not_found(manager: Client, campaign: Campaign):
    line = campaign.line_of_business

    assert post(manager, "rules-save", campaign=campaign.pk, what="nothing").status_code == 404
    assert post(manager, "rules-save", line=line.pk, what="hours").status_code == 404
    assert manager.get(reverse("rules-fragment", args=[campaign.pk, "passwords"])).status_code == 404
    assert manager.get(reverse("campaign-rules", args=[999_999])).status_code == 404


def test_without_scripts_a_refusal_is_said_on_the_page(manager: Client, campaign: Campaign):
    address = reverse("rules-save", kwargs={"campaign": campaign.pk, "what": "caps"})

    html = text(manager.post(address, CAP | {"limit": "x"}, follow=True))

    assert "Enter a whole number." in html


def test_a_day_without_calls_is_added_removed_and_taken_back(manager: Client, campaign: Campaign):
    day = timezone.localdate() + timedelta(days=10)
    data = {"day": day.isoformat(), "country": "CN", "name": "Fair"}

    post(manager, "rules-save", data, campaign=campaign.pk, what="days")
    closed = ClosedDay.objects.get(campaign=campaign)
    removed = post(manager, "day-open", pk=closed.pk)

    assert (closed.country, closed.name) == ("CN", "Fair")
    assert "Undo" in text(removed)
    assert f'value="{day.isoformat()}"' in text(removed)
    assert not ClosedDay.objects.exists()


def test_the_order_of_phones_is_saved_and_keeps_hours_it_does_not_know(manager: Client, campaign: Campaign):
    odd = [[[600, 660]]] * 7
    rulebook.set_attempts(
        campaign=campaign, max_attempts=4, cadence=[{"label": "home", "times": 1, "week": odd}], spread=False, by=None
    )
    data = {"max_attempts": 5, "spread": "on", "label0": "mobile", "times0": 2, "when0": "office"}
    # Where a line stood before says which choices it has: the odd hours are the first line's.
    data |= {"label0": "home", "times0": 1, "when0": "kept", "label1": "none", "times1": 3, "when1": "evenings"}

    response = post(manager, "rules-save", data, campaign=campaign.pk, what="attempts")

    campaign.refresh_from_db()
    assert (campaign.max_attempts, campaign.spread) == (5, True)
    assert [(s["label"], s["times"]) for s in campaign.cadence] == [("home", 1), ("", 3)]
    assert campaign.cadence[0]["week"] == odd
    assert "Home once (every day 10:00–11:00), then phone without a kind 3 times" in text(response)


def test_callbacks_are_saved_and_read_back(manager: Client, campaign: Campaign):
    data = {"fallback_minutes": 0, "expires_hours": 24}

    html = text(post(manager, "rules-save", data, campaign=campaign.pk, what="callbacks"))

    assert "may be made by any agent at once, and expires after 24 hours" in html


def test_a_retry_of_a_campaign_replaces_everyones_until_it_is_emptied(manager: Client, campaign: Campaign):
    post(manager, "rules-save", {"busy_wait": 5, "busy_limit": 9}, what="retries")
    post(manager, "rules-save", {"busy_wait": 7, "busy_limit": 2}, campaign=campaign.pk, what="retries")
    own = policies.current(campaign.pk).retries["busy"]
    post(manager, "rules-save", {}, campaign=campaign.pk, what="retries")

    assert (own.wait, own.limit) == (timedelta(minutes=7), 2)
    assert policies.current(campaign.pk).retries["busy"].limit == 9
    assert RetryRule.objects.count() == 1


def test_a_disposition_says_when_a_lead_is_due_again(manager: Client, campaign: Campaign):
    row = Disposition.objects.get(campaign=campaign)

    data = {f"wait{row.pk}": 24, f"limit{row.pk}": 2}
    post(manager, "rules-save", data, campaign=campaign.pk, what="dispositions")

    row.refresh_from_db()
    assert (row.retry_after_hours, row.retry_limit) == (24, 2)
    assert AuditEntry.objects.filter(action="disposition.retry_set").exists()


def test_the_order_of_lists_is_saved(manager: Client, campaign: Campaign):
    link = CampaignList.objects.get()

    data = {f"priority{link.pk}": 9, f"weight{link.pk}": 3}
    post(manager, "rules-save", data, campaign=campaign.pk, what="order")

    link.refresh_from_db()
    assert (link.priority, link.weight) == (9, 3)


@pytest.mark.parametrize("how_long", ["hour", "day"])
def test_a_supervisor_boosts_a_list_and_ends_it(supervisor: Client, campaign: Campaign, how_long: str):
    link = CampaignList.objects.get()

    boosted = text(post(supervisor, "boost", {"for": how_long}, pk=link.pk))
    link.refresh_from_db()
    until = link.boosted_until
    post(supervisor, "boost", {"for": "end"}, pk=link.pk)
    link.refresh_from_db()

    assert "boosted until" in boosted
    assert until and timezone.now() < until <= timezone.now() + timedelta(hours=24)
    assert link.boosted_until is None


def test_the_page_of_a_campaign_boosts_lists_too(supervisor: Client, campaign: Campaign):
    assert reverse("boost", args=[CampaignList.objects.get().pk]) in page(supervisor, "campaign", campaign.pk)


def test_everyones_rules_bind_every_campaign(manager: Client, campaign: Campaign):
    post(manager, "rules-save", CAP, what="caps")

    assert policies.current(campaign.pk).caps[-1].limit == 3
    assert FrequencyCap.objects.filter(campaign=None, line_of_business=None).count() == 2


def test_a_lines_rules_bind_its_campaigns_alone(manager: Client, campaign: Campaign):
    other = build.campaign()
    policies.current(other.pk)

    html = text(post(manager, "rules-save", CAP, line=campaign.line_of_business_id, what="caps"))

    assert "line of business Cards" in html
    assert len(policies.current(campaign.pk).caps) == len(policies.current(other.pk).caps) + 1


def test_the_rail_leads_managers_to_everyones_rules(manager: Client, supervisor: Client):
    link = f'href="{reverse("rules")}"'

    assert link in page(manager, "campaigns")
    assert link not in page(supervisor, "campaigns")

"""The screens of campaigns and of their leads, as a browser sees them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.models import Campaign, Lead
from tests import build
from tests.campaigns.screens.browsing import HTMX, page

pytestmark = pytest.mark.django_db


def test_an_empty_campaign_list_offers_the_one_button_that_helps(manager: Client):
    html = page(manager, "campaigns")

    assert "No campaigns yet." in html
    assert html.count(f'href="{reverse("campaign-create")}"') == 1


def test_the_campaign_list_needs_the_same_few_queries_for_many_campaigns(
    manager: Client, django_assert_max_num_queries
):
    for _ in range(20):
        build.lead(build.campaign())

    with django_assert_max_num_queries(9):
        html = page(manager, "campaigns")

    assert html.count("<tr data-href") == 20


def test_a_created_campaign_is_a_draft(manager: Client):
    response = manager.post(reverse("campaign-create"), {"name": "Autumn", "kind": "telemarketing"}, follow=True)

    assert Campaign.objects.get().status == "draft"
    assert "“Autumn” is a draft now" in response.content.decode()


def test_a_second_campaign_of_the_same_name_is_refused_next_to_the_field(manager: Client):
    build.campaign(name="Autumn")

    response = manager.post(reverse("campaign-create"), {"name": "Autumn", "kind": "telemarketing"})

    assert response.status_code == 422
    assert "There is already a campaign with this name." in response.content.decode()


def test_a_campaign_without_leads_is_not_started_and_says_why(supervisor: Client):
    campaign = build.campaign(status="draft")

    response = supervisor.post(reverse("campaign-act", args=[campaign.pk, "start"]), **HTMX)

    campaign.refresh_from_db()
    assert campaign.status == "draft"
    assert response["HX-Reswap"] == "none"
    assert "This campaign has nobody to call." in response.content.decode()


def test_a_started_campaign_answers_with_its_new_state_and_the_pause_button(supervisor: Client):
    campaign = build.campaign(status="draft")
    build.lead(campaign)

    html = supervisor.post(reverse("campaign-act", args=[campaign.pk, "start"]), **HTMX).content.decode()

    assert "state--running" in html
    assert reverse("campaign-act", args=[campaign.pk, "pause"]) in html


def test_a_pausing_campaign_is_paused_only_when_every_engine_has_seen_it(supervisor: Client):
    campaign = build.campaign(version=4)
    pool = campaign.pools.create(server=build.server(), seen_version=4, decided_at=timezone.now())

    before = supervisor.post(reverse("campaign-act", args=[campaign.pk, "pause"]), **HTMX).content.decode()
    campaign.pools.filter(pk=pool.pk).update(seen_version=5)
    after = page(supervisor, "campaign-head", campaign.pk)

    assert "pausing…" in before
    assert "state--paused" in after


def test_a_running_campaign_says_what_limits_it(supervisor: Client):
    campaign, server = build.campaign(), build.server()
    build.lease(server)
    campaign.pools.create(server=server, seen_version=1, limited_by="agents", decided_at=timezone.now())

    assert "limited by ready agents" in page(supervisor, "campaign-head", campaign.pk)


def test_a_server_that_nobody_drives_is_said_to_be_gone(supervisor: Client):
    campaign = build.campaign()
    campaign.pools.create(server=build.server(), seen_version=1, limited_by="agents", decided_at=timezone.now())

    assert "limited by the PBX, which does not answer" in page(supervisor, "campaign-head", campaign.pk)


def test_the_buttons_are_sent_only_when_the_state_is_another(supervisor: Client):
    campaign = build.campaign()

    same = page(supervisor, "campaign-head", campaign.pk, shown="running")
    changed = page(supervisor, "campaign-head", campaign.pk, shown="paused")

    assert ("campaign-actions" in same, "campaign-actions" in changed) == (False, True)


def test_stopping_wants_the_name_typed(supervisor: Client):
    campaign = build.campaign(name="Autumn")
    url = reverse("campaign-act", args=[campaign.pk, "stop"])

    supervisor.post(url, {"name": "Spring"})
    campaign.refresh_from_db()
    unchanged = campaign.status
    supervisor.post(url, {"name": "Autumn"})
    campaign.refresh_from_db()

    assert (unchanged, campaign.status) == ("running", "stopped")


def test_pacing_is_saved_and_says_what_it_does(supervisor: Client):
    campaign = build.campaign()
    url = reverse("campaign-pacing", args=[campaign.pk])

    html = supervisor.post(url, {"dial_mode": "ratio", "ratio": "1.5"}, **HTMX).content.decode()

    campaign.refresh_from_db()
    assert (campaign.dial_mode, float(campaign.ratio)) == ("ratio", 1.5)
    assert "With 4 ready agents, 6 calls ring at the same time." in html


def test_a_ratio_out_of_bounds_is_refused_next_to_the_field(supervisor: Client):
    campaign = build.campaign()
    url = reverse("campaign-pacing", args=[campaign.pk])

    html = supervisor.post(url, {"dial_mode": "ratio", "ratio": "11"}, **HTMX).content.decode()

    campaign.refresh_from_db()
    assert float(campaign.ratio) == 1
    assert "At most 10." in html


def test_the_sentence_follows_what_is_typed_before_it_is_saved(supervisor: Client):
    campaign = build.campaign()

    words = page(supervisor, "campaign-pacing-words", campaign.pk, dial_mode="ratio", ratio="2")

    assert "8 calls ring at the same time" in words


@pytest.mark.parametrize("typed", ["", "x", "NaN", "sNaN", "Infinity", "-Infinity", "1e999999999", "-3"])
def test_the_sentence_survives_whatever_is_typed(supervisor: Client, typed: str):
    campaign = build.campaign()

    page(supervisor, "campaign-pacing-words", campaign.pk, dial_mode="ratio", ratio=typed)


def test_saved_settings_hold_and_are_confirmed(manager: Client):
    campaign = build.campaign()
    limits = {"ring_seconds": 30, "max_wait_seconds": 2, "wrap_up_seconds": 20}

    response = manager.post(reverse("campaign-settings", args=[campaign.pk]), limits, **HTMX)

    campaign.refresh_from_db()
    assert (campaign.ring_seconds, campaign.wrap_up_seconds) == (30, 20)
    assert "Settings saved" in response.content.decode()


def test_leads_are_counted_by_the_reason_that_still_holds(manager: Client):
    campaign = build.campaign()
    tomorrow = timezone.now() + timedelta(days=1)
    build.lead(campaign, reason="frequency_cap_reached")
    build.lead(campaign, reason="outside_calling_hours", due_at=tomorrow)
    build.lead(campaign, reason="conversation", callback=True, due_at=tomorrow)
    build.lead(campaign, reason="vacant", state=Lead.State.FINISHED)

    html = page(manager, "campaign-counts", campaign.pk)

    wanted = ("every rule is checked", "outside calling hours", "callback promised", "vacant number")
    assert [words for words in wanted if words not in html] == []
    assert "called as often as allowed" not in html
    assert "4 in all" in html


def test_leads_are_paged_by_where_the_last_page_ended(manager: Client):
    campaign = build.campaign()
    for _ in range(101):
        build.lead(campaign)

    first = page(manager, "leads", campaign.pk)
    last_shown = Lead.objects.order_by("contact_id")[99].contact_id
    second = page(manager, "leads", campaign.pk, after=last_shown)

    assert f"after={last_shown}" in first
    assert (first.count("Ada Example"), second.count("Ada Example")) == (100, 1)


def test_a_filter_shows_only_its_leads(manager: Client):
    campaign = build.campaign()
    build.lead(campaign, build.contact(name="Wang Fang"), reason="vacant", state=Lead.State.FINISHED)
    build.lead(campaign, build.contact(name="Li Wei"))

    html = page(manager, "leads", campaign.pk, state="finished", why="vacant")

    assert "Wang Fang" in html
    assert "Li Wei" not in html

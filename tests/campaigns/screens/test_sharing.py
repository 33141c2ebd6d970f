"""A campaign's part of the agents it shares with others: set, read back, and counted on the list of campaigns."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns import selectors
from campaigns.models import Campaign
from tests import build
from tests.campaigns.screens.browsing import HTMX, page

pytestmark = pytest.mark.django_db


def test_the_part_of_shared_agents_is_saved_and_read_back_beside_whom_they_are_shared_with(supervisor: Client):
    campaign, equal, urgent = build.campaign(), build.campaign(name="Loans"), build.campaign(name="Fraud")
    Campaign.objects.filter(pk=urgent.pk).update(agent_priority=9)
    build.agent(campaign, equal)
    build.agent(campaign, urgent, build.campaign(name="Over", status="finished"))
    url = reverse("campaign-agents", args=[campaign.pk])

    html = supervisor.post(url, {"agent_priority": "5", "agent_weight": "3"}, **HTMX).content.decode()

    campaign.refresh_from_db()
    assert (campaign.agent_priority, campaign.agent_weight, campaign.version) == (5, 3, 2)
    assert "Shared agents go to Fraud first, as long as there is a use for them; of every 4 times" in html
    assert "an agent shared with Loans is free, 3 are for this campaign" in html


def test_a_part_out_of_bounds_is_refused_next_to_the_field_and_changes_nothing(supervisor: Client):
    campaign = build.campaign()
    url = reverse("campaign-agents", args=[campaign.pk])

    html = supervisor.post(url, {"agent_priority": "10", "agent_weight": "0"}, **HTMX).content.decode()

    campaign.refresh_from_db()
    assert (campaign.agent_priority, campaign.agent_weight) == (5, 1)
    assert html.count('class="error"') == 2


@pytest.mark.parametrize(
    ("priority", "weight", "said"),
    [
        ("5", "2", "Of every 3 times"),
        ("6", "1", "It gets shared agents before Loans"),
        ("4", "1", "Shared agents go to Loans first"),
        ("x", "1", ""),
        ("5", "", ""),
    ],
)
def test_the_part_of_shared_agents_is_told_before_it_is_saved(supervisor: Client, priority, weight, said):
    campaign = build.campaign()
    build.agent(campaign, build.campaign(name="Loans"))

    words = page(supervisor, "campaign-agents-words", campaign.pk, agent_priority=priority, agent_weight=weight)

    assert words.startswith(said) and bool(words) == bool(said)


def test_a_campaign_that_shares_no_agents_says_so(supervisor: Client):
    assert "It shares no agents with another campaign now" in page(supervisor, "campaign", build.campaign().pk)


def test_agents_of_a_campaign_are_those_between_calls_who_serve_it_and_those_on_its_calls(supervisor: Client):
    one, other, server = build.campaign(name="A"), build.campaign(name="B"), build.server()
    build.shift(one, server, also=[other])
    build.shift(other, server, also=[one], state="talking", call_id=uuid4())

    rows = {row.campaign: row.agents for row in selectors.campaign_rows(timezone.now())}

    assert rows == {one: {"ready": 1}, other: {"ready": 1, "talking": 1}}

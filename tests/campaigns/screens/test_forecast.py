"""The page of the forecast: the frame at once, then figures that say what they rest on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns import forecasts
from campaigns.models import Campaign, Lead
from campaigns.views import forecast
from tests import build
from tests.campaigns.screens.browsing import page

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign() -> Campaign:
    made = build.campaign(status="draft")
    for _ in range(4):
        build.lead(made)
    return made


def test_the_frame_comes_at_once_and_asks_for_the_figures(supervisor: Client, campaign: Campaign):
    html = page(supervisor, "forecast", campaign.pk)

    assert reverse("forecast-figures", args=[campaign.pk]) in html
    assert "Callable now" not in html


def test_a_draft_offers_the_forecast_next_to_start(supervisor: Client, campaign: Campaign):
    assert "See the forecast" in page(supervisor, "campaign", campaign.pk)


def test_all_leads_are_accounted_for_with_a_reason(supervisor: Client, campaign: Campaign):
    build.lead(campaign, state=Lead.State.FINISHED, reason="talked")
    build.lead(campaign, build.contact(build.phone(zones=[])))

    html = page(supervisor, "forecast-figures", campaign.pk)

    assert "Every lead was asked." in html
    assert "time zone unknown" in html
    assert f"{reverse('leads', args=[campaign.pk])}?why=unknown_zone" in html
    assert "finished by what their calls came to" in html


def test_the_strip_has_seven_days_of_24_hours_on_the_readers_clock(campaign: Campaign):
    with timezone.override("Asia/Shanghai"):
        days = forecast.strip(forecasts.forecast_of(campaign))

    counts = [hour.count for day in days for hour in day.hours]
    assert [len(day.hours) for day in days] == [24] * 7
    assert days[0].day == timezone.localtime(timezone=timezone.zoneinfo.ZoneInfo("Asia/Shanghai")).date()
    assert {count for count in counts if count is not None} == {4}
    assert {hour.height for day in days for hour in day.hours if hour.count} == {24.0}


def test_a_table_stands_behind_the_strip(supervisor: Client, campaign: Campaign):
    html = page(supervisor, "forecast-figures", campaign.pk)

    assert "<caption" in html
    assert html.count('<th scope="row" class="nowrap">') == 7


def test_the_hours_say_what_they_rest_on(supervisor: Client, campaign: Campaign):
    html = page(supervisor, "forecast-figures", campaign.pk, agents=2)

    assert "2 agents need" in html
    assert "Answer rate 30 %, assumed, since this campaign has made fewer than 30 attempts" in html
    assert "A conversation lasts 2 minutes, assumed, and 30 seconds of wrap-up." in html


def test_another_number_of_agents_asks_no_lead_again(supervisor: Client, campaign: Campaign):
    html = page(supervisor, "forecast-figures", campaign.pk)
    carried = html.split('name="carried" value="')[1].split('"')[0]
    Lead.objects.all().delete()

    one = page(supervisor, "forecast-hours", campaign.pk, carried=carried, agents=1)

    assert "1 agent needs" in one


@pytest.mark.parametrize("agents", ["", "0", "-1", "x", "½", "９", "1e9", "99999999999999999999", "NaN"])
def test_whatever_number_of_agents_is_typed_is_answered(supervisor: Client, campaign: Campaign, agents: str):
    html = page(supervisor, "forecast-figures", campaign.pk)
    carried = html.split('name="carried" value="')[1].split('"')[0]

    page(supervisor, "forecast-figures", campaign.pk, agents=agents)
    assert "Enter how many agents will work." in page(
        supervisor, "forecast-hours", campaign.pk, carried=carried, agents=agents
    )


@pytest.mark.parametrize("carried", ["", "x", "a:b:c", "e30:1:1"])
def test_figures_that_were_tampered_with_are_not_believed(supervisor: Client, campaign: Campaign, carried: str):
    html = page(supervisor, "forecast-hours", campaign.pk, carried=carried, agents=3)

    assert "This page is too old" in html


def test_a_list_that_does_not_end_within_the_week_is_said_so(supervisor: Client, campaign: Campaign):
    build.lead(campaign, due_at=timezone.now() + timedelta(days=6))
    html = page(supervisor, "forecast-figures", campaign.pk)
    carried = html.split('name="carried" value="')[1].split('"')[0]

    assert "agents need" in page(supervisor, "forecast-hours", campaign.pk, carried=carried, agents=10_000)


def test_a_list_nobody_of_which_may_be_called_is_said_so(supervisor: Client):
    campaign = build.campaign()
    build.lead(campaign, build.contact(build.phone(zones=[])))

    assert "Nobody may be called this week." in page(supervisor, "forecast-figures", campaign.pk)


def test_an_empty_campaign_says_what_to_do(supervisor: Client):
    assert "No leads yet" in page(supervisor, "forecast-figures", build.campaign().pk)

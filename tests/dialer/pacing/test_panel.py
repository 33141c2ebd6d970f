"""The pacing panel and its controls: what supervisors read, and what comes back by itself."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns import services
from campaigns.models import Campaign
from dialer.models import Pool
from dialer.wall import pacing, trying
from tests import build
from tests.dialer.pacing.test_predictive_ticks import Engine, agents, pbx, predictive, with_history

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign() -> Campaign:
    made, server = predictive(), pbx()
    with_history(made, calls=300, answered=100, abandoned=2)
    agents(made, server, ready=4, talking=4)
    Engine(server).tick()
    return made


@pytest.fixture
def supervisor(client: Client) -> Client:
    client.force_login(build.user("supervisor"))
    return client


def test_the_panel_says_what_each_budget_still_bears_and_which_decides(campaign: Campaign, supervisor: Client):
    page = supervisor.get(reverse("campaign-pacing-panel", args=[campaign.pk])).content.decode()

    [row] = pacing.panel(campaign, timezone.now()).budgets
    assert (row.calls, row.abandoned, row.decides, row.over) == (100, 2, True, False)
    assert row.left in page
    assert "2 of 100" in page
    assert "this budget decides" in page
    assert "are expected to be answered" in page


def test_a_budget_above_its_limit_is_said_to_be():
    made, server = predictive(), pbx()
    with_history(made, calls=100, answered=20, abandoned=5)
    agents(made, server, ready=4)
    Engine(server).tick()

    [row] = pacing.panel(made, timezone.now()).budgets
    assert row.over
    assert row.left == "above its limit of 3 %"


def test_the_curve_has_what_was_written_down(campaign: Campaign, supervisor: Client):
    curve = supervisor.get(reverse("campaign-pacing-curve", args=[campaign.pk])).json()

    assert len(curve["at"]) == len(curve["utilisation"]) == 1
    assert curve["abandoned"] == [2.0]
    assert curve["aim"] == 2.8


def test_a_change_for_a_while_comes_back_by_itself_to_what_was_before_the_first(campaign: Campaign):
    by = build.user("supervisor")
    services.set_pacing(campaign=campaign, dial_mode="ratio", ratio=Decimal("2"), by=by, minutes=15)
    services.set_pacing(campaign=campaign, dial_mode="ratio", ratio=Decimal("3"), by=by, minutes=15)
    assert services.return_pacing(timezone.now()) == 0

    assert services.return_pacing(timezone.now() + timedelta(minutes=16)) == 1
    assert services.return_pacing(timezone.now() + timedelta(minutes=16)) == 0
    campaign.refresh_from_db()
    assert (campaign.dial_mode, campaign.ratio, campaign.pacing_until) == ("predictive", 1, None)


def test_a_change_for_good_ends_one_for_a_while(campaign: Campaign):
    services.set_pacing(campaign=campaign, dial_mode="ratio", ratio=Decimal("2"), by=None, minutes=15)
    services.set_pacing(campaign=campaign, dial_mode="ratio", ratio=Decimal("2"), by=None)

    assert services.return_pacing(timezone.now() + timedelta(days=1)) == 0
    campaign.refresh_from_db()
    assert (campaign.dial_mode, campaign.pacing_until, campaign.pacing_before) == ("ratio", None, None)


def test_the_form_saves_an_aim_and_the_engine_steers_for_it(campaign: Campaign, supervisor: Client):
    url = reverse("campaign-pacing", args=[campaign.pk])
    supervisor.post(url, {"dial_mode": "predictive", "ratio": "1", "abandon_aim": "1.0", "minutes": "30"})

    campaign.refresh_from_db()
    assert (campaign.abandon_aim, campaign.pacing_before["dial_mode"]) == (Decimal("1.00"), "predictive")
    Engine(Pool.objects.get(campaign=campaign).server).tick()
    assert pacing.aim(campaign) == 1.0


def test_a_change_can_be_tried_before_it_is_saved(campaign: Campaign, supervisor: Client, monkeypatch):
    monkeypatch.setattr(trying, "SECONDS", 60)
    monkeypatch.setattr(trying, "SEEDS", (101,))
    wanted = {"dial_mode": "ratio", "ratio": "2", "abandon_aim": ""}

    page = supervisor.get(reverse("campaign-pacing-preview", args=[campaign.pk]), wanted).content.decode()

    assert "In the simulator agents are busy" in page
    assert "8 agents" in page
    campaign.refresh_from_db()
    assert campaign.dial_mode == "predictive"
    bad = supervisor.get(reverse("campaign-pacing-preview", args=[campaign.pk]), {**wanted, "ratio": "90"})
    assert "At most 10" in bad.content.decode()


def test_an_agent_may_not_see_it(campaign: Campaign, client: Client):
    client.force_login(build.user("agent"))

    assert client.get(reverse("campaign-pacing-panel", args=[campaign.pk])).status_code in (302, 403)

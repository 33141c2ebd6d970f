"""The page of rules: who sees and who sets them, versions, and what an edit would leave."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns import policies, rulebook
from campaigns.models import (
    AuditEntry,
    Campaign,
    CampaignList,
)
from tests import build
from tests.campaigns.screens.browsing import client_of, page, post
from tests.campaigns.screens.typed import CAP, NINE_TO_SIX, PARTS, text

pytestmark = pytest.mark.django_db


def test_a_supervisor_reads_the_rules_and_cannot_change_them(supervisor: Client, campaign: Campaign):
    html = page(supervisor, "campaign-rules", campaign.pk)

    assert "At most 3 attempts per person in any 24 hours, over all campaigns" in html
    assert "<textarea" not in html
    assert "rules-hours" not in html
    assert {post(supervisor, "rules-save", campaign=campaign.pk, what=what).status_code for what in PARTS} == {403}
    assert supervisor.get(reverse("rules-effect", args=[campaign.pk, "hours"])).status_code == 403


@pytest.mark.parametrize(
    ("name", "kwargs"),
    [
        ("rules", {}),
        ("line-rules", {"line": 1}),
        ("rules-save", {"what": "caps"}),
        ("rules-words", {"what": "caps"}),
        ("rule-end", {"what": "caps", "pk": 1}),
        ("rule-restore", {"what": "gaps", "pk": 1}),
        ("day-open", {"pk": 1}),
        ("profile-confirm", {"pk": 1}),
        ("profiles-upload", {}),
    ],
)
def test_only_managers_touch_the_rules_of_others(supervisor: Client, name: str, kwargs: dict[str, object]):
    address = reverse(name, kwargs=kwargs)

    assert 403 in {supervisor.get(address).status_code, supervisor.post(address).status_code}


def test_an_agent_sees_no_rules_and_no_forecast(campaign: Campaign):
    agent = client_of("agent")

    names = ("campaign-rules", "forecast", "forecast-figures")
    assert {agent.get(reverse(name, args=[campaign.pk])).status_code for name in names} == {403}
    assert post(agent, "boost", pk=CampaignList.objects.get().pk).status_code == 403


def test_an_edit_says_what_it_leaves_of_the_list_beside_the_rules_in_force(manager: Client, campaign: Campaign):
    for _ in range(3):
        build.lead(campaign)
    other_day = (timezone.localdate().weekday() + 3) % 7

    html = text(
        manager.get(
            reverse("rules-effect", args=[campaign.pk, "hours"]),
            {f"from{other_day}_0": "9:00", f"to{other_day}_0": "18:00"},
        )
    )

    assert "Leaves 0 of 3 callable today, 3 this week. The rules in force: 3 and 3." in html


def test_of_a_sample_the_effect_is_said_with_its_margin(
    manager: Client, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("campaigns.forecasts.effect_of.__kwdefaults__", {"sample": 5, "now": None})
    for _ in range(20):
        build.lead(campaign)

    html = text(manager.get(reverse("rules-effect", args=[campaign.pk, "caps"]), CAP))

    assert "Leaves about 20 (± " in html


def test_without_leads_the_effect_says_what_to_do(manager: Client, campaign: Campaign):
    assert "No leads yet" in text(manager.get(reverse("rules-effect", args=[campaign.pk, "caps"]), CAP))


def test_every_version_says_what_it_changed_and_by_whom(manager: Client, campaign: Campaign):
    policies.current(campaign.pk)
    post(manager, "rules-save", NINE_TO_SIX, campaign=campaign.pk, what="hours")
    post(manager, "rules-save", CAP, campaign=campaign.pk, what="caps")

    html = page(manager, "rules-fragment", campaign.pk, "history")

    assert html.index("Version 3") < html.index("Version 2") < html.index("Version 1")
    assert "Monday to Friday 09:00–18:00; not on Saturdays and Sundays (this campaign)" in html
    assert "At most 3 answered calls per person in any 30 days, over all campaigns (this campaign)" in html
    assert "At any hour (this campaign)" in html
    assert AuditEntry.objects.get(action="cap.added", object_type="frequencycap", actor__isnull=False)


def test_an_old_version_is_read_back_as_it_was(supervisor: Client, campaign: Campaign):
    policies.current(campaign.pk)
    rulebook.add_cap(owner=campaign, by=None, limit=7, window_hours=24)

    old, new = (text(supervisor.get(reverse("rules-version", args=[campaign.pk, n]))) for n in (1, 2))

    assert "At most 7 attempts" not in old
    assert "At most 7 attempts" in new


def test_the_pages_speak_chinese_throughout(campaign: Campaign):
    reader = client_of("manager", language="zh-hans")
    reader.cookies["fairdial_language"] = "zh-hans"

    html = page(reader, "campaign-rules", campaign.pk) + page(reader, "rules")

    assert "外呼频次上限" in html
    for words in ("Frequency caps", "Calling hours", "Save", "At most", "Monday"):
        assert words not in html


def test_no_page_runs_a_script_or_a_style_of_its_own(manager: Client, campaign: Campaign):
    build.lead(campaign)
    names = ("campaign-rules", "forecast", "forecast-figures")
    html = "".join(page(manager, name, campaign.pk) for name in names) + page(manager, "rules")

    assert [word for word in ("<script>", " onclick=", " style=", "hx-on", "javascript:") if word in html] == []

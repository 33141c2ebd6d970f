"""Hours and compliance profiles on the page of rules, whatever is typed."""

from __future__ import annotations

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns import policies, rulebook
from campaigns.models import (
    AuditEntry,
    Campaign,
    ComplianceProfile,
)
from tests.campaigns.screens.browsing import page, post
from tests.campaigns.screens.typed import NINE_TO_SIX, text

pytestmark = pytest.mark.django_db


def test_hours_are_saved_as_typed_and_read_back(manager: Client, campaign: Campaign):
    response = post(
        manager, "rules-save", NINE_TO_SIX | {"calls_on_holidays": "on"}, campaign=campaign.pk, what="hours"
    )

    campaign.refresh_from_db()
    assert campaign.week == [[[540, 1080]]] * 5 + [[], []]
    assert campaign.calls_on_holidays is True
    assert "Monday to Friday 09:00–18:00; not on Saturdays and Sundays" in text(response)
    assert response["HX-Trigger"] == "rules-changed"


@pytest.mark.parametrize(
    ("typed", "minutes"),
    [("9", 540), ("9:30", 570), ("0930", 570), ("9.30", 570), ("２３：３０", 1410), ("24:00", 1440)],
)
def test_a_time_is_understood_as_people_write_it(manager: Client, campaign: Campaign, typed: str, minutes: int):
    post(manager, "rules-save", {"from0_0": "0:00", "to0_0": typed}, campaign=campaign.pk, what="hours")

    campaign.refresh_from_db()
    assert campaign.week[0] == [[0, minutes]]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"from0_0": "9"}, "Fill in both “from” and “until”, or neither."),
        ({"from0_0": "18:00", "to0_0": "9:00"}, "Calls must end after they begin"),
        ({"from0_0": "9", "to0_0": "12", "from0_1": "11", "to0_1": "15"}, "Two times of one day overlap."),
        ({"from0_0": "25:00", "to0_0": "26:00"}, "is no time. Write it like 09:30."),
        ({}, "No day has a time to call"),
        (NINE_TO_SIX | {"starts_on": "2026-12-01", "ends_on": "2026-11-01"}, "The last day is before the first"),
        (NINE_TO_SIX | {"starts_on": "9999-12-31"}, "Choose first and last days of this century."),
        (NINE_TO_SIX | {"starts_on": "tomorrow"}, "Enter a valid date."),
    ],
)
def test_hours_that_cannot_be_are_refused_in_words(
    manager: Client, campaign: Campaign, data: dict[str, str], sentence: str
):
    before = campaign.week

    response = post(manager, "rules-save", data, campaign=campaign.pk, what="hours")

    campaign.refresh_from_db()
    assert sentence in text(response)
    assert campaign.week == before


def test_the_week_in_force_names_the_profile_that_binds(manager: Client, campaign: Campaign):
    rulebook.set_profiles(campaign=campaign, profiles=[ComplianceProfile.objects.get(name="fr_prospection")], by=None)

    html = page(manager, "rules-fragment", campaign.pk, "week")

    assert "10:00–13:00 and 14:00–20:00" in html
    assert "France: sales calls" in html


def test_profiles_are_chosen_together_and_bind_at_once(manager: Client, campaign: Campaign):
    chosen = ComplianceProfile.objects.filter(name__in=("cn_marketing", "hk_banks"))

    post(manager, "rules-save", {"profiles": [p.pk for p in chosen]}, campaign=campaign.pk, what="profiles")

    campaign.refresh_from_db()
    assert {cap.name.partition(".")[0] for cap in policies.of(campaign).caps if "." in cap.name} == {
        "cn_marketing",
        "hk_banks",
    }


def test_a_profile_is_confirmed_by_a_person_on_a_day(manager: Client, campaign: Campaign):
    profile = ComplianceProfile.objects.get(name="cn_marketing")
    before = page(manager, "campaign-rules", campaign.pk)

    response = post(manager, "profile-confirm", pk=profile.pk)

    profile.refresh_from_db()
    assert "Not confirmed by a compliance officer yet" in before
    assert f"Confirmed by {profile.confirmed_by} on" in text(response)
    assert AuditEntry.objects.filter(action="profile.confirmed").count() == 1


def test_a_profile_says_what_it_asks_and_where_that_comes_from(manager: Client, campaign: Campaign):
    html = page(manager, "rules")

    assert "At most 1 answered call per phone number on one day where they live, over all campaigns" in html
    assert "may find no agent within 2 s of" in html
    assert "At most 3 % of calls" in html
    assert "16 CFR 310.4" in html
    assert "to be confirmed by a compliance officer before use" in html


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"{", "The file is not JSON"),
        (b"\xff\xfe", "The file is not UTF-8."),
        (b"[]", "The file of compliance profiles is a list; allowed: an object."),
        (b'{"profiles": [{"name": "X"}]}', "allowed: lower-case letters"),
        (b"", "The submitted file is empty."),
    ],
)
def test_a_file_that_is_no_profiles_is_refused_in_words(
    manager: Client, campaign: Campaign, content: bytes, sentence: str
):
    file = SimpleUploadedFile("p.json", content)

    response = manager.post(reverse("profiles-upload"), {"file": file})

    assert response.status_code == 422
    assert sentence in text(response)


def test_an_uploaded_profile_is_kept_and_wants_to_be_confirmed(manager: Client, campaign: Campaign):
    data = json.loads(rulebook.PROFILES.read_text())
    data["profiles"][0]["min_ring_seconds"] = 17
    ComplianceProfile.objects.update(confirmed_at=timezone.now())
    file = SimpleUploadedFile("p.json", json.dumps(data).encode())

    response = manager.post(reverse("profiles-upload"), {"file": file}, follow=True)

    assert "us_tsr_tcpa_sales" in text(response)
    assert ComplianceProfile.objects.get(name="us_tsr_tcpa_sales").confirmed_at is None

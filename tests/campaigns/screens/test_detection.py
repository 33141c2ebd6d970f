"""Answering-machine detection on the campaign's page: set, read back, refused in words, and its note when it ended."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from campaigns import services
from campaigns.models import AuditEntry, Campaign
from campaigns.rules.detection import DEFAULTS
from campaigns.sentences import detection_sentence
from tests import build
from tests.campaigns.screens.browsing import HTMX, page

pytestmark = pytest.mark.django_db

CHOSEN = {
    "detector": "asterisk",
    "machine_action": "message",
    "machine_message": "bank/card-offer",
    "amd_sample_percent": "2.5",
    "amd_limit_percent": "8",
    "amd_least_sample": "40",
    **DEFAULTS,
}


def save(client: Client, campaign: Campaign, **changes: object) -> str:
    url = reverse("campaign-detection-set", args=[campaign.pk])
    return client.post(url, {**CHOSEN, **changes}, **HTMX).content.decode()


def test_detection_is_saved_written_down_and_read_back(manager: Client):
    campaign = build.campaign()

    html = save(manager, campaign, greeting_ms=1800)

    campaign.refresh_from_db()
    assert (campaign.detector, campaign.machine_action, campaign.machine_message) == (
        "asterisk",
        "message",
        "bank/card-offer",
    )
    assert campaign.detector_parameters == {"greeting_ms": 1800}
    assert campaign.detector_set_at
    assert "left the message “bank/card-offer” after the beep" in html
    assert "2.5 of 100 machines go to an agent" in html
    assert "more than 8 of 100 machines are persons" in html
    assert AuditEntry.objects.filter(action="campaign.detection_set").count() == 1


def test_saving_what_is_set_already_changes_nothing(manager: Client):
    campaign = build.campaign()
    save(manager, campaign)
    before = Campaign.objects.get(pk=campaign.pk)

    save(manager, campaign)

    after = Campaign.objects.get(pk=campaign.pk)
    assert (after.version, after.detector_set_at) == (before.version, before.detector_set_at)


@pytest.mark.parametrize(
    "wrong",
    [
        {"machine_message": ""},
        {"machine_message": "../../etc/passwd"},
        {"machine_message": "a&b"},
        {"machine_message": "a,b"},
        {"detector": "ears"},
        {"machine_action": "explode"},
        {"amd_sample_percent": "101"},
        {"amd_limit_percent": "-1"},
        {"amd_least_sample": "1"},
        {"greeting_ms": "1"},
        {"most_words": "many"},
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_next_to_its_field_and_changes_nothing(manager: Client, wrong):
    campaign = build.campaign()

    html = save(manager, campaign, **wrong)

    campaign.refresh_from_db()
    assert campaign.detector == "off"
    assert html.count('class="error"') == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"detector": "off"}, "Nobody listens first"),
        ({"machine_action": "hang_up"}, "machines are hung up on; 2.5 of 100"),
        ({"machine_action": "agent"}, "persons and machines go to an agent, persons first; once 40"),
        ({"machine_action": "hang_up", "amd_sample_percent": "0"}, "nobody checks whether machines were persons."),
        ({"amd_limit_percent": "0"}, "detection is never switched off by itself"),
    ],
)
def test_what_it_will_do_is_told_before_it_is_saved(supervisor: Client, changes, said):
    words = page(supervisor, "campaign-detection-words", build.campaign().pk, **{**CHOSEN, **changes})

    assert said in words


def test_a_supervisor_reads_what_is_set_and_may_not_set_it(supervisor: Client):
    campaign = build.campaign()

    assert "Nobody listens first" in page(supervisor, "campaign", campaign.pk)
    url = reverse("campaign-detection-set", args=[campaign.pk])
    assert supervisor.post(url, CHOSEN).status_code == 403


def test_why_it_was_switched_off_stays_on_the_page_until_somebody_sets_it_anew(manager: Client):
    campaign = build.campaign(detector="asterisk")
    why = {"of": "trunk", "name": "carrier", "sampled": 40, "people": 12, "low_percent": 18.1, "limit_percent": 10.0}
    services.switch_detection_off(campaign=campaign, why=why)

    html = page(manager, "campaign", campaign.pk)
    assert "It switched itself off: of 40 machines checked on the carrier carrier, 12 were persons" in html
    assert "at least 18.1 of 100, and the limit is 10" in html

    save(manager, campaign)
    assert "It switched itself off" not in page(manager, "campaign", campaign.pk)


def test_in_chinese_it_is_said_in_chinese():
    with translation.override("zh-hans"):
        words = detection_sentence("asterisk", "hang_up", "", Decimal("2.5"), Decimal(8), 40)

    assert words.startswith("接通后先识别数秒；真人转坐席")
    assert "2.5" in words and words.endswith("。")

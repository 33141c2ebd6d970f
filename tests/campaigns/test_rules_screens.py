"""The pages of rules: who sees and who sets them, what they read back, what they make of whatever is typed."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns import policies, rulebook
from campaigns.models import (
    AuditEntry,
    Campaign,
    CampaignList,
    ClosedDay,
    ComplianceProfile,
    ContactList,
    Disposition,
    FrequencyCap,
    LineOfBusiness,
    MinimumGap,
    RetryRule,
)
from tests import build
from tests.campaigns.browsing import client_of, page, post

pytestmark = pytest.mark.django_db

CAP = {"limit": 3, "counts": "answered", "per": "contact", "window": "rolling", "length": 30, "unit": "days"} | {
    "scope": "all",
    "calls": "all",
}
GAP = {"after": "busy", "wait": "time", "length": 15, "unit": "minutes", "per": "phone", "scope": "all", "calls": "all"}
NINE_TO_SIX = {f"from{day}_0": "9" for day in range(5)} | {f"to{day}_0": "18:00" for day in range(5)}
PARTS = ("profiles", "hours", "days", "caps", "gaps", "attempts", "callbacks", "retries", "dispositions", "order")
GARBAGE = ("", "x", "-1", "1e9", "99999999999999999999", "NaN", "'; --", "\u202e", "<b>", "２５:００", "24:01", "½")


@pytest.fixture
def manager() -> Client:
    return client_of("manager")


@pytest.fixture
def supervisor() -> Client:
    return client_of("supervisor")


@pytest.fixture
def campaign() -> Campaign:
    rulebook.install()
    made = build.campaign(name="Autumn", line_of_business=LineOfBusiness.objects.create(name="Cards"))
    listed = ContactList.objects.create(name="July", state="ready")
    CampaignList.objects.create(campaign=made, list=listed)
    build.disposition("maybe", "callback", campaign=made)
    return made


def text(response) -> str:
    return response.content.decode()


# Who


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


# Hours


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


# Profiles


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
    assert "At most 3 % of answered calls may find no agent within 2 seconds" in html
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


# Caps and gaps


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


# What an edit would leave


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


# Days, attempts, callbacks, retries, order


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


# Everyone's, and a line's


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


# Versions


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


# Every page


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

"""The pages and the JSON interface that answer why, as a browser and a program see them."""

from __future__ import annotations

import json
import logging
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.models import ContactList, Decision, FrequencyCap, Lead, ListEntry, PolicyVersion, Suppression
from tests import build
from tests.campaigns.screens.browsing import HTMX, client_of, page
from tests.campaigns.whys.calling import called, daily_cap

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
LINK = re.compile(r'(?:href|action|hx-get|hx-post)="([^"]*)"')


def look_for(client: Client, who: str, country: str = ""):
    return client.post(reverse("people"), {"who": who, "country": country})


def spent() -> Lead:
    """A lead whose person was called as often as allowed, by another campaign."""
    daily_cap()
    person = build.contact(name="Wang Fang")
    called(build.lead(build.campaign(name="Cards"), person), at=timezone.now() - HOUR)
    return build.lead(build.campaign(name="Loans"), person)


# Finding a person


def test_a_customer_id_and_a_number_lead_to_the_page_of_the_person(supervisor: Client):
    person = build.contact(build.phone(8613800138000), customer_id="HB-1")

    found = [look_for(supervisor, *typed)["Location"] for typed in (("HB-1",), ("13800138000", "CN"))]

    assert found == [reverse("person", args=[person.pk])] * 2


def test_nobody_found_is_said_next_to_the_field(supervisor: Client):
    response = look_for(supervisor, "+8613800138000")

    assert response.status_code == 422
    assert "Nobody here has this customer id, number or name." in response.content.decode()


def test_two_people_who_share_a_number_are_both_listed_with_why(supervisor: Client):
    shared, campaign = build.phone(), build.campaign()
    him, her = build.contact(shared, name="Li Wei"), build.contact(shared, name="Wang Fang")
    build.lead(campaign, him)
    build.lead(campaign, her, state="finished", reason="talked")

    html = look_for(supervisor, f"+{shared.pk}").content.decode()

    assert "<h2>2 people</h2>" in html
    for person in (him, her):
        assert reverse("person", args=[person.pk]) in html
    assert "talked; nothing left to do" in html


def test_a_number_is_in_no_address_and_in_no_log_line(supervisor: Client, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    lead = spent()
    number = str(lead.contact.phones.get().pk)
    build.contact(lead.contact.phones.get(), name="Li Wei")

    pages = [
        look_for(supervisor, f"+{number}").content.decode(),
        look_for(supervisor, f"+{number}9").content.decode(),
        page(supervisor, "lead", lead.campaign_id, lead.pk),
        page(supervisor, "person", lead.contact_id),
        page(supervisor, "leads", lead.campaign_id),
    ]
    supervisor.post(reverse("api-phone-why"), {"number": number}, content_type="application/json")
    supervisor.get(reverse("api-lead-why", args=[lead.pk]))

    links = [link for html in pages for link in LINK.findall(html)]
    assert links and [link for link in links if number in link] == []
    assert [r.getMessage() for r in caplog.records if number in r.getMessage() and "django.db" not in r.name] == []


def test_what_matched_and_where_each_person_is_stand_beside_them(manager: Client):
    listed = ContactList.objects.create(name="July", state="ready")
    for name in ("Wang Fang", "Wang Wei"):
        person = build.contact(name=name)
        ListEntry.objects.create(list=listed, contact=person, row_no=person.pk)
    build.lead(build.campaign(name="Loans"), person, state="finished", reason="vacant")

    html = look_for(manager, "wang").content.decode()

    assert html.count('<tr data-href="') == 2
    for told in ("<td>name", reverse("list", args=[listed.pk]), "Loans", "vacant number"):
        assert told in html


def test_suggestions_are_a_fragment_of_links_while_typing(supervisor: Client):
    person = build.contact(name="王小芳")

    html = supervisor.post(reverse("people-suggest"), {"who": "小芳"}, **HTMX).content.decode()

    assert f'role="option" id="suggestion-1" href="{reverse("person", args=[person.pk])}"' in html
    assert "<html" not in html


def test_only_those_who_supervise_have_the_search_box():
    assert 'id="search"' in page(client_of("supervisor"), "campaigns")
    assert client_of("agent").post(reverse("people-suggest"), {"who": "wang"}).status_code == 403


# The pages


def test_the_lead_page_begins_with_the_answer_and_tells_who_spent_it(supervisor: Client):
    lead = spent()

    html = page(supervisor, "lead", lead.campaign_id, lead.pk)

    assert "Not callable now: called as often as allowed. May be called on" in html
    assert "At most 1 attempt per person in any 24 hours, over all campaigns" in html
    assert "1 of 1 used" in html
    assert "nobody answered" in html
    assert html.index("Not callable now") < html.index("What holds now") < html.index("Who spent the budget")


def test_the_person_page_tells_of_all_campaigns_and_the_budget_over_them(supervisor: Client):
    lead = spent()
    Suppression.objects.create(phone=lead.contact.phones.get().pk, campaign=build.campaign(name="Else"))

    html = page(supervisor, "person", lead.contact_id)

    for told in ("Cards", "Loans", "1 of 1 used", "Put on do-not-call", "Else", "in 2 campaigns"):
        assert told in html


def test_the_callees_time_is_beside_the_readers_where_their_clocks_differ():
    campaign = build.campaign(week=[[[540, 541]]] * 7)
    lead = build.lead(campaign, build.contact(build.phone(zones=["Asia/Shanghai"])))

    near, far = (
        page(client_of("manager", time_zone=zone), "lead", campaign.pk, lead.pk)
        for zone in ("Asia/Shanghai", "Europe/London")
    )

    assert ("09:00 there" in near, "09:00 there" in far) == (False, True)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_page_opens_for_a_lead_in_any_state_in_both_languages(supervisor: Client, language: str):
    supervisor.cookies["fairdial_language"] = language
    campaign = build.campaign()
    unreadable = PolicyVersion.objects.create(campaign=campaign, number=9, data={})
    decided = {"decided_at": timezone.now(), "decided_times": 2}
    nobody = build.contact(build.phone(zones=[]))
    nobody.contactphone_set.all().delete()
    rows = [
        build.lead(campaign, nobody),
        build.lead(campaign, build.contact(build.phone(zones=[]))),
        build.lead(campaign, state="finished", reason="a_code_without_words", rule="gone", policy_id=12345, **decided),
        build.lead(campaign, reason="too_soon", rule="gap-1", policy_id=unreadable.pk, inputs={"odd": [1]}, **decided),
        build.lead(campaign, callback=True, due_at=timezone.now() + HOUR, reason="conversation"),
    ]

    for lead in rows:
        page(supervisor, "lead", campaign.pk, lead.pk)
        page(supervisor, "person", lead.contact_id)
        assert supervisor.get(reverse("api-lead-why", args=[lead.pk])).status_code == 200
        assert supervisor.get(reverse("api-person-decisions", args=[lead.contact_id])).status_code == 200


def test_earlier_history_is_fetched_as_a_fragment(supervisor: Client):
    lead = build.lead(build.campaign())
    now = timezone.now()
    for n in range(60):
        ended = now - n * HOUR
        Decision.objects.create(
            lead_id=lead.pk, ended_at=ended, decided_at=ended, times=1, reason="too_soon", rule="gap-1"
        )

    first = page(supervisor, "lead", lead.campaign_id, lead.pk)
    link = first.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")
    rest = supervisor.get(reverse("lead", args=[lead.campaign_id, lead.pk]) + link, **HTMX).content.decode()

    assert (first.count("timeline-when"), rest.count("timeline-when")) == (50, 10)
    assert "<html" not in rest


def test_the_history_of_a_person_is_filtered_by_chips_and_their_lists_are_named(manager: Client):
    lead = spent()
    listed = ContactList.objects.create(name="July")
    ListEntry.objects.create(list=listed, contact=lead.contact, row_no=7)

    whole, calls, lists = (page(manager, "person", lead.contact_id, only=only) for only in ("", "calls", "lists"))

    assert [html.count("timeline-when") for html in (whole, calls, lists)] == [2, 1, 1]
    assert reverse("list", args=[listed.pk]) in whole and "On a list" in lists
    assert manager.get(reverse("person", args=[lead.contact_id]), {"only": "x"}).status_code == 404


def test_a_mark_that_is_none_is_not_found(supervisor: Client):
    lead = build.lead(build.campaign())

    assert supervisor.get(reverse("person", args=[lead.contact_id]), {"before": "yesterday"}).status_code == 404


def test_a_lead_of_another_campaign_is_not_found(supervisor: Client):
    lead, other = build.lead(build.campaign()), build.campaign()

    assert supervisor.get(reverse("lead", args=[other.pk, lead.pk])).status_code == 404


def test_rows_of_the_leads_page_open_their_lead_and_a_rule_filters_them(supervisor: Client):
    campaign = build.campaign()
    waits = {"reason": "frequency_cap_reached", "due_at": timezone.now() + HOUR}
    one = build.lead(campaign, rule="cap-1", **waits)
    other = build.lead(campaign, rule="cap-2", **waits)

    html = page(supervisor, "leads", campaign.pk, state="due", why="frequency_cap_reached", when="later", rule="cap-2")

    links = [reverse("lead", args=[campaign.pk, lead.pk]) in html for lead in (one, other)]
    assert links == [False, True]


def test_every_bar_of_the_waterfall_opens_exactly_its_records(supervisor: Client):
    campaign = build.campaign()
    FrequencyCap.objects.create(counts="attempts", per="contact", scope="all", window_hours=24, limit=1)
    later = {"due_at": timezone.now() + HOUR}
    for reason, rule, count in (
        ("frequency_cap_reached", "cap-1", 2),
        ("frequency_cap_reached", "cap-2", 1),
        ("", "", 3),
    ):
        for _ in range(count):
            build.lead(campaign, reason=reason, rule=rule, **(later if reason else {}))

    html = page(supervisor, "campaign-counts", campaign.pk)
    queries = [row.split('"')[0].split("?")[1].replace("&amp;", "&") for row in html.split('<tr data-href="')[1:]]

    leads = reverse("leads", args=[campaign.pk])
    counts = [supervisor.get(f"{leads}?{query}").content.decode().count("<tr data-href") for query in queries]
    assert counts == [2, 1, 3]


# Who may


@pytest.mark.parametrize("role", ["supervisor", "manager", "administrator"])
def test_those_who_supervise_see_people_and_have_them_in_the_rail(role: str):
    assert f'href="{reverse("people")}"' in page(client_of(role), "campaigns")


def test_an_agent_may_not_look_for_people_nor_ask_why():
    agent, lead = client_of("agent"), build.lead(build.campaign())

    for name, args in (("people", []), ("person", [lead.contact_id]), ("lead", [lead.campaign_id, lead.pk])):
        assert agent.get(reverse(name, args=args)).status_code == 403
    refused = agent.get(reverse("api-lead-why", args=[lead.pk]))
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "role")


def test_a_stranger_is_told_to_log_in_as_json():
    refused = Client().get(reverse("api-lead-why", args=[1]))

    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "not_logged_in")


# The JSON interface


def ask(client: Client, name: str, *args, **query):
    return client.get(reverse(name, args=args), query)


def post(client: Client, body, kind: str = "application/json"):
    return client.post(reverse("api-phone-why"), body if isinstance(body, str) else json.dumps(body), content_type=kind)


def test_why_of_a_lead_as_json_has_codes_and_words_and_times_in_utc(supervisor: Client):
    lead = spent()

    told = ask(supervisor, "api-lead-why", lead.pk).json()

    assert (told["standing"], told["because"]["code"]) == ("waiting", "frequency_cap_reached")
    assert told["because"]["rule"]["words"].startswith("At most 1 attempt per person")
    assert told["next"]["at"].endswith("Z")
    assert [(use["used"], use["limit"], len(use["spent_by"])) for use in told["budget"]] == [(1, 1, 1)]
    assert told["budget"][0]["spent_by"][0]["outcome"] == {"code": "no_answer", "words": "nobody answered"}


def test_words_are_in_the_language_that_is_asked_for(supervisor: Client):
    lead = spent()

    response = supervisor.get(reverse("api-lead-why", args=[lead.pk]), HTTP_ACCEPT_LANGUAGE="zh-CN,zh;q=0.9")

    assert response.json()["because"]["words"] == "已达外呼频次上限"
    assert response["Content-Language"] == "zh-hans"


def test_decisions_of_a_person_go_on_where_the_page_before_ended(supervisor: Client):
    lead = build.lead(build.campaign())
    for n in range(1, 61):
        ended = timezone.now() - n * HOUR
        Decision.objects.create(lead_id=lead.pk, ended_at=ended, decided_at=ended, times=n, reason="holiday", rule="")

    first = ask(supervisor, "api-person-decisions", lead.contact_id).json()
    rest = ask(supervisor, "api-person-decisions", lead.contact_id, before=first["next_before"]).json()
    by_time = ask(supervisor, "api-person-decisions", lead.contact_id, before=first["events"][-1]["ended_at"]).json()

    assert [e["times"] for e in first["events"] + rest["events"]] == list(range(1, 61))
    assert rest["next_before"] is None
    assert by_time["events"] == rest["events"]


def test_the_waterfall_as_json_reconciles(supervisor: Client):
    campaign = build.campaign()
    build.lead(campaign)
    build.lead(campaign, state="finished", reason="vacant")

    told = ask(supervisor, "api-waterfall", campaign.pk).json()

    assert (told["total"], told["callable"], sum(bar["count"] for bar in told["bars"])) == (2, 1, 2)
    assert told["bars"][0]["words"] == "vacant number"


def test_a_number_is_asked_about_in_the_body_and_tells_everyone_who_has_it(supervisor: Client):
    shared, campaign = build.phone(8613800138000), build.campaign()
    both = [build.lead(campaign, build.contact(shared)) for _ in range(2)]

    told = post(supervisor, {"number": "138 0013 8000", "country": "CN"}).json()

    assert told["number"] == "+8613800138000"
    assert {why["lead"] for why in told["leads"]} == {lead.pk for lead in both}
    assert len(told["people"]) == 2


def test_a_program_needs_no_forgery_token_to_ask_about_a_number():
    client = Client(enforce_csrf_checks=True)
    client.force_login(build.user("manager"))

    assert post(client, {"number": "+8613800138000"}).json()["leads"] == []
    assert client.post(reverse("api-waterfall", args=[1])).json()["error"]["code"] == "method"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("not json", "body"),
        ("\xff", "body"),
        ("[]", "body"),
        ("{}", "number"),
        ({"number": "hello"}, "number"),
        ({"number": 13800138000}, "number"),
        ({"number": "9" * 400}, "number"),
        ({"number": "+8613800138000", "country": "China"}, "country"),
        ({"number": "+8613800138000", "before": "yesterday"}, "before"),
    ],
)
def test_a_bad_question_is_answered_with_what_to_send_instead(supervisor: Client, body, code: str):
    refused = post(supervisor, body)

    assert (refused.status_code, refused.json()["error"]["code"]) == (400, code)
    assert refused.json()["error"]["sentence"].endswith(".")


def test_what_is_not_there_is_said_in_json(supervisor: Client):
    addresses = ("/api/leads/99/why", "/api/people/99/decisions", "/api/campaigns/99/waterfall", "/api/leads/x/why")

    refused = [supervisor.get(address) for address in addresses]

    assert [(r.status_code, r.json()["error"]["code"]) for r in refused] == [(404, "not_found")] * 4


def test_another_method_is_refused_with_the_one_that_is_allowed(supervisor: Client):
    by_get, by_post = supervisor.get(reverse("api-phone-why")), supervisor.post(reverse("api-waterfall", args=[1]))

    assert (by_get.status_code, by_get["Allow"], by_get.json()["error"]["sentence"]) == (405, "POST", "Ask by POST.")
    assert by_post.status_code == 405

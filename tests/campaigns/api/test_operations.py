"""What the interface does: the same as the screens, by the same services."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from campaigns.lists import importing
from campaigns.models import (
    AuditEntry,
    CampaignList,
    ContactList,
    Lead,
    LineOfBusiness,
    ListEntry,
    ListVersion,
    Reject,
    Suppression,
)
from tests import build
from tests.campaigns.api.asking import code, get, post, program
from tests.campaigns.screens.browsing import page

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
FILE = "customer_id,name,phone\nHB-1,王小芳,13800138000\nHB-2,Li,nonsense\nHB-1,again,13800138000\n".encode()


def upload(client, **fields):
    data = {"file": SimpleUploadedFile("july.csv", FILE), "country": "CN", **fields}
    return client.post(reverse("api:list-upload"), data)


# Lists


def test_a_file_is_uploaded_read_and_accounted_for():
    client, campaign = program(), build.campaign()

    uploaded = upload(client, name="July", campaign=campaign.pk)
    waiting = client.get(uploaded.json()["status"]).json()
    importing.run(uploaded.json()["id"])
    report = client.get(uploaded.json()["status"]).json()

    assert uploaded.status_code == 202
    assert (waiting["state"], waiting["progress"]) == ("waiting", None)
    assert (report["state"], report["progress"]) == ("ready", 1.0)
    assert report["rows"] == {"total": 3, "good": 1, "duplicate": 1, "rejected": 1}
    assert {(r["code"], r["count"]) for r in report["rejects"]} == {("malformed", 1), ("duplicate", 1)}
    assert report["campaigns"] == [{"id": campaign.pk, "name": campaign.name}]
    assert Lead.objects.filter(campaign=campaign).count() == 1
    assert [v["number"] for v in get(client, "list-versions", report["id"]).json()] == [1]


def test_an_upload_writes_who_did_it_into_the_audit_trail():
    user = build.user("manager")

    upload(program(user=user))

    assert AuditEntry.objects.get(action="list.uploaded").actor == user


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"country": "China"}, (400, "country")),
        ({"campaign": 99}, (404, "not_found")),
        ({"file": ""}, (400, "file")),
    ],
)
def test_an_upload_that_can_not_be_is_refused(fields: dict, expected: tuple[int, str]):
    assert code(upload(program(), **fields)) == expected
    assert not ContactList.objects.exists()


def test_rejects_come_in_pages_and_as_a_file(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("campaigns.selectors.PAGE", 2)
    monkeypatch.setattr("campaigns.api.imports.PAGE", 2)
    client, listed = program(), ContactList.objects.create(name="July", state="ready")
    version = ListVersion.objects.create(list=listed, number=1, state="ready")
    ContactList.objects.filter(pk=listed.pk).update(current=version)
    for row in range(3):
        told = {"reason": "malformed", "value": "=x", "row": {"phone": "=x"}}
        Reject.objects.create(list=listed, version=version, row_no=row + 2, **told)

    first = get(client, "list-rejects", listed.pk).json()
    rest = get(client, "list-rejects", listed.pk, after=first["next_after"]).json()
    none = get(client, "list-rejects", listed.pk, reason="duplicate").json()
    file = b"".join(get(client, "list-rejects-csv", listed.pk).streaming_content).decode()

    assert [r["row"] for r in first["rejects"] + rest["rejects"]] == [2, 3, 4]
    assert (rest["next_after"], none["rejects"]) == (None, [])
    assert first["rejects"][0]["reason"] == {"code": "malformed", "words": "not a phone number"}
    assert "'=x" in file and ",=x" not in file


def test_lists_come_newest_first_in_pages(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("campaigns.api.imports.PAGE", 2)
    client = program()
    made = [ContactList.objects.create(name=name).pk for name in "abc"]

    first = get(client, "lists").json()
    rest = get(client, "lists", before=first["next_before"]).json()

    assert [row["id"] for row in first["lists"] + rest["lists"]] == made[::-1]
    assert rest["next_before"] is None


def test_the_waterfall_of_a_list_is_the_one_of_its_page_and_every_bar_opens_its_records():
    campaign = build.campaign(name="Loans")
    listed = ContactList.objects.create(name="July", state="ready", rows_total=3)
    campaign.lists.add(listed)
    Reject.objects.create(list=listed, row_no=2, reason="malformed")
    people = [build.contact(), build.contact(build.phone(status="vacant", status_source="own_call"))]
    for row, person in enumerate(people):
        ListEntry.objects.create(list=listed, contact=person, row_no=row + 3)
        build.lead(campaign, person)
    client = program()

    told = get(client, "list-waterfall", listed.pk, campaign=campaign.pk).json()
    vacant = get(client, "list-records", listed.pk, campaign=campaign.pk, stage="limited", code="vacant").json()

    assert [(bar["stage"], bar["code"], bar["count"]) for bar in told["bars"]] == [
        ("rejected", "malformed", 1),
        ("limited", "vacant", 1),
        ("callable", "", 1),
    ]
    assert (told["total"], told["invalid"], told["valid_number_rate"]) == (3, 2, 1 / 3)
    assert [record["person"]["id"] for record in vacant["records"]] == [people[1].pk]
    assert vacant["records"][0]["evidence"]["source"] == "own_call"
    assert code(get(client, "list-records", listed.pk, stage="x")) == (400, "stage")
    assert code(get(client, "list-waterfall", listed.pk, campaign=build.campaign().pk)) == (404, "not_found")


# Campaigns


def test_campaigns_are_told_with_their_lists_and_figures():
    campaign = build.campaign(name="Loans", line_of_business=LineOfBusiness.objects.create(name="Cards"))
    listed = ContactList.objects.create(name="July", state="ready")
    CampaignList.objects.create(campaign=campaign, list=listed)
    build.lead(campaign)
    client = program("supervisor")

    row = get(client, "campaigns").json()["campaigns"][0]
    told = get(client, "campaign", campaign.pk).json()

    assert (row["name"], row["callable"], row["standing"]["code"]) == ("Loans", 1, "running")
    assert {**told, **row} == told
    assert told["line_of_business"]["name"] == "Cards"
    assert [each["id"] for each in told["lists"]] == [listed.pk]


def test_a_list_is_attached_once():
    client, campaign = program(), build.campaign()
    listed = ContactList.objects.create(name="July", state="ready")
    ListEntry.objects.create(list=listed, contact=build.contact(), row_no=2)

    answers = [post(client, "campaign-lists", {"list": listed.pk}, campaign.pk).json() for _ in range(2)]

    assert answers == [{"attached": True}, {"attached": False}]
    assert Lead.objects.filter(campaign=campaign).count() == 1
    assert AuditEntry.objects.filter(action="campaign.list_attached").count() == 1
    assert code(post(client, "campaign-lists", {"list": 99}, campaign.pk)) == (404, "not_found")


def test_leads_are_told_by_reason_page_by_page(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("campaigns.selectors.PAGE", 2)
    client, campaign = program(), build.campaign()
    later = {"due_at": timezone.now() + HOUR, "reason": "too_soon", "rule": "gap-1"}
    waiting = [build.lead(campaign, **later) for _ in range(3)]
    build.lead(campaign)
    bar = next(b for b in get(client, "waterfall", campaign.pk).json()["bars"] if b["code"] == "too_soon")

    query = {"state": "due", "when": "later", "why": "too_soon", "rule": bar["rule"]["name"]}
    first = get(client, "leads", campaign.pk, **query).json()
    rest = get(client, "leads", campaign.pk, **query, after=first["next_after"]).json()
    due = get(client, "leads", campaign.pk, why="").json()

    assert [lead["lead"] for lead in first["leads"] + rest["leads"]] == [lead.pk for lead in waiting]
    assert rest["next_after"] is None
    assert [lead["later"] for lead in due["leads"]] == [False]
    assert first["leads"][0]["because"] == {"code": "too_soon", "words": "too soon after the last call"}


def test_the_forecast_tells_the_hours_of_the_week():
    campaign = build.campaign()
    build.lead(campaign)

    told = get(program(), "forecast", campaign.pk, agents=2).json()

    assert (told["leads"], told["now"], len(told["hours"])) == (1, 1, 168)


# People and do-not-call


def test_people_are_found_by_what_the_box_finds_them_by():
    person = build.contact(build.phone(8613800138000), name="王小芳", customer_id="HB-1")
    client = program("supervisor")

    hits = [post(client, "person-find", {"text": text}).json()["people"] for text in ("hb-1", "小芳", "+86138001380")]
    told = get(client, "person", person.pk).json()

    assert [[hit["id"] for hit in found] for found in hits] == [[person.pk]] * 3
    assert [found[0]["found_by"]["code"] for found in hits] == ["customer_id", "name", "number_begins"]
    assert told["phones"][0]["number"] == "+8613800138000"


def test_a_number_is_put_on_do_not_call_checked_and_taken_off_with_a_reason():
    campaign = build.campaign()
    client = program()
    number = {"number": "138 0013 8000", "country": "CN"}

    made = post(client, "do-not-call-add", {**number, "reason": "asked", "campaign": campaign.pk})
    checked = post(client, "do-not-call-check", number).json()
    listed = get(client, "do-not-call").json()["entries"]
    removed = [post(client, "do-not-call-remove", {"reason": "a mistake"}, made.json()["id"]) for _ in range(2)]

    assert (made.status_code, made.json()["number"], made.json()["campaign"]["id"]) == (
        201,
        "+8613800138000",
        campaign.pk,
    )
    assert (checked["listed"], checked["entries"]) == (True, listed)
    assert removed[0].json() == {"removed": True}
    assert code(removed[1]) == (404, "not_found")
    assert post(client, "do-not-call-check", number).json()["listed"] is False
    actions = AuditEntry.objects.order_by("id").values_list("action", "data__reason")
    assert list(actions)[1:] == [("suppression.added", "asked"), ("suppression.removed", "a mistake")]


def test_an_entry_that_is_over_is_not_listed():
    Suppression.objects.create(phone=8613800138000, expires_at=timezone.now() - HOUR)

    assert post(program(), "do-not-call-check", {"number": "+8613800138000"}).json()["listed"] is False


def test_supervisors_may_add_to_do_not_call_but_only_managers_take_off():
    client = program("supervisor")
    made = post(client, "do-not-call-add", {"number": "+8613800138000", "reason": "asked"}).json()

    assert code(post(client, "do-not-call-remove", {"reason": "x"}, made["id"])) == (403, "role")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"number": "hello", "reason": "x"}, (400, "number")),
        ({"number": "+8613800138000", "reason": ""}, (400, "reason")),
        ({"number": "+8613800138000", "reason": "x", "campaign": 1, "line_of_business": 1}, (400, "campaign")),
        ({"number": "+8613800138000", "reason": "x", "campaign": 99}, (404, "not_found")),
    ],
)
def test_an_entry_that_can_not_be_is_refused(body: dict, expected: tuple[int, str]):
    assert code(post(program(), "do-not-call-add", body)) == expected
    assert not Suppression.objects.exists()


def test_what_the_interface_did_is_on_the_pages(client):
    client.force_login(build.user("manager"))
    post(program(), "do-not-call-add", {"number": "+8613800138000", "reason": "asked by phone"})

    assert "asked by phone" in page(client, "suppressions")

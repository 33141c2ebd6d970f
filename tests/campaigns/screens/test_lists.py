"""The screens of lists and of do-not-call, as a browser sees them."""

from __future__ import annotations

import csv
import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from campaigns.models import AuditEntry, ContactList, ListEntry, Reject, Suppression
from tests import build
from tests.campaigns.screens.browsing import page

pytestmark = pytest.mark.django_db


def upload(client: Client, name: str, content: bytes, query: str = ""):
    data = {"file": SimpleUploadedFile(name, content), "name": "", "default_country": "CN"}
    return client.post(reverse("list-upload") + query, data, follow=True)


def test_an_uploaded_file_becomes_a_list_that_is_being_read(manager: Client):
    html = upload(manager, "autumn.csv", b"name,phone\nAda,+12025550100\n").content.decode()

    assert ContactList.objects.get().name == "autumn"
    assert "Rows so far" in html


def test_a_list_uploaded_from_a_campaign_is_attached_to_it(manager: Client):
    campaign = build.campaign(status="draft")

    upload(manager, "autumn.csv", b"name,phone\nAda,+12025550100\n", f"?campaign={campaign.pk}")

    assert list(campaign.lists.values_list("name", flat=True)) == ["autumn"]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("empty.csv", b"", "The file is empty."),
        ("list.pdf", b"%PDF", "Only CSV"),
    ],
)
def test_a_file_that_is_no_list_is_refused_next_to_the_field(manager: Client, name: str, content: bytes, sentence: str):
    response = upload(manager, name, content)

    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not ContactList.objects.exists()


def test_the_waterfall_of_a_list_reconciles_and_its_bars_open_their_records(manager: Client):
    campaign = build.campaign(name="Loans")
    listed = ContactList.objects.create(name="July", state="ready", rows_total=4, rows_good=3, rows_rejected=1)
    campaign.lists.add(listed)
    Reject.objects.create(list=listed, row_no=2, reason="malformed", value="x")
    people = [build.contact(), build.contact(build.phone(status="vacant", status_source="own_call")), build.contact()]
    for row, person in enumerate(people):
        ListEntry.objects.create(list=listed, contact=person, row_no=row + 3)
    leads = [build.lead(campaign, person) for person in people[:2]]

    html = page(manager, "list-waterfall", listed.pk)
    opened = [manager.get(address.replace("&amp;", "&")) for address in re.findall('data-href="([^"]*)"', html)]
    alone = page(manager, "list-waterfall", listed.pk, campaign="none")

    assert [response.status_code for response in opened] == [200] * 4
    counts = [response.content.decode().count("<tr data-href") for response in opened[1:]]
    assert counts == [1, 1, 1]
    assert "own call" in opened[1].content.decode()
    assert reverse("lead", args=[campaign.pk, leads[1].pk]) in opened[1].content.decode()
    assert "The bars make up all 4 rows" in html and "not in this campaign" in html
    assert "nothing is known against them" in alone and "50.0 %" in alone


def test_a_stage_that_does_not_exist_is_not_found(manager: Client):
    listed = ContactList.objects.create(name="July", state="ready")

    assert manager.get(reverse("list-records", args=[listed.pk]), {"stage": "x"}).status_code == 404


def test_a_file_above_the_limit_is_refused(manager: Client, settings):
    settings.UPLOAD_MAX_BYTES = 10

    assert "The file is larger than 10" in upload(manager, "a.csv", b"phone\n+12025550100\n").content.decode()


def test_the_page_reloads_itself_once_the_list_is_read(manager: Client):
    reading = ContactList.objects.create(name="a", state="importing")
    read = ContactList.objects.create(name="b", state="ready")

    first, second = (manager.get(reverse("list-progress", args=[each.pk])) for each in (reading, read))

    assert ("HX-Refresh" in first.headers, "HX-Refresh" in second.headers) == (False, True)


def test_a_read_list_accounts_for_every_row(manager: Client):
    done = ContactList.objects.create(
        name="Autumn", state="ready", rows_total=5120, rows_good=4800, rows_duplicate=120, rows_rejected=200
    )
    Reject.objects.create(list=done, row_no=7, reason="ruined_by_spreadsheet", column="手机号", value="1.38E+10")

    html = page(manager, "list", done.pk)

    assert "5,120 rows = 4,800 good + 120 duplicate + 200 rejected." in html
    assert "rounded by a spreadsheet" in html
    assert "1.38E+10" in html


def test_a_failed_list_says_what_was_wrong_and_how_to_go_on(manager: Client):
    failed = ContactList.objects.create(name="a", state="failed", error="The file has no rows. Export it again.")

    html = page(manager, "list", failed.pk)

    assert "The file has no rows. Export it again." in html
    assert reverse("list-upload") in html


def test_downloaded_rejects_run_nothing_in_a_spreadsheet(manager: Client):
    done = ContactList.objects.create(name="Autumn", state="ready")
    dangerous = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1"]
    for row_no, cell in enumerate(dangerous, start=2):
        row = {"=name": cell, "phone": "12"}
        Reject.objects.create(list=done, row_no=row_no, reason="malformed", column="=phone", value=cell, row=row)

    response = manager.get(reverse("list-rejects", args=[done.pk]))
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))

    assert rows[0] == ["row", "reason", "column", "value", "'=name", "phone"]
    assert [row[3] for row in rows[1:]] == [f"'{cell}" for cell in dangerous]
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_an_empty_do_not_call_list_says_so(supervisor: Client):
    assert "Nobody has asked not to be called yet." in page(supervisor, "suppressions")


def test_a_number_is_put_on_do_not_call_with_its_reason(supervisor: Client):
    campaign = build.campaign()
    wanted = {"number": "+1 202 555 0142", "reason": "asked by letter", "scope": f"campaign:{campaign.pk}"}

    response = supervisor.post(reverse("suppressions"), wanted, follow=True)

    entry = Suppression.objects.get()
    assert (entry.phone, entry.campaign, entry.reason) == (12025550142, campaign, "asked by letter")
    assert "+12025550142 will not be called any more." in response.content.decode()


def test_what_is_no_number_is_refused_next_to_the_field(supervisor: Client):
    response = supervisor.post(reverse("suppressions"), {"number": "12", "reason": "x", "scope": ""})

    assert response.status_code == 422
    assert "This is not a phone number." in response.content.decode()


def test_a_number_comes_off_do_not_call_only_with_a_reason_for_the_trail(manager: Client):
    entry = Suppression.objects.create(phone=12025550142)
    url = reverse("suppression-remove", args=[entry.pk])

    manager.post(url, {"reason": " "})
    kept = Suppression.objects.count()
    manager.post(url, {"reason": "listed by mistake"})

    assert (kept, Suppression.objects.count()) == (1, 0)
    assert AuditEntry.objects.get(action="suppression.removed").data["reason"] == "listed by mistake"


def test_a_supervisor_may_add_to_do_not_call_but_not_remove(supervisor: Client):
    entry = Suppression.objects.create(phone=12025550142)

    assert supervisor.post(reverse("suppression-remove", args=[entry.pk]), {"reason": "x"}).status_code == 403


def test_numbers_are_found_by_their_last_digits(supervisor: Client):
    Suppression.objects.create(phone=12025550142)
    Suppression.objects.create(phone=12025550199)

    html = supervisor.post(reverse("suppressions"), {"q": "0142"}).content.decode()

    assert "+12025550142" in html
    assert "+12025550199" not in html

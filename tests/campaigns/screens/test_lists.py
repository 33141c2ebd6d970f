"""The screens of lists and of do-not-call, as a browser sees them."""

from __future__ import annotations

import csv
import io
import re
import zipfile

import pytest
import python_calamine
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from campaigns.lists import importing, versions
from campaigns.models import AuditEntry, Contact, ContactList, ListEntry, ListVersion, Reject, Suppression
from tests import build
from tests.campaigns.screens.browsing import page

pytestmark = pytest.mark.django_db


def upload(client: Client, name: str, content: bytes, query: str = ""):
    data = {"file": SimpleUploadedFile(name, content), "name": "", "default_country": "CN"}
    return client.post(reverse("list-upload") + query, data, follow=True)


def test_an_uploaded_file_is_shown_as_it_will_be_read_before_anything_is_imported(manager: Client):
    html = upload(manager, "autumn.csv", "name,phone\n王芳,13800138000\nBob,12\n".encode("gb18030")).content.decode()

    assert ContactList.objects.get().name == "autumn"
    assert ListVersion.objects.get().state == "mapping"
    assert "王芳" in html
    assert "+8613800138000" in html
    assert "not a phone number" in html
    assert not Contact.objects.exists()


def test_a_column_is_read_as_said_and_the_next_file_of_this_source_too(manager: Client):
    content = b"who,nummer,note\nAda,+12025550100,gold\n"
    upload(manager, "autumn.csv", content)
    version = ListVersion.objects.get()
    where = {"pk": version.list_id, "number": 1}
    said = {"means-0": "name", "means-1": "phone", "means-2": "attribute.account", "default_country": "CN"}
    choices = {"known": "update", "shared": "different", "gone": "keep"}

    response = manager.post(reverse("list-columns", kwargs=where), {**said, **choices, "then": "start"})
    importing.run(version.list_id)

    assert response.url == reverse("list-version", kwargs=where)
    assert Contact.objects.get().attributes == {"account": {"note": "gold"}}
    page_of_next = upload(manager, "winter.csv", content).content.decode()
    assert "As they were read the last time." in page_of_next
    assert ListVersion.objects.latest("pk").mapping["columns"][2]["group"] == "account"


def test_the_encoding_is_said_otherwise_by_one_click(manager: Client):
    upload(manager, "autumn.csv", "name,phone\n王芳,13800138000\n".encode("big5hkscs"))
    version = ListVersion.objects.get()
    said = {
        "encoding": "",
        "read_as": "big5hkscs",
        "default_country": "CN",
        "known": "update",
        "shared": "different",
        "gone": "keep",
    }

    response = manager.post(reverse("list-columns", args=[version.list_id, 1]), said, follow=True)

    assert "王芳" in response.content.decode()
    version.refresh_from_db()
    assert (version.options, version.state) == ({"encoding": "big5hkscs"}, "mapping")


def test_a_version_shows_its_books_and_who_changed_and_is_undone_from_there(manager: Client):
    first = "customer id,name,phone\nC1,Ann,13800138001\nC2,Bob,13800138002\n"
    second = "customer id,name,phone\nC1,Anna,13800138001\nC4,Dan,13800138004\nC4,Dan,13800138004\n"
    made = ContactList.objects.create(name="A", default_country="CN")
    for content in (first, second):
        version = versions.add(list=made, file=ContentFile(content.encode(), name="a.csv"), by=None)
        versions.start(version=version, by=None)
        importing.run(made.pk)

    books = page(manager, "list-version", made.pk, 2)
    pages = {kind: page(manager, "list-people", made.pk, 2, kind) for kind in ("new", "changed", "unchanged", "gone")}

    assert "3 rows = 2 good + 1 duplicate + 0 rejected." in books
    assert "same person as row 3" in books
    assert "name: Ann → Anna" in pages["changed"]
    assert ("Dan" in pages["new"], "Bob" in pages["gone"], "Nobody." in pages["unchanged"]) == (True, True, True)
    manager.post(reverse("list-undo", args=[made.pk, 2]))
    importing.run(made.pk)
    assert Contact.objects.get(customer_id="C1").name == "Ann"
    assert "undone" in page(manager, "list", made.pk)


def test_a_running_import_says_how_far_it_is_and_can_be_cancelled(manager: Client):
    upload(manager, "autumn.csv", b"name,phone\nAda,+12025550100\n")
    version = ListVersion.objects.get()
    versions.start(version=version, by=None)
    importing.step(version.pk)
    importing.step(version.pk)

    html = page(manager, "list-progress", version.list_id)
    manager.post(reverse("list-cancel", args=[version.list_id, 1]))
    importing.run(version.list_id)

    assert "Rows a second" in html
    assert 'data-share="40.0"' in html
    version.refresh_from_db()
    assert version.state == "cancelled"


def test_a_list_uploaded_from_a_campaign_is_attached_to_it(manager: Client):
    campaign = build.campaign(status="draft")

    upload(manager, "autumn.csv", b"name,phone\nAda,+12025550100\n", f"?campaign={campaign.pk}")

    assert list(campaign.lists.values_list("name", flat=True)) == ["autumn"]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("empty.csv", b"", "The file is empty."),
        ("list.pdf", b"%PDF", "Only CSV, Excel"),
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


DANGEROUS = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)"]


def with_dangerous_rejects(manager: Client) -> ListVersion:
    rows = "".join(f'"{cell}",12\n' for cell in DANGEROUS)
    upload(manager, "autumn.csv", f"name,phone\n{rows}Ann,13800138000\n".encode())
    version = ListVersion.objects.get()
    versions.start(version=version, by=None)
    importing.run(version.list_id)
    return version


def test_downloaded_rejects_have_the_files_own_columns_and_run_nothing_in_a_spreadsheet(manager: Client):
    version = with_dangerous_rejects(manager)

    response = manager.get(reverse("list-rejects", args=[version.list_id, 1, "csv"]))
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))

    assert rows[0] == ["name", "phone", "row", "reason", "column", "value", "same as"]
    assert rows[1] == [f"'{DANGEROUS[0]}", "12", "2", "not a phone number", "phone", "12", ""]
    assert [row[0] for row in rows[1:]] == [f"'{cell}" for cell in DANGEROUS]


def test_rejects_as_a_workbook_are_text_whatever_they_begin_with(manager: Client):
    version = with_dangerous_rejects(manager)

    response = manager.get(reverse("list-rejects", args=[version.list_id, 1, "xlsx"]))
    data = b"".join(response.streaming_content)
    rows = python_calamine.load_workbook(io.BytesIO(data)).get_sheet_by_index(0).to_python()

    assert [row[0] for row in rows[1:]] == DANGEROUS
    with zipfile.ZipFile(io.BytesIO(data)) as unpacked:
        assert b"<f>" not in unpacked.read("xl/worksheets/sheet1.xml")


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
    kept = Suppression.objects.filter(ended_at=None).count()
    manager.post(url, {"reason": "listed by mistake"})

    assert (kept, Suppression.objects.filter(ended_at=None).count()) == (1, 0)
    assert AuditEntry.objects.get(action="suppression.removed").data["reason"] == "listed by mistake"


def test_a_supervisor_may_add_to_do_not_call_but_not_remove(supervisor: Client):
    entry = Suppression.objects.create(phone=12025550142)

    assert supervisor.post(reverse("suppression-remove", args=[entry.pk]), {"reason": "x"}).status_code == 403


def test_entries_are_found_by_the_whole_number(supervisor: Client):
    Suppression.objects.create(phone=12025550142)
    Suppression.objects.create(phone=12025550199)

    html = supervisor.post(reverse("suppressions"), {"q": "+1 202 555 0142"}).content.decode()

    assert "+12025550142" in html
    assert "+12025550199" not in html

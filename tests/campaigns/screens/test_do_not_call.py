"""Do-not-call files in the browser: upload, progress, the account of rows, what a replacement would do, its end."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from campaigns import do_not_call
from campaigns.do_not_call import importing
from campaigns.models import LineOfBusiness, Suppression, SuppressionFile
from tests import build
from tests.campaigns.screens.browsing import client_of, page
from tests.campaigns.screens.typed import text

FIRST = 8613800138000


@pytest.fixture(autouse=True)
def _tables(transactional_db):
    """Files are applied in transactions of their own."""


def upload(client: Client, content: str, **fields) -> SuppressionFile:
    said = {"source": "register", "reason": "November", "default_country": "CN", "scope": "", **fields}
    file = SimpleUploadedFile("register.csv", content.encode())
    response = client.post(reverse("suppression-upload"), {"file": file, **said})
    assert response.status_code == 302, text(response)
    return SuppressionFile.objects.latest("pk")


def test_a_file_is_uploaded_read_and_accounted_for(manager: Client):
    LineOfBusiness.objects.create(pk=7, name="Cards")
    file = upload(manager, f"number\n+{FIRST}\n+{FIRST}\n=cmd()\n", scope="line:7", expires_on="2030-05-01")
    waiting = page(manager, "suppression-file", file.pk)
    going = manager.get(reverse("suppression-file-progress", args=[file.pk]))
    importing.run(file.pk)

    over = manager.get(reverse("suppression-file-progress", args=[file.pk]))
    html = page(manager, "suppression-file", file.pk)
    rejects = b"".join(manager.get(reverse("suppression-file-rejects", args=[file.pk])).streaming_content).decode()

    assert "It waits for a worker." in waiting
    assert ("HX-Refresh" in going, over["HX-Refresh"]) == (False, "true")
    assert "3 rows = 1 numbers + 1 duplicate + 1 rejected." in html
    assert "1 numbers = 1 new + 0 prolonged + 0 as they were." in html
    assert "not a phone number" in html
    assert "'=cmd()" in rejects
    entry = Suppression.objects.get()
    assert (entry.line_of_business_id, entry.expires_at.isoformat()) == (7, "2030-05-02T00:00:00+00:00")
    assert "November" in page(manager, "suppression-files")


def test_a_replacement_is_done_only_for_who_types_the_source(manager: Client):
    importing.run(upload(manager, f"+{FIRST}\n+{FIRST + 1}\n").pk)
    file = upload(manager, f"+{FIRST}\n", replaces="on")
    importing.run(file.pk)
    html = page(manager, "suppression-file", file.pk)
    confirm = reverse("suppression-file-confirm", args=[file.pk])

    wrong = text(manager.post(confirm, {"name": "regster"}, follow=True))
    before = Suppression.objects.filter(ended_at=None).count()
    manager.post(confirm, {"name": "register"})
    importing.run(file.pk)

    assert "1 entry of “register” would end" in html
    assert "The name does not match." in wrong
    assert before == 2
    assert Suppression.objects.get(ended_at=None).phone == FIRST


def test_a_comparison_is_left_and_a_source_is_taken_off_whole(manager: Client):
    importing.run(upload(manager, f"+{FIRST}\n").pk)
    file = upload(manager, f"+{FIRST + 5}\n", replaces="on")
    importing.run(file.pk)
    manager.post(reverse("suppression-file-cancel", args=[file.pk]))
    file.refresh_from_db()
    assert file.state == "cancelled"

    wanted = {"removal-source": "register", "removal-reason": "contract ended", "removal-scope": ""}
    response = manager.post(reverse("suppression-source-remove"), wanted)
    removal = SuppressionFile.objects.latest("pk")
    importing.run(removal.pk)
    assert response["Location"] == reverse("suppression-file", args=[removal.pk])
    assert "Take off “register”" in page(manager, "suppression-file", removal.pk)
    manager.post(reverse("suppression-file-confirm", args=[removal.pk]), {"name": "register"})
    importing.run(removal.pk)

    assert not Suppression.objects.filter(ended_at=None).exists()
    assert manager.post(reverse("suppression-source-remove"), {"removal-source": "gone"}).status_code == 422


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"file": SimpleUploadedFile("empty.csv", b"")}, "The file is empty."),
        ({"expires_on": "2001-01-01"}, "Choose a day from today on"),
        ({"expires_on": "9999-12-31"}, "in this century"),
        ({"source": ""}, "This field is required."),
        ({"scope": "line:99"}, "Select a valid choice."),
    ],
)
def test_what_cannot_be_read_is_refused_next_to_its_field(manager: Client, fields, sentence):
    said = {"source": "register", "reason": "x", "default_country": "CN", "scope": ""}
    file = SimpleUploadedFile("register.csv", b"+8613800138000")

    response = manager.post(reverse("suppression-upload"), {"file": file, **said, **fields})

    assert response.status_code == 422
    assert sentence in text(response)


def test_a_file_that_holds_no_number_says_so_and_how_to_go_on(manager: Client):
    file = upload(manager, "name\nWang\n")
    importing.run(file.pk)

    html = page(manager, "suppression-file", file.pk)

    assert "No column of the file holds phone numbers." in html
    assert "Upload again" in html


def test_a_number_comes_off_but_another_source_still_keeps_it(manager: Client):
    do_not_call.enter(phone=FIRST, reason="asked", source="agent", by=None)
    entry, _new = do_not_call.enter(phone=FIRST, reason="listed", source="register", by=None)

    html = text(manager.post(reverse("suppression-remove", args=[entry.pk]), {"reason": "mistake"}, follow=True))

    assert "others still keep calls away" in html
    history = page(manager, "suppression", entry.pk)
    assert "mistake" in history
    assert "it is on the list" in history


def test_a_number_is_entered_for_whoever_has_it(supervisor: Client):
    who = build.contact(build.phone(FIRST), build.phone())
    wanted = {"number": f"+{FIRST}", "reason": "asked", "scope": "", "of_person": "on"}

    supervisor.post(reverse("suppressions"), wanted)

    assert set(Suppression.objects.values_list("phone", "contact")) == {(FIRST, None), (None, who.pk)}


def test_files_are_for_managers(supervisor: Client, manager: Client):
    file = upload(manager, f"+{FIRST}\n")
    pages = ("suppression-file", "suppression-file-progress", "suppression-file-rejects")

    assert {supervisor.get(reverse(name, args=[file.pk])).status_code for name in pages} == {403}
    assert {supervisor.get(reverse(name)).status_code for name in ("suppression-files", "suppression-upload")} == {403}
    for name in ("suppression-file-confirm", "suppression-file-cancel"):
        assert supervisor.post(reverse(name, args=[file.pk])).status_code == 403


def test_the_pages_speak_chinese(manager: Client):
    file = upload(manager, f"+{FIRST}\n12\n")
    importing.run(file.pk)
    compared = upload(manager, f"+{FIRST + 1}\n", replaces="on")
    importing.run(compared.pk)
    entry = Suppression.objects.get()
    do_not_call.end(entry, reason="误列", by=None)
    reader = client_of("manager", language="zh-hans")
    reader.cookies["fairdial_language"] = "zh-hans"

    pages = [page(reader, "suppression-file", pk) for pk in (file.pk, compared.pk)]
    pages += [
        page(reader, "suppression", entry.pk),
        *(page(reader, n) for n in ("suppression-files", "suppression-upload")),
    ]

    for html in pages:
        for english in (
            "Rejected",
            "Source",
            "Upload",
            "Numbers",
            "entries",
            "Where",
            "Ended",
        ):
            assert english not in html, english

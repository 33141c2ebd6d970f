"""Status feeds, do-not-call files, consent and versions of lists by the interface: the services of the screens."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from campaigns.do_not_call import importing as do_not_call
from campaigns.feeds import importing as feeds
from campaigns.lists import importing
from campaigns.models import Contact, ListVersion, Suppression
from tests import build
from tests.campaigns.api.asking import code, get, post, program

pytestmark = pytest.mark.django_db


def send(client, name: str, content: str, *args: int, **fields):
    return client.post(
        reverse(f"api:{name}", args=args), {"file": SimpleUploadedFile("a.csv", content.encode()), **fields}
    )


def test_a_status_feed_is_uploaded_applied_and_accounted_for():
    client = program()

    made = send(client, "status-feed-upload", "phone,status\n13800138001,vacant\n13800138002,green\n", source="carrier")
    feeds.run(made.json()["id"])
    report = client.get(made.json()["status"]).json()
    rejects = get(client, "status-feed-rejects", report["id"]).json()

    assert (made.status_code, report["state"]["code"], report["source"]) == (202, "ready", "carrier")
    assert (report["rows_total"], report["applied"], report["rejected"]) == (2, 1, 1)
    assert [(each["row"], each["reason"]["code"], each["value"]) for each in rejects["rejects"]] == [
        (3, "unknown_state", "green")
    ]
    assert [each["id"] for each in get(client, "status-feeds").json()["feeds"]] == [report["id"]]


def test_a_status_feed_that_can_not_be_is_refused():
    client = program()
    later = (timezone.now() + timedelta(days=1)).isoformat()

    refused = [
        send(client, "status-feed-upload", "x", source=" "),
        send(client, "status-feed-upload", "x", source="carrier", observed_at=later),
        send(client, "status-feed-upload", "x"),
        client.post(reverse("api:status-feed-upload"), {"source": "carrier"}),
    ]

    assert [code(each) for each in refused] == [(409, "bad_feed"), (409, "bad_feed"), (400, "source"), (400, "file")]


def test_a_do_not_call_file_that_replaces_its_source_waits_for_a_word_that_names_what_ends():
    client = program()
    said = {"source": "register", "reason": "asked not to be called"}
    first = send(client, "do-not-call-file-upload", "13800138001\n13800138002\n", **said)
    do_not_call.run(first.json()["id"])
    second = send(client, "do-not-call-file-upload", "13800138001\nnonsense\n", replaces="true", **said)
    do_not_call.run(second.json()["id"])
    compared = client.get(second.json()["status"]).json()

    wrong = post(client, "do-not-call-file-confirm", {"gone": 2}, compared["id"])
    right = post(client, "do-not-call-file-confirm", {"gone": 1}, compared["id"])
    do_not_call.run(compared["id"])

    assert (compared["state"]["code"], compared["kept"], compared["gone"]) == ("compared", 1, 1)
    assert (code(wrong), right.json()) == ((409, "gone"), {"done": True})
    assert list(Suppression.objects.filter(ended_at=None).values_list("phone", flat=True)) == [8613800138001]
    assert [each["value"] for each in get(client, "do-not-call-file-rejects", compared["id"]).json()["rejects"]]
    assert len(get(client, "do-not-call-files").json()["files"]) == 2
    assert post(client, "do-not-call-file-cancel", {}, compared["id"]).json() == {"done": False}


def test_a_do_not_call_file_names_one_scope_at_most():
    said = {"source": "register", "reason": "x", "line_of_business": 1, "campaign": 1}

    assert code(send(program(), "do-not-call-file-upload", "13800138001\n", **said)) == (400, "campaign")


def test_entries_of_people_are_told_with_their_person():
    person = build.contact()
    Suppression.objects.create(contact=person, reason="asked", source="manual")

    entries = get(program(), "do-not-call").json()["entries"]

    assert [(each["number"], each["person"]) for each in entries] == [(None, person.pk)]


def test_consent_is_given_told_and_taken_back():
    client, person = program("supervisor"), build.contact()
    given = {"basis": "explicit", "source": "branch", "reason": "signed a form", "at": "2026-01-01T00:00:00Z"}

    news = post(client, "person-consent", given, person.pk)
    known = post(client, "person-consent", given, person.pk)
    holds = get(client, "person-consent", person.pk).json()["holds"]
    post(client, "person-consent-withdraw", {"source": "phone", "reason": "said so"}, person.pk)
    after = get(client, "person-consent", person.pk).json()

    assert (news.json(), known.json()) == ({"recorded": True}, {"recorded": False})
    assert [(each["basis"]["code"], each["line_of_business"], each["until"]) for each in holds] == [
        ("explicit", None, None)
    ]
    assert (after["holds"], [each["kind"] for each in after["events"]]) == ([], ["withdrawn", "given"])


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"at": "2200-01-01T00:00:00Z"}, (400, "at")),
        ({"at": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}, (400, "until")),
        ({"basis": "hearsay"}, (400, "basis")),
        ({"line_of_business": 99}, (404, "not_found")),
    ],
)
def test_consent_that_can_not_be_is_refused(said: dict, expected: tuple[int, str]):
    given = {"basis": "explicit", "source": "branch", "reason": "signed a form", **said}

    assert code(post(program(), "person-consent", given, build.contact().pk)) == expected


def test_a_next_version_is_read_and_undone():
    client = program()
    made = send(client, "list-upload", "customer id,name,phone\nC1,Ann,13800138001\n").json()
    importing.run(made["id"])

    started = send(client, "list-versions", "customer id,name,phone\nC1,Anna,13800138001\n", made["id"], gone="finish")
    importing.run(made["id"])
    changed = Contact.objects.get().name
    undone = post(client, "list-undo", {}, made["id"])
    importing.run(made["id"])

    assert (started.status_code, started.json()["number"]) == (202, 2)
    assert ListVersion.objects.get(number=2).gone == "finish"
    assert (changed, undone.json(), Contact.objects.get().name) == ("Anna", {"done": True}, "Ann")


def test_a_running_import_is_cancelled_and_what_is_over_is_not():
    client = program()
    made = send(client, "list-upload", "customer id,name,phone\nC1,Ann,13800138001\n").json()

    first = post(client, "list-cancel", {}, made["id"])
    importing.run(made["id"])
    again = post(client, "list-cancel", {}, made["id"])

    assert (first.json(), again.json()) == ({"done": True}, {"done": False})
    assert code(post(client, "list-undo", {}, made["id"])) == (409, "not_in_force")

"""Uploads in pieces, by plain HTTP as clients of tus 1.0 speak it."""

from __future__ import annotations

import base64
from datetime import timedelta
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns import tasks
from campaigns.lists import importing
from campaigns.models import ContactList, ListVersion, Upload
from campaigns.uploads import parts, receiving
from tests import build
from tests.campaigns.api.asking import code, program

pytestmark = pytest.mark.django_db
FILE = "customer_id,name,phone\nHB-1,王小芳,13800138000\n".encode()
TUS = {"Tus-Resumable": "1.0.0"}


def begin(client: Client, size: int = len(FILE), name: str = "七月.csv", **headers: str) -> HttpResponse:
    told = {
        **TUS,
        "Upload-Length": str(size),
        "Upload-Metadata": f"filename {base64.b64encode(name.encode()).decode()}",
    }
    return client.post(reverse("api:upload-begin"), headers={**told, **headers})


def patch(client: Client, address: str, piece: bytes, offset: int, **headers: str) -> HttpResponse:
    kind = "application/offset+octet-stream"
    return client.patch(address, piece, content_type=kind, headers={**TUS, "Upload-Offset": str(offset), **headers})


def whole(client: Client) -> str:
    """The id of an upload that has come."""
    address = begin(client)["Location"]
    patch(client, address, FILE, 0)
    return address.rsplit("/", 1)[1]


def test_a_file_that_came_in_pieces_becomes_a_list_and_is_used_up(django_capture_on_commit_callbacks):
    client = program()
    begun = begin(client)
    first = patch(client, begun["Location"], FILE[:20], 0)
    stand = client.head(begun["Location"], headers=TUS)
    last = patch(client, begun["Location"], FILE[20:], 20)
    with django_capture_on_commit_callbacks(execute=True):
        made = client.post(reverse("api:list-upload"), {"upload": begun.json()["id"], "name": "July"})
    importing.run(made.json()["id"])

    assert (begun.status_code, first.status_code, last.status_code, made.status_code) == (201, 204, 204, 202)
    assert (first["Upload-Offset"], stand["Upload-Offset"], stand["Upload-Length"]) == ("20", "20", str(len(FILE)))
    assert last["Upload-Offset"] == str(len(FILE))
    assert begun["Upload-Expires"] and stand["Cache-Control"] == "no-store"
    assert all(answer["Tus-Resumable"] == "1.0.0" for answer in (begun, first, stand, last))
    assert (ContactList.objects.get().state, ContactList.objects.get().original_name) == ("ready", "七月.csv")
    assert Path(ListVersion.objects.get().file.path).read_bytes() == FILE
    assert not Upload.objects.exists() and parts.all_ids() == set()


def test_a_file_that_is_not_whole_is_handed_to_nobody():
    client = program()
    begun = begin(client)
    patch(client, begun["Location"], FILE[:-1], 0)

    refused = client.post(reverse("api:list-upload"), {"upload": begun.json()["id"]})

    assert code(refused) == (409, "not_whole")
    assert not ContactList.objects.exists()


def test_nothing_is_made_of_an_upload_twice_and_a_refused_list_leaves_it():
    client = program()
    id = whole(client)

    refused = client.post(reverse("api:list-upload"), {"upload": id, "campaign": 99})
    made = client.post(reverse("api:list-upload"), {"upload": id})
    again = client.post(reverse("api:list-upload"), {"upload": id})

    assert (code(refused), made.status_code, code(again)) == ((404, "not_found"), 202, (404, "not_found"))
    assert ContactList.objects.count() == 1


def test_a_piece_that_does_not_go_on_where_the_file_ends_is_a_conflict_that_says_where_that_is():
    client = program()
    address = begin(client)["Location"]
    patch(client, address, FILE[:10], 0)

    ahead, behind = patch(client, address, b"x", 11), patch(client, address, b"x", 0)

    assert [code(ahead), code(behind)] == [(409, "offset")] * 2
    assert (ahead["Upload-Offset"], behind["Upload-Offset"]) == ("10", "10")


def test_more_than_was_announced_is_not_kept():
    client = program()
    address = begin(client, size=4)["Location"]

    assert patch(client, address, b"abcdef", 0)["Upload-Offset"] == "4"


def test_what_came_of_a_piece_before_the_connection_dropped_is_kept():
    upload = receiving.begin(name="a.csv", size=len(FILE), by=build.user("manager"))

    class Dropping:
        """A connection that is gone after the first block."""

        blocks = iter([FILE[:9], b""])

        def read(self, size: int, /) -> bytes:
            return next(self.blocks)

    assert receiving.take(upload, offset=0, stream=Dropping()) == 9
    assert parts.received(upload.pk) == 9


def test_a_connection_that_was_given_up_writes_nothing_after_the_one_that_took_over():
    upload = receiving.begin(name="a.csv", size=100, by=build.user("manager"))

    class Late:
        """Its second block comes when another connection has gone on."""

        calls = 0

        def read(self, size: int, /) -> bytes:
            self.calls += 1
            if self.calls == 2:
                parts.append(upload.pk, offset=5, stream=Other(), most=3)
            return b"aaaaa"

    class Other:
        def read(self, size: int, /) -> bytes:
            return b"bbb"[:size]

    with pytest.raises(receiving.OtherOffset) as conflict:
        receiving.take(upload, offset=0, stream=Late())

    assert conflict.value.received == 8
    assert parts.path(upload.pk).read_bytes() == b"aaaaabbb"


@pytest.mark.parametrize(
    ("size", "name", "expected", "words"),
    [
        (0, "a.csv", (400, "file"), "empty"),
        (2_000_001, "a.csv", (413, "too_large"), "larger than 1.9\xa0MB"),
        (10, "a.pdf", (400, "file"), "Only CSV, Excel"),
        (10, "", (400, "file"), "Only CSV, Excel"),
    ],
)
def test_what_can_not_be_read_is_refused_before_any_of_it_is_sent(settings, size, name, expected, words):
    settings.UPLOAD_MAX_BYTES = 2_000_000

    refused = begin(program(), size, name)

    assert code(refused) == expected
    assert words in refused.json()["error"]["sentence"]
    assert not Upload.objects.exists()


def test_a_disk_without_room_is_told_before_any_of_it_is_sent(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(parts, "room", lambda: 5)

    refused = begin(program())

    assert code(refused) == (413, "too_large")
    assert "no room" in refused.json()["error"]["sentence"]


def test_an_upload_is_there_for_its_owner_only():
    address = begin(program())["Location"]
    other = program()

    assert other.head(address).status_code == 404
    assert code(patch(other, address, b"x", 0)) == (404, "not_found")
    assert other.delete(address).status_code == 404
    assert code(other.post(reverse("api:list-upload"), {"upload": address.rsplit("/", 1)[1]})) == (404, "not_found")


def test_only_who_may_upload_lists_may_begin_and_tokens_that_read_may_not():
    assert code(begin(program("supervisor"))) == (403, "role")
    assert code(begin(program(may_change=False))) == (403, "read_only")
    assert code(begin(Client())) == (401, "not_logged_in")


def test_a_session_must_show_its_forgery_token():
    client = Client(enforce_csrf_checks=True)
    client.force_login(build.user("manager"))

    assert code(begin(client)) == (403, "forgery")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Upload-Length": "many"}, (400, "Upload-Length")),
        ({"Upload-Length": "-1"}, (400, "Upload-Length")),
        ({"Upload-Metadata": "filename ***"}, (400, "Upload-Metadata")),
        ({"Tus-Resumable": "0.2.2"}, (412, "tus_version")),
    ],
)
def test_a_beginning_that_can_not_be_understood_is_refused(headers, expected):
    assert code(begin(program(), **headers)) == expected


def test_pieces_must_say_what_they_are():
    client = program()
    address = begin(client)["Location"]

    refused = client.patch(address, b"x", content_type="text/plain", headers={**TUS, "Upload-Offset": "0"})

    assert code(refused) == (415, "content_type")


def test_what_is_known_of_tus_is_told():
    told = program().options(reverse("api:uploads"))

    assert (told.status_code, told["Tus-Version"]) == (204, "1.0.0")
    assert told["Tus-Extension"] == "creation,expiration,termination"
    assert int(told["Tus-Max-Size"]) > 0


def test_an_upload_that_is_given_up_leaves_nothing():
    client = program()
    address = begin(client)["Location"]

    assert client.delete(address).status_code == 204
    assert client.head(address).status_code == 404
    assert parts.all_ids() == set()


def test_a_user_who_leaves_all_uploads_unfinished_is_stopped():
    client = program()
    answers = [begin(client) for _upload in range(receiving.MOST_AT_ONCE + 1)]

    assert {answer.status_code for answer in answers[:-1]} == {201}
    assert code(answers[-1]) == (409, "too_many_unfinished")


def test_uploads_expire_a_day_after_their_last_piece_and_are_removed():
    client = program()
    old, young = begin(client)["Location"], begin(client)["Location"]
    patch(client, young, FILE[:3], 0)
    Upload.objects.filter(pk=old.rsplit("/", 1)[1]).update(expires_at=timezone.now() - timedelta(seconds=1))

    assert client.head(old).status_code == 404
    tasks.remove_expired_uploads()

    assert [str(upload.pk) for upload in Upload.objects.all()] == [young.rsplit("/", 1)[1]]
    assert parts.all_ids() == {Upload.objects.get().pk}


def test_what_is_on_disk_without_an_upload_is_removed_in_time(monkeypatch: pytest.MonkeyPatch):
    upload = receiving.begin(name="a.csv", size=9, by=build.user("manager"))
    Upload.objects.all().delete()

    receiving.remove_expired()
    assert parts.all_ids() == {upload.pk}
    monkeypatch.setattr(parts, "age_seconds", lambda id, now: 2 * 3600.0)
    receiving.remove_expired()

    assert parts.all_ids() == set()

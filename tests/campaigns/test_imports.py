"""From a file to contacts, phones and leads: every row is accounted for, and nothing is ever doubled."""

from __future__ import annotations

import io
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import connection

from campaigns import services, tasks, words
from campaigns.lists import applying, importing, reading, rows
from campaigns.lists.columns import Unreadable, understand
from campaigns.lists.importing import matching, parts, publishing
from campaigns.locks import Work
from campaigns.models import (
    Campaign,
    Contact,
    ContactList,
    ContactPhone,
    Lead,
    ListEntry,
    ListVersion,
    Phone,
    Reject,
    User,
)
from campaigns.rules import numbers
from tests.campaigns.cutting import small_parts

State = ContactList.State


@pytest.fixture(autouse=True)
def _uploads_in(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "uploads"


def upload(content: str | bytes, *, country: str = "CN", by: User | None = None, **more: Any) -> ContactList:
    data = content.encode() if isinstance(content, str) else content
    file = ContentFile(data, name="list.csv")
    return services.upload_list(name="A list", file=file, default_country=country, by=by, read_later=False, **more)


def imported(content: str | bytes, **more: Any) -> ContactList:
    contact_list = upload(content, **more)
    importing.run(contact_list.pk)
    contact_list.refresh_from_db()
    return contact_list


def books(contact_list: ContactList) -> tuple[int, int, int, int]:
    return (
        contact_list.rows_total,
        contact_list.rows_good,
        contact_list.rows_duplicate,
        contact_list.rows_rejected,
    )


def phones_of(contact: Contact) -> list[int]:
    return list(ContactPhone.objects.filter(contact=contact).order_by("position").values_list("phone_id", flat=True))


GOOD = "customer id,name,phone\nC1,王芳,13800138000\nC2,Ann Lee,+1 212 555 0123\n"


@pytest.mark.django_db
def test_a_good_list_becomes_contacts_with_phones() -> None:
    contact_list = imported(GOOD)

    assert (contact_list.state, contact_list.error) == (State.READY, "")
    assert books(contact_list) == (2, 2, 0, 0)
    assert contact_list.mapping == {"customer id": "customer_id", "name": "name", "phone": "phone"}
    assert contact_list.finished_at is not None
    wang, ann = Contact.objects.order_by("customer_id")
    assert (wang.name, wang.first_phone, phones_of(wang)) == ("王芳", None, [8613800138000])
    assert phones_of(ann) == [12125550123]
    phone = Phone.objects.get(number=12125550123)
    assert (phone.country, phone.line_type, phone.zones) == ("US", "fixed_or_mobile", ["America/New_York"])


@pytest.mark.django_db
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encoding_and_delimiter_are_found(encoding: str, delimiter: str) -> None:
    text = "客户号,姓名,手机号,时区,备注\r\nC1,王芳,13800138000,asia/shanghai,龘\r\n".replace(",", delimiter)

    contact_list = imported(text.encode(encoding))

    assert (contact_list.error, books(contact_list)) == ("", (1, 1, 0, 0))
    contact = Contact.objects.get()
    assert (contact.customer_id, contact.name, contact.time_zone) == ("C1", "王芳", "Asia/Shanghai")
    assert contact.attributes == {"other": {"备注": "龘"}}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty (0 bytes)"),
        (b"\r\n\r\n", "no rows"),
        ("name,phone\n", "a header but no rows"),
        ("name,city\nAnn,Wuhan\n", "(name, city) is known as a phone number"),
        (b"name,phone\nAnn," + b"1" * 10_000_000 + b"\n", "more than a million characters"),
    ],
)
def test_a_file_that_is_no_list_is_refused_whole_with_what_to_do(content: str | bytes, sentence: str) -> None:
    contact_list = imported(content)

    assert contact_list.state == State.FAILED
    assert sentence in contact_list.error
    assert not Contact.objects.exists()
    assert not ListEntry.objects.exists()


@pytest.mark.django_db
def test_the_sentence_is_in_the_language_of_who_uploaded(monkeypatch: pytest.MonkeyPatch) -> None:
    spoken: list[str] = []
    monkeypatch.setattr(importing.steps, "step", lambda _id: spoken.append(importing.translation.get_language()))
    mia = User.objects.create(username="mia", language="zh-hans")

    importing.run(upload(GOOD, by=mia).pk)

    assert spoken == ["zh-hans"]


def test_a_monstrous_cell_costs_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"name,phone\nAnn," + b"1" * 30_000_000)
    tracemalloc.start()

    with pytest.raises(Unreadable):
        reading.open_sheet(path)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12_000_000


DIRTY = """customer id,name,phone,mobile,time zone
C1,Ann,13800138000,,
C2,Bob,1234,,
C3,Cid,,,
C4,Dan,1.38E+10,,
C5,Eve,+19005550199,,
C6,Fay,20000138000,,
C1,Ann again,13900139000,,
,Guy,13800138001,,
,Guy again,013800138001,,
1.2E+15,Hal,13800138002,,
C7,Ida,13800138003,,Beijing
C8,Jon,13800138004,,,,shifted
C9,Kim,n/a,13800138005,
"""


@pytest.mark.django_db
def test_each_row_that_is_nobody_says_why() -> None:
    contact_list = imported(DIRTY)

    assert books(contact_list) == (13, 3, 2, 8)
    rejects = {r.row_no: (r.reason, r.column, r.value) for r in Reject.objects.filter(list=contact_list)}
    assert rejects == {
        3: ("malformed", "phone", "1234"),
        4: ("missing", "phone", ""),
        5: ("ruined_by_spreadsheet", "phone", "1.38E+10"),
        6: ("wrong_line_type", "phone", "+19005550199"),
        7: ("unassigned_range", "phone", "20000138000"),
        8: ("duplicate", "customer id", "C1"),
        10: ("duplicate", "phone", "+8613800138001"),
        11: ("ruined_by_spreadsheet", "customer id", "1.2E+15"),
        12: ("unknown_time_zone", "time zone", "Beijing"),
        13: ("too_many_cells", "", "shifted"),
    }


def test_every_reason_has_words() -> None:
    spoken = {*rows.Reason, *numbers.Reason}

    assert spoken <= set(words.REJECT_REASONS)


@pytest.mark.django_db
def test_one_good_number_is_enough_and_the_order_of_the_columns_is_kept() -> None:
    imported("姓名,家庭电话,手机号,手机号2,office\n王芳,n/a,13800138000,13800138000,+12125550123 x45\n")

    contact = Contact.objects.get()
    found = ContactPhone.objects.filter(contact=contact).order_by("position").values_list("phone_id", "label")
    assert list(found) == [(8613800138000, "mobile"), (12125550123, "office ext. 45")]
    assert contact.first_phone == 8613800138000


@pytest.mark.django_db
def test_attributes_are_kept_in_groups() -> None:
    imported(
        "phone,social.age_band,账户.额度,Transaction: habit,note,social.empty\n13800138000,30-39,5万,monthly,vip,\n"
    )

    assert Contact.objects.get().attributes == {
        "social": {"age_band": "30-39"},
        "account": {"额度": 50000},
        "transaction": {"habit": "monthly"},
        "other": {"note": "vip"},
    }


def test_a_bare_id_is_not_taken_for_the_customer_id() -> None:
    layout = understand(["id", "First Name", "Last_Name", "ＰＨＯＮＥ", "Lang"])

    assert layout.mapping() == {
        "First Name": "first_name",
        "Last_Name": "last_name",
        "Lang": "language",
        "ＰＨＯＮＥ": "phone",
        "id": "other.id",
    }


@pytest.mark.django_db
def test_a_newer_list_adds_to_what_is_known_and_its_phones_come_first() -> None:
    imported("customer id,name,phone,social.a,social.b\nC1,Ann,13800138000,1,1\n")

    imported("customer id,name,phone,social.b,account.c\nC1,,13900139000,2,2\n")

    contact = Contact.objects.get()
    assert contact.name == "Ann"
    assert contact.attributes == {"social": {"a": 1, "b": 2}, "account": {"c": 2}}
    assert phones_of(contact) == [8613900139000, 8613800138000]


@pytest.mark.django_db
def test_a_number_may_belong_to_two_people() -> None:
    contact_list = imported("customer id,phone\nC1,13800138000\nC2,13800138000\n,13800138000\n")

    assert books(contact_list) == (3, 3, 0, 0)
    assert Phone.objects.count() == 1
    assert Contact.objects.count() == 3


@pytest.mark.django_db
def test_a_ready_list_is_not_read_again() -> None:
    contact_list = imported(DIRTY)
    before = snapshot()

    assert importing.run(contact_list.pk) is False
    assert snapshot() == before


def snapshot() -> list[list[tuple[Any, ...]]]:
    return [
        list(model.objects.order_by("pk").values_list())
        for model in (Contact, Phone, ContactPhone, ListEntry, Reject, Lead)
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("dies_at", range(1, 16))
def test_an_import_killed_anywhere_is_finished_by_the_next_run(monkeypatch: pytest.MonkeyPatch, dies_at: int) -> None:
    small_parts(monkeypatch, 3)
    campaign = Campaign.objects.create(name="C")
    contact_list = upload(DIRTY, campaign=campaign)
    calls = []

    def dying(real: Any) -> Any:
        def die(*args: Any) -> None:
            calls.append(1)
            real(*args)
            if len(calls) == dies_at:
                raise KeyboardInterrupt

        return die

    for module, name in ((parts, "read"), (matching, "match"), (applying, "apply"), (publishing, "add_leads")):
        monkeypatch.setattr(module, name, dying(getattr(module, name)))
    with pytest.raises(KeyboardInterrupt):
        importing.run(contact_list.pk)

    importing.run(contact_list.pk)

    contact_list.refresh_from_db()
    assert (contact_list.state, books(contact_list)) == (State.READY, (13, 3, 2, 8))
    assert Lead.objects.filter(campaign=campaign).count() == 3


@pytest.mark.django_db(transaction=True)
def test_what_somebody_works_at_is_left_to_them(second_connection: Any) -> None:
    contact_list = upload(GOOD)
    version = contact_list.versions.get()
    assert not importing.is_running(version.pk)
    with second_connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s, %s)", [Work.IMPORTING, version.pk])
        cursor.execute("SELECT 1 FROM campaigns_listversion WHERE id = %s FOR UPDATE", [version.pk])

        assert importing.is_running(version.pk)
        assert importing.step(version.pk) is False

        cursor.execute("ROLLBACK")
    assert importing.step(version.pk) is True


@pytest.fixture
def second_connection() -> Any:
    other = connection.copy()
    yield other
    other.close()


@pytest.mark.django_db
def test_an_import_whose_books_do_not_balance_is_taken_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "_reject", lambda *_: None)

    contact_list = imported(DIRTY)

    assert (contact_list.state, books(contact_list)) == (State.FAILED, (0, 0, 0, 0))
    assert "not all accounted for" in contact_list.error
    assert not Contact.objects.exists()


@pytest.mark.django_db
def test_leads_are_added_to_the_campaigns_it_was_uploaded_for() -> None:
    campaign = Campaign.objects.create(name="C")

    contact_list = imported(GOOD, campaign=campaign)

    leads = Lead.objects.filter(campaign=campaign)
    assert [(lead.state, lead.list_id, lead.attempts) for lead in leads] == [("due", contact_list.pk, 0)] * 2


@pytest.mark.django_db
def test_a_lost_message_is_made_up_for(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []
    monkeypatch.setattr(services, "carry_on", lambda version: sent.append(version.list_id))
    fresh, lost, ready = upload(GOOD), upload(GOOD), imported(GOOD)
    ListVersion.objects.filter(list__in=[lost.pk, ready.pk]).update(created_at="2020-01-01T00:00Z")

    tasks.resume_imports()

    assert sent == [lost.pk]
    assert fresh.state == State.WAITING


@pytest.mark.django_db
def test_a_file_that_is_gone_is_said_to_be_gone() -> None:
    contact_list = upload(GOOD)
    Path(contact_list.file.path).unlink()

    importing.run(contact_list.pk)

    contact_list.refresh_from_db()
    assert contact_list.state == State.FAILED
    assert "no longer on this machine" in contact_list.error


@pytest.mark.django_db
def test_a_part_takes_the_same_few_statements_whatever_its_size(django_assert_max_num_queries: Any) -> None:
    small, large = (
        "customer id,phone\n" + "".join(f"{size}-{n},138{n:08d}\n" for n in range(size)) for size in (2, 400)
    )

    for content in (small, large):
        contact_list = upload(content)
        with django_assert_max_num_queries(150):
            importing.run(contact_list.pk)


@pytest.mark.django_db
def test_the_command_reports_and_tells_by_its_exit_code(tmp_path: Path) -> None:
    path, bad, empty = tmp_path / "good.csv", tmp_path / "bad.csv", tmp_path / "empty.csv"
    path.write_text(DIRTY)
    bad.write_text("name,phone\nAnn,12345\n")
    empty.touch()
    Campaign.objects.create(name="C")
    out = io.StringIO()

    call_command("import_list", str(path), "--campaign", "C", "--json", stdout=out)
    report = json.loads(out.getvalue())
    assert (report["rows"], report["good"], report["duplicate"], report["rejected"]) == (13, 3, 2, 8)
    assert report["reasons"]["duplicate"] == 2
    assert Lead.objects.count() == 3
    with pytest.raises(SystemExit, match="2"):
        call_command("import_list", str(bad), stdout=out)
    with pytest.raises(CommandError, match="0 bytes"):
        call_command("import_list", str(empty))
    with pytest.raises(CommandError, match="no campaign named"):
        call_command("import_list", str(path), "--campaign", "D")
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_list", str(tmp_path / "none.csv"))
    with pytest.raises(CommandError, match="is no country"):
        call_command("import_list", str(path), "--country", "xx")

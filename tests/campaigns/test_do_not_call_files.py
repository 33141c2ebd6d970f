"""Do-not-call files: read as registers send them, each row accounted for, applied once, compared where they replace."""

from __future__ import annotations

import codecs
import json
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from campaigns import do_not_call, reservation, services, tasks
from campaigns.do_not_call import files, importing, reading
from campaigns.lists.columns import Unreadable
from campaigns.models import AuditEntry, ContactPhone, Lead, LineOfBusiness, Suppression, SuppressionFile
from campaigns.rules.numbers import Reason
from dialer.rules.ids import new_call_id
from tests import build

FIRST = 8613800138000
NEXT_YEAR = datetime(2028, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def uploads(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def numbers(*ends: int) -> str:
    return "".join(f"+{FIRST + end}\n" for end in ends)


def upload(text: str | bytes, **fields) -> SuppressionFile:
    content = ContentFile(text.encode() if isinstance(text, str) else text, name="register.csv")
    said = {"source": "register", "reason": "November", "by": None, "read_later": False, **fields}
    made = files.upload(file=content, **said)
    importing.run(made.pk)
    made.refresh_from_db()
    return made


def books(file: SuppressionFile, *names: str) -> tuple[int, ...]:
    return tuple(importing.books(file)[name] for name in names)


def holding(**fields) -> list[int]:
    return sorted(e.phone - FIRST for e in Suppression.objects.filter(ended_at=None, **fields))


# Reading


def read(content: bytes, country: str = "CN", tmp_path=None):
    path = tmp_path / "file"
    path.write_bytes(content)
    return list(reading.rows(path, country))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "big5"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_register_is_read_in_any_encoding_with_the_numbers_in_any_column(encoding, delimiter, end, tmp_path):
    lines = [("姓名", "號碼", "日期"), ("王一", "13800138000", "2026"), ("李二", "+86 138-0013-8001", "2026")]
    content = end.join(delimiter.join(cells) for cells in lines).encode(encoding)

    assert [(no, found) for no, _, found in read(content, tmp_path=tmp_path)] == [(2, FIRST), (3, FIRST + 1)]


def test_a_number_a_line_needs_no_names_above_and_empty_lines_are_no_rows(tmp_path):
    found = read(b"13800138000\n\n13800138001", tmp_path=tmp_path)

    assert found == [(1, "13800138000", FIRST), (3, "13800138001", FIRST + 1)]


@pytest.mark.parametrize(
    ("text", "country", "found"),
    [
        ("008613800138000", "US", FIRST),
        ("８６１３８００１３８０００", "CN", FIRST),
        ("'13800138000", "CN", FIRST),
        ("13800138000.0", "CN", FIRST),
        ("+1 (900) 555-0100", "CN", 19005550100),
        ("+390236618300", "CN", 390236618300),
        ("1.38E+10", "CN", Reason.RUINED_BY_SPREADSHEET),
        ("", "CN", Reason.MISSING),
        ("12", "CN", Reason.MALFORMED),
        ("call me", "CN", Reason.MALFORMED),
        ("99999999999999999", "CN", Reason.MALFORMED),
    ],
)
def test_a_number_counts_though_nobody_could_dial_it_and_what_is_none_says_why(text, country, found):
    assert reading.number(text, country) == found


@given(st.binary(max_size=400))
def test_whatever_is_sent_is_read_or_refused_with_a_sentence(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("sent")
    with suppress(Unreadable):
        rows = read(content, tmp_path=folder)
        assert len({no for no, _, _ in rows}) == len(rows)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"PK\x03\x04sheet", "damaged"),
        (b"%PDF-1.7", "not a text file"),
        (b"name,city\nWang,Beijing\n", "No column"),
        (b"1" * 70_000, "more than 65,000"),
        (b'"13800138000\n' + b"13800138001\n" * 20_000, "never closed"),
    ],
)
def test_what_is_no_list_of_numbers_is_refused_with_a_sentence(content, sentence, tmp_path):
    with pytest.raises(Unreadable, match=sentence):
        read(content, tmp_path=tmp_path)


# Applying


@pytest.mark.django_db(transaction=True)
def test_every_row_is_accounted_for():
    file = upload("number\n" + numbers(0, 1, 1, 2) + "call me\n1.38E+10\n")

    assert file.state == "done"
    assert books(file, "rows_total", "numbers", "rows_duplicate", "rows_rejected") == (6, 3, 1, 2)
    assert books(file, "added", "prolonged", "kept", "gone") == (3, 0, 0, 0)
    assert list(file.rejects.values_list("row_no", "reason", "value")) == [
        (6, "malformed", "call me"),
        (7, "ruined_by_spreadsheet", "1.38E+10"),
    ]
    assert holding(source="register", reason="November", file=file) == [0, 1, 2]
    entry = AuditEntry.objects.get(action="suppressions.imported")
    assert (entry.data["numbers"], str(FIRST) in str(entry.data)) == (3, False)


@pytest.mark.django_db(transaction=True)
def test_an_entry_that_lasts_longer_is_not_shortened_and_one_that_ends_sooner_is_prolonged():
    upload(numbers(0), expires_at=NEXT_YEAR)
    upload(numbers(1))

    file = upload(numbers(0, 1, 2), expires_at=NEXT_YEAR + timedelta(days=1))

    assert books(file, "added", "prolonged", "kept") == (1, 1, 1)
    ends = dict(Suppression.objects.filter(ended_at=None).values_list("phone", "expires_at"))
    assert ends == {FIRST: file.expires_at, FIRST + 1: None, FIRST + 2: file.expires_at}
    [older] = Suppression.objects.exclude(ended_at=None)
    assert (older.phone, older.ended_why) == (FIRST, "")


@pytest.mark.django_db(transaction=True)
def test_reading_a_file_again_changes_nothing():
    first = upload(numbers(0, 1))

    assert importing.run(first.pk) is False
    assert books(upload(numbers(0, 1)), "added", "prolonged", "kept") == (0, 0, 2)
    assert Suppression.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_run_that_was_killed_goes_on_where_it_ended_and_counts_every_number_once(monkeypatch):
    monkeypatch.setattr(importing, "CHUNK", 2)
    enter, calls = importing._apply_chunk, []

    def killed(file, todo):
        calls.append(file)
        if len(calls) == 3:
            raise MemoryError
        enter(file, todo)

    monkeypatch.setattr(importing, "_apply_chunk", killed)
    with pytest.raises(MemoryError):
        upload(numbers(*range(7)) + "12\n")
    [file] = SuppressionFile.objects.all()
    assert (file.state, file.added) == ("applying", 4)

    tasks.import_do_not_call(file.pk)

    file.refresh_from_db()
    assert (file.state, file.added, file.rows_rejected, file.rejects.count()) == ("done", 7, 1, 1)
    assert holding() == list(range(7))


@pytest.mark.django_db(transaction=True)
def test_files_whose_message_was_lost_are_started_again(monkeypatch):
    started = []
    monkeypatch.setattr(tasks.import_do_not_call, "delay", started.append)
    content = ContentFile(numbers(0).encode(), name="r.csv")
    file = files.upload(file=content, source="register", reason="x", by=None, read_later=False)

    tasks.resume_imports()
    SuppressionFile.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    tasks.resume_imports()

    assert started == [file.pk]


@pytest.mark.django_db(transaction=True)
def test_a_file_that_replaces_is_compared_first_and_takes_off_only_what_its_own_source_named():
    cards = LineOfBusiness.objects.create(name="Cards")
    upload(numbers(0, 1, 2))
    upload(numbers(1), source="other")
    upload(numbers(1), line_of_business=cards)
    do_not_call.enter(phone=FIRST + 2, reason="asked", source="agent", by=None)

    file = upload(numbers(0, 3), replaces=True, reason="December")

    assert file.state == "compared"
    assert books(file, "added", "prolonged", "kept", "gone") == (1, 0, 1, 2)
    assert holding(source="register", line_of_business=None) == [0, 1, 2]

    assert files.confirm(file=file, by=None, read_later=False) is True
    assert files.confirm(file=file, by=None, read_later=False) is False
    importing.run(file.pk)

    file.refresh_from_db()
    assert (file.state, *books(file, "added", "prolonged", "kept", "gone")) == ("done", 1, 0, 1, 2)
    assert holding(source="register", line_of_business=None) == [0, 3]
    assert holding(source="other") == holding(line_of_business=cards) == [1]
    assert holding(source="agent") == [2]
    assert set(Suppression.objects.exclude(ended_at=None).values_list("ended_why")) == {("December",)}


@pytest.mark.django_db(transaction=True)
def test_who_is_on_the_register_no_more_is_called_again_unless_they_asked_us_too():
    campaign = build.campaign()
    gone, asked = (build.lead(campaign, build.contact(build.phone(FIRST + n))) for n in (0, 1))
    upload(numbers(0, 1))
    do_not_call.enter(phone=FIRST + 1, reason="asked", source="agent", by=None)
    assert reserve(campaign) == []

    upload(numbers(5), replaces=True, confirmed=True)

    assert [r.lead_id for r in reserve(campaign, now=timezone.now() + timedelta(seconds=1))] == [gone.pk]
    asked.refresh_from_db()
    assert (asked.state, asked.reason) == ("finished", "do_not_call")


@pytest.mark.django_db(transaction=True)
def test_a_whole_source_is_taken_off_once_somebody_has_seen_how_much_it_is():
    upload(numbers(0, 1))
    removal = files.upload(file=None, source="register", reason="contract ended", by=None, read_later=False)
    importing.run(removal.pk)
    removal.refresh_from_db()
    assert (removal.state, removal.gone) == ("compared", 2)

    files.confirm(file=removal, by=None, read_later=False)
    importing.run(removal.pk)

    assert holding() == []


@pytest.mark.django_db(transaction=True)
def test_a_file_without_one_number_replaces_nothing():
    upload(numbers(0))

    file = upload("call me\nnever\n", replaces=True, confirmed=True)

    assert (file.state, holding()) == ("failed", [0])
    assert "No column" in file.error


@pytest.mark.django_db(transaction=True)
def test_cancelled_half_way_it_keeps_what_it_has_entered_and_enters_no_more(monkeypatch):
    monkeypatch.setattr(importing, "CHUNK", 2)
    apply_chunk = importing._apply_chunk

    def and_cancel(file, todo):
        apply_chunk(file, todo)
        files.cancel(file=SuppressionFile.objects.get(pk=file.pk), by=None)

    monkeypatch.setattr(importing, "_apply_chunk", and_cancel)
    file = upload(numbers(*range(5)))

    assert (file.state, holding(), file.added) == ("cancelled", [0, 1], 2)
    assert files.cancel(file=file, by=None) is False


@pytest.mark.django_db(transaction=True)
def test_a_number_somebody_enters_meanwhile_is_kept_and_counted(monkeypatch):
    changed = importing.events.changed

    def and_enter(kind, id):
        changed(kind, id)
        do_not_call.enter(phone=FIRST + 1, reason="asked", source="register", by=None)

    monkeypatch.setattr(importing.events, "changed", and_enter)
    file = upload(numbers(0, 1, 2))

    assert books(file, "numbers", "added", "kept") == (3, 2, 1)


def reserve(campaign, **more):
    with transaction.atomic():
        return reservation.reserve(campaign=campaign, want=10, new_call_id=new_call_id, **more)


@pytest.mark.django_db(transaction=True)
def test_who_is_being_entered_by_a_file_is_left_for_the_next_tick(monkeypatch):
    campaign = build.campaign()
    build.lead(campaign, build.contact(build.phone(FIRST)))
    count, entered, done = importing._count, threading.Event(), threading.Event()

    def and_wait(file, **fields):
        count(file, **fields)
        if "prolonged" in fields and "kept" not in fields:
            entered.set()
            done.wait(60)

    def work():
        upload(numbers(0))
        connection.close()

    monkeypatch.setattr(importing, "_count", and_wait)
    thread = threading.Thread(target=work)
    thread.start()
    assert entered.wait(60)
    meanwhile = reserve(campaign)
    done.set()
    thread.join(60)

    assert (meanwhile, reserve(campaign)) == ([], [])


@pytest.mark.django_db(transaction=True)
def test_who_is_decided_on_while_a_file_is_read_is_entered_after_that_decision():
    campaign = build.campaign()
    build.lead(campaign, build.contact(build.phone(FIRST)))

    def work():
        upload(numbers(0))
        connection.close()

    thread = threading.Thread(target=work)
    with transaction.atomic():
        [reserved] = reservation.reserve(campaign=campaign, want=1, new_call_id=new_call_id)
        thread.start()
        while not waits_for_a_lock():
            pass
        decided = timezone.now()
    thread.join(60)

    assert Suppression.objects.get().created_at > decided > reserved.at


def waits_for_a_lock():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0] > 0


# Persons, and the history of an entry


@pytest.mark.django_db
def test_a_person_is_kept_from_calls_on_all_their_numbers_and_on_those_they_get_later():
    campaign, asked = build.campaign(), build.contact(build.phone(), build.phone())
    lead = build.lead(campaign, asked)

    entry = services.suppress_person(contact=asked, reason="asked", by=None)
    assert reserve(campaign) == []
    ContactPhone.objects.create(contact=asked, phone=build.phone())
    Lead.objects.update(state="due")
    assert reserve(campaign) == []
    services.unsuppress(suppression=entry, reason="asked back", by=None)

    assert [r.lead_id for r in reserve(campaign, now=timezone.now() + timedelta(seconds=1))] == [lead.pk]


@pytest.mark.django_db
def test_who_asks_on_one_number_may_mean_all_of_theirs():
    who = build.contact(build.phone(FIRST), build.phone(FIRST + 1))

    services.suppress(number=f"+{FIRST}", reason="asked", by=None, of_person=True)

    assert {(e.phone, e.contact_id) for e in Suppression.objects.all()} == {(FIRST, None), (None, who.pk)}


@pytest.mark.django_db
def test_the_rows_of_a_number_are_its_history():
    sam = build.user("manager")
    soon = timezone.now() + timedelta(days=3)
    services.suppress(number=f"+{FIRST}", reason="for now", by=sam, expires_at=soon)
    entry = services.suppress(number=f"+{FIRST}", reason="for good", by=sam)
    services.unsuppress(suppression=entry, reason="asked back", by=sam)

    told = Suppression.objects.order_by("pk").values_list("reason", "created_by", "ended_by", "ended_why")
    assert list(told) == [("for now", sam.pk, sam.pk, ""), ("for good", sam.pk, sam.pk, "asked back")]


# The command


@pytest.mark.django_db(transaction=True)
def test_the_command_reports_as_text_or_json_and_compares_without_changing(tmp_path, capsys):
    path = tmp_path / "register.txt"
    path.write_text(numbers(0, 1) + "12\n")
    LineOfBusiness.objects.create(name="Cards")
    said = ["import_do_not_call", str(path), "--source", "register"]

    call_command(*said, "--scope", "line:Cards", "--until", "2028-01-01", "--json")
    report = json.loads(capsys.readouterr().out)
    path.write_text(numbers(1, 2))
    call_command(*said, "--scope", "line:Cards", "--compare", "--until", "2028-01-01")
    compared = capsys.readouterr().out
    kept = holding()
    call_command(*said, "--scope", "line:Cards", "--replace", "--until", "2028-01-01")

    assert (report["state"], report["added"], report["reasons"]) == ("done", 2, {"malformed": 1})
    assert "1 new, 0 prolonged, 1 as they were, 1 gone" in compared
    assert (kept, holding()) == ([0, 1], [1, 2])
    assert set(Suppression.objects.values_list("line_of_business__name", "expires_at")) == {("Cards", NEXT_YEAR)}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--scope", "line:None"], "is no scope"),
        (["--country", "XX"], "no country"),
        ([], "empty"),
    ],
)
def test_the_command_refuses_with_a_sentence(tmp_path, more, sentence):
    path = tmp_path / "empty.txt"
    path.write_bytes(codecs.BOM_UTF8[:0])

    with pytest.raises(CommandError, match=sentence):
        call_command("import_do_not_call", str(path), "--source", "x", *more)
    with pytest.raises(CommandError, match="can't be read"):
        call_command("import_do_not_call", str(tmp_path / "none"), "--source", "x")

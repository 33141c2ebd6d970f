"""A do-not-call file is taken back, and one may come as a workbook or packed."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
import xlsxwriter
from django.core.management import CommandError, call_command
from django.urls import reverse

from campaigns import do_not_call, selectors
from campaigns.do_not_call import files, importing, undoing
from campaigns.models import AuditEntry, Suppression, SuppressionFile
from tests import build
from tests.campaigns.test_do_not_call_files import FIRST, NEXT_YEAR, holding, numbers, read, reserve, upload


@pytest.fixture(autouse=True)
def uploads(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def undone(file: SuppressionFile) -> SuppressionFile:
    assert files.undo(file=file, reason="wrong file", by=None, read_later=False)
    importing.run(file.pk)
    file.refresh_from_db()
    return file


def workbook(*rows: tuple[object, ...]) -> bytes:
    data = io.BytesIO()
    with xlsxwriter.Workbook(data, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for no, cells in enumerate(rows):
            sheet.write_row(no, 0, cells)
    return data.getvalue()


def packed(name: str, content: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(name, content)
    return data.getvalue()


@pytest.mark.parametrize("names", [[("姓名", "号码")], []])
def test_a_register_may_be_a_workbook_with_or_without_names_above(tmp_path, names):
    content = workbook(*names, ("王一", 13800138000), ("李二", "+86 138-0013-8001"))

    assert [found for _, _, found in read(content, tmp_path=tmp_path)] == [FIRST, FIRST + 1]


def test_a_register_may_be_packed(tmp_path):
    content = packed("register.csv", "姓名,号码\n王一,13800138000\n".encode("gb18030"))

    assert [found for _, _, found in read(content, tmp_path=tmp_path)] == [FIRST]


@pytest.mark.django_db(transaction=True)
def test_undo_ends_what_the_file_added_and_leaves_what_was_there():
    do_not_call.enter(phone=FIRST, reason="asked", source="agent", by=None)
    upload(numbers(1))
    file = upload(numbers(0, 1, 2))
    assert (file.added, holding()) == (2, [0, 0, 1, 2])

    undone(file)

    assert (file.state, file.taken_back, file.entered_again, holding()) == ("undone", 2, 0, [0, 1])
    assert {e.ended_why for e in Suppression.objects.filter(file=file)} == {"wrong file"}
    assert AuditEntry.objects.filter(action="suppressions.undone").count() == 1


@pytest.mark.django_db(transaction=True)
def test_undo_enters_again_what_the_file_had_ended():
    upload(numbers(0, 1), expires_at=NEXT_YEAR)
    file = upload(numbers(0, 2), replaces=True, confirmed=True)
    assert (file.added, file.prolonged, file.gone, holding()) == (1, 1, 1, [0, 2])

    undone(file)

    assert (file.taken_back, file.entered_again) == (2, 2)
    assert (holding(), holding(expires_at=NEXT_YEAR)) == ([0, 1], [0, 1])


@pytest.mark.django_db(transaction=True)
def test_who_was_kept_by_the_file_alone_is_called_again():
    campaign = build.campaign()
    build.lead(campaign, build.contact(build.phone(FIRST)))
    file = upload(numbers(0))
    assert reserve(campaign) == []

    undone(file)

    assert len(reserve(campaign)) == 1


@pytest.mark.django_db(transaction=True)
def test_an_undo_that_was_killed_goes_on_and_counts_every_entry_once(monkeypatch):
    file = upload(numbers(*range(5)))
    monkeypatch.setattr(undoing, "CHUNK", 2)
    take_back, calls = undoing._take_back, []

    def dies(*args):
        take_back(*args)
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(undoing, "_take_back", dies)
    with pytest.raises(KeyboardInterrupt):
        undone(file)
    importing.run(file.pk)
    file.refresh_from_db()

    assert (file.state, file.taken_back, holding()) == ("undone", 5, [])


@pytest.mark.django_db(transaction=True)
def test_a_file_is_undone_once_and_not_before_it_is_over():
    file = undone(upload(numbers(0)))

    assert not files.undo(file=file, reason="again", by=None, read_later=False)


@pytest.mark.django_db(transaction=True)
def test_a_manager_undoes_it_in_the_browser_and_says_why(client):
    client.force_login(build.user("manager"))
    file = upload(numbers(0))
    url = reverse("suppression-file-undo", args=[file.pk])
    assert url in client.get(reverse("suppression-file", args=[file.pk])).content.decode()

    client.post(url, {"reason": ""})
    assert holding() == [0]
    client.post(url, {"reason": "wrong file"})
    importing.run(file.pk)

    assert holding() == []
    assert "wrong file" in client.get(reverse("suppression-file", args=[file.pk])).content.decode()


@pytest.mark.django_db(transaction=True)
def test_the_command_undoes_and_refuses_with_a_sentence(capsys):
    file = upload(numbers(0, 1))

    call_command("undo_do_not_call", str(file.pk), "--reason", "wrong file", "--json")

    assert json.loads(capsys.readouterr().out) == {"file": file.pk, "state": "undone", "ended": 2, "entered_again": 0}
    with pytest.raises(CommandError, match="nothing to undo"):
        call_command("undo_do_not_call", str(file.pk), "--reason", "again")
    with pytest.raises(CommandError, match="no do-not-call file 999"):
        call_command("undo_do_not_call", "999", "--reason", "again")


@pytest.mark.django_db
def test_entries_are_found_by_the_whole_number_in_any_spelling_and_by_an_index():
    do_not_call.enter(phone=FIRST, reason="asked", source="agent", by=None)
    do_not_call.enter(phone=FIRST + 1, reason="asked", source="agent", by=None)

    for text in ("+86 138 0013 8000", "008613800138000", "+8613800138000"):
        assert [entry.phone for entry in selectors.suppression_page(before=None, text=text)] == [FIRST]
    assert selectors.suppression_page(before=None, text="8000") == []

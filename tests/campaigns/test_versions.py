"""A list is uploaded again and again: what is new, changed, unchanged and gone; each import can be taken back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from campaigns import services, tasks
from campaigns.lists import importing, versions
from campaigns.lists.importing import parts
from campaigns.models import (
    AuditEntry,
    Campaign,
    Contact,
    ContactList,
    ContactPhone,
    ImportPart,
    Lead,
    ListEntry,
    ListVersion,
    Phone,
    Reject,
    VersionEntry,
)
from tests import build
from tests.campaigns.cutting import small_parts

pytestmark = pytest.mark.django_db
State = ListVersion.State

JULY = "customer id,name,phone,city\nC1,Ann,13800138001,Wuhan\nC2,Bob,13800138002,Wuhan\nC3,Cid,13800138003,\n"
AUGUST = "customer id,name,phone,city\nC1,Ann,13800138001,Wuhan\nC2,Bob,13900139002,Xi'an\nC4,Dan,13800138004,\n"


@pytest.fixture(autouse=True)
def _uploads_in(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "uploads"


def first(content: str, campaign: Campaign | None = None, name: str = "A list") -> ContactList:
    file = ContentFile(content.encode(), name="list.csv")
    made = services.upload_list(
        name=name, file=file, default_country="CN", by=None, campaign=campaign, read_later=False
    )
    importing.run(made.pk)
    made.refresh_from_db()
    return made


def again(contact_list: ContactList, content: str, **choices: str) -> ListVersion:
    version = versions.add(list=contact_list, file=ContentFile(content.encode(), name="list.csv"), by=None)
    versions.start(version=version, by=None, **choices)
    importing.run(contact_list.pk)
    version.refresh_from_db()
    contact_list.refresh_from_db()
    return version


def undone(version: ListVersion) -> bool:
    asked = versions.undo(version=version, by=None)
    importing.run(version.list_id)
    version.refresh_from_db()
    version.list.refresh_from_db()
    return asked


def state_of_things() -> dict[str, Any]:
    """Everything an import may touch, by what it means rather than by its row's id."""
    return {
        "people": list(
            Contact.objects.order_by("customer_id").values_list("customer_id", "name", "language", "attributes")
        ),
        "phones": list(
            ContactPhone.objects.order_by("contact__customer_id", "position").values_list(
                "contact__customer_id", "phone_id", "label", "position"
            )
        ),
        "entries": list(ListEntry.objects.order_by("list", "row_no").values_list("list", "contact", "row_no", "fate")),
        "rejects": list(Reject.objects.exclude(list=None).order_by("list", "row_no").values_list("list", "row_no")),
        "leads": list(Lead.objects.order_by("contact").values_list("campaign", "contact", "list", "state", "reason")),
        "lists": list(ContactList.objects.order_by("pk").values_list("state", "rows_total", "rows_good", "current")),
    }


def test_a_version_tells_who_is_new_changed_unchanged_and_gone():
    contact_list = first(JULY)

    version = again(contact_list, AUGUST)

    assert (version.state, version.number, version.previous.number) == (State.READY, 2, 1)
    counts = (version.rows_new, version.rows_changed, version.rows_unchanged, version.rows_gone)
    assert counts == (1, 1, 1, 1)
    listed = ListEntry.objects.filter(list=contact_list).values_list("contact__customer_id", flat=True)
    assert set(listed) == {"C1", "C2", "C4"}
    assert contact_list.current == version


def test_people_who_are_gone_are_still_called_unless_their_leads_are_to_be_finished():
    campaign = build.campaign()
    contact_list = first(JULY, campaign)

    again(contact_list, AUGUST)
    kept = Lead.objects.get(contact__customer_id="C3").state
    version = again(contact_list, "customer id,name,phone\nC1,Ann,13800138001\n", gone="finish")

    leads = {lead.contact.customer_id: (lead.state, lead.reason) for lead in Lead.objects.select_related("contact")}
    assert kept == "due"
    assert leads["C1"] == ("due", "")
    assert leads["C2"] == leads["C4"] == ("finished", "gone_from_list")
    assert version.rows_gone == 2


def test_who_is_gone_from_one_list_but_on_another_of_the_campaign_is_still_called():
    campaign = build.campaign()
    contact_list = first(JULY, campaign)
    first("customer id,phone\nC3,13800138003\n", campaign, "Another")

    again(contact_list, AUGUST, gone="finish")

    assert Lead.objects.get(contact__customer_id="C3").state == "due"


def test_undo_of_a_later_version_restores_everything_as_it_was():
    campaign = build.campaign()
    contact_list = first(JULY, campaign)
    before = state_of_things()
    version = again(contact_list, AUGUST, gone="finish")
    assert state_of_things() != before

    assert undone(version) is True

    assert state_of_things() == before
    assert version.state == State.UNDONE
    assert not VersionEntry.objects.exists()


def test_undo_of_the_first_version_leaves_an_empty_list_and_none_of_the_people_it_made():
    build.contact(customer_id="C1", name="Anna")
    before = state_of_things()
    contact_list = first(JULY, build.campaign())

    undone(contact_list.versions.get())

    after = state_of_things()
    assert {key: after[key] for key in ("people", "phones", "entries", "leads")} == {
        key: before[key] for key in ("people", "phones", "entries", "leads")
    }
    contact_list.refresh_from_db()
    assert (contact_list.state, contact_list.rows_good, contact_list.current) == ("empty", 0, None)


def test_undo_never_removes_what_was_called():
    campaign = build.campaign()
    contact_list = first(JULY, campaign)
    called = Lead.objects.get(contact__customer_id="C1")
    Lead.objects.filter(pk=called.pk).update(attempts=1, last_attempt_at=timezone.now())
    build.attempt(called)

    undone(contact_list.versions.get())

    left = Lead.objects.get()
    assert (left.pk, left.state, left.reason, left.attempts) == (called.pk, "finished", "import_undone", 1)
    assert list(Contact.objects.values_list("customer_id", flat=True)) == ["C1"]


def test_a_lead_that_a_call_holds_is_finished_when_it_comes_back():
    campaign = build.campaign()
    contact_list = first(JULY, campaign)
    lead = Lead.objects.get(contact__customer_id="C1")
    phone = ContactPhone.objects.get(contact=lead.contact).phone_id
    held = Lead.objects.filter(pk=lead.pk)
    held.update(state="held", held_by="00000000-0000-0000-0000-000000000001", held_phone=phone, attempts=1)

    undone(contact_list.versions.get())
    in_call = held.get().state
    held.update(state="due", held_by=None, held_phone=None)
    tasks.resume_imports()

    assert in_call == "held"
    assert (held.get().state, held.get().reason) == ("finished", "import_undone")


def test_undo_leaves_alone_what_another_list_changed_since():
    contact_list = first(JULY)
    version = again(contact_list, AUGUST)
    first("customer id,name,phone,city\nC2,Robert,13700137002,Xi'an\n", name="Another")

    undone(version)

    bob = Contact.objects.get(customer_id="C2")
    assert (bob.name, bob.attributes["other"]["city"]) == ("Robert", "Wuhan")
    phones = ContactPhone.objects.filter(contact=bob).order_by("position").values_list("phone_id", flat=True)
    assert phones[0] == 8613700137002


def test_undo_is_asked_for_once_and_is_on_the_trail():
    contact_list = first(JULY)
    version = contact_list.versions.get()

    answers = [undone(version), undone(version), versions.undo(version=version, by=None)]

    assert answers == [True, False, False]
    trail = AuditEntry.objects.filter(action__in=["list.undo_asked", "list.undone"]).values_list("action", flat=True)
    assert sorted(trail) == ["list.undo_asked", "list.undone"]


def test_only_the_latest_version_is_undone():
    contact_list = first(JULY)
    older = contact_list.versions.get()
    later = again(contact_list, AUGUST)

    with pytest.raises(versions.LaterVersion, match="Version 2 came after"):
        versions.undo(version=older, by=None)
    undone(later)
    assert undone(older) is True


def test_a_version_that_fails_changes_nothing_of_the_list():
    contact_list = first(JULY, build.campaign())
    before = state_of_things()

    version = again(contact_list, "name,city\nAnn,Wuhan\n")

    assert (version.state, "phone number" in version.error) == (State.FAILED, True)
    assert state_of_things() == before


def test_a_cancelled_import_is_taken_back(monkeypatch: pytest.MonkeyPatch):
    small_parts(monkeypatch, 1)
    contact_list = first(JULY)
    before = state_of_things()
    version = versions.add(list=contact_list, file=ContentFile(AUGUST.encode(), name="list.csv"), by=None)
    versions.start(version=version, by=None)
    while version.state != State.APPLYING or not version.parts.filter(state="applied").exists():
        importing.step(version.pk)
        version.refresh_from_db()

    assert versions.cancel(version=version, by=None) is True
    importing.run(contact_list.pk)

    version.refresh_from_db()
    assert version.state == State.CANCELLED
    assert state_of_things() == before
    assert versions.cancel(version=version, by=None) is False


def test_one_version_of_a_list_is_imported_at_a_time():
    contact_list = first(JULY)
    one, two = (
        versions.add(list=contact_list, file=ContentFile(AUGUST.encode(), name="list.csv"), by=None) for _ in "12"
    )
    versions.start(version=one, by=None)

    with pytest.raises(versions.AlreadyRunning):
        versions.start(version=two, by=None)


def test_after_a_crash_of_the_database_in_the_middle_the_file_is_read_again(monkeypatch: pytest.MonkeyPatch):
    small_parts(monkeypatch, 1)
    contact_list = first(JULY)
    version = versions.add(list=contact_list, file=ContentFile(AUGUST.encode(), name="list.csv"), by=None)
    versions.start(version=version, by=None)
    while not version.parts.filter(state="applied").exists():
        importing.step(version.pk)
    crash(version)

    importing.run(contact_list.pk)

    version.refresh_from_db()
    assert (version.state, version.rows_good, version.rows_changed) == (State.READY, 3, 1)


def crash(version: ListVersion) -> None:
    """What a crash does to unlogged tables."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE import_row_{version.pk}, import_phone_{version.pk}")


def test_people_of_other_lists_are_left_out_if_so_wished_and_the_row_says_who_they_are():
    other = first(JULY)
    contact_list = ContactList.objects.create(name="B", default_country="CN")

    version = again(contact_list, AUGUST, known="skip")

    assert (version.rows_good, version.rows_duplicate) == (1, 2)
    known = Reject.objects.get(list=contact_list, row_no=2)
    ann = Contact.objects.get(customer_id="C1")
    assert (known.reason, known.value, known.same_contact, known.same_list) == ("duplicate", "C1", ann.pk, other.pk)
    assert Contact.objects.get(customer_id="C2").attributes == {"other": {"city": "Wuhan"}}


def test_people_of_other_lists_are_taken_in_as_they_are_known_if_so_wished():
    first(JULY)
    contact_list = ContactList.objects.create(name="B", default_country="CN")

    version = again(contact_list, AUGUST, known="keep")

    assert version.rows_good == 3
    assert Contact.objects.get(customer_id="C2").attributes == {"other": {"city": "Wuhan"}}
    assert set(ContactPhone.objects.filter(contact__customer_id="C2").values_list("phone_id", flat=True)) == {
        8613800138002
    }


def test_a_person_on_two_lists_is_a_lead_of_both_campaigns_and_of_each_once():
    one, two = build.campaign(), build.campaign()
    first(JULY, one)
    contact_list = first(AUGUST, two, "B")
    services.attach_list(campaign=one, list=contact_list, by=None)

    of_ann = Lead.objects.filter(contact__customer_id="C1").values_list("campaign", flat=True)
    assert sorted(of_ann) == [one.pk, two.pk]


def test_people_with_the_same_number_are_one_if_so_wished():
    first("customer id,phone\nB9,13800138009\n")
    contact_list = ContactList.objects.create(name="B", default_country="CN")
    content = (
        "customer id,phone,mobile\nC1,13800138001,\nC2,13800138002,13800138001\nC3,13800138009,\nC4,13800138004,\n"
    )

    version = again(contact_list, content, shared="same")

    assert (version.rows_good, version.rows_duplicate) == (2, 2)
    said = {r.row_no: (r.value, r.same_row, r.same_list is not None) for r in version.rejects.all()}
    assert said == {3: ("+8613800138001", 2, False), 4: ("+8613800138009", None, True)}


def test_the_first_row_of_a_person_counts_whichever_part_is_read_first(monkeypatch: pytest.MonkeyPatch):
    small_parts(monkeypatch, 1)
    file = ContentFile(b"customer id,name,phone\nC1,Ann,13800138001\nC1,Anna,13800138001\n", name="a.csv")
    made = services.upload_list(name="A", file=file, default_country="CN", by=None, read_later=False)
    version = made.versions.get()

    def last_first(version: ListVersion, state: str) -> ImportPart | None:
        return version.parts.filter(state=state).order_by("-number").first()

    monkeypatch.setattr(parts, "claim", last_first)
    importing.run(made.pk)

    assert Contact.objects.get().name == "Ann"
    assert version.rejects.get().same_row == 2


def test_a_number_that_is_known_keeps_what_is_known_of_it():
    Phone.objects.create(number=8613800138001, status="vacant", status_expires_at=timezone.now() + timedelta(hours=1))

    first(JULY)

    assert Phone.objects.get(number=8613800138001).status == "vacant"


def test_a_list_that_was_there_before_versions_is_undone_and_uploaded_again_like_any_other():
    older = ContactList.objects.create(name="Older", state="ready", rows_total=1, rows_good=1)
    version = ListVersion.objects.create(list=older, number=1, state=State.READY, rows_total=1, rows_good=1)
    ContactList.objects.filter(pk=older.pk).update(current=version)
    ListEntry.objects.create(list=older, contact=build.contact(customer_id="C9"), row_no=2)

    newer = again(older, AUGUST)

    assert (newer.rows_new, newer.rows_gone) == (3, 1)
    undone(newer)
    assert ListEntry.objects.get().contact.customer_id == "C9"

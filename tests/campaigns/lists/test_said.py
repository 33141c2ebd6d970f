"""What a list says of its people beside who they are is given to them, counted, and taken back with the import."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from campaigns import consents, products, reservation, services
from campaigns.lists import importing
from campaigns.lists.importing import steps
from campaigns.models import (
    ConsentEvent,
    Contact,
    ContactList,
    ImportPart,
    Lead,
    ListVersion,
    Phone,
    PhoneEvidence,
    ProductEvent,
)
from campaigns.rules import order
from campaigns.rules.validity import Code, Kind
from campaigns.validity import recording
from campaigns.validity.recording import Heard
from dialer.rules.ids import new_call_id
from tests import build
from tests.campaigns.cutting import small_parts
from tests.campaigns.test_versions import again, first, undone

pytestmark = pytest.mark.django_db

HEAD = "customer id,phone,consent,consent date,consent source,products,phone status,priority,score\n"
ANN = "C1,13800138001,yes,2024-03-01,app,Gold Card;Loan,vacant,high,80\n"
BOB = "C2,13800138002,no,,,,normal,,40\n"
CID = "C3,13800138003,,,,,,,\n"


@pytest.fixture(autouse=True)
def _uploads_in(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "uploads"


def person(customer_id: str) -> Contact:
    return Contact.objects.get(customer_id=customer_id)


def status(number: int) -> str:
    return Phone.objects.get(pk=number).status


def current(contact_list: ContactList) -> ListVersion:
    return contact_list.versions.get(number=1)


def bases(who: Contact) -> list[str]:
    return [grant[1] for grant in who.consents]


def test_consent_products_and_states_of_numbers_are_given_to_their_owners_and_counted() -> None:
    made = first(HEAD + ANN + BOB + CID)

    ann, version = person("C1"), current(made)
    assert (bases(ann), ann.products) == (["explicit"], ["GOLD CARD", "LOAN"])
    assert [status(n) for n in (8613800138001, 8613800138002, 8613800138003)] == ["vacant", "", ""]
    assert (version.consents, version.holdings, version.statuses, version.doubts) == (1, 1, 2, {})
    given = ConsentEvent.objects.get()
    assert (given.source, given.reason, given.version_id) == ("app", "list “A list”, version 1", version.pk)
    evidence = PhoneEvidence.objects.get(phone=8613800138001)
    assert (evidence.kind, evidence.source, evidence.origin) == ("list", "A list", made.pk)
    assert evidence.observed_at == version.created_at
    assert (person("C2").consents, person("C3").consents, person("C3").products) == ([], [], [])


def test_who_is_called_is_decided_by_what_the_list_says() -> None:
    campaign = build.campaign(consent_bases=["explicit"], excluded_products=["LOAN"])
    holds_a_loan, vacant = (
        ANN.replace("vacant", ""),
        ANN.replace("Loan", "").replace("C1,13800138001", "C4,13800138004"),
    )
    fine = vacant.replace("vacant", "").replace("C4,13800138004", "C5,13800138005")
    first(HEAD + holds_a_loan + BOB + vacant + fine, campaign)

    reserved = reservation.reserve(campaign=campaign, want=10, new_call_id=new_call_id)

    assert [each.phone for each in reserved] == [8613800138005]


def test_who_agrees_no_more_takes_back_what_they_gave_until_then() -> None:
    who = build.contact(build.phone(8613800138002), customer_id="C2")
    long_ago = timezone.now() - timedelta(days=900)
    consents.record(who, basis="contract", at=long_ago, source="branch", reason="", by=None)

    version = current(first(HEAD + BOB))

    assert (person("C2").consents, version.consents) == ([], 1)
    assert undone(version)
    assert bases(person("C2")) == ["contract"]


def test_what_agrees_later_than_a_list_says_no_stays() -> None:
    who = build.contact(build.phone(8613800138002), customer_id="C2")
    consents.record(who, basis="explicit", at=timezone.now(), source="branch", reason="", by=None)

    version = current(first(HEAD + BOB.replace("no,,", "no,2024-01-01,")))

    assert (bases(person("C2")), version.consents) == (["explicit"], 0)


def test_values_that_cannot_be_read_are_counted_by_column_and_the_row_is_kept() -> None:
    made = first(HEAD + "C1,13800138001,maybe,someday,app,,sleepy,soonish,many\nC2,13800138002,maybe,,,,,,\n")

    assert (made.rows_good, current(made).doubts) == (
        2,
        {"consent": 2, "consent date": 1, "phone status": 1, "priority": 1, "score": 1},
    )


def test_an_empty_cell_says_nothing_of_what_is_known() -> None:
    made = first(HEAD + ANN)
    again(made, HEAD + "C1,13800138001,,,,,,,\n")

    ann = person("C1")
    assert (bases(ann), ann.products, status(8613800138001)) == (["explicit"], ["GOLD CARD", "LOAN"], "vacant")


def test_the_same_again_is_no_news() -> None:
    made = first(HEAD + ANN)

    version = again(made, HEAD + ANN)

    assert (version.consents, version.holdings, version.statuses) == (0, 0, 0)
    assert (ConsentEvent.objects.count(), ProductEvent.objects.count(), PhoneEvidence.objects.count()) == (1, 2, 1)


def test_undo_takes_back_what_the_import_gave_and_keeps_that_it_was_given() -> None:
    first(HEAD + CID)
    who = build.contact(build.phone(8613800138001), customer_id="C1")
    consents.record(who, basis="contract", at=timezone.now() - timedelta(days=9), source="branch", reason="", by=None)
    products.hold(who, ["Savings"], source="branch", reason="", by=None)

    version = current(first(HEAD + ANN))
    assert (len(person("C1").consents), person("C1").products) == (2, ["GOLD CARD", "LOAN"])
    assert undone(version)

    ann = person("C1")
    assert (bases(ann), ann.products, status(8613800138001)) == (["contract"], ["SAVINGS"], "")
    assert list(ConsentEvent.objects.order_by("pk").values_list("kind", "reason"))[-1] == ("undone", "import undone")
    assert ProductEvent.objects.filter(reason="import undone", contact_id=ann.pk).count() == 3
    assert PhoneEvidence.objects.get(phone=8613800138001).withdrawn_at is not None


def test_undo_leaves_alone_what_somebody_said_since() -> None:
    version = current(first(HEAD + ANN))
    ann = person("C1")
    build.lead(build.campaign(), ann, attempts=1)
    products.hold(ann, ["Loan"], source="branch", reason="", by=None)
    products.hold(ann, ["Loan", "Gold Card"], source="branch", reason="", by=None)
    now = timezone.now()
    recording.record([Heard(8613800138001, Code.SUSPENDED, Kind.FEED, now, source="carrier")], now)

    assert undone(version)

    assert (person("C1").products, status(8613800138001)) == (["GOLD CARD"], "suspended")


def test_undo_of_a_later_version_leaves_what_the_one_before_said() -> None:
    made = first(HEAD + ANN)
    before = PhoneEvidence.objects.get().observed_at
    later = again(made, HEAD + ANN.replace("yes,2024-03-01", "contract,2024-05-01"))
    assert len(person("C1").consents) == 2

    assert undone(later)

    assert (bases(person("C1")), status(8613800138001)) == (["explicit"], "vacant")
    evidence = PhoneEvidence.objects.get()
    assert (evidence.observed_at, evidence.times, evidence.withdrawn_at) == (before, 1, None)


def test_what_was_undone_can_be_imported_again() -> None:
    made = first(HEAD + ANN)
    undone(current(made))

    again(made, HEAD + ANN)

    ann = person("C1")
    assert (bases(ann), ann.products, status(8613800138001)) == (["explicit"], ["GOLD CARD", "LOAN"], "vacant")


def test_people_taken_in_as_they_are_known_keep_what_they_agreed_to_and_hold() -> None:
    build.contact(build.phone(8613800138001), customer_id="C1")
    made = first(HEAD + CID)

    again(made, HEAD + ANN + ANN.replace("C1,13800138001", "C9,13800138009"), known="keep")

    assert (person("C1").consents, person("C1").products) == ([], [])
    assert (bases(person("C9")), person("C9").products) == (["explicit"], ["GOLD CARD", "LOAN"])


def test_a_duplicate_says_nothing() -> None:
    made = first(HEAD + CID + ANN.replace("C1", "C3"))

    assert (made.rows_duplicate, person("C3").consents, person("C3").products) == (1, [], [])
    assert not PhoneEvidence.objects.exists()


def test_leads_stand_by_priority_and_within_it_by_score() -> None:
    campaign = build.campaign()
    made = first(HEAD + ANN + BOB + CID, campaign)

    scores = Lead.objects.order_by("contact__customer_id").values_list("score", flat=True)
    assert list(scores) == [95, 40, 0]

    later = again(made, HEAD + ANN.replace("high", "low") + BOB + CID)
    assert Lead.objects.get(contact__customer_id="C1").score == 45
    undone(later)
    assert Lead.objects.get(contact__customer_id="C1").score == 95


@pytest.mark.parametrize("priority", [None, 0, 1, 2, 3, 4, 9, -1])
@pytest.mark.parametrize("score", [None, 0, 40, 100, 250])
def test_the_database_orders_by_the_rule(priority: int | None, score: int | None) -> None:
    said = {name: value for name, value in (("priority", priority), ("score", score)) if value is not None}
    who = build.contact(build.phone(), attributes={"other": said})

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {services.SCORE} FROM campaigns_contact c WHERE c.id = %s", [who.pk])
        (found,) = cursor.fetchone()

    assert float(found) == order.standing_within(priority, score)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("dies_at", range(1, 9))
def test_an_import_killed_anywhere_gives_everything_once(monkeypatch: pytest.MonkeyPatch, dies_at: int) -> None:
    small_parts(monkeypatch, 1)

    class Killed(BaseException):
        pass

    left = dies_at
    work = steps.giving.give

    def dies(version: ListVersion, part: ImportPart) -> None:
        nonlocal left
        work(version, part)
        left -= 1
        if not left:
            raise Killed

    monkeypatch.setattr(steps.giving, "give", dies)
    try:
        made = first(HEAD + ANN + BOB + CID)
    except Killed:
        made = ContactList.objects.get()
        importing.run(made.pk)

    version = current(made)
    assert (version.state, version.consents, version.holdings, version.statuses) == ("ready", 1, 1, 2)
    assert (ConsentEvent.objects.count(), ProductEvent.objects.count(), PhoneEvidence.objects.count()) == (1, 2, 2)


def test_a_list_without_such_columns_asks_the_database_nothing_of_them(django_assert_max_num_queries: Any) -> None:
    version = current(first("customer id,phone\nC1,13800138001\n"))
    part = ImportPart.objects.get(version=version)

    with django_assert_max_num_queries(0):
        steps.giving.give(version, part)

"""A supervisor's word beats all until it ends, says why, and leaves no moment open when it ends."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns import tasks
from campaigns.models import AuditEntry, Phone, PhoneEvidence, StatusAge, User
from campaigns.rules.validity import Code
from campaigns.validity import ageing, overriding
from campaigns.validity.overriding import AHEAD, BadOverride
from tests import build
from tests.campaigns.validity.words import HOUR, heard, kept, record, status

pytestmark = pytest.mark.django_db


@pytest.fixture
def sam() -> User:
    return build.user("supervisor")


def override(phone: Phone, code: Code, hours: float, by: User, reason: str = "they called us from it") -> None:
    overriding.override(phone=phone, code=code, until=timezone.now() + hours * HOUR, reason=reason, by=by)


def test_a_supervisor_clears_a_number_with_a_reason_and_the_trail_does_not_name_it(sam: User):
    phone = build.phone()
    record(heard(phone, "risk_number"))

    override(phone, Code.IN_SERVICE, 48, sam)

    assert (status(phone), phone.status_source) == ("", "supervisor")
    entry, evidence = AuditEntry.objects.get(), PhoneEvidence.objects.get(kind="supervisor")
    assert (entry.action, entry.actor, entry.object_id) == ("phone.overridden", sam, str(evidence.pk))
    assert str(phone.pk) not in str(entry.data)
    assert (evidence.detail, evidence.by) == ("they called us from it", sam)


def test_what_files_say_meanwhile_waits_until_it_ends(sam: User):
    phone, now = build.phone(), timezone.now()
    override(phone, Code.IN_SERVICE, 5, sam)

    record(heard(phone, "vacant", ago=0.01), now=now + HOUR)
    meanwhile = status(phone)
    overriding.end_overrides(now + 5 * HOUR)

    assert (meanwhile, status(phone)) == ("", "vacant")


def test_no_override_ends_between_two_looks(sam: User):
    """The state changes over before its end comes, so that a blocked number is at no instant free by mistake."""
    phone, now = build.phone(), timezone.now()
    record(heard(phone, "risk_number"))
    override(phone, Code.VACANT, 1, sam)

    assert overriding.end_overrides(now + HOUR - AHEAD - timedelta(seconds=1)) == 0
    assert overriding.end_overrides(now + HOUR - AHEAD + timedelta(seconds=1)) == 1

    phone.refresh_from_db()
    assert (phone.status, phone.status_source) == ("risk_number", "feed")
    assert overriding.end_overrides(now + HOUR) == 0


def test_an_override_is_taken_back_at_once(sam: User):
    phone = build.phone()
    record(heard(phone, "risk_number"))
    override(phone, Code.IN_SERVICE, 48, sam)

    assert overriding.withdraw(phone=phone, reason="a mistake", by=sam) is True

    assert status(phone) == "risk_number"
    assert overriding.withdraw(phone=phone, reason="again", by=sam) is False


def test_each_word_of_a_supervisor_is_kept(sam: User):
    phone = build.phone()

    override(phone, Code.VACANT, 5, sam, "first")
    override(phone, Code.VACANT, 9, sam, "second")

    assert kept(phone) == [("vacant", "supervisor", 1)] * 2
    assert list(PhoneEvidence.objects.order_by("pk").values_list("detail", flat=True)) == ["first", "second"]


@pytest.mark.parametrize(("hours", "reason"), [(5, " "), (-1, "why"), (24 * 400, "why")])
def test_an_override_needs_a_reason_and_an_end(sam: User, hours: float, reason: str):
    phone = build.phone()

    with pytest.raises(BadOverride):
        override(phone, Code.VACANT, hours, sam, reason)

    assert not PhoneEvidence.objects.exists()


def test_a_changed_age_concerns_what_was_said_before(sam: User):
    phone, stated, now = build.phone(), build.phone(), timezone.now()
    record(heard(phone, "vacant", now=now), heard(stated, "vacant", now=now, expires_at=now + HOUR))

    assert ageing.set_age(code=Code.VACANT, hours=100, by=sam) is True
    tasks.judge_numbers_anew()

    phone.refresh_from_db()
    stated.refresh_from_db()
    assert (phone.status_expires_at, stated.status_expires_at) == (now + 99 * HOUR, now + HOUR)
    assert StatusAge.objects.get().pending is False
    assert AuditEntry.objects.get().action == "status_age.set"


def test_an_age_that_is_as_it_was_is_no_change(sam: User):
    assert ageing.set_age(code=Code.VACANT, hours=24, by=sam) is False
    assert ageing.set_age(code=Code.VACANT, hours=None, by=sam) is True
    assert ageing.set_age(code=Code.VACANT, hours=None, by=sam) is False
    with pytest.raises(ageing.BadAge):
        ageing.set_age(code=Code.VACANT, hours=0, by=sam)

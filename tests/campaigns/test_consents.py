"""What people agreed to and took back: kept for good, counted when dialling, looked at again when it comes."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns import consents, policies, reservation, rulebook, sweep
from campaigns.consents import Given
from campaigns.models import AuditEntry, ConsentEvent, Contact, Lead, LineOfBusiness
from campaigns.rules.consent import agrees_from, read_grants
from dialer.rules.ids import new_call_id
from tests import build

LAST_YEAR = datetime(2025, 5, 1, tzinfo=UTC)
DAY = timedelta(days=1)
SAID = {"source": "branch", "reason": "signed", "by": None}


def asking(**fields):
    return build.campaign(consent_bases=["explicit"], **fields)


def reserve(campaign, **more):
    with transaction.atomic():
        return reservation.reserve(campaign=campaign, want=10, new_call_id=new_call_id, **more)


def agree(contact, **fields):
    return consents.record(contact, **{"basis": "explicit", "at": LAST_YEAR, **SAID, **fields})


def kept(contact):
    contact.refresh_from_db()
    return [(g.purpose, g.basis, sorted(g.without)) for g in read_grants(contact.consents)]


@pytest.mark.django_db
def test_who_never_agreed_is_finished_and_called_once_they_do():
    campaign = asking()
    lead = build.lead(campaign)
    assert reserve(campaign) == []
    lead.refresh_from_db()
    assert (lead.state, lead.reason, lead.rule) == ("finished", "no_consent", "consent")

    assert agree(lead.contact) is True

    assert len(reserve(campaign, now=timezone.now() + timedelta(seconds=1))) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("what", ["withdrawn", "expired"])
def test_what_was_taken_back_or_has_expired_refuses_at_the_moment_of_dialling(what):
    campaign = asking()
    lead = build.lead(campaign)
    agree(lead.contact, expires_at=timezone.now() - DAY if what == "expired" else None)
    if what == "withdrawn":
        consents.withdraw(lead.contact, **SAID)

    assert reserve(campaign) == []

    lead.refresh_from_db()
    assert lead.reason == "no_consent"


@pytest.mark.django_db
def test_a_rule_that_asks_for_consent_holds_from_the_next_tick_and_its_end_has_leads_looked_at_again():
    campaign = build.campaign()
    lead = build.lead(campaign)

    rulebook.set_agreement(campaign=campaign, bases=["explicit"], products=[], by=None)
    assert reserve(campaign) == []
    rulebook.set_agreement(campaign=campaign, bases=[], products=[], by=None)
    policies.recheck(campaign.pk)

    assert [r.lead_id for r in reserve(campaign, now=timezone.now() + timedelta(seconds=1))] == [lead.pk]


@pytest.mark.django_db
def test_the_newest_word_for_a_purpose_and_basis_counts():
    person = build.contact()
    agree(person, expires_at=timezone.now() + DAY)
    agree(person, at=LAST_YEAR + DAY)
    agree(person, at=LAST_YEAR - DAY, expires_at=LAST_YEAR)

    person.refresh_from_db()
    [grant] = read_grants(person.consents)
    assert (grant.given_at, grant.expires_at) == (LAST_YEAR + DAY, None)


@pytest.mark.django_db
def test_taking_back_one_purpose_leaves_the_others():
    cards, loans = (LineOfBusiness.objects.create(name=name) for name in ("Cards", "Loans"))
    person = build.contact()
    agree(person)
    agree(person, line_of_business=cards)
    agree(person, line_of_business=loans)

    consents.withdraw(person, line_of_business=cards, **SAID)

    assert kept(person) == [(None, "explicit", [cards.pk]), (loans.pk, "explicit", [])]


@pytest.mark.django_db
def test_what_was_given_before_it_was_taken_back_stays_taken_back_when_a_list_brings_it_later():
    person = build.contact()
    consents.withdraw(person, **SAID)

    agree(person)
    assert kept(person) == []
    agree(person, at=timezone.now())
    assert kept(person) == [(None, "explicit", [])]


@pytest.mark.django_db
def test_a_list_read_twice_says_nothing_new():
    people = [build.contact() for _ in range(3)]
    rows = [Given(p.pk, "contract", LAST_YEAR, source="July.csv") for p in people] * 2

    assert (consents.record_many(rows), consents.record_many(rows)) == (3, 0)
    assert all(kept(p) == [(None, "contract", [])] for p in people)


@pytest.mark.django_db
def test_nobody_agrees_later_than_it_is_written_down():
    person = build.contact()

    agree(person, at=timezone.now() + 40 * DAY)

    event = ConsentEvent.objects.get()
    assert event.at == event.recorded_at <= timezone.now()


@pytest.mark.django_db
def test_only_leads_that_consent_kept_are_due_again():
    asks, other = asking(), build.campaign()
    person = build.contact()
    for campaign, reason in ((asks, "no_consent"), (other, "talked")):
        build.lead(campaign, person, state="finished", reason=reason)

    agree(person)

    assert dict(Lead.objects.values_list("reason", "state")) == {"no_consent": "due", "talked": "finished"}


@pytest.mark.django_db
def test_what_people_said_is_never_changed_and_who_wrote_it_down_is_in_the_trail():
    person, sam = build.contact(), build.user("supervisor")
    agree(person, by=sam)
    consents.withdraw(person, **{**SAID, "by": sam})

    assert [(e.kind, e.by_id, e.source) for e in consents.history(person.pk)] == [
        ("withdrawn", sam.pk, "branch"),
        ("given", sam.pk, "branch"),
    ]
    assert set(AuditEntry.objects.values_list("action", "actor")) == {
        ("consent.recorded", sam.pk),
        ("consent.withdrawn", sam.pk),
    }
    for change in (ConsentEvent.objects.all().delete, lambda: ConsentEvent.objects.update(source="x")):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()


LINES = (None, 1, 2)
word = st.tuples(
    st.sampled_from(("given", "given", "withdrawn")),
    st.sampled_from(LINES),
    st.sampled_from(("explicit", "contract")),
    st.integers(1, 6),
    st.none() | st.integers(1, 6),
)


@pytest.mark.django_db
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(word, max_size=7), st.sampled_from(LINES))
def test_what_is_kept_on_the_contact_is_what_all_words_come_to(words, line):
    for n in (1, 2):
        LineOfBusiness.objects.get_or_create(pk=n, defaults={"name": f"Line {n}"})
    person = build.contact()
    for kind, purpose, basis, day, lasts in words:
        at = LAST_YEAR + day * DAY
        if kind == "given":
            ends = at + lasts * DAY if lasts else None
            consents.record_many([Given(person.pk, basis, at, ends, purpose)])
        else:
            of = LineOfBusiness(pk=purpose) if purpose else None
            consents.withdraw_many([person.pk], line_of_business=of, at=at, source="", reason="", by=None)

    person.refresh_from_db()
    for day in range(14):
        now = LAST_YEAR + day * DAY
        since = agrees_from(read_grants(person.consents), ("explicit",), line, now)
        assert (since is not None and since <= now) == agreed(words, line, day)


def agreed(words, line, day):
    """Word by word, as somebody would look through the letters."""
    newest = {}
    for kind, purpose, basis, at, lasts in words:
        if kind == "given" and at >= newest.get((purpose, basis), (0,))[0]:
            newest[purpose, basis] = (at, lasts)
    taken_back = [(of, at) for kind, of, _, at, _ in words if kind == "withdrawn"]
    return any(
        basis == "explicit"
        and purpose in (None, line)
        and at <= day < at + (lasts or 99)
        and not any(of in (None, line) and until >= at for of, until in taken_back)
        for (purpose, basis), (at, lasts) in newest.items()
    )


def in_another_session(work):
    def and_close() -> None:
        work()
        connection.close()

    thread = threading.Thread(target=and_close)
    thread.start()
    return thread


@pytest.mark.django_db(transaction=True)
def test_what_is_taken_back_while_we_decide_is_so_from_after_our_decision():
    campaign = asking()
    lead = build.lead(campaign)
    agree(lead.contact)
    waiting = threading.Event()

    def take_back() -> None:
        waiting.set()
        consents.withdraw(lead.contact, **SAID)

    with transaction.atomic():
        [reserved] = reservation.reserve(campaign=campaign, want=1, new_call_id=new_call_id)
        thread = in_another_session(take_back)
        assert waiting.wait(60)
        decided = timezone.now()
    thread.join(60)

    assert ConsentEvent.objects.get(kind="withdrawn").recorded_at > decided > reserved.at


@pytest.mark.django_db(transaction=True)
def test_somebody_whose_word_is_being_written_down_is_left_for_the_next_tick():
    campaign = asking()
    lead = build.lead(campaign)
    agree(lead.contact)
    written, done = threading.Event(), threading.Event()

    def take_back() -> None:
        with transaction.atomic():
            consents.withdraw(lead.contact, **SAID)
            written.set()
            done.wait(60)

    thread = in_another_session(take_back)
    assert written.wait(60)
    meanwhile = reserve(campaign)
    done.set()
    thread.join(60)

    assert (meanwhile, reserve(campaign)) == ([], [])


@pytest.mark.django_db(transaction=True)
def test_who_agrees_while_a_sweep_judges_them_is_due_again_afterwards(monkeypatch):
    campaign = asking()
    lead = build.lead(campaign)
    ground = sweep.Ground(campaign, threading.Event(), timezone.now() + 20 * DAY)
    decide, threads = sweep.chunk._decide, []

    def decide_and_then_they_agree(*args):
        decide(*args)
        threads.append(in_another_session(lambda: agree(Contact.objects.get(pk=lead.contact_id))))
        # Until they wait for the lead that the sweep holds.
        while not waits_for_a_lock():
            pass

    monkeypatch.setattr(sweep.chunk, "_decide", decide_and_then_they_agree)
    sweep.sweep_chunk(ground, 0, 10**9)
    threads[0].join(60)

    lead.refresh_from_db()
    assert (lead.state, lead.reason) == ("due", "no_consent")
    assert len(reserve(campaign, now=timezone.now() + timedelta(seconds=1))) == 1


def waits_for_a_lock():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0] > 0

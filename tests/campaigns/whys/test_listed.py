"""Where every record of a list stands: the bars reconcile to the rows, and each opens exactly its records."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from campaigns import candidates, policies
from campaigns.candidates import DueLead
from campaigns.models import Campaign, Contact, ContactList, Lead, LineOfBusiness, ListEntry, Reject, Suppression
from campaigns.rules import eligibility
from campaigns.rules.eligibility import Moment, Refuse
from campaigns.whys.listed import records, waterfall
from tests import build
from tests.campaigns.whys.calling import DAY, HOUR

pytestmark = pytest.mark.django_db


def a_list(*people: Contact, rejects: tuple[str, ...] = ()) -> ContactList:
    """A list that has been read, with these people and rows that became nobody."""
    made = ContactList.objects.create(name="July", state="ready", rows_total=len(people) + len(rejects))
    for row, person in enumerate(people):
        ListEntry.objects.create(list=made, contact=person, row_no=row + 2)
    for row, reason in enumerate(rejects, len(people)):
        Reject.objects.create(list=made, row_no=row + 2, reason=reason)
    return made


def barred(status: str, until: datetime | None = None, **fields) -> Contact:
    return build.contact(build.phone(status=status, status_expires_at=until, **fields))


def suppressed(**scope) -> Contact:
    person = build.contact()
    Suppression.objects.create(phone=person.phones.get().pk, reason="asked", **scope)
    return person


def told(listed: ContactList, campaign: Campaign | None = None) -> list[tuple[str, str, int]]:
    found = waterfall.of(listed, campaign, timezone.now())
    return [(bar.key.stage, bar.key.why, bar.count) for bar in found.bars]


def test_every_row_falls_away_once_in_the_order_of_number_validity():
    listed = a_list(
        build.contact(),
        suppressed(),
        barred("vacant"),
        barred("suspended"),
        rejects=("duplicate", "malformed", "duplicate", "wrong_line_type"),
    )

    assert told(listed) == [
        ("rejected", "malformed", 1),
        ("rejected", "wrong_line_type", 1),
        ("limited", "suspended", 1),
        ("limited", "vacant", 1),
        ("rejected", "duplicate", 2),
        ("limited", "do_not_call", 1),
        ("callable", "", 1),
    ]
    found = waterfall.of(listed, None, timezone.now())
    assert (found.total, found.callable, found.bars[-1].above) == (8, 1, 7)
    assert (found.standing.invalid, found.standing.valid_number_rate) == (7, 1 / 8)


def test_a_person_with_one_good_number_is_not_barred():
    listed = a_list(build.contact(build.phone(status="vacant"), build.phone()))

    assert told(listed) == [("callable", "", 1)]


def test_of_several_barred_numbers_the_one_that_frees_first_is_told():
    soon = timezone.now() + HOUR
    listed = a_list(
        build.contact(build.phone(status="vacant"), build.phone(status="suspended", status_expires_at=soon))
    )

    bar = waterfall.of(listed, None, timezone.now()).bars[0]

    assert (bar.key.why, bar.next_at) == ("suspended", soon)


def test_what_has_expired_bars_nobody():
    over = timezone.now() - HOUR
    listed = a_list(barred("vacant", over), suppressed(expires_at=over))

    assert told(listed) == [("callable", "", 2)]


def test_do_not_call_of_another_campaign_or_line_does_not_count():
    campaign = build.campaign(line_of_business=LineOfBusiness.objects.create(name="Cards"))
    other = LineOfBusiness.objects.create(name="Loans")
    people = [
        suppressed(line_of_business=campaign.line_of_business),
        suppressed(campaign=campaign),
        suppressed(line_of_business=other),
        suppressed(campaign=build.campaign()),
    ]
    listed = a_list(*people)
    for person in people:
        build.lead(campaign, person)

    assert told(listed) == [("callable", "", 4)]
    assert told(listed, campaign) == [("limited", "do_not_call", 2), ("callable", "", 2)]


def test_in_a_campaign_the_leads_say_the_rest():
    campaign = build.campaign()
    people = [build.contact() for _ in range(7)] + [barred("vacant", timezone.now() + HOUR)]
    later = {"due_at": timezone.now() + DAY}
    build.lead(build.campaign(), people[0])
    build.lead(campaign, people[1], state="finished", reason="talked")
    build.lead(campaign, people[2], reason="outside_calling_hours", **later)
    build.lead(campaign, people[3], reason="frequency_cap_reached", rule="cap-1", **later)
    build.lead(campaign, people[4], callback=True, reason="conversation", **later)
    build.lead(campaign, people[5], state="finished", reason="vacant")
    build.lead(campaign, people[6])
    build.lead(campaign, people[7], reason="outside_calling_hours", **later)

    assert told(a_list(*people), campaign) == [
        ("limited", "vacant", 1),
        ("limited", "frequency_cap_reached", 1),
        ("absent", "", 1),
        ("finished", "talked", 1),
        ("waiting", "outside_calling_hours", 2),
        ("waiting", "callback", 1),
        ("callable", "", 1),
    ]


def test_a_bar_opens_exactly_its_people_page_by_page(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(records, "PAGE", 2)
    monkeypatch.setattr("campaigns.whys.listed.fates.STRETCH", 1)
    vacant = [barred("vacant", status_source="own_call") for _ in range(3)]
    listed = a_list(build.contact(), *vacant, build.contact())
    key = waterfall.of(listed, None, timezone.now()).bars[0].key

    first = records.page(listed, None, key, after=0, now=timezone.now())
    rest = records.page(listed, None, key, after=first.next or 0, now=timezone.now())

    shown = [*first.records, *rest.records]
    assert ([record.contact for record in shown], rest.next) == (vacant, None)
    assert {record.phone.status_source for record in shown if record.phone} == {"own_call"}


def test_the_records_of_do_not_call_say_who_asked():
    person = suppressed()
    listed = a_list(person)

    found = records.page(listed, None, waterfall.Key("limited", "do_not_call"), after=0, now=timezone.now())

    assert [(r.contact, r.entry.reason if r.entry else "") for r in found.records] == [(person, "asked")]


STATUSES = st.sampled_from(["", "", "vacant", "suspended", "powered_off", "risk_number"])
ENDS = st.sampled_from([None, -HOUR, HOUR, DAY, 2 * DAY])
PHONES = st.lists(st.tuples(STATUSES, ENDS, st.one_of(st.none(), st.tuples(ENDS))), min_size=1, max_size=3)
LEADS = st.sampled_from(
    [None, {"state": "finished", "reason": "talked"}, {"due_at": HOUR, "reason": "too_soon", "rule": "gap-1"}, {}, {}]
)
REASONS = st.sampled_from(["malformed", "duplicate", "missing", "unassigned_range"])


class TestAnyList(TestCase):
    """Of lists at random: nothing is lost, nothing is counted twice, and the rules agree."""

    @settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(st.tuples(PHONES, LEADS), max_size=6), st.lists(REASONS, max_size=4), st.booleans())
    def test_the_bars_make_up_the_rows_and_open_exactly_as_many_records(self, people, rejects, with_campaign):
        now, campaign = timezone.now(), build.campaign()
        listed = a_list(*[a_person(phones, lead, campaign, now) for phones, lead in people], rejects=tuple(rejects))
        chosen = campaign if with_campaign else None

        found = waterfall.of(listed, chosen, now)

        assert found.total == listed.rows_total == sum(bar.count for bar in found.bars)
        assert [bar.above for bar in found.bars] == [
            sum(b.count for b in found.bars[:n]) for n in range(len(found.bars))
        ]
        for bar in found.bars:
            if bar.key.stage != waterfall.REJECTED:
                assert len(records.page(listed, chosen, bar.key, after=0, now=now).records) == bar.count

    @settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
    @given(PHONES)
    def test_a_person_is_barred_as_the_rules_say_where_no_other_rule_holds(self, phones):
        now, campaign = timezone.now(), build.campaign()
        person = a_person(phones, {}, campaign, now)
        lead = Lead.objects.get(contact=person)
        policy = policies.of(campaign)
        candidate = candidates.look(campaign, policy, [DueLead(lead.pk, person.pk, 0)], now)[0][person.pk]

        said = eligibility.verdict(candidate, Moment(policy, now))
        bar = waterfall.of(a_list(person), campaign, now).bars[0]

        expected = (said.reason.value, said.until) if isinstance(said, Refuse) else ("", None)
        assert (bar.key.why, bar.next_at) == expected


def a_person(phones, lead, campaign: Campaign, now: datetime) -> Contact:
    made = []
    for status, ends, entry in phones:
        phone = build.phone(status=status, status_expires_at=now + ends if ends else None)
        if entry is not None:
            Suppression.objects.create(phone=phone.pk, expires_at=now + entry[0] if entry[0] else None)
        made.append(phone)
    person = build.contact(*made)
    if lead is not None:
        due = {"due_at": now + lead["due_at"]} if "due_at" in lead else {"due_at": now - timedelta(minutes=1)}
        build.lead(campaign, person, **{**lead, **due})
    return person

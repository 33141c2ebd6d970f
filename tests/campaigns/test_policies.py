"""Rules as rows become the one policy that decides: versions, owners, and what was set aside by laxer rules' elders."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from campaigns import policies, reservation, rulebook
from campaigns.models import (
    AuditEntry,
    ClosedDay,
    ComplianceProfile,
    FrequencyCap,
    Lead,
    LineOfBusiness,
    PolicyVersion,
    Touch,
)
from campaigns.rules import policy as rules
from campaigns.rules.reading import BadProfile, Must
from dialer.rules.ids import new_call_id
from tests import build

ONE_A_DAY = {
    "limit": 1,
    "counts": "attempts",
    "per": "contact",
    "scope": "all",
    "window": "rolling",
    "window_hours": 24,
}


def reserve(campaign, want=10, **more):
    with transaction.atomic():
        return reservation.reserve(campaign=campaign, want=want, new_call_id=new_call_id, **more)


def put_back(campaign):
    Lead.objects.filter(campaign=campaign, state="held").update(
        state="due", held_by=None, held_phone=None, due_at=timezone.now() - timedelta(hours=1)
    )


@pytest.mark.django_db
def test_an_edited_cap_holds_from_the_very_next_reservation_and_the_touch_names_its_version():
    campaign = build.campaign()
    build.lead(campaign)
    assert len(reserve(campaign)) == 1
    put_back(campaign)

    rulebook.add_cap(owner=None, by=None, **ONE_A_DAY)

    assert reserve(campaign) == []
    lead = Lead.objects.get()
    campaign.refresh_from_db()
    assert (lead.reason, lead.rule, lead.policy_id) == ("frequency_cap_reached", lead.rule, campaign.policy_id)
    assert lead.rule == f"cap-{FrequencyCap.objects.get().pk}"
    first, second = PolicyVersion.objects.order_by("number")
    assert (first.number, second.number, second.pk) == (1, 2, campaign.policy_id)
    assert Touch.objects.get().policy_id == first.pk


@pytest.mark.django_db
def test_what_a_stricter_rule_set_aside_is_due_again_once_it_has_ended():
    campaign = build.campaign()
    build.lead(campaign)
    cap = rulebook.add_cap(owner=None, by=None, **ONE_A_DAY)
    reserve(campaign)
    put_back(campaign)
    assert reserve(campaign) == []

    rulebook.end_rule(rule=cap, by=None)
    policies.recheck(campaign.pk)

    assert len(reserve(campaign)) == 1
    campaign.refresh_from_db()
    assert campaign.recheck is False


@pytest.mark.django_db
def test_looking_again_leaves_alone_what_calls_came_to_and_what_the_same_rules_decided():
    campaign = build.campaign()
    later = timezone.now() + timedelta(hours=5)
    waits = build.lead(campaign, due_at=later, reason="no_answer")
    talked = build.lead(campaign, state="finished", reason="talked")
    policies.publish([campaign.pk], None)
    campaign.refresh_from_db()
    same = build.lead(campaign, due_at=later, reason="holiday", policy_id=campaign.policy_id)
    older = build.lead(campaign, due_at=later, reason="holiday", policy_id=campaign.policy_id - 1)

    policies.recheck(campaign.pk)

    due = {lead.pk: lead.due_at for lead in Lead.objects.all()}
    assert due[waits.pk] == due[same.pk] == later
    assert due[older.pk] < later
    assert Lead.objects.get(pk=talked.pk).state == "finished"


@pytest.mark.django_db
def test_a_rule_binds_its_owner_and_nobody_else():
    cards, loans = LineOfBusiness.objects.create(name="Cards"), LineOfBusiness.objects.create(name="Loans")
    one, two, three = (
        build.campaign(line_of_business=cards),
        build.campaign(line_of_business=cards),
        build.campaign(line_of_business=loans),
    )
    rulebook.add_cap(owner=cards, by=None, **ONE_A_DAY)
    rulebook.add_gap(owner=one, by=None, after="busy", minutes=15, per="phone", scope="all")

    assert [len(policies.current(c.pk).caps) for c in (one, two, three)] == [1, 1, 0]
    assert [len(policies.current(c.pk).gaps) for c in (one, two, three)] == [1, 0, 0]


@pytest.mark.django_db
def test_an_edit_that_changes_nothing_makes_no_version():
    campaign = build.campaign()
    policies.publish([campaign.pk], None)

    assert policies.publish([campaign.pk], None) == []
    assert rulebook.set_attempts(campaign=campaign, max_attempts=6, cadence=[], spread=False, by=None) is False
    assert PolicyVersion.objects.count() == 1


@pytest.mark.django_db
def test_the_shipped_profiles_load_twice_as_once_and_bind_the_campaigns_that_take_them():
    rulebook.install()
    rulebook.install()
    campaign = build.campaign()
    cn = ComplianceProfile.objects.get(name="cn_marketing")

    assert rulebook.set_profiles(campaign=campaign, profiles=[cn], by=None) is True

    policy = policies.current(campaign.pk)
    assert {h.name for h in policy.hours} >= {"campaign.hours", "cn_marketing.hours"}
    assert policy.min_ring_seconds == 20
    noon = next(h for h in policy.hours if h.name == "cn_marketing.hours").week[0]
    assert noon == ((540, 720), (810, 1200))
    assert ComplianceProfile.objects.count() >= 15


@pytest.mark.django_db
def test_a_changed_profile_wants_to_be_confirmed_again():
    rulebook.install()
    officer = build.user("manager")
    profile = ComplianceProfile.objects.get(name="hk_banks")
    assert rulebook.confirm_profile(profile=profile, by=officer) is True
    assert rulebook.confirm_profile(profile=profile, by=officer) is False

    text = rulebook.PROFILES.read_text().replace("Hong Kong", "HK")
    assert "hk_banks" in rulebook.load_profiles(text, officer)

    profile.refresh_from_db()
    assert profile.confirmed_at is None


@pytest.mark.parametrize(
    ("text", "must"),
    [
        ("", Must.JSON),
        ("{", Must.JSON),
        ('{"profiles": ' + "1" * 5000 + "}", Must.READABLE),
        ("[" * 100_000, Must.READABLE),
        ("[]", Must.OBJECT),
        ('{"profiles": 3}', Must.LIST),
        ('{"profiles": [{"name": "X Y"}]}', Must.NAME),
    ],
)
@pytest.mark.django_db
def test_a_file_that_holds_no_profiles_is_refused(text, must):
    with pytest.raises(BadProfile) as refused:
        rulebook.load_profiles(text, None)
    assert refused.value.must == must


@pytest.mark.django_db
def test_a_day_without_calls_in_one_country_leaves_the_others_open():
    campaign = build.campaign()
    today = timezone.now().date()
    for shift in (-1, 0, 1):  # after midnight in Greenwich it is still yesterday there
        day = today + timedelta(days=shift)
        rulebook.close_day(campaign=None, country="US", day=day, name="storm", by=None)
    abroad = build.contact(build.phone(country="GB"), time_zone="Europe/London")
    there = build.contact(build.phone(country="US"), time_zone="America/New_York")
    build.lead(campaign, abroad)
    build.lead(campaign, there)

    assert [r.contact_id for r in reserve(campaign)] == [abroad.pk]
    assert Lead.objects.get(contact=there).reason == "blackout_date"
    assert rulebook.open_day(closed=ClosedDay.objects.first(), by=None) is True


@pytest.mark.parametrize(
    "week",
    [
        [[[540, 540]]] + [[]] * 6,
        [[[540, 1500]]] + [[]] * 6,
        [[[540, 800], [700, 900]]] + [[]] * 6,
        [[]] * 7,
        [[[540, 1200]]],
    ],
)
@pytest.mark.django_db
def test_hours_that_cannot_be_kept_are_refused(week):
    with pytest.raises(rulebook.BadHours):
        rulebook.set_hours(
            campaign=build.campaign(), week=week, calls_on_holidays=True, starts_on=None, ends_on=None, by=None
        )


@pytest.mark.parametrize(
    "fields",
    [{"limit": 5000}, {"window_hours": 0}, {"window_hours": 745}, {"counts": "smiles"}, {"scope": "moon"}],
)
@pytest.mark.django_db
def test_a_cap_out_of_bounds_is_refused_in_words(fields):
    with pytest.raises(rulebook.BadRule):
        rulebook.add_cap(owner=None, by=None, **{**ONE_A_DAY, **fields})
    assert not FrequencyCap.objects.exists()


@pytest.mark.django_db
def test_a_gap_without_end_is_for_refusals_only():
    with pytest.raises(rulebook.BadRule):
        rulebook.add_gap(owner=None, by=None, after="busy", minutes=None, per="phone", scope="all")
    rulebook.add_gap(owner=None, by=None, after="refusal", minutes=None, per="contact", scope="all")


@pytest.mark.django_db
def test_a_version_whose_transaction_was_lost_is_not_remembered_in_place_of_the_one_that_gets_its_number():
    campaign = build.campaign(max_attempts=3)
    with transaction.atomic():
        lost = policies.current(campaign.pk)
        transaction.set_rollback(True)
    data = rules.dump(replace(lost, max_attempts=7))
    PolicyVersion.objects.create(pk=lost.version, campaign=campaign, number=1, data=data)

    assert policies.of_version(lost.version).max_attempts == 7


@pytest.mark.django_db
def test_a_retry_rule_of_everyone_leaves_its_trail_and_so_does_taking_it_back():
    rule = {"campaign": None, "outcome": "busy", "by": None}

    assert rulebook.set_retry(**rule, wait_minutes=10, limit=2) is True
    assert rulebook.set_retry(**rule, wait_minutes=10, limit=2) is False
    assert rulebook.set_retry(**rule, wait_minutes=None, limit=None) is True
    assert rulebook.set_retry(**rule, wait_minutes=None, limit=None) is False

    entries = AuditEntry.objects.filter(action="retry.set").order_by("pk")
    assert [entry.data["wait_minutes"] for entry in entries] == [10, None]

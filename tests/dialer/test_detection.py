"""Answering-machine detection in the database: what calls ask for, what attempts keep, and how wrong it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns import services
from campaigns.models import AuditEntry, Campaign, Lead, Touch
from dialer import calls, leases, matching
from dialer.calls import screening
from dialer.detection import fallback, truth
from dialer.models import Attempt, AttemptResult, LiveCall, Trunk
from dialer.rules import facts as f
from dialer.rules.amd import Verdict, wilson
from dialer.rules.ids import new_call_id
from dialer.wall import board
from tests import build

pytestmark = pytest.mark.django_db


def at(seconds: float = 0) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def listening(**fields) -> Campaign:
    return build.campaign(**{"detector": "asterisk", "amd_sample_percent": 0, **fields})


def place(campaign, server) -> f.Originate:
    build.lead(campaign)
    lease = build.lease(server)
    [originate] = calls.reserve(lease=lease, campaign=campaign, line=build.line(server), want=1)
    leases.release(lease)
    return originate


def screened(call, verdict=Verdict.MACHINE, seconds=2.0) -> f.Screened:
    return f.Screened(call, at(seconds), verdict, "MAXWORDS-4-4", 1900)


def hear(*facts: f.CallFact) -> calls.Heard:
    return calls.hear(facts, timezone.now())


def test_a_call_of_a_campaign_without_detection_takes_nothing_with_it():
    server = build.server()

    originate = place(build.campaign(), server)

    live = LiveCall.objects.get()
    assert originate.variables == ()
    assert (live.detector, live.on_machine, live.sampled) == ("", "", False)


def test_a_call_tells_the_pbx_what_to_listen_for_and_what_to_do_with_a_machine():
    campaign = listening(
        machine_action="message", machine_message="bank/offer", detector_parameters={"greeting_ms": 1800}
    )

    told = dict(place(campaign, build.server()).variables)

    assert told["DETECTOR"] == "asterisk"
    assert told["DETECT"].split("-")[1] == "1800"
    assert (told["ON_MACHINE"], told["MACHINE_MESSAGE"]) == ("message", "bank/offer")


def test_a_sampled_call_asks_for_an_agent_whatever_the_campaign_does_with_machines():
    told = dict(place(listening(amd_sample_percent=100), build.server()).variables)

    assert told["ON_MACHINE"] == "agent"
    assert LiveCall.objects.get().sampled


def test_an_edit_changes_no_call_that_is_written_down():
    campaign = listening()
    before = screening.of(campaign, new_call_id())
    call = place(campaign, build.server()).id

    services.set_detection(campaign=campaign, by=None, machine_action="agent")
    hear(f.Answered(call, at()), screened(call))

    assert before.on_machine == "hang_up"
    assert LiveCall.objects.get().state == "machine"


@pytest.mark.parametrize(("left", "outcome", "hours"), [(False, "machine", 24), (True, "machine_message", 72)])
def test_a_machine_is_an_attempt_with_its_verdict_and_no_answered_call_of_a_person(left, outcome, hours):
    campaign = listening(machine_action="message", machine_message="bank/offer")
    call = place(campaign, build.server()).id

    hear(f.Answered(call, at()), screened(call))
    assert (LiveCall.objects.get().state, LiveCall.objects.get().verdict) == ("machine", "machine")
    hear(*([f.MessageLeft(call, at(9))] if left else []), f.HungUp(call, at(10), 16))

    attempt = Attempt.objects.get()
    assert (attempt.outcome, attempt.detector, attempt.verdict) == (outcome, "asterisk", "machine")
    assert (attempt.verdict_cause, attempt.took_ms, attempt.sampled) == ("MAXWORDS-4-4", 1900, False)
    assert attempt.answered_at < attempt.detected_at < attempt.ended_at
    assert Touch.objects.get().level == 1
    lead = Lead.objects.get()
    assert (lead.state, lead.last_outcome) == ("due", outcome)
    assert abs(lead.due_at - timezone.now() - timedelta(hours=hours)) < timedelta(seconds=30)


def test_a_machine_is_neither_answered_nor_abandoned_on_the_wall():
    campaign, server = listening(), build.server()
    call = place(campaign, server).id
    hear(f.Answered(call, at()), screened(call), f.HungUp(call, at(10), 16))
    person = place(campaign, server).id
    hear(
        f.Answered(person, at()), screened(person, Verdict.HUMAN), f.Waiting(person, at(2)), f.HungUp(person, at(3), 16)
    )

    today = board.read_today(timezone.now() - timedelta(hours=1))[campaign.pk]

    assert (today.attempts, today.answered, today.abandoned, today.machines) == (2, 1, 0, 1)


def test_nobody_is_matched_with_a_machine_and_persons_come_before_sampled_ones():
    campaign, server = listening(amd_sample_percent=100), build.server()
    sampled, person = place(campaign, server).id, place(campaign, server).id
    hear(f.Answered(sampled, at()), screened(sampled), f.Waiting(sampled, at(1)))
    hear(f.Answered(person, at()), screened(person, Verdict.HUMAN), f.Waiting(person, at(2)))
    Campaign.objects.filter(pk=campaign.pk).update(amd_sample_percent=0)
    campaign.refresh_from_db()
    machine = place(campaign, server).id
    hear(f.Answered(machine, at()), screened(machine))
    build.shift(campaign, server)

    [connect] = matching.match(server.pk).connects

    assert connect.call_id == person


def test_a_sampled_machine_that_an_agent_takes_is_marked_and_what_they_say_is_the_truth():
    campaign, server = listening(amd_sample_percent=100), build.server()
    shift = build.shift(campaign, server)
    call = place(campaign, server).id

    hear(f.Answered(call, at()), screened(call), f.Waiting(call, at(2)))
    matching.match(server.pk)
    hear(f.Bridged(call, at(2), shift.pk), f.HungUp(call, at(9), 16))
    person = build.disposition("person", "refusal")
    calls.record_disposition(shift_id=shift.pk, disposition=person, note="", callback_at=None, by=shift.agent.user)

    attempt = Attempt.objects.get()
    assert (attempt.outcome, attempt.verdict, attempt.sampled) == ("conversation", "machine", True)
    [whole, carrier, _list] = truth.parts(truth.count(campaign, timezone.now()))
    assert (whole.found.machines, whole.found.sampled, whole.found.people) == (1, 1, 1)
    assert (carrier.of, carrier.name) == ("trunk", Trunk.objects.get().name)


def judged(campaign: Campaign, machines: int, sampled: int, people: int, *, trunk: int = 1) -> None:
    """So many attempts that were judged machine, the first of them sampled, the first of those persons."""
    lead = Lead.objects.filter(campaign=campaign).first() or build.lead(campaign)
    marks = {"of_machine": True}
    known = AttemptResult.objects.filter(campaign=campaign).count()
    machine = build.disposition(f"machine{known}-{campaign.pk}", "no_contact", **marks)
    person = build.disposition(f"person{known}-{campaign.pk}", "refusal")
    for n in range(machines):
        fields = {"verdict": "machine", "detector": "asterisk", "sampled": n < sampled, "trunk_id": trunk}
        attempt = build.attempt(lead, outcome="conversation" if n < sampled else "machine", **fields)
        if n < sampled:
            said = person if n < people else machine
            AttemptResult.objects.create(attempt_id=attempt.pk, campaign=campaign, disposition=said, at=timezone.now())


def test_persons_among_machines_are_counted_with_their_interval_and_without_unknown_truths():
    campaign = listening()
    judged(campaign, machines=40, sampled=12, people=3)
    unsaid = build.attempt(Lead.objects.get(), outcome="conversation", verdict="machine", sampled=True)
    AttemptResult.objects.create(attempt_id=unsaid.pk, campaign=campaign, disposition=None, at=timezone.now())
    silent = build.attempt(Lead.objects.get(), outcome="conversation", verdict="machine", sampled=True)
    silence = build.disposition("silence", "no_contact")
    AttemptResult.objects.create(attempt_id=silent.pk, campaign=campaign, disposition=silence, at=timezone.now())

    found = truth.parts(truth.count(campaign, timezone.now()))[0].found

    assert (found.machines, found.sampled, found.people) == (42, 12, 3)
    assert (found.low, found.high) == wilson(3, 12)
    assert found.count == pytest.approx(0.25 * 30)


def test_verdicts_of_earlier_settings_are_not_counted():
    campaign = listening()
    judged(campaign, machines=3, sampled=3, people=3)

    services.set_detection(campaign=campaign, by=None, detector_parameters={"greeting_ms": 2000})

    assert truth.count(campaign, timezone.now()) == []


def test_detection_that_is_certainly_too_wrong_is_switched_off_once_with_its_reason():
    campaign = listening(amd_limit_percent=10, amd_least_sample=20)
    judged(campaign, machines=60, sampled=24, people=12)

    assert fallback.check_all(timezone.now()) == 1
    assert fallback.check_all(timezone.now()) == 0

    campaign.refresh_from_db()
    assert campaign.detector == "off"
    why = campaign.detector_fell_back
    assert (why["of"], why["sampled"], why["people"], why["limit_percent"]) == ("campaign", 24, 12, 10.0)
    entry = AuditEntry.objects.get(action="campaign.detection_fell_back")
    assert (entry.actor, entry.object_id) == (None, str(campaign.pk))
    assert place(campaign, build.server()).variables == ()


@pytest.mark.parametrize(
    "fields", [{"amd_limit_percent": 0}, {"amd_least_sample": 25}, {"amd_limit_percent": 40}], ids=str
)
def test_detection_stays_on_without_a_limit_enough_truths_or_certainty(fields):
    campaign = listening(**{"amd_limit_percent": 10, "amd_least_sample": 20, **fields})
    judged(campaign, machines=60, sampled=24, people=12)

    assert fallback.check_all(timezone.now()) == 0
    campaign.refresh_from_db()
    assert (campaign.detector, campaign.detector_fell_back) == ("asterisk", None)


def test_one_bad_carrier_is_enough():
    campaign = listening(amd_limit_percent=20, amd_least_sample=10)
    good, bad = build.trunk(build.server()).pk, 99
    judged(campaign, machines=40, sampled=40, people=0, trunk=good)
    judged(campaign, machines=12, sampled=12, people=9, trunk=bad)

    assert fallback.check(campaign, timezone.now())
    assert campaign.detector_fell_back["of"] == "trunk"


def test_settings_that_were_changed_meanwhile_are_not_switched_off_for_the_old_ones_verdicts():
    campaign = listening(amd_limit_percent=10, amd_least_sample=20)
    judged(campaign, machines=24, sampled=24, people=12)
    stale = Campaign.objects.get(pk=campaign.pk)
    services.set_detection(campaign=campaign, by=None, detector_parameters={"greeting_ms": 2500})

    assert not services.switch_detection_off(campaign=stale, why={"of": "campaign"})

    campaign.refresh_from_db()
    assert campaign.detector == "asterisk"


def test_the_campaigns_page_shows_how_often_it_was_wrong(client: Client):
    campaign = listening()
    judged(campaign, machines=40, sampled=12, people=3)
    client.force_login(build.user("supervisor"))

    html = client.get(reverse("campaign-detection", args=[campaign.pk])).content.decode()

    low, high = wilson(3, 12)
    assert "25.0 %" in html
    assert f"{100 * low:.1f} %" in html and f"{100 * high:.1f} %" in html
    assert "About 7 persons" in html or "About 8 persons" in html


def test_without_a_machine_the_page_says_so(client: Client):
    client.force_login(build.user("supervisor"))

    html = client.get(reverse("campaign-detection", args=[listening().pk])).content.decode()

    assert "No call was judged a machine yet" in html


def test_an_agent_who_checks_a_machine_is_told_so(client: Client):
    campaign, server = listening(amd_sample_percent=100), build.server()
    shift = build.shift(campaign, server)
    call = place(campaign, server).id
    hear(f.Answered(call, at()), screened(call), f.Waiting(call, at(2)))
    matching.match(server.pk)
    hear(f.Bridged(call, at(2), shift.pk))
    client.force_login(shift.agent.user)

    assert "This may be an answering machine" in client.get(reverse("desk-card")).content.decode()

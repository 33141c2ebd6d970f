"""The life of a call in the database: reserved, told facts, ended once, written up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from campaigns.models import Lead, PhoneEvidence, Suppression, Touch
from dialer import calls, leases, matching, shifts
from dialer.models import Attempt, AttemptResult, LiveCall, Shift, ShiftSpan
from dialer.rules import facts as f
from tests import build

pytestmark = pytest.mark.django_db


def at(seconds: float = 0) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def place(campaign, server):
    [originate] = calls.reserve(lease=build.lease(server), campaign=campaign, line=build.line(server), want=1)
    return originate


def test_a_reserved_call_is_written_down_as_placed_before_anyone_hears_of_it():
    campaign, server = build.campaign(ring_seconds=17), build.server()
    lead = build.lead(campaign)

    originate = place(campaign, server)

    live = LiveCall.objects.get()
    assert (live.id, live.state, live.lead_id) == (originate.id, "placed", lead.pk)
    assert originate.ring_seconds == 17
    assert originate.dial_string.startswith(f"PJSIP/{live.phone}@carrier")
    lead.refresh_from_db()
    assert (lead.state, lead.held_by, lead.attempts) == ("held", live.id, 1)
    assert Touch.objects.get().call_id == live.id


def test_an_engine_that_has_been_outlived_reserves_nothing():
    campaign, server = build.campaign(), build.server()
    build.lead(campaign)
    stale = build.lease(server)
    leases.release(stale)
    build.lease(server)

    with pytest.raises(leases.LeaseLost):
        calls.reserve(lease=stale, campaign=campaign, line=build.line(server), want=1)

    assert not LiveCall.objects.exists()
    assert Lead.objects.get().state == "due"


@pytest.mark.parametrize(
    ("cause", "tech", "outcome", "minutes"),
    [
        (17, "486", "busy", 15),
        (19, "480", "no_answer", 120),
        (1, "404", "invalid_number", 1440),
        (21, "603", "rejected", 1440),
        (34, "503", "congestion", 5),
    ],
)
def test_an_unanswered_call_becomes_an_attempt_with_its_outcome_and_the_lead_is_due_again(
    cause, tech, outcome, minutes
):
    campaign, server = build.campaign(), build.server()
    lead = build.lead(campaign)
    call = place(campaign, server).id

    calls.hear([f.ChannelSeen(call, at()), f.Ringing(call, at()), f.HungUp(call, at(1), cause, tech)], timezone.now())

    attempt = Attempt.objects.get()
    assert (attempt.id, attempt.outcome, attempt.cause, attempt.tech_cause) == (call, outcome, cause, tech)
    assert attempt.ringing_at and attempt.dialing_at and not attempt.answered_at
    assert not LiveCall.objects.exists()
    lead.refresh_from_db()
    assert (lead.state, lead.last_outcome) == ("due", outcome)
    assert abs(lead.due_at - timezone.now() - timedelta(minutes=minutes)) < timedelta(seconds=30)
    assert Touch.objects.get().level == 1


def test_what_the_network_says_of_the_number_is_kept_with_its_causes_and_the_call():
    campaign, server = build.campaign(), build.server()
    build.lead(campaign)
    call = place(campaign, server).id

    calls.hear([f.ChannelSeen(call, at()), f.HungUp(call, at(1), 1, "404")], timezone.now())

    evidence = PhoneEvidence.objects.get()
    assert (evidence.code, evidence.kind, evidence.detail) == ("vacant", "own_call", "Q.850 1, SIP 404")
    assert evidence.attempt_id == Attempt.objects.get().id == call


def test_a_call_that_failed_on_our_own_side_costs_the_person_nothing():
    campaign, server = build.campaign(), build.server()
    lead = build.lead(campaign)
    call = place(campaign, server).id

    calls.hear([f.Refused(call, at())], timezone.now())

    assert Attempt.objects.get().outcome == "failed"
    assert not Touch.objects.exists()
    lead.refresh_from_db()
    assert (lead.state, lead.attempts) == ("due", 0)


def test_a_refusal_that_names_a_call_whose_channel_was_seen_is_not_believed():
    campaign, server = build.campaign(), build.server()
    build.lead(campaign)
    call = place(campaign, server).id

    calls.hear([f.ChannelSeen(call, at()), f.Refused(call, at())], timezone.now())

    assert LiveCall.objects.get().state == "dialing"


def talk(campaign, server):
    """A call that is being talked in, and its shift."""
    shift = build.shift(campaign, server)
    call = place(campaign, server).id
    heard = calls.hear([f.Answered(call, at()), f.Waiting(call, at())], timezone.now())
    assert heard.match
    [connect] = matching.match(server.pk).connects
    assert connect == f.Connect(call, shift.pk)
    calls.hear([f.Bridged(call, at(), shift.pk)], timezone.now())
    shift.refresh_from_db()
    assert (shift.state, shift.call_id) == ("talking", call)
    return call, shift


def test_a_conversation_goes_to_wrap_up_and_the_disposition_settles_the_lead():
    campaign, server = build.campaign(), build.server()
    lead = build.lead(campaign)
    call, shift = talk(campaign, server)

    calls.hear([f.HungUp(call, at(5), 16)], timezone.now())

    shift.refresh_from_db()
    lead.refresh_from_db()
    assert (shift.state, lead.state) == ("wrap_up", "held")
    assert Touch.objects.get().level == 3

    user = shift.agent.user
    calls.record_disposition(shift_id=shift.pk, disposition=build.disposition(), note="", callback_at=None, by=user)

    shift.refresh_from_db()
    lead.refresh_from_db()
    assert (shift.state, shift.call_id) == ("ready", None)
    assert (lead.state, lead.reason) == ("finished", "talked")
    assert Attempt.objects.get().agent_id == shift.agent_id
    assert AttemptResult.objects.get().disposition.code == "sale"
    states = list(ShiftSpan.objects.order_by("began", "id").values_list("state", flat=True))
    assert states == ["ready", "claimed", "talking", "wrap_up"]


def test_a_second_disposition_of_the_same_call_is_refused():
    campaign, server = build.campaign(), build.server()
    build.lead(campaign)
    call, shift = talk(campaign, server)
    calls.hear([f.HungUp(call, at(5), 16)], timezone.now())
    sale, user = build.disposition(), shift.agent.user
    calls.record_disposition(shift_id=shift.pk, disposition=sale, note="", callback_at=None, by=user)

    with pytest.raises(calls.NothingToDisposition):
        calls.record_disposition(shift_id=shift.pk, disposition=sale, note="", callback_at=None, by=user)

    assert AttemptResult.objects.count() == 1


def test_do_not_call_said_in_a_conversation_holds_everywhere_at_once():
    campaign, server = build.campaign(), build.server()
    lead = build.lead(campaign)
    call, shift = talk(campaign, server)
    calls.hear([f.HungUp(call, at(5), 16)], timezone.now())
    never = build.disposition("dnc", "do_not_call")

    calls.record_disposition(shift_id=shift.pk, disposition=never, note="", callback_at=None, by=shift.agent.user)

    lead.refresh_from_db()
    assert lead.state == "finished"
    assert Suppression.objects.get().phone == Attempt.objects.get().phone


def test_a_wrap_up_that_nobody_ends_is_closed_and_the_agent_paused():
    campaign, server = build.campaign(wrap_up_seconds=0), build.server()
    lead = build.lead(campaign)
    call, shift = talk(campaign, server)
    calls.hear([f.HungUp(call, at(), 16)], timezone.now())

    calls.expire_wrap_ups(server.pk)

    shift.refresh_from_db()
    lead.refresh_from_db()
    assert (shift.state, shift.reason) == ("paused", "wrap_up_expired")
    assert (lead.state, lead.reason) == ("finished", "no_disposition")
    assert AttemptResult.objects.get().disposition is None


def test_the_pbx_own_timer_makes_an_abandoned_call_that_is_never_matched_again():
    campaign, server = build.campaign(), build.server()
    lead = build.lead(campaign)
    call = place(campaign, server).id
    calls.hear([f.Answered(call, at()), f.Waiting(call, at()), f.NoAgent(call, at(2))], timezone.now())
    build.shift(campaign, server)

    assert not matching.match(server.pk).connects
    calls.hear([f.HungUp(call, at(5), 16)], timezone.now())

    assert Attempt.objects.get().outcome == "abandoned"
    lead.refresh_from_db()
    assert lead.due_at > timezone.now() + timedelta(hours=71)


def test_a_caller_who_leaves_while_being_connected_frees_the_agent():
    campaign, server = build.campaign(), build.server()
    build.lead(campaign)
    shift = build.shift(campaign, server)
    call = place(campaign, server).id
    calls.hear([f.Answered(call, at()), f.Waiting(call, at())], timezone.now())
    matching.match(server.pk)

    calls.hear([f.HungUp(call, at(0.1), 16)], timezone.now())

    shift.refresh_from_db()
    assert (shift.state, shift.call_id) == ("ready", None)
    assert Attempt.objects.get().outcome == "hung_up"
    assert Attempt.objects.get().agent_id is None


def test_an_agent_whose_phone_drops_in_a_conversation_still_writes_it_up_and_is_then_off():
    campaign, server = build.campaign(), build.server()
    build.lead(campaign)
    call, shift = talk(campaign, server)

    shifts.hear([f.PhoneGone(shift.pk, at())])
    calls.hear([f.HungUp(call, at(1), 16)], timezone.now())
    calls.record_disposition(
        shift_id=shift.pk, disposition=build.disposition(), note="", callback_at=None, by=shift.agent.user
    )

    shift.refresh_from_db()
    assert (shift.state, shift.reason) == ("off", "phone_lost")


def test_telling_everything_twice_changes_nothing():
    campaign, server = build.campaign(), build.server()
    build.lead(campaign)
    call, _ = talk(campaign, server)
    ended = [f.HungUp(call, at(5), 16)]
    calls.hear(ended, timezone.now())

    again = calls.hear(ended, timezone.now())

    assert not again.ended
    assert Attempt.objects.count() == 1
    assert Shift.objects.get().state == "wrap_up"


def test_a_shift_signs_in_pauses_and_leaves_by_its_phone():
    campaign, server = build.campaign(), build.server()
    shift = shifts.sign_in(agent=build.agent(campaign), campaigns=[campaign])

    assert shifts.phones_to_call(server.pk) == [(shift.pk, shift.agent_id)]
    assert shifts.phones_to_call(server.pk) == []
    shifts.hear([f.PhoneWaiting(shift.pk, at())])
    assert shifts.go_ready(shift_id=shift.pk).state == "ready"
    assert shifts.pause(shift_id=shift.pk, reason="lunch").reason == "lunch"
    assert shifts.sign_out(shift_id=shift.pk).state == "leaving"
    shifts.hear([f.PhoneGone(shift.pk, at(1))])

    shift.refresh_from_db()
    assert (shift.state, shift.reason) == ("off", "signed_out")
    assert shift.ended
    with pytest.raises(shifts.NotOnCampaign):
        shifts.sign_in(agent=build.agent(), campaigns=[campaign])


def test_who_says_never_again_is_never_called_again_whatever_was_noted_before():
    campaign, server = build.campaign(), build.server()
    lead = build.lead(campaign)
    number = lead.contact.phones.get().pk
    Suppression.objects.create(phone=number, expires_at=timezone.now() - timedelta(days=1))
    call, shift = talk(campaign, server)
    calls.hear([f.HungUp(call, at(5), 16)], timezone.now())

    never = build.disposition("never", "do_not_call")
    calls.record_disposition(shift_id=shift.pk, disposition=never, note="", callback_at=None, by=shift.agent.user)

    assert Suppression.objects.get(phone=number, source="agent").expires_at is None

"""Real calls over real SIP: every behaviour of the far end gives its outcome, and people are connected."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from campaigns import services
from campaigns.models import Disposition, Lead, Touch
from dialer import calls, shifts
from dialer.models import Attempt, AttemptResult, LiveCall, Pool
from tests import build
from tests.e2e.conftest import Floor, eventually, number

OUTCOMES = {
    "rings_out": ("no_answer", 120),
    "busy": ("busy", 15),
    "unallocated": ("invalid_number", 24 * 60),
    "rejects": ("rejected", 24 * 60),
    "congestion": ("congestion", 5),
    "early_unallocated": ("invalid_number", 24 * 60),
    "early_no_answer": ("no_answer", 120),
}


def outcome_of(phone: int) -> str | None:
    return Attempt.objects.filter(phone=phone).values_list("outcome", flat=True).first()


def test_every_behaviour_of_the_far_end_gives_its_outcome_and_its_retry(floor: Floor):
    numbers = {name: number(name) for name in OUTCOMES}
    campaign = floor.campaign(*numbers.values(), dial_mode="ratio", ratio=10)
    floor.agent(campaign)

    floor.start(campaign)
    eventually(lambda: Attempt.objects.filter(campaign=campaign).count() >= len(numbers), "every number was called")

    assert {name: outcome_of(phone) for name, phone in numbers.items()} == {n: o for n, (o, _) in OUTCOMES.items()}
    for name, phone in numbers.items():
        lead = Lead.objects.get(campaign=campaign, contact__phones=phone)
        wait = timedelta(minutes=OUTCOMES[name][1])
        assert lead.state == "due", name
        assert abs(lead.due_at - timezone.now() - wait) < timedelta(minutes=2), name


def test_a_live_person_is_bridged_to_an_agent_who_writes_the_call_up(floor: Floor):
    campaign = floor.campaign(number("stays"))
    shift = floor.agent(campaign)

    floor.start(campaign)
    eventually(lambda: floor.state(shift) == "talking", "the agent talks")
    calls.request_hangup(shift_id=shift.pk)
    eventually(lambda: floor.state(shift) == "wrap_up", "the agent writes up")
    calls.record_disposition(
        shift_id=shift.pk, disposition=build.disposition("e2e-sale"), note="", callback_at=None, by=shift.agent.user
    )

    attempt = Attempt.objects.get(campaign=campaign)
    moments = ("reserved_at", "placed_at", "ringing_at", "answered_at", "waiting_at", "bridged_at", "ended_at")
    times = [getattr(attempt, moment) for moment in moments]
    assert all(times)
    assert times == sorted(times)
    assert (attempt.outcome, attempt.agent_id, attempt.hangup_by) == ("conversation", shift.agent_id, "agent")
    assert AttemptResult.objects.get(attempt_id=attempt.pk).disposition.code == "e2e-sale"
    assert Lead.objects.get(campaign=campaign).state == "finished"
    assert Touch.objects.get(call_id=attempt.pk).level == 3
    eventually(lambda: floor.state(shift) == "ready", "the agent is ready again")


def test_a_customer_who_hangs_up_leaves_the_agent_in_wrap_up_on_the_same_leg(floor: Floor):
    campaign = floor.campaign(number("short"), number("short"))
    shift = floor.agent(campaign)
    floor.start(campaign)

    for _ in range(2):
        eventually(lambda: floor.state(shift) == "wrap_up", "the customer hung up")
        calls.record_disposition(shift_id=shift.pk, disposition=_sale(), note="", callback_at=None, by=shift.agent.user)

    assert Attempt.objects.filter(campaign=campaign, outcome="conversation").count() == 2


def test_a_caller_nobody_takes_hears_the_message_of_the_pbx_and_counts_as_abandoned(floor: Floor):
    campaign = floor.campaign(number("stays"), number("stays"), dial_mode="ratio", ratio=2)
    shift = floor.agent(campaign)

    floor.start(campaign)
    eventually(lambda: Attempt.objects.filter(campaign=campaign, outcome="abandoned").exists(), "one is abandoned")

    assert floor.state(shift) == "talking"
    lead = Lead.objects.get(campaign=campaign, last_outcome="abandoned")
    assert lead.due_at > timezone.now() + timedelta(hours=71)


def test_a_pause_takes_effect_within_a_tick_and_lets_conversations_go_on(floor: Floor):
    campaign = floor.campaign(number("stays"), *(number("rings_out") for _ in range(10)))
    Lead.objects.filter(campaign=campaign).exclude(contact__phones__number__endswith="02").update(
        due_at=timezone.now() - timedelta(minutes=1)
    )
    talking, idle = floor.agent(campaign), floor.agent(campaign, ready=False)
    floor.start(campaign)
    eventually(lambda: floor.state(talking) == "talking", "one talks")

    services.pause(campaign=campaign, by=None)
    campaign.refresh_from_db()
    eventually(lambda: Pool.objects.get(campaign=campaign).seen_version == campaign.version, "the engine has seen it")
    placed = LiveCall.objects.filter(campaign=campaign).count() + Attempt.objects.filter(campaign=campaign).count()
    shifts.go_ready(shift_id=idle.pk)
    eventually(lambda: Pool.objects.get(campaign=campaign).limited_by == "paused", "and says so")

    now = LiveCall.objects.filter(campaign=campaign).count() + Attempt.objects.filter(campaign=campaign).count()
    assert now == placed
    assert floor.state(talking) == "talking"


def test_two_campaigns_that_share_an_agent_take_turns(floor: Floor):
    one, other = (floor.campaign(*(number("short") for _ in range(3))) for _ in range(2))
    shift = floor.agent(one, other)
    floor.start(one)
    floor.start(other)

    whose = []
    for _ in range(4):
        eventually(lambda: floor.state(shift) == "wrap_up", "the customer hung up")
        shift.refresh_from_db()
        whose.append(shift.campaign)
        calls.record_disposition(shift_id=shift.pk, disposition=_sale(), note="", callback_at=None, by=shift.agent.user)

    assert [whose.count(one), whose.count(other)] == [2, 2]
    attempts = Attempt.objects.filter(campaign__in=[one, other], outcome="conversation").order_by("id")
    assert [attempt.campaign for attempt in attempts[:4]] == whose
    assert not Attempt.objects.filter(campaign__in=[one, other], outcome="abandoned").exists()


def _sale():
    return Disposition.objects.filter(code="e2e-short").first() or build.disposition("e2e-short")

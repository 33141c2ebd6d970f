"""Anything may die at any time: every call is settled once, talking goes on, no lead is held, no agent is stuck."""

from __future__ import annotations

import os
import signal

import redis
from django.conf import settings
from django.db import connection
from django.db.models import Count

from campaigns.models import Lead, Touch
from dialer import shifts
from dialer.models import Attempt, LiveCall, PbxServer, Shift
from tests.e2e.conftest import Floor, eventually, number

MOST_CALLS = 8


def settled_once(campaign) -> None:
    doubled = Touch.objects.filter(campaign_id=campaign.pk).values("call_id").annotate(n=Count("*")).filter(n__gt=1)
    assert not doubled.exists()
    attempts = Attempt.objects.filter(campaign=campaign)
    assert attempts.count() == attempts.values("id").distinct().count()


def test_kill_9_of_the_engine_cuts_no_conversation_and_settles_every_call_once(floor: Floor):
    numbers = [number("stays"), *(number("rings_out") for _ in range(MOST_CALLS))]
    campaign = floor.campaign(*numbers, dial_mode="ratio", ratio=5, ring_seconds=30)
    talker, waiter = floor.agent(campaign), floor.agent(campaign)
    floor.start(campaign)
    eventually(lambda: "talking" in {floor.state(talker), floor.state(waiter)}, "one talks")
    eventually(lambda: LiveCall.objects.filter(campaign=campaign, state="ringing").count() >= 3, "several ring")
    talking = LiveCall.objects.get(campaign=campaign, state="talking")
    before = floor.channels()
    floor.server.refresh_from_db()

    floor.stack.supervisor.kill("engine", signal.SIGKILL)
    eventually(lambda: _driven_anew(floor, floor.server.epoch), "another engine drives, and has looked")

    assert floor.channels() >= before - MOST_CALLS
    assert LiveCall.objects.get(pk=talking.pk).state == "talking"
    assert Shift.objects.get(pk=talking.shift_id).state == "talking"
    Lead.objects.filter(campaign=campaign, state="due").update(state="finished")
    eventually(lambda: LiveCall.objects.filter(campaign=campaign).count() == 1, "all but the talking one end")
    settled_once(campaign)
    assert set(Attempt.objects.filter(campaign=campaign).values_list("outcome", flat=True)) <= {"no_answer", "unknown"}
    assert Lead.objects.filter(campaign=campaign, state="held").count() == 1


def test_redis_may_be_wiped_at_any_time(floor: Floor):
    campaign = floor.campaign(number("stays"))
    shift = floor.agent(campaign, ready=False)

    redis.Redis.from_url(settings.REDIS_URL).flushall()
    floor.start(campaign)
    shifts.go_ready(shift_id=shift.pk)
    eventually(lambda: floor.state(shift) == "talking", "the agent talks")
    redis.Redis.from_url(settings.REDIS_URL).flushall()

    assert LiveCall.objects.get(campaign=campaign).state == "talking"
    assert Touch.objects.filter(campaign_id=campaign.pk).count() == 1


def _driven_anew(floor: Floor, epoch: int) -> bool:
    floor.stack.supervisor.poll()
    row = PbxServer.objects.get(pk=floor.server.pk)
    return row.epoch > epoch and row.audited_at is not None and row.audited_at > floor.server.audited_at


def test_cut_database_connections_lose_no_call(floor: Floor):
    campaign = floor.campaign(number("stays"), number("rings_out"), dial_mode="ratio", ratio=2, ring_seconds=30)
    shift = floor.agent(campaign)
    floor.start(campaign)
    eventually(lambda: floor.state(shift) == "talking", "the agent talks")
    floor.server.refresh_from_db()

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    eventually(lambda: _driven_anew(floor, floor.server.epoch), "the engine drives again, and has looked")

    assert floor.state(shift) == "talking"
    assert LiveCall.objects.filter(campaign=campaign, state="talking").count() == 1
    settled_once(campaign)


def test_a_pbx_that_dies_takes_its_calls_along_and_they_are_settled_by_what_was_seen(floor: Floor):
    campaign = floor.campaign(number("stays"))
    shift = floor.agent(campaign)
    floor.start(campaign)
    eventually(lambda: floor.state(shift) == "talking", "the agent talks")
    floor.server.refresh_from_db()

    os.kill(floor.stack.pbx.pid, signal.SIGKILL)
    eventually(lambda: "cannot be reached" in _problem(floor), "the server's row says what is wrong")
    floor.stack.pbx.stop()
    floor.stack.pbx.start()
    eventually(lambda: _driven_anew(floor, floor.server.epoch), "the engine drives again, and has looked")

    eventually(lambda: floor.state(shift) == "wrap_up", "the agent may still write the call up")
    attempt = Attempt.objects.get(campaign=campaign)
    assert (attempt.outcome, attempt.agent_id) == ("conversation", shift.agent_id)
    settled_once(campaign)


def _problem(floor: Floor) -> str:
    floor.stack.supervisor.poll()
    return PbxServer.objects.values_list("problem", flat=True).get(pk=floor.server.pk)

"""Anything may die at any time: every call is settled once, talking goes on, no lead is held, no agent is stuck."""

from __future__ import annotations

import os
import signal

import redis
from django.conf import settings
from django.db import connection
from django.db.models import Count

from campaigns.models import Lead, Touch
from dialer import calls, shifts
from dialer.models import Attempt, LiveCall, PbxServer
from tests import build
from tests.e2e.conftest import Floor, eventually, number

MOST_CALLS = 4


def settled_once(campaign) -> None:
    doubled = Touch.objects.filter(campaign_id=campaign.pk).values("call_id").annotate(n=Count("*")).filter(n__gt=1)
    assert not doubled.exists()
    attempts = Attempt.objects.filter(campaign=campaign)
    assert attempts.count() == attempts.values("id").distinct().count()


def test_kill_9_of_the_engine_cuts_no_conversation_and_settles_every_call_once(floor: Floor):
    numbers = [number("stays"), number("stays"), *(number("rings_out") for _ in range(MOST_CALLS))]
    campaign = floor.campaign(*numbers, dial_mode="ratio", ratio=5, ring_seconds=20, max_wait_seconds=90)
    shift = floor.agent(campaign)
    live = LiveCall.objects.filter(campaign=campaign)
    floor.start(campaign)
    eventually(lambda: live.filter(state="talking").exists(), "one talks")
    eventually(lambda: live.filter(state="waiting").exists(), "one waits")
    eventually(lambda: live.filter(state="ringing").count() >= 2, "several ring")
    talking, waiting = live.get(state="talking").pk, live.get(state="waiting").pk
    Lead.objects.filter(campaign=campaign, state="due").update(state="finished")
    before = floor.channels()
    floor.server.refresh_from_db()

    floor.stack.supervisor.kill("engine", signal.SIGKILL)
    eventually(lambda: _driven_anew(floor, floor.server.epoch), "another engine drives, and has looked")

    assert floor.channels() >= before - MOST_CALLS
    assert dict(live.filter(pk__in=[talking, waiting]).values_list("pk", "state")) == {
        talking: "talking",
        waiting: "waiting",
    }
    eventually(lambda: live.count() == 2, "the ringing ones end")
    calls.request_hangup(shift_id=shift.pk)
    eventually(lambda: floor.state(shift) == "wrap_up", "the agent writes the first call up")
    calls.record_disposition(
        shift_id=shift.pk, disposition=build.disposition("crash-sale"), note="", callback_at=None, by=shift.agent.user
    )
    eventually(lambda: live.filter(pk=waiting, state="talking").exists(), "and gets the one that waited")
    settled_once(campaign)
    ended = Attempt.objects.filter(campaign=campaign)
    assert set(ended.values_list("outcome", flat=True)) <= {"conversation", "no_answer", "unknown"}
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


def test_a_pbx_that_dies_is_started_again_and_its_calls_are_settled_by_what_was_seen(floor: Floor):
    campaign = floor.campaign(number("stays"))
    shift = floor.agent(campaign)
    floor.start(campaign)
    eventually(lambda: floor.state(shift) == "talking", "the agent talks")
    floor.server.refresh_from_db()

    os.kill(floor.stack.pbx.pid, signal.SIGKILL)
    eventually(lambda: _driven_anew(floor, floor.server.epoch), "the engine drives again, and has looked")

    eventually(lambda: floor.state(shift) == "wrap_up", "the agent may still write the call up")
    attempt = Attempt.objects.get(campaign=campaign)
    assert (attempt.outcome, attempt.agent_id) == ("conversation", shift.agent_id)
    settled_once(campaign)

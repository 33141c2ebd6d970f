"""Predictive dialling on the real Asterisk: more calls than ready agents, and the abandon budget holds."""

from __future__ import annotations

import contextlib
import time

from campaigns import rulebook
from campaigns.models import Disposition
from dialer import calls
from dialer.models import Attempt, Pacing, Shift
from tests import build
from tests.e2e.conftest import PATIENCE, Floor

AGENTS, LEADS, ENOUGH = 5, 220, 60
MIXED = "90"  # an ending that no behaviour has: drawn at each call


def test_several_agents_get_more_calls_than_one_each_and_the_abandon_budget_holds(floor: Floor):
    numbers = [int(f"1415{70000 + n}{MIXED}") for n in range(LEADS)]
    campaign = floor.campaign(*numbers, dial_mode="predictive", max_wait_seconds=2)
    rulebook.add_abandon_budget(owner=campaign, by=None, limit=12, window="hours", window_length=24)
    agents = [floor.agent(campaign) for _ in range(AGENTS)]

    floor.start(campaign)
    work_until_enough(campaign.pk, agents)

    answered = Attempt.objects.filter(campaign=campaign, answered_at__isnull=False)
    abandoned = answered.filter(outcome="abandoned").count()
    assert abandoned <= 0.12 * answered.count() + 1
    rows = list(Pacing.objects.filter(campaign_id=campaign.pk))
    assert max(row.in_flight - row.ready for row in rows) >= 2, "more calls in flight than agents were ready"
    assert "learning" in {row.limited_by for row in rows}
    assert {row.limited_by for row in rows} & {"agents", "calls_per_second", "abandon_budget"}


def work_until_enough(campaign: int, agents: list[Shift]) -> None:
    """The agents write up what they talked about, until enough calls were answered."""
    sale = Disposition.objects.filter(code="e2e-short").first() or build.disposition("e2e-short")
    deadline = time.monotonic() + 2 * PATIENCE
    answered = Attempt.objects.filter(campaign=campaign, answered_at__isnull=False)
    while answered.count() < ENOUGH and time.monotonic() < deadline:
        for shift in Shift.objects.filter(pk__in=[each.pk for each in agents], state="wrap_up"):
            with contextlib.suppress(calls.NothingToDisposition):
                calls.record_disposition(
                    shift_id=shift.pk, disposition=sale, note="", callback_at=None, by=shift.agent.user
                )
        time.sleep(0.05)

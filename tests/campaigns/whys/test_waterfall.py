"""Leads by what keeps them, down to those that are callable."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns import policies
from campaigns.models import (
    MinimumGap,
)
from campaigns.whys import kept, waterfall
from tests import build
from tests.campaigns.whys.calling import DAY, HOUR, daily_cap, reserve

pytestmark = pytest.mark.django_db


def test_a_waterfall_reconciles_to_the_total_and_ends_with_those_callable_now():
    campaign = build.campaign()
    tomorrow = timezone.now() + DAY
    for n, fields in enumerate(
        (
            {"state": "finished", "reason": "vacant"},
            {"state": "finished", "reason": "vacant"},
            {"due_at": tomorrow, "reason": "outside_calling_hours"},
            {"reason": "no_answer"},
        )
    ):
        build.lead(campaign, score=n, **fields)
    build.lead(campaign, due_at=timezone.now() - 2 * DAY)
    reserve(campaign, want=1)

    found = waterfall.of(campaign, timezone.now())

    told = [(bar.group.state, bar.group.reason, bar.above, bar.group.count) for bar in found.bars]
    assert told == [
        ("finished", "vacant", 0, 2),
        ("due", "outside_calling_hours", 2, 1),
        ("held", "", 3, 1),
        ("due", "", 4, 1),
    ]
    assert (found.total, found.callable) == (5, 1)


def test_a_waterfall_tells_caps_and_gaps_rule_by_rule_in_sentences():
    cap = daily_cap()
    gap = MinimumGap.objects.create(after="busy", minutes=15, per="phone", scope="all")
    campaign = build.campaign()
    version = policies.current(campaign.pk).version
    waits = {"due_at": timezone.now() + HOUR, "policy_id": version}
    for rule, reason in ((f"cap-{cap.pk}", "frequency_cap_reached"), ("cap-0", "frequency_cap_reached")):
        build.lead(campaign, rule=rule, reason=reason, **waits)
    build.lead(campaign, rule=f"gap-{gap.pk}", reason="too_soon", **waits)
    build.lead(campaign, rule="campaign.hours", reason="outside_calling_hours", **waits)

    told = {(bar.group.reason, bar.rule) for bar in waterfall.of(campaign, timezone.now()).bars}

    assert told == {
        ("frequency_cap_reached", "At most 1 attempt per person in any 24 hours, over all campaigns"),
        ("frequency_cap_reached", "cap-0"),
        ("too_soon", "After busy, the number is left alone for 15 minutes, unless they asked for a callback"),
        ("outside_calling_hours", ""),
    }


def test_a_slow_count_is_kept_for_all_who_look_and_a_quick_one_is_not(monkeypatch: pytest.MonkeyPatch):
    campaign = build.campaign()
    build.lead(campaign)
    now = timezone.now()

    monkeypatch.setattr(kept, "QUICK_SECONDS", 0)
    monkeypatch.setattr(kept, "TIMES_AS_LONG", 1e9)
    first = waterfall.of(campaign, now)
    build.lead(campaign)
    second = waterfall.of(campaign, now + timedelta(seconds=59))
    third = waterfall.of(campaign, now + timedelta(seconds=61))

    assert (first.total, second.total, third.total) == (1, 1, 2)
    assert (first.is_kept, second.is_kept, second.at) == (False, True, now)


def test_a_waterfall_is_counted_also_while_redis_is_away(settings):
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    }
    campaign = build.campaign()
    build.lead(campaign)

    assert waterfall.of(campaign, timezone.now()).total == 1

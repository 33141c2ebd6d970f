"""Migrations of the dialler run forward on data that an older version left."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

BEFORE = [("campaigns", "0005_sweep"), ("dialer", "0004_callbacks")]
AT = "2026-11-01T09:00Z"


def migrate(targets):
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    return MigrationExecutor(connection).loader.project_state(targets).apps


@pytest.mark.django_db(transaction=True)
def test_a_shift_of_one_campaign_serves_that_one_and_campaigns_are_each_others_equals():
    latest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    old = migrate(BEFORE)
    try:
        campaign = old.get_model("campaigns", "Campaign").objects.create(name="Older")
        user = old.get_model("campaigns", "User").objects.create(username="older")
        agent = old.get_model("dialer", "Agent").objects.create(user=user)
        server = old.get_model("dialer", "PbxServer").objects.create(name="older")
        old.get_model("dialer", "Pool").objects.create(campaign=campaign, server=server)
        shifts = old.get_model("dialer", "Shift").objects
        for state in ("off", "paused"):
            shifts.create(agent=agent, campaign=campaign, server=server, state=state, since=AT, began=AT)
    finally:
        new = migrate(latest)

    for shift in new.get_model("dialer", "Shift").objects.all():
        assert [each.pk for each in shift.campaigns.all()] == [campaign.pk]
    kept = new.get_model("campaigns", "Campaign").objects.get(pk=campaign.pk)
    assert (kept.agent_priority, kept.agent_weight) == (5, 1)
    assert new.get_model("dialer", "Pool").objects.get().credit == 0

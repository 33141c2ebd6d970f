"""Migrations run forward on data that an older version left."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from campaigns import policies

BEFORE = [("campaigns", "0002_touches_and_audit"), ("dialer", "0003_trunk_codecs")]


def migrate(targets):
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    return MigrationExecutor(connection).loader.project_state(targets).apps


@pytest.mark.django_db(transaction=True)
def test_one_window_becomes_seven_days_and_touches_and_caps_are_kept():
    latest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    old = migrate(BEFORE)
    try:
        campaign = old.get_model("campaigns", "Campaign").objects.create(
            name="Older", opens_at="10:00", closes_at="19:30"
        )
        all_day = old.get_model("campaigns", "Campaign").objects.create(
            name="Around the clock", opens_at="00:00", closes_at="23:59:59"
        )
        caps = old.get_model("campaigns", "FrequencyCap").objects
        caps.create(counts="attempts", per="contact", scope="all", window_hours=2000, limit=9)
        contact = old.get_model("campaigns", "Contact").objects.create(customer_id="C1")
        old.get_model("campaigns", "Suppression").objects.create(phone=12025550100, reason="asked", source="agent")
        lead = old.get_model("campaigns", "Lead").objects.create(
            campaign=campaign, contact=contact, due_at="2026-11-01T00:00Z", attempts=3
        )
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO campaigns_touch (phone, at, call_id, contact_id, campaign_id, level) "
                "VALUES (12025550100, now(), gen_random_uuid(), %s, %s, 2)",
                [contact.pk, campaign.pk],
            )
    finally:
        new = migrate(latest)
        # Versions are counted from 1 again, which happens to no living process otherwise.
        policies.of_version.cache_clear()

    campaigns = new.get_model("campaigns", "Campaign").objects
    assert campaigns.get(pk=campaign.pk).week == [[[600, 1170]]] * 7
    assert campaigns.get(pk=all_day.pk).week == [[[0, 1440]]] * 7
    assert campaigns.get(pk=campaign.pk).calls_on_holidays is True
    cap = new.get_model("campaigns", "FrequencyCap").objects.get()
    assert (cap.window, cap.window_hours, cap.calls, cap.limit) == ("rolling", 744, "all", 9)
    listed = new.get_model("campaigns", "Suppression").objects.get()
    assert (listed.phone, listed.contact_id, listed.reason, listed.ended_at) == (12025550100, None, "asked", None)
    known = new.get_model("campaigns", "Contact").objects.get(pk=contact.pk)
    assert (known.consents, known.products, campaigns.get(pk=campaign.pk).consent_bases) == ([], [], [])
    assert new.get_model("campaigns", "Lead").objects.get(pk=lead.pk).rank == 1003
    with connection.cursor() as cursor:
        cursor.execute("SELECT level, outcome, callback, policy_id FROM campaigns_touch")
        assert cursor.fetchall() == [(2, 0, False, None)]

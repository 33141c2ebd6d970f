"""Migrations run forward on data that an older version left."""

from __future__ import annotations

import importlib
import json

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from campaigns import policies, rulebook
from campaigns.rules import abandons, profiles

BEFORE = [("campaigns", "0002_touches_and_audit"), ("dialer", "0003_trunk_codecs")]


def migrate(targets):
    executor = MigrationExecutor(connection)
    executor.migrate(targets)
    return MigrationExecutor(connection).loader.project_state(targets).apps


@pytest.mark.django_db(transaction=True)
def test_one_window_becomes_seven_days_and_touches_caps_and_what_is_known_of_numbers_are_kept():
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
        phones = old.get_model("campaigns", "Phone").objects
        phones.create(number=12025550101, status="vacant", status_source="own_call")
        phones.create(number=12025550102)
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
    evidence = new.get_model("campaigns", "PhoneEvidence").objects
    assert list(evidence.values_list("phone", "code", "kind")) == [(12025550101, "vacant", "own_call")]
    with connection.cursor() as cursor:
        cursor.execute("SELECT level, outcome, callback, policy_id FROM campaigns_touch")
        assert cursor.fetchall() == [(2, 0, False, None)]


@pytest.mark.django_db(transaction=True)
def test_lists_become_first_versions_and_what_was_half_read_is_read_anew():
    latest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    old = migrate([("campaigns", "0005_sweep"), ("dialer", "0004_callbacks")])
    try:
        lists = old.get_model("campaigns", "ContactList").objects
        ready = lists.create(name="Ready", state="ready", rows_total=2, rows_good=1, rows_rejected=1)
        half = lists.create(name="Half", state="importing", rows_total=2)
        contact = old.get_model("campaigns", "Contact").objects.create(customer_id="C1")
        for each in (ready, half):
            old.get_model("campaigns", "ListEntry").objects.create(list=each, contact=contact, row_no=2)
            old.get_model("campaigns", "Reject").objects.create(list=each, row_no=3, reason="missing")
    finally:
        new = migrate(latest)
        policies.of_version.cache_clear()

    versions = new.get_model("campaigns", "ListVersion").objects
    states = {v.list_id: (v.number, v.state, v.rows_good) for v in versions.all()}
    assert states == {ready.pk: (1, "ready", 1), half.pk: (1, "waiting", 0)}
    now = new.get_model("campaigns", "ContactList").objects
    assert now.get(pk=ready.pk).current_id == versions.get(list=ready.pk).pk
    assert now.get(pk=half.pk).current_id is None
    entries = new.get_model("campaigns", "ListEntry").objects.values_list("list", flat=True)
    rejects = new.get_model("campaigns", "Reject").objects.values_list("list", "version__list")
    assert (list(entries), list(rejects)) == ([ready.pk], [(ready.pk, ready.pk)])


def test_the_words_of_older_profiles_become_the_figures_of_the_shipped_ones():
    read = importlib.import_module("campaigns.migrations.0014_abandon_budget").read_words
    american = {
        "cap": 0.03,
        "window": "the campaign if shorter than 30 days, else each successive 30 days",
        "scope": "campaign",
        "denominator": "calls answered live",
        "false_machines_count": True,
        "connect_seconds": 2.0,
        "measured_from": "end of the called person's greeting",
    }
    british = {"cap": 0.03, "window": "calendar day", "scope": "campaign and call centre", "connect_seconds": 2.0}
    british |= {"denominator": "live calls passed to agents and abandoned calls", "measured_from": "answer, or speech"}
    italian = {"cap": 0.03, "window": "campaign", "denominator": "connected calls", "connect_seconds": 3.0}
    shipped = {p.name: p.abandon for p in profiles.parse(json.loads(rulebook.PROFILES.read_text("utf-8")))}

    assert abandons.load(read("us_tsr_tcpa_sales", american, 1, "campaign")) == shipped["us_tsr_tcpa_sales"][0]
    assert abandons.load(read("it_garante", italian, 1, "campaign")) == shipped["it_garante"][0]
    for number, scope in enumerate(("campaign", "all"), 1):
        assert abandons.load(read("uk_ofcom", british, number, scope)) == shipped["uk_ofcom"][number - 1]

"""Budgets counted as calls end are exactly those counted from the rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from campaigns.rules.abandons import HOUSE, AbandonLimit, Of, Scope, Unit, Window
from dialer.models import Attempt
from dialer.pacing.counting import Counts, count_rows
from dialer.pacing.ended import Ended
from dialer.rules.budgets import NOTHING, Answered, Tally, worth
from tests import build

NOW = datetime.now(UTC)
BEGAN = NOW - timedelta(days=40)
SECOND = timedelta(seconds=1)
RULES = [
    replace(HOUSE, name=f"{of}-{window.unit}", of=of, window=window, threshold=threshold * SECOND)
    for of in Of
    for window, threshold in ((Window(Unit.DAY), 2), (Window(Unit.HOURS, 1), 3), (Window(Unit.DAYS, 30), 0))
]


def answered(lead: Any, *, ago: timedelta, outcome: str, agent_after: float | None, ended_after: float) -> Attempt:
    at = NOW - ago
    return build.attempt(
        lead,
        at=at - 5 * SECOND,
        outcome=outcome,
        answered_at=at,
        bridged_at=at + agent_after * SECOND if agent_after is not None else None,
        ended_at=at + ended_after * SECOND,
    )


def plainly(rule: AbandonLimit, campaigns: set[int] | None, begin: datetime) -> Tally:
    """The count of the definition over the rows as they are, one by one."""
    rows = Attempt.objects.filter(answered_at__gte=begin)
    if campaigns is not None:
        rows = rows.filter(campaign__in=campaigns)
    calls = [Answered(r.answered_at, r.bridged_at, r.ended_at, dropped=r.outcome == "abandoned") for r in rows]
    return sum((worth(rule, call) for call in calls), NOTHING)


CALLS = st.fixed_dictionaries(
    {
        "ago": st.integers(0, 3 * 86_400).map(lambda s: timedelta(seconds=s)),
        "outcome": st.sampled_from(("conversation", "abandoned", "hung_up")),
        "agent_after": st.none() | st.sampled_from((0.0, 1.9, 2.0, 2.1, 3.5)),
        "ended_after": st.sampled_from((0.5, 2.0, 2.5, 4.0, 90.0)),
    }
)


class Counted(TestCase):
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(CALLS, max_size=12), st.integers(0, 12))
    def test_what_is_counted_as_it_ends_is_what_the_rows_say(self, calls: list[dict[str, Any]], before: int):
        lead = build.lead(build.campaign())
        for call in calls[:before]:
            answered(lead, **call)
        ended = Ended()
        ended.read()
        counts = Counts(ended)
        look(counts, lead.campaign_id)
        for call in calls[before:]:
            answered(lead, **call)
            counts.add(ended.read(), {}, NOW)

        for usage in look(counts, lead.campaign_id):
            begin = (Window(Unit.DAY) if usage.of_day else usage.rule.window).begins(NOW, BEGAN)
            assert usage.tally == plainly(usage.rule, {lead.campaign_id}, begin), usage.rule.name


def look(counts: Counts, campaign: int, now: datetime = NOW, rules: list[AbandonLimit] = RULES):
    return counts.usages(rules, campaign, frozenset({campaign}), BEGAN, now)


@pytest.mark.django_db
def test_the_sql_of_the_first_count_says_what_the_rule_says():
    lead = build.lead(build.campaign())
    for outcome in ("conversation", "abandoned", "hung_up"):
        for agent_after in (None, 1.0, 2.5):
            answered(lead, ago=timedelta(0), outcome=outcome, agent_after=agent_after, ended_after=3.0)
            answered(lead, ago=timedelta(0), outcome=outcome, agent_after=agent_after, ended_after=1.0)
    begin = NOW - timedelta(hours=1)

    for rule in RULES:
        counted = sum((tally for _, tally in count_rows(rule, None, begin, str(2**62))), NOTHING)
        assert counted == plainly(rule, None, begin), rule.name
        assert counted.calls


@pytest.mark.django_db(transaction=True)
def test_a_call_whose_transaction_began_before_the_look_and_ended_after_it_is_counted_once():
    lead = build.lead(build.campaign())
    other = connections.create_connection("default")
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_current_xact_id()")
            ended = Ended()
            assert ended.read() == []
            counts = Counts(ended)
            assert look(counts, lead.campaign_id, rules=[HOUSE])[0].tally == NOTHING
            answered(lead, ago=timedelta(0), outcome="conversation", agent_after=1.0, ended_after=3.0)
            counts.add(ended.read(), {}, NOW)
            insert_like_the_last(cursor)
            counts.add(ended.read(), {}, NOW)
            assert look(counts, lead.campaign_id, rules=[HOUSE])[0].tally == Tally(1, 0)
        other.commit()
        counts.add(ended.read(), {}, NOW)
        counts.add(ended.read(), {}, NOW)
    finally:
        other.close()

    assert look(counts, lead.campaign_id, rules=[HOUSE])[0].tally == Tally(2, 0)
    assert ended.recent == {}


def insert_like_the_last(cursor: Any) -> None:
    names = [field.column for field in Attempt._meta.concrete_fields if field.column != "id"]
    cursor.execute(
        f"INSERT INTO dialer_attempt (id, {', '.join(names)}) "
        f"SELECT gen_random_uuid(), {', '.join(names)} FROM dialer_attempt LIMIT 1"
    )


@pytest.mark.django_db
def test_a_caller_who_waits_too_long_counts_before_the_call_has_ended_and_not_twice_when_it_has():
    lead = build.lead(build.campaign())
    ended = Ended()
    counts = Counts(ended)
    look(counts, lead.campaign_id, rules=[HOUSE])
    attempt = build.attempt(lead, outcome="hung_up")
    waits = {attempt.pk: (lead.campaign_id, Answered(NOW - 3 * SECOND))}
    Attempt.objects.filter(pk=attempt.pk).delete()

    counts.add([], waits, NOW)
    assert look(counts, lead.campaign_id, rules=[HOUSE])[0].tally == Tally(1, 1)

    build.attempt(lead, outcome="abandoned", answered_at=NOW - 3 * SECOND, ended_at=NOW, id=attempt.pk)
    counts.add(ended.read(), waits, NOW)
    assert look(counts, lead.campaign_id, rules=[HOUSE])[0].tally == Tally(1, 1)


@pytest.mark.django_db
def test_a_rolling_window_forgets_whole_minutes_and_a_new_day_begins_at_nothing():
    lead = build.lead(build.campaign())
    answered(lead, ago=timedelta(minutes=59), outcome="abandoned", agent_after=None, ended_after=3.0)
    answered(lead, ago=timedelta(minutes=10), outcome="conversation", agent_after=1.0, ended_after=3.0)
    rolling = replace(HOUSE, window=Window(Unit.HOURS, 1))
    counts = Counts(Ended())

    def tally(rule: AbandonLimit, later: timedelta) -> Tally:
        return look(counts, lead.campaign_id, NOW + later, [rule])[0].tally

    assert tally(rolling, timedelta(0)) == Tally(2, 1)
    assert tally(rolling, timedelta(minutes=5)) == Tally(1, 0)
    assert tally(HOUSE, timedelta(days=1)) == NOTHING


@pytest.mark.django_db
def test_a_budget_over_all_campaigns_counts_those_of_others():
    one, other = build.lead(build.campaign()), build.lead(build.campaign())
    counts = Counts(Ended())
    look(counts, one.campaign_id, rules=[replace(HOUSE, scope=Scope.ALL)])
    answered(other, ago=timedelta(0), outcome="abandoned", agent_after=None, ended_after=3.0)
    counts.add(counts._ended.read(), {}, NOW)

    assert look(counts, one.campaign_id, rules=[replace(HOUSE, scope=Scope.ALL)])[0].tally == Tally(1, 1)
    assert look(counts, one.campaign_id, rules=[HOUSE])[0].tally == NOTHING

"""A policy can be written down as JSON and read back, and decides the same."""

from __future__ import annotations

import json
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.rules import policy as rules
from campaigns.rules.cadence import Step
from campaigns.rules.caps import REFUSAL, Calls, Cap, Gap, Period
from campaigns.rules.policy import Policy
from campaigns.rules.retries import Retry
from campaigns.rules.windows import Hours
from tests.rules import making
from tests.rules.making import utc

NOW = utc(2026, 3, 2, 12)
steps = st.builds(Step, st.sampled_from(("mobile", "")), st.integers(1, 5), st.none() | making.weeks)
retries = st.dictionaries(
    st.sampled_from(("no_answer", "busy")),
    st.builds(Retry, st.integers(0, 10**6).map(lambda s: timedelta(seconds=s)), st.integers(0, 1000)),
)
policies = st.builds(
    Policy,
    hours=st.lists(making.hours(NOW), max_size=3).map(tuple),
    caps=st.lists(making.caps, max_size=3).map(tuple),
    gaps=st.lists(making.gaps, max_size=3).map(tuple),
    max_attempts=st.integers(1, 50),
    cadence=st.lists(steps, max_size=3).map(tuple),
    spread=st.booleans(),
    retries=retries,
    min_ring_seconds=st.integers(0, 60),
    consent=making.some_bases,
    excluded_products=making.some_products,
    abandon=st.lists(making.abandon_limits, max_size=3).map(tuple),
    version=st.integers(0, 9),
)


@settings(max_examples=200)
@given(policies)
def test_a_policy_read_back_from_json_is_the_same(policy):
    written = json.dumps(rules.dump(policy), allow_nan=False)

    assert rules.load(json.loads(written), policy.version) == policy


@settings(max_examples=100)
@given(policies)
def test_a_policy_is_written_down_in_one_way(policy):
    written = json.dumps(rules.dump(policy))

    assert json.dumps(rules.dump(rules.load(json.loads(written)))) == written


def test_the_json_says_hours_in_minutes_and_waits_in_seconds():
    policy = Policy(
        hours=(
            Hours("h", (((540, 1200),),) * 7, holiday=(), first_day=date(2026, 6, 1), regions=frozenset({"US-FL"})),
        ),
        caps=(Cap("c", "attempts", "phone", "all", Period.MONTH, 3),),
        gaps=(Gap("g", REFUSAL, "contact", "all", None, Calls.UNASKED),),
        retries={"busy": Retry(timedelta(minutes=15), 4)},
    )

    data = json.loads(json.dumps(rules.dump(policy)))

    assert data["hours"][0]["week"][0] == [[540, 1200]]
    assert (data["hours"][0]["holiday"], data["hours"][0]["first_day"]) == ([], "2026-06-01")
    assert data["caps"][0]["window"] == "month"
    assert data["gaps"][0]["wait"] is None
    assert data["retries"] == {"busy": [900, 4]}


def test_what_asks_for_nothing_is_not_written_down_so_that_older_versions_stay_as_they_are():
    written = rules.dump(Policy(hours=()))

    assert {"consent", "excluded_products"}.isdisjoint(written)

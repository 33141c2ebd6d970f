"""How many calls to start, why not more, and who takes which call."""

from __future__ import annotations

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.rules.pacing import LimitedBy, PoolState, calls_to_start
from dialer.rules.routing import ReadyAgent, WaitingCall, pair


@pytest.mark.parametrize(
    ("pool", "calls", "limited_by"),
    [
        (PoolState(ready=0, in_flight=0, ratio=1, trunk_free=10, budget=10), 0, LimitedBy.AGENTS),
        (PoolState(ready=3, in_flight=1, ratio=1, trunk_free=10, budget=10), 2, LimitedBy.AGENTS),
        (PoolState(ready=3, in_flight=0, ratio=1.5, trunk_free=10, budget=10), 4, LimitedBy.AGENTS),
        (PoolState(ready=9, in_flight=0, ratio=1, trunk_free=5, budget=10), 5, LimitedBy.TRUNK),
        (PoolState(ready=9, in_flight=0, ratio=1, trunk_free=10, budget=5), 5, LimitedBy.CALLS_PER_SECOND),
        (PoolState(ready=1, in_flight=5, ratio=1, trunk_free=10, budget=5), 0, LimitedBy.AGENTS),
        (PoolState(ready=9, in_flight=0, ratio=1, trunk_free=-2, budget=5), 0, LimitedBy.TRUNK),
        (PoolState(9, 0, 1, trunk_free=9, budget=9, trunk_failing=True), 0, LimitedBy.TRUNK_FAILING),
    ],
)
def test_calls_follow_the_ready_agents_within_the_trunks_limits(pool, calls, limited_by):
    decision = calls_to_start(pool)

    assert (decision.calls, decision.limited_by) == (calls, limited_by)


counts = st.integers(0, 500)


@given(counts, counts, st.floats(1, 10), counts, counts)
def test_never_more_in_flight_than_the_ratio_allows_and_never_beyond_a_limit(ready, in_flight, ratio, free, budget):
    decision = calls_to_start(PoolState(ready, in_flight, ratio, free, budget))

    assert 0 <= decision.calls <= min(free, budget)
    assert decision.calls == 0 or in_flight + decision.calls <= ready * ratio


@given(st.lists(st.integers(1, 3), max_size=20), st.lists(st.integers(1, 3), max_size=20))
def test_nobody_waits_while_an_agent_of_the_campaign_is_ready(call_campaigns, agent_campaigns):
    calls = [WaitingCall(uuid4(), campaign) for campaign in call_campaigns]
    agents = [ReadyAgent(uuid4(), campaign) for campaign in agent_campaigns]

    pairs = pair(calls, agents)

    assert len({call for call, _ in pairs}) == len({agent for _, agent in pairs}) == len(pairs)
    for campaign in (1, 2, 3):
        expected = min(call_campaigns.count(campaign), agent_campaigns.count(campaign))
        mine = [call for call, _ in pairs if next(c.campaign_id for c in calls if c.id == call) == campaign]
        assert len(mine) == expected
        assert mine == [c.id for c in calls if c.campaign_id == campaign][:expected]

"""How many calls to start, and why not more."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.rules.pacing import LimitedBy, PoolState, calls_to_start, counted_on


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
        (PoolState(1, 0, 1, trunk_free=9, budget=9, elsewhere=2), 1, LimitedBy.SHARED_AGENTS),
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


@given(counts, st.integers(100, 1000))
def test_the_agents_that_calls_count_on_are_the_fewest_that_allow_so_many_calls(in_flight, hundredths):
    ratio = hundredths / 100
    agents = counted_on(in_flight, ratio)

    assert in_flight <= round(agents * ratio, 6)
    assert agents == 0 or in_flight > round((agents - 1) * ratio, 6)

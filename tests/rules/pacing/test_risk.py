"""How likely is it that one more call finds no agent, and how many calls keep that below theta?"""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.rules.pacing.grid import TAUS
from dialer.rules.pacing.risk import EXACT_UP_TO, MOST_EXACT, Exact, Normal, Outlook, room

LEAD = np.full(len(TAUS), 1.0 / len(TAUS))


def outlook(answered: list[float], freed: list[float], spare: int, new: float = 0.2) -> Outlook:
    """Every probability the same at all moments."""
    flat = np.zeros(len(TAUS))
    return Outlook(LEAD, rows(answered), rows(freed), rows([new]), spare, flat, flat)


def rows(chances: list[float]) -> np.ndarray:
    return np.array(chances, dtype=float).reshape(-1, 1) * np.ones(len(TAUS))


def by_hand(answered: list[float], freed: list[float], spare: int) -> float:
    """P(answers - agents freed >= spare), outcome by outcome."""
    total = 0.0
    for outcome in product((0, 1), repeat=len(answered) + len(freed)):
        chance = np.prod([p if hit else 1 - p for p, hit in zip([*answered, *freed], outcome, strict=True)])
        if sum(outcome[: len(answered)]) - sum(outcome[len(answered) :]) >= spare:
            total += float(chance)
    return total


chances = st.floats(0.0, 1.0)
few = st.lists(chances, max_size=5)


@settings(deadline=None)
@given(few, few, st.integers(-3, 4))
def test_the_exact_risk_is_that_of_all_outcomes_counted_by_hand(answered, freed, spare):
    found = Exact(outlook(answered, freed, spare), MOST_EXACT).risk()

    assert found == pytest.approx(by_hand(answered, freed, spare), abs=1e-9)


@settings(deadline=None)
@given(few, few, st.integers(-3, 4), st.floats(0.01, 0.99))
def test_another_call_is_one_more_that_may_be_answered(answered, freed, spare, new):
    exact = Exact(outlook(answered, freed, spare, new), MOST_EXACT)

    assert exact.risk_after_one_more(0) == pytest.approx(by_hand([*answered, new], freed, spare), abs=1e-9)


def test_for_many_the_normal_risk_is_close_to_the_exact_one():
    draws = np.random.default_rng(5)
    answered, freed = draws.uniform(0.05, 0.5, 60).tolist(), draws.uniform(0.05, 0.6, 45).tolist()
    for spare in range(-10, 25):
        seen = outlook(answered, freed, spare)
        assert Normal(seen).risk(0) == pytest.approx(Exact(seen, MOST_EXACT).risk(), abs=0.012)


@settings(deadline=None)
@given(few, few, st.integers(-3, 6), st.floats(0.001, 0.3), st.floats(0.05, 0.9))
def test_the_last_of_the_calls_bears_theta_at_most_and_one_more_would_not(answered, freed, spare, theta, new):
    found = room(outlook(answered, freed, spare, new), theta, MOST_EXACT)

    if found.calls:
        assert found.risk <= theta + 1e-9
    else:
        assert found.risk > theta
    if found.calls < MOST_EXACT - 8:
        assert by_hand([*answered, *[new] * found.calls], freed, spare) > theta - 1e-9


@settings(deadline=None)
@given(st.integers(EXACT_UP_TO + 1, 300), st.integers(0, 200), st.integers(-20, 60))
def test_room_for_many_grows_with_ready_agents_and_shrinks_with_calls_in_flight(calls, agents, spare):
    def fits(calls: int, spare: int) -> int:
        return room(outlook([0.2] * calls, [0.3] * agents, spare), 0.03, 500).calls

    assert fits(calls, spare) <= fits(calls, spare + 1)
    assert fits(calls + 5, spare) <= fits(calls, spare)

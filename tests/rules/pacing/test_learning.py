"""What is learned of agents and calls: durations, ages of answers, the answer rate, strata, and theta."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.rules.pacing import Budget, Prospect
from dialer.rules.pacing.answers import Timings, chance
from dialer.rules.pacing.control import GENTLEST, HIGHEST, LOWEST, Control
from dialer.rules.pacing.experts import Experts
from dialer.rules.pacing.hazards import AHEAD, SECONDS, Durations, then
from dialer.rules.pacing.strata import MOST_STEPS, Strata

NONE = np.array([])


def test_durations_that_were_seen_outweigh_what_was_assumed():
    durations = Durations(mean=500.0)
    for _ in range(2000):
        durations.add(60.0)

    survival = durations.survival(NONE)

    assert survival[55] > 0.9
    assert survival[62] < 0.05


def test_conversations_still_running_say_that_they_last_longer():
    durations = Durations(120.0)
    for _ in range(50):
        durations.add(30.0)

    alone = durations.survival(NONE)
    beside = durations.survival(np.full(50, 200.0))

    assert beside[100] > alone[100] + 0.2


@given(st.lists(st.floats(-1e9, 1e9), max_size=30), st.lists(st.floats(0, 5000), max_size=30))
def test_survival_starts_at_one_and_never_rises(ended, running):
    durations = Durations(100.0)
    for seconds in ended:
        durations.add(seconds)

    survival = durations.survival(np.array(running))

    assert survival[0] == 1.0
    assert (np.diff(survival) <= 1e-12).all()
    assert len(survival) == SECONDS + AHEAD + 1


def test_both_have_ended_when_the_second_ends_after_the_first():
    first = np.zeros((1, AHEAD + 1))
    first[0, 10:] = 1.0  # it ends in the tenth second, in its middle
    second = np.zeros(AHEAD + 1)
    second[5:] = 1.0

    both = then(first, second)[0]

    assert both[13] == 0.0
    assert both[14] == pytest.approx(0.5)
    assert both[15] == both[AHEAD] == 1.0


def test_a_call_that_rings_on_where_answers_come_early_is_unlikely_to_be_answered():
    timings = Timings()
    for _ in range(500):
        timings.add(5.0, answered=True)
        timings.add(25.0, answered=False)
    timings.refresh()

    early, late = chance(0.4, timings.silence(np.array([2.0, 15.0])))

    assert early == pytest.approx(0.4, abs=0.05)
    assert late < 0.1


@given(st.floats(0.001, 0.999), st.floats(0, 1e6))
def test_a_chance_is_a_probability_whatever_the_silence(rate, silence):
    assert 0.0 <= chance(rate, np.array([silence]))[0] <= 1.0


def after(calls: int, rate: float, experts: Experts | None = None) -> Experts:
    experts = experts or Experts()
    draws = np.random.default_rng(7)
    for n in range(calls):
        experts.dialled((calls, n), 1.0)
        experts.ended((calls, n), answered=bool(draws.random() < rate))
    return experts


def now(experts: Experts) -> float:
    return experts.nowcast((), NONE).rate


def test_the_answer_rate_is_learned_and_a_change_of_it_is_seen_within_a_hundred_calls():
    experts = after(1000, 0.15)
    assert now(experts) == pytest.approx(0.15, abs=0.04)

    after(100, 0.5, experts)

    assert now(experts) == pytest.approx(0.5, abs=0.12)


def test_calls_that_ring_on_lower_the_rate_before_they_have_ended():
    experts = after(300, 0.5)
    for n in range(60):
        experts.dialled(n, 1.0)

    rate = experts.nowcast(list(range(60)), np.full(60, 20.0)).rate

    assert rate < now(experts) - 0.1


def test_an_outcome_counts_once_and_one_of_a_call_nobody_knows_not_at_all():
    experts = after(50, 0.3)
    experts.dialled("call", 1.0)

    assert experts.ended("call", answered=True)
    assert not experts.ended("call", answered=True)
    assert not experts.ended("unknown", answered=True)
    assert experts.learned == 51


def test_leads_of_a_good_stratum_do_not_raise_the_rate_of_all():
    experts = Experts()
    draws = np.random.default_rng(3)
    for n in range(600):
        good = n % 2 == 0
        experts.dialled(n, 1.6 if good else 0.4)
        experts.ended(n, answered=bool(draws.random() < (0.48 if good else 0.12)))

    assert now(experts) == pytest.approx(0.3, abs=0.06)


def test_a_stratum_that_has_seen_little_leans_on_the_one_above_it():
    strata = Strata()
    for _ in range(300):
        strata.learn(("list",), answered=False)
        strata.learn(("other",), answered=True)
    strata.learn(("list", "morning"), answered=True)

    assert strata.rate(("other",)) > 0.9
    assert strata.rate(("list", "morning")) < 0.15
    assert strata.rate(("list", "evening")) == strata.rate(("list",))
    assert strata.base(Prospect(("other",))) > 1.5 > 0.3 > strata.base(Prospect(("list",)))


def test_a_score_takes_the_place_of_the_stratum():
    strata = Strata()

    assert strata.base(Prospect(("list",), score=0.6)) == pytest.approx(2.0)
    assert strata.base(Prospect()) == 1.0


def test_there_are_never_too_many_strata_and_those_seen_most_stay():
    strata = Strata()
    for _ in range(5):
        strata.learn(("kept",), answered=True)
    for n in range(3 * MOST_STEPS):
        strata.learn((f"list {n}",), answered=False)

    assert len(strata.steps) <= MOST_STEPS
    assert ("kept",) in strata.steps


@given(st.lists(st.booleans(), max_size=400), st.floats(0.005, 0.05))
def test_abandons_exceed_their_target_by_a_bounded_number_until_theta_is_at_its_lowest(outcomes, cap):
    """sum (x - target) <= ln(theta_max / theta_min) / k, whatever happens, as long as theta is not clipped below."""
    control = Control(cap, target=cap)
    excess = 0.0
    for abandoned in outcomes:
        if control.theta <= LOWEST * cap:
            break
        control.live(cap, abandoned=abandoned)
        excess += abandoned - cap

    assert excess <= log(HIGHEST / LOWEST) / GENTLEST
    assert LOWEST * cap <= control.theta <= HIGHEST * cap


def test_abandons_lower_theta_and_connections_raise_it():
    control = Control(0.03, target=0.028)
    control.live(0.028, abandoned=True)
    lowered = control.theta
    control.live(0.028, abandoned=False)

    assert lowered < 0.03
    assert lowered < control.theta < 0.03


def test_nobody_may_be_risked_when_the_budget_is_used_up():
    control = Control(0.03)
    for _ in range(600):
        control.passed(1.0)
        control.live(0.028, abandoned=False)

    assert control.allows(Budget(0.028, live=100, abandoned=2, seconds_left=3600))
    assert not control.allows(Budget(0.028, live=100, abandoned=5, seconds_left=60))

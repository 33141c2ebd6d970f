"""Who is sampled, how wrong "machine" is, and when that is too wrong: formulas against known values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.rules.detection import DEFAULTS, Action, Detector, parameters_of
from dialer.rules import amd
from dialer.rules.amd import OnMachine, false_positives, is_sampled, is_too_wrong, wilson
from dialer.rules.detectors import DETECTORS, variables_of
from dialer.rules.ids import new_call_id


def test_a_sample_is_the_share_that_was_asked_for_and_the_same_whenever_it_is_asked():
    calls = [new_call_id() for _ in range(20_000)]

    drawn = [is_sampled(call, 3) for call in calls]

    assert drawn == [is_sampled(call, 3) for call in calls]
    assert 480 < sum(drawn) < 720  # 600, five standard deviations to either side
    assert not any(is_sampled(call, 0) for call in calls)
    assert all(is_sampled(call, 100) for call in calls)


def test_whoever_is_in_a_small_sample_is_in_a_larger_one():
    for call in [new_call_id() for _ in range(2_000)]:
        assert is_sampled(call, 10) >= is_sampled(call, 3)


# Wilson's interval as published, e.g. Newcombe 1998, table I: 81/263, 15/148, 0/20, 1/29.
@pytest.mark.parametrize(
    ("found", "of", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_is_wilsons(found, of, low, high):
    assert wilson(found, of) == pytest.approx((low, high), abs=5e-5)


def test_false_positives_are_a_share_with_its_interval_and_the_people_nobody_talked_with():
    found = false_positives(1000, 40, 4)

    assert found.rate == 0.1
    assert (found.low, found.high) == wilson(4, 40)
    assert found.count == pytest.approx(96)


def test_without_a_known_truth_nothing_is_known_and_nobody_is_counted():
    found = false_positives(1000, 0, 0)

    assert (found.rate, found.low, found.high, found.count) == (None, 0.0, 1.0, 0.0)
    assert not is_too_wrong(found, limit=0.0, least=0)


@pytest.mark.parametrize("counts", [(1, 2, 0), (2, 1, 2), (-1, 0, 0), (3, 2, -1)])
def test_counts_that_contradict_each_other_are_refused(counts):
    with pytest.raises(ValueError, match="people of"):
        false_positives(*counts)


@given(st.integers(0, 10**9).flatmap(lambda m: st.integers(0, m).map(lambda s: (m, s))), st.floats(0, 1))
def test_the_share_lies_within_its_interval_and_the_interval_within_0_and_1(counts, share):
    machines, sampled = counts
    found = false_positives(machines, sampled, int(share * sampled))

    assert 0 <= found.low <= found.high <= 1
    assert found.rate is None or found.low - 1e-9 <= found.rate <= found.high + 1e-9
    assert 0 <= found.count <= machines


def test_detection_is_too_wrong_only_when_even_the_lower_bound_says_so_and_enough_is_known():
    # 12 of 40: 0.18 to 0.45.
    found = false_positives(1000, 40, 12)

    assert is_too_wrong(found, limit=0.10, least=30)
    assert not is_too_wrong(found, limit=0.20, least=30)
    assert not is_too_wrong(found, limit=0.10, least=41)


def test_every_detector_and_action_that_a_campaign_may_choose_is_one_the_dialler_knows():
    assert set(DETECTORS) == {each.value for each in Detector}
    assert {each.value for each in OnMachine} == {each.value for each in Action}


def test_without_a_detector_a_call_takes_no_variable_with_it():
    assert variables_of("off", DEFAULTS, OnMachine.HANG_UP, "") == ()


def test_asterisk_is_told_its_numbers_in_the_order_of_its_application():
    told = dict(variables_of("asterisk", DEFAULTS, OnMachine.MESSAGE, "bank/offer"))

    assert told == {
        "DETECTOR": "asterisk",
        "DETECT": "2500-1500-800-5000-100-50-3-256-5000",
        "ON_MACHINE": "message",
        "QUIET": "1500",
        "MACHINE_MESSAGE": "bank/offer",
    }


def test_a_parameter_that_is_no_number_within_bounds_is_the_default():
    own = {"greeting_ms": 1800, "longest_ms": "7", "most_words": 99, "quiet_ms": True}

    assert parameters_of(own) == {**DEFAULTS, "greeting_ms": 1800}


def test_a_verdict_is_a_word_an_attempt_can_keep():
    assert all(len(each.value) <= 8 for each in amd.Verdict)

"""How many of the ready agents each campaign may dial for: safe, useful, by priority and in proportion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.rules.seats import Seats, Team
from dialer.rules.sharing import Sharer, Shares, settle, share

BOTH = frozenset({1, 2})
ids = st.integers(1, 4)
floors = st.lists(st.frozensets(ids, min_size=1), max_size=15)


@st.composite
def sharers(draw: st.DrawFn) -> list[Sharer]:
    return [
        Sharer(
            each,
            weight=draw(st.integers(1, 100)),
            priority=draw(st.integers(0, 9)),
            wants=draw(st.booleans()),
            holds=draw(st.integers(0, 4)),
            credit=draw(st.floats(-1, 1)),
        )
        for each in draw(st.permutations([1, 2, 3, 4]))
    ]


def safe(floor: Sequence[Team], promised: dict[int, int]) -> bool:
    """Whether agents can be found for all of these promises, each agent for one of them (Hall's condition)."""
    subsets = [[c for i, c in enumerate(promised) if mask >> i & 1] for mask in range(2 ** len(promised))]
    return all(sum(promised[c] for c in some) <= sum(1 for team in floor if team & set(some)) for some in subsets)


def turn_by_turn(floors: Sequence[Sequence[Team]], of: list[Sharer]) -> tuple[Counter[int], list[int]]:
    """Who was given how many agents after all of these floors, one after the other, and who when; all are used."""
    had: Counter[int] = Counter()
    order: list[int] = []
    for floor in floors:
        shares = share(floor, of)
        used = Counter(turn.winner for turn in shares.turns)
        credits = settle(of, shares, used)
        of = [replace(one, credit=credits[one.id]) for one in of]
        had += used
        order += [turn.winner for turn in shares.turns]
    return had, order


@given(floors, sharers())
def test_no_agent_is_promised_twice_or_to_a_campaign_they_do_not_serve(floor, of):
    assert safe(floor, dict(share(floor, of).promised))


@given(floors, sharers())
def test_no_agent_stays_unpromised_whom_a_campaign_that_wants_agents_could_have(floor, of):
    promised = dict(share(floor, of).promised)

    for one in of:
        if one.wants:
            assert not safe(floor, {**promised, one.id: promised[one.id] + 1})


@given(floors, sharers())
def test_what_calls_in_flight_count_on_is_kept_and_an_idle_campaign_gets_no_more(floor, of):
    without_turns = share(floor, [replace(one, wants=False) for one in of]).promised
    promised = share(floor, of).promised

    for one in of:
        assert promised[one.id] >= without_turns[one.id]
        assert promised[one.id] == without_turns[one.id] <= one.holds or one.wants


@given(floors, sharers())
def test_a_lower_priority_has_only_what_higher_ones_cannot_use(floor, of):
    for one in of:
        higher = [replace(other, wants=other.wants and other.priority >= one.priority) for other in of]
        assert share(floor, of).promised[one.id] <= share(floor, higher).promised[one.id]
    top = max(one.priority for one in of)
    alone = [replace(one, wants=one.wants and one.priority == top) for one in of]
    for one in of:
        if one.priority == top:
            assert share(floor, of).promised[one.id] == share(floor, alone).promised[one.id]


@given(floors, sharers())
def test_the_same_question_has_the_same_answer(floor, of):
    assert share(floor, of) == share(list(floor), list(of))


@given(st.lists(st.integers(1, 100), min_size=2, max_size=6), st.lists(st.integers(0, 9), min_size=1, max_size=60))
def test_over_time_every_campaign_is_within_one_call_of_its_part(weights, ready):
    of = [Sharer(each, weight=weight) for each, weight in enumerate(weights)]
    everyone = frozenset(one.id for one in of)

    had, _order = turn_by_turn([[everyone] * agents for agents in ready], of)

    for one in of:
        part = sum(ready) * one.weight / sum(weights)
        assert abs(had[one.id] - part) < 1 + 1e-6


@given(st.lists(floors, min_size=30, max_size=30), st.lists(st.integers(1, 9), min_size=4, max_size=4))
@settings(max_examples=30)
def test_nobody_among_equals_starves(many, weights):
    of = [Sharer(each, weight=weight) for each, weight in enumerate(weights, start=1)]
    longest = -(-sum(weights) // min(weights)) + len(of)
    passed_over: Counter[int] = Counter()
    for floor in many:
        shares = share(floor, of)
        for turn in shares.turns:
            for one in turn.among:
                passed_over[one] = 0 if one == turn.winner else passed_over[one] + 1
                assert passed_over[one] <= longest
        credits = settle(of, shares, Counter(turn.winner for turn in shares.turns))
        of = [replace(one, credit=credits[one.id]) for one in of]


def test_one_agent_at_a_time_and_equal_weights_alternate():
    _had, order = turn_by_turn([[BOTH]] * 6, [Sharer(1), Sharer(2)])

    assert order == [1, 2, 1, 2, 1, 2]


def test_three_to_one_gives_three_of_four():
    _had, order = turn_by_turn([[BOTH]] * 12, [Sharer(1, weight=3), Sharer(2)])

    assert [order[i : i + 4].count(1) for i in (0, 4, 8)] == [3, 3, 3]


def test_the_part_of_an_idle_campaign_goes_to_the_others_and_is_not_asked_back():
    alone, _ = turn_by_turn([[BOTH]] * 50, [Sharer(1), Sharer(2, wants=False)])
    shares = share([BOTH] * 4, [Sharer(1), Sharer(2)])

    assert alone == {1: 50}
    assert shares.promised == {1: 2, 2: 2}


def test_who_serves_one_campaign_only_is_promised_to_it_and_the_shared_agent_to_the_other():
    only_one = frozenset({1})

    for floor in ([BOTH, only_one], [only_one, BOTH]):
        assert share(floor, [Sharer(1), Sharer(2)]).promised == {1: 1, 2: 1}
        assert share(floor, [Sharer(1, priority=9), Sharer(2)]).promised == {1: 2, 2: 0}


def test_a_campaign_whose_call_rings_for_the_only_agent_keeps_it_whoever_else_wants_it():
    shares = share([BOTH], [Sharer(1, holds=1), Sharer(2, priority=9)])

    assert (shares.promised, shares.turns) == ({1: 1, 2: 0}, ())


def test_where_calls_in_flight_count_on_more_agents_than_are_left_the_higher_priority_keeps_them():
    assert share([BOTH], [Sharer(1, holds=2), Sharer(2, holds=2, priority=9)]).promised == {1: 0, 2: 1}


def test_who_cannot_use_what_it_was_promised_pays_nothing_and_earns_nothing():
    of = [Sharer(1), Sharer(2)]
    shares = share([BOTH] * 4, of)

    assert settle(of, shares, {2: 2}) == {1: 0, 2: 0}
    assert settle(of, shares, {}) == {1: 0, 2: 0}
    assert settle(of, shares, {1: 1, 2: 2}) == {1: 0, 2: 0}
    assert settle(of, shares, {1: 2, 2: 2}) == {1: 0, 2: 0}
    assert settle(of, share([BOTH], of), {1: 1}) == {1: -0.5, 2: 0.5}


def test_an_agent_moves_to_another_campaigns_seat_when_that_seats_one_more():
    seats = Seats([BOTH, frozenset({1})])
    assert seats.take(1) and seats.take(2) and not seats.could(1) and not seats.take(2)
    assert +seats.taken == {(BOTH, 2): 1, (frozenset({1}), 1): 1}


def test_a_promise_is_a_value():
    assert share([], []) == Shares({}, ())

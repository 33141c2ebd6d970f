"""Who takes which call, when agents serve one campaign or several."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from dialer.rules.routing import ReadyAgent, WaitingCall, pair

A, B = 1, 2
campaigns = st.integers(1, 4)
teams = st.frozensets(campaigns, min_size=1)
waiting = st.lists(campaigns, max_size=12)
floors = st.lists(teams, max_size=12)
_ids = count(1)


def call(campaign: int, wanted: int | None = None) -> WaitingCall:
    return WaitingCall(UUID(int=next(_ids)), campaign, wanted)


def agent(*serves: int, user: int | None = None) -> ReadyAgent:
    return ReadyAgent(UUID(int=next(_ids)), frozenset(serves), user)


def made(call_campaigns: Sequence[int], agent_teams: Sequence[frozenset[int]]):
    return [call(campaign) for campaign in call_campaigns], [agent(*team) for team in agent_teams]


def first_that_can_all_be_served(calls: Sequence[WaitingCall], agents: Sequence[ReadyAgent]) -> list[UUID]:
    """The textbook's way, call by call and agent by agent: Kuhn's algorithm in the order of waiting."""
    takes: dict[UUID, WaitingCall] = {}

    def seat(one: WaitingCall, seen: set[UUID]) -> bool:
        for each in agents:
            if one.campaign_id in each.campaigns and each.shift_id not in seen:
                seen.add(each.shift_id)
                if each.shift_id not in takes or seat(takes[each.shift_id], seen):
                    takes[each.shift_id] = one
                    return True
        return False

    return [one.id for one in calls if seat(one, set())]


@given(waiting, floors)
def test_as_many_callers_as_possible_get_an_agent_those_who_wait_longest_first(call_campaigns, agent_teams):
    calls, agents = made(call_campaigns, agent_teams)

    pairs = pair(calls, agents)

    assert [call_id for call_id, _ in pairs] == first_that_can_all_be_served(calls, agents)


@given(waiting, floors, st.dictionaries(campaigns, st.integers(1, 5)))
def test_every_call_and_agent_is_paired_once_and_the_agent_serves_the_call(call_campaigns, agent_teams, coming):
    calls, agents = made(call_campaigns, agent_teams)
    campaign_of, serves = {c.id: c.campaign_id for c in calls}, {a.shift_id: a.campaigns for a in agents}

    pairs = pair(calls, agents, coming)

    assert len({call_id for call_id, _ in pairs}) == len({shift for _, shift in pairs}) == len(pairs)
    assert all(campaign_of[call_id] in serves[shift] for call_id, shift in pairs)


@given(waiting, floors, st.dictionaries(campaigns, st.integers(1, 5)))
def test_calls_still_ringing_take_nobody_from_those_who_wait(call_campaigns, agent_teams, coming):
    calls, agents = made(call_campaigns, agent_teams)

    served = [call_id for call_id, _ in pair(calls, agents, coming)]

    assert served == [call_id for call_id, _ in pair(calls, agents)]


@given(waiting, floors, st.dictionaries(campaigns, st.integers(1, 5)))
def test_the_agents_left_serve_as_many_ringing_calls_as_can_be(call_campaigns, agent_teams, coming):
    calls, agents = made(call_campaigns, agent_teams)
    ringing = [call(campaign) for campaign, number in coming.items() for _ in range(number)]

    taken = {shift for _, shift in pair(calls, agents, coming)}
    left = [each for each in agents if each.shift_id not in taken]

    together = first_that_can_all_be_served([*calls, *ringing], agents)
    assert len(taken) + len(first_that_can_all_be_served(ringing, left)) == len(together)


@given(st.lists(st.sampled_from([A, B]), max_size=12), st.lists(st.sampled_from([A, B]), max_size=12))
def test_where_nobody_is_shared_the_longest_waiting_call_goes_to_the_agent_idle_longest(call_campaigns, serves):
    calls, agents = made(call_campaigns, [frozenset({campaign}) for campaign in serves])

    pairs = pair(calls, agents)

    for campaign in (A, B):
        mine = [one.id for one in calls if one.campaign_id == campaign]
        theirs = [one.shift_id for one in agents if campaign in one.campaigns]
        expected = list(zip(mine, theirs, strict=False))
        assert [each for each in pairs if each[0] in mine] == expected


@given(st.lists(st.sampled_from([A, B]), min_size=1, max_size=12), st.integers(1, 12))
def test_where_everybody_serves_everything_calls_and_agents_meet_in_order(call_campaigns, number):
    calls, agents = made(call_campaigns, [frozenset({A, B})] * number)

    in_order = list(zip([one.id for one in calls], [one.shift_id for one in agents], strict=False))

    assert pair(calls, agents, {A: 3, B: 2}) == in_order


def test_who_serves_one_campaign_only_takes_its_caller_so_that_the_other_campaigns_caller_is_served_too():
    callers, both, only_a = [call(A), call(B)], agent(A, B), agent(A)

    assert pair(callers, [both, only_a]) == [(callers[0].id, only_a.shift_id), (callers[1].id, both.shift_id)]


def test_who_serves_both_is_left_for_a_call_of_the_other_campaign_that_is_still_ringing():
    caller, both, only_a = call(A), agent(A, B), agent(A)

    assert pair([caller], [both, only_a]) == [(caller.id, both.shift_id)]
    assert pair([caller], [both, only_a], {B: 1}) == [(caller.id, only_a.shift_id)]


def test_a_promised_callback_goes_to_its_promiser_and_to_anybody_when_they_are_not_ready():
    promised, other = call(A, wanted=7), call(A)
    first, promiser = agent(A, B), agent(A, B, user=7)

    assert pair([other, promised], [promiser, first]) == [(other.id, first.shift_id), (promised.id, promiser.shift_id)]
    assert pair([promised], [first]) == [(promised.id, first.shift_id)]


def test_a_promiser_who_does_not_serve_the_campaign_today_does_not_get_the_callback():
    promised, promiser, free = call(A, wanted=7), agent(B, user=7), agent(A)

    assert pair([promised], [promiser, free]) == [(promised.id, free.shift_id)]

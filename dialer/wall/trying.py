"""What a change of pacing would do, by simulation: the campaign as it has been lately, played with the very rules.

People, talk and write-up times are those of its latest calls, the agents those who are signed in. What is said is an
interval over a few runs, for the time that was played; it is a forecast, not a promise, and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from statistics import mean, pstdev

from campaigns import policies
from campaigns.models import Campaign
from campaigns.rules.abandons import HOUSE
from dialer.models import Shift
from dialer.pacing import history
from dialer.pacing.ended import EndedCall
from dialer.rules.budgets import aim_of
from dialer.simulator import Scenario, simulate

SEEDS = (101, 102, 103)
SECONDS = 900
# More agents are simulated as so many: their shares hardly differ, and the answer must not be waited for.
MOST_AGENTS = 40
FEWEST_CALLS = 50
POLICIES = {"progressive": "progressive", "predictive": "ours"}


@dataclass(frozen=True, slots=True)
class Tried:
    """Least and most of the runs."""

    utilisation: tuple[float, float]
    abandoned: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Trial:
    """`now`: as it is; `then`: as proposed; and what was assumed: agents, answer rate, seconds of talk and write-up,
    whether they are of its own calls."""

    now: Tried
    then: Tried
    agents: int
    scenario: Scenario
    own: bool


def trial(campaign: Campaign, dial_mode: str, ratio: Decimal, aim: Decimal | None, now: datetime) -> Trial:
    """Both ways with the same people."""
    calls = history.latest([campaign.pk], history.REPLAYED, now)
    wraps = history.wrap_ups([campaign.pk], now)
    own = len(calls) >= FEWEST_CALLS
    scenario = _scenario(calls, wraps) if own else Scenario()
    agents = Shift.objects.filter(campaigns=campaign).exclude(state__in=("off", "leaving")).count() or 10
    staffed = min(agents, MOST_AGENTS)
    return Trial(
        _tried(_aimed(scenario, campaign, campaign.abandon_aim), staffed, campaign.dial_mode, campaign.ratio),
        _tried(_aimed(scenario, campaign, aim), staffed, dial_mode, ratio),
        agents,
        scenario,
        own,
    )


def _aimed(scenario: Scenario, campaign: Campaign, aim: Decimal | None) -> Scenario:
    rules = policies.of(campaign).abandon or (HOUSE,)
    return replace(scenario, cap=min(aim_of(rule, None if aim is None else float(aim) / 100) for rule in rules))


def _tried(scenario: Scenario, agents: int, dial_mode: str, ratio: Decimal) -> Tried:
    policy = POLICIES.get(dial_mode, f"ratio-{ratio}")
    runs = [simulate(scenario, agents=agents, seconds=SECONDS, seed=seed, policy=policy) for seed in SEEDS]
    return Tried(_range([run.utilisation for run in runs]), _range([run.abandoned for run in runs]))


def _range(values: Sequence[float]) -> tuple[float, float]:
    return min(values), max(values)


def _scenario(calls: Sequence[EndedCall], wraps: Sequence[float]) -> Scenario:
    answered = [call for call in calls if call.answered_at]
    rings = [(call.answered_at - call.reserved_at).total_seconds() for call in answered if call.answered_at]
    talks = [(call.ended_at - call.bridged_at).total_seconds() for call in calls if call.bridged_at]
    usual = Scenario()
    ring, talk, wrap = (_time(values) for values in (rings, talks, wraps))
    return replace(
        usual,
        name="own",
        rate=min(max(len(answered) / len(calls) / 0.93, 0.01), 0.85),
        ring_s=max(1.0, ring[0] - usual.set_up_s) if ring else usual.ring_s,
        ring_cv=ring[1] if ring else usual.ring_cv,
        talk_s=talk[0] if talk else usual.talk_s,
        talk_cv=talk[1] if talk else usual.talk_cv,
        wrap_s=wrap[0] if wrap else usual.wrap_s,
        wrap_cv=wrap[1] if wrap else usual.wrap_cv,
    )


def _time(values: Sequence[float]) -> tuple[float, float] | None:
    """Mean and standard deviation over mean; None of too few."""
    if len(values) < 10 or mean(values) <= 0:
        return None
    return max(1.0, mean(values)), min(max(pstdev(values) / mean(values), 0.1), 2.0)

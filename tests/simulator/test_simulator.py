"""The simulator: the same seed is the same day, and what it counts adds up."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from dialer import simulator
from dialer.rules.pacing import Decision, Floor
from dialer.rules.pacing.modes import progressive
from dialer.simulator import oracle
from dialer.simulator.measure import worst_hour
from dialer.simulator.policies import NoSuchPolicy
from dialer.simulator.scenario import BadScenario, read
from dialer.simulator.world import Tally, World


def play(name: str = "stable", policy: str = "ours", agents: int = 10, minutes: int = 20, seed: int = 50):
    return simulator.simulate(simulator.load(name), agents=agents, seconds=60 * minutes, seed=seed, policy=policy)


@pytest.mark.parametrize("name", simulator.SCENARIOS)
def test_the_same_seed_gives_the_same_figures_in_every_scenario(name):
    once, again, other = play(name, minutes=10), play(name, minutes=10), play(name, minutes=10, seed=51)

    assert once == again != other
    assert 0 < once.utilisation < 1
    assert once.live <= once.dials


@pytest.mark.parametrize("policy", [*simulator.POLICIES, "ratio-2", "classic-0.9"])
def test_every_policy_can_be_played_and_none_beats_the_oracle(policy):
    found = play(policy=policy)
    bound = oracle.utilisation(simulator.load("stable"), 10, 1200, 50)

    assert 0.2 < found.utilisation < bound <= 1


def test_one_to_one_dialling_abandons_nobody_while_agents_stay():
    scenario = replace(simulator.load("stable"), breaks=0.0)

    found = simulator.simulate(scenario, agents=10, seconds=3600, seed=50, policy="progressive")

    assert found.abandoned == 0


def test_agents_who_leave_are_not_counted_on_any_more():
    seen: list[tuple[float, Floor]] = []
    scenario = replace(simulator.load("stable"), staffing=((0.5, 0.0),))
    world = World(scenario, 10, 1200, 50, simulator.policies.pacer("ours", scenario))

    world.play(lambda now, floor, _decision: seen.append((now, floor)))

    late = [floor for now, floor in seen if now > 1150]
    assert all(not floor.ready for floor in late)


def test_limits_are_kept_to():
    most = 0
    scenario = replace(simulator.load("lowp"), channels=15, calls_per_second=2)

    def watch(_now: float, floor: Floor, decision: Decision) -> None:
        nonlocal most
        assert decision.calls <= 2
        most = max(most, floor.in_flight + floor.connected + decision.calls)

    World(scenario, 10, 1800, 50, simulator.policies.pacer("ours", scenario)).play(watch)

    assert 10 < most <= 15


def test_the_worst_hour_is_that_of_any_rolling_hour():
    tally = Tally(live=[(float(n * 30), n < 200 and n % 10 == 0) for n in range(400)])

    assert worst_hour(tally) == pytest.approx(6 / 52, abs=0.02)


def test_what_is_no_scenario_or_policy_is_said_by_name():
    with pytest.raises(BadScenario, match="choose one of"):
        simulator.load("../burst")
    with pytest.raises(BadScenario, match="has no rates_of"):
        read({"rates_of": 1})
    with pytest.raises(NoSuchPolicy, match="progressive"):
        play(policy="magic")


def test_the_command_plays_a_scenario_and_says_what_came_of_it():
    out = StringIO()
    call_command("simulate", "--scenario", "drift", "--hours", "0.2", "--seed", "9", "--json", stdout=out)

    found = json.loads(out.getvalue())
    assert found == pytest.approx(vars_of(play("drift", minutes=12, seed=9)))
    with pytest.raises(CommandError, match="choose one of"):
        call_command("simulate", "--scenario", "nowhere")
    with pytest.raises(CommandError, match="at least one agent"):
        call_command("simulate", "--agents", "0")


def vars_of(outcome: simulator.Outcome) -> dict[str, float]:
    return {name: getattr(outcome, name) for name in outcome.__dataclass_fields__}


def test_a_pacer_that_never_dials_leaves_everybody_idle():
    class Nobody:
        def __getattr__(self, name: str):
            return lambda *_args, **_named: None

        def decide(self, floor: Floor) -> Decision:
            return replace(progressive().decide(floor), calls=0)

    world = World(simulator.load("stable"), 3, 300, 1, Nobody())  # type: ignore[arg-type]
    world.play()

    assert world.desk.spent.busy == 0
    assert world.desk.spent.idle > 3 * 200

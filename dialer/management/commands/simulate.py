"""Play a contact centre through, with the very rules that dial (dialer.simulator).

    manage.py simulate --scenario burst --agents 50 --hours 4 --seed 101 [--policy ours] [--json]

The same seed gives the same figures, bit for bit. `--policy oracle` is the bound: it knows everything ahead.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dialer import simulator
from dialer.simulator import oracle
from dialer.simulator.policies import NoSuchPolicy
from dialer.simulator.scenario import BadScenario


class Command(BaseCommand):
    help = "Simulate pacing: utilisation, abandons and waits of a policy in a scenario."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--scenario", default="stable", help=", ".join(simulator.SCENARIOS))
        parser.add_argument("--policy", default="ours", help=", ".join([*simulator.POLICIES, "ratio-2", "oracle"]))
        parser.add_argument("--agents", type=int, default=10)
        parser.add_argument("--hours", type=float, default=1.0)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--json", action="store_true")

    def handle(self, *, agents: int, hours: float, **options: Any) -> None:
        if agents < 1 or hours <= 0:
            raise CommandError("There must be at least one agent, and some time: --agents 10 --hours 8.")
        try:
            found = _play(options["scenario"], options["policy"], agents, int(3600 * hours), options["seed"])
        except (BadScenario, NoSuchPolicy) as error:
            raise CommandError(str(error)) from None
        if options["json"]:
            self.stdout.write(json.dumps(found))
            return
        for name, value in found.items():
            self.stdout.write(f"{name.replace('_', ' '):<14}{value:>12.4g}")


def _play(scenario: str, policy: str, agents: int, seconds: int, seed: int) -> dict[str, float]:
    drawn = simulator.load(scenario)
    if policy == "oracle":
        return {"utilisation": oracle.utilisation(drawn, agents, seconds, seed)}
    return asdict(simulator.simulate(drawn, agents=agents, seconds=seconds, seed=seed, policy=policy))

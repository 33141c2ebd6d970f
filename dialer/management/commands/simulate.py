"""Play a contact centre in miniature under a way of pacing, and say what came of it. Touches neither database nor PBX.

manage.py simulate --scenario burst --agents 50 --hours 4 --seed 101 [--policy ours] [--json]
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dialer.simulator import SCENARIOS, Outcome, load, simulate
from dialer.simulator.oracle import utilisation
from dialer.simulator.policies import NoSuchPolicy

LINES = """{policy} · {scenario}, {agents} agents, {hours:g} h, seed {seed}
talking and writing up  {utilisation:6.1%}   ({ratio:.3f} of what an oracle reaches)
abandoned               {abandoned:6.2%}   (worst hour {worst_hour:.1%}), of {live} who answered
waiting for a call      {idle_wait:6.1f} s a time
calls                   {dials:6}   ({cancelled} hung up late in their ringing)"""


class Command(BaseCommand):
    help = "Simulate a way of pacing."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--scenario", choices=SCENARIOS, default="stable")
        parser.add_argument("--agents", type=int, default=10)
        parser.add_argument("--hours", type=float, default=1.0)
        parser.add_argument("--seed", type=int, default=101, help="the same seed gives the same figures, bit for bit")
        parser.add_argument("--policy", default="ours", help="ours, progressive, ratio-2, classic-0.5, oracle …")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *, agents: int, hours: float, seed: int, policy: str, **options: Any) -> None:
        if agents < 1 or not 0 < hours <= 24:
            raise CommandError("A simulation has one agent at least, and lasts up to 24 hours.")
        scenario, seconds = load(options["scenario"]), round(hours * 3600)
        best = utilisation(scenario, agents, seconds, seed)
        try:
            found = (
                Outcome(best, 0.0, 0.0, 0.0, 0, 0, 0)
                if policy == "oracle"
                else simulate(scenario, agents=agents, seconds=seconds, seed=seed, policy=policy)
            )
        except NoSuchPolicy as error:
            raise CommandError(str(error)) from error
        values = {"policy": policy, "scenario": scenario.name, "agents": agents, "hours": hours, "seed": seed}
        values |= {**asdict(found), "ratio": found.utilisation / best}
        self.stdout.write(json.dumps(values) if options["json"] else LINES.format(**values))

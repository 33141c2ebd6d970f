"""A contact centre in miniature: customers, a carrier and agents who behave as drawn, and the rules that really dial.

Discrete events, one seed, no clock: the same scenario, seed and policy give the same figures bit for bit. The rules
are those of dialer.rules.pacing, asked once a second as the engine asks them. What a customer would do is drawn by
their place in the list, so that all policies meet the same people.
"""

from __future__ import annotations

from dialer.simulator.measure import Outcome
from dialer.simulator.policies import POLICIES
from dialer.simulator.run import simulate
from dialer.simulator.scenario import SCENARIOS, Scenario, load

__all__ = ["POLICIES", "SCENARIOS", "Outcome", "Scenario", "load", "simulate"]

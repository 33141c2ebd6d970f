"""How many calls to start now, and what keeps it from being more: one rule per dial mode, all with one face (`Pacer`).

No clock and no I/O: a pacer is told what happened, is shown the floor of this second, and answers with a Decision.
"""

from __future__ import annotations

from dialer.rules.pacing.decision import Decision, LimitedBy
from dialer.rules.pacing.floor import Budget, Floor, Flying, Limits, Prospect, Stratum
from dialer.rules.pacing.pacer import Pacer
from dialer.rules.pacing.ratio import PoolState, calls_to_start, counted_on

__all__ = [
    "Budget",
    "Decision",
    "Floor",
    "Flying",
    "LimitedBy",
    "Limits",
    "Pacer",
    "PoolState",
    "Prospect",
    "Stratum",
    "calls_to_start",
    "counted_on",
]

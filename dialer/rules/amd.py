"""Person or machine: what a detector says of an answered call, and how often what it says of machines is wrong.

A detector is anything that ends in a verdict with its cause and the milliseconds it took; where it cannot tell, the
caller is treated as a person. How often "machine" is wrong nobody can hear from outside, since those calls are hung up:
so a share of them, drawn by the call's own id, goes to an agent all the same, and what the agent says is the truth.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from uuid import UUID

Z_95 = 1.959964  # two-sided 95 %


class Verdict(StrEnum):
    """What a detector may end in."""

    HUMAN = "human"
    MACHINE = "machine"
    UNSURE = "unsure"  # treated as a person


class OnMachine(StrEnum):
    """What the PBX does with a call judged machine, as its dialplan reads it."""

    HANG_UP = "hang_up"
    MESSAGE = "message"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class Estimate:
    """Persons among the calls judged machine: their share with its 95 % interval, and how many heard no agent.

    `rate`, `low` and `high` are None, 0 and 1 while no truth is known. `count` is rate x machines without a known
    truth: those whose truth is known talked with an agent, so nobody was lost.
    """

    rate: float | None
    low: float
    high: float
    count: float
    machines: int = 0
    sampled: int = 0
    people: int = 0


def is_sampled(call_id: UUID, percent: float) -> bool:
    """Whether this call goes to an agent even if it is judged machine. The same answer whenever it is asked.

    The id is hashed: its first half is a time, by which nobody shall be able to choose.
    """
    drawn = int.from_bytes(hashlib.sha256(b"amd-sample" + call_id.bytes).digest()[:8], "big")
    return drawn < percent / 100 * 2**64


def false_positives(machines: int, sampled: int, people: int) -> Estimate:
    """Of `machines` calls judged machine the truth of `sampled` is known, and `people` of these were persons.

    The sample is drawn by chance, so its share is that of all. The interval is Wilson's (1927), which holds for small
    samples and shares near zero. Raises ValueError where the counts contradict each other.
    """
    if not 0 <= people <= sampled <= machines:
        raise ValueError(f"{people} people of {sampled} sampled of {machines} machines")
    if not sampled:
        return Estimate(None, 0.0, 1.0, 0.0, machines)
    rate = people / sampled
    low, high = wilson(people, sampled)
    return Estimate(rate, low, high, rate * (machines - sampled), machines, sampled, people)


def wilson(successes: int, trials: int, z: float = Z_95) -> tuple[float, float]:
    """The interval (centre -+ half) of a share, both within 0 and 1; (0, 1) without trials.

    centre = (p + z²/2n) / (1 + z²/n), half = z / (1 + z²/n) · sqrt(p(1-p)/n + z²/4n²).
    """
    if not trials:
        return 0.0, 1.0
    share, spread = successes / trials, z * z / trials
    centre = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * sqrt(share * (1 - share) / trials + spread / (4 * trials))
    low = 0.0 if not successes else max(0.0, centre - half)
    return low, 1.0 if successes == trials else min(1.0, centre + half)


def is_too_wrong(found: Estimate, *, limit: float, least: int) -> bool:
    """Whether detection must be switched off: at least `least` truths are known, and even the interval's lower bound is
    above `limit` (a share of 1)."""
    return found.sampled >= least and found.low > limit

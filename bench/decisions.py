"""What deciding costs: verdicts a second in one process, and what a month of decisions takes on disk.

Verdicts: real candidates with their touches, under five caps and three compliance profiles; the baseline has calling
hours alone. Storage: two thousand leads are dialled for thirty simulated days by the real reservation and settlement, a
tick every ten minutes; people answer or don't as they do. The baseline is a table of the same columns and index that
gets a row whenever a lead is looked at and refused.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from bench.figures import Figure
from bench.ground import Ground

if TYPE_CHECKING:
    from bench.month import Month
    from campaigns.rules.eligibility import Candidate
    from campaigns.rules.policy import Policy

LEADS = (2_000,)
DAYS, QUICK_DAYS = 30, 3
SECONDS = 10.0
BATCH = 100  # candidates of one moment, as in a tick
ROW_PER_LOOK, HOURS_ALONE = "a row per refusal", "hours alone"


def measure(seconds: float | None, leads: tuple[int, ...] = LEADS) -> list[Figure]:
    """`seconds` is how long verdicts are made; with it the month has three days, for a quick look."""
    with Ground("decisions") as ground:
        from bench.month import Month

        month = Month(ground, leads[0])
        month.play(DAYS if seconds is None else QUICK_DAYS)
        ours = _per_second(*month.candidates(), seconds or SECONDS)
        bare = _per_second(*month.candidates(hours_alone=True), (seconds or SECONDS) / 2)
        return [Figure("verdicts in one process", ours, "/s", HOURS_ALONE, bare), *_stored(month, leads[0])]


def _per_second(candidates: list[Candidate], policy: Policy, now: object, seconds: float) -> float:
    from campaigns.rules.eligibility import Moment, verdict

    made, began = 0, time.perf_counter()
    while (took := time.perf_counter() - began) < seconds:
        for first in range(0, len(candidates), BATCH):
            moment = Moment(policy, now)  # type: ignore[arg-type]
            for candidate in candidates[first : first + BATCH]:
                verdict(candidate, moment)
        made += len(candidates)
    return made / took


def _stored(month: Month, leads: int) -> list[Figure]:
    ours, looks = month.size("campaigns_decision"), month.size("bench_refusal")
    return [
        Figure("calls of a lead in a month", month.calls / leads, "calls"),
        Figure("decisions kept of a lead in a month", ours.rows / leads, "rows", ROW_PER_LOOK, looks.rows / leads),
        Figure("bytes of a lead in a month", ours.bytes / leads, "B", ROW_PER_LOOK, looks.bytes / leads),
        Figure("bytes of a decision", ours.bytes / max(1, ours.rows), "B"),
    ]

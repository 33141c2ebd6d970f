"""What an outcome means for the lead: due again at a time, or finished and why.

Outcomes nobody talked in follow a table (campaigns may override each line); conversations follow the disposition the
agent chose. An abandoned caller is not called again for 72 hours. What never left our own side is tried again soon
and costs nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

FINISHED_TALKED = "talked"


@dataclass(frozen=True, slots=True)
class Retry:
    """Due again after `wait`, at most `limit` times for this outcome; a limit of 0 finishes the lead."""

    wait: timedelta
    limit: int


@dataclass(frozen=True, slots=True)
class DueAgain:
    """Call again, not before `at`."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Finished:
    """Never again in this campaign; `reason` is the outcome or `attempts_used`."""

    reason: str


Next = DueAgain | Finished

# Outcomes of dialer.rules.outcomes, by what happened; waits are those of common practice, see compliance notes.
DEFAULTS: Mapping[str, Retry] = MappingProxyType(
    {
        "no_answer": Retry(timedelta(hours=2), 6),
        "busy": Retry(timedelta(minutes=15), 4),
        "rejected": Retry(timedelta(hours=24), 2),
        "unreachable": Retry(timedelta(hours=12), 3),
        "invalid_number": Retry(timedelta(hours=24), 1),
        "congestion": Retry(timedelta(minutes=5), 10),
        # Our own side's failure never finishes a lead.
        "failed": Retry(timedelta(minutes=1), 1000),
        "unknown": Retry(timedelta(hours=2), 3),
        "abandoned": Retry(timedelta(hours=72), 1),
        "hung_up": Retry(timedelta(hours=2), 2),
        # What a detector takes for a machine may be a person who heard nothing: never the same day again.
        "machine": Retry(timedelta(hours=24), 4),
        # Our message is on it: time to call back.
        "machine_message": Retry(timedelta(hours=72), 1),
        "cancelled": Retry(timedelta(minutes=30), 20),
        "released": Retry(timedelta(0), 1000),
        # They talked, and nobody is left to say what it came to.
        "conversation": Retry(timedelta(0), 0),
    }
)


def after(outcome: str, *, times: int, rules: Mapping[str, Retry], now: datetime) -> Next:
    """What follows the `times`-th such outcome of a lead (1 = the first). Unknown outcomes wait like `unknown`."""
    rule = rules.get(outcome) or DEFAULTS.get(outcome) or DEFAULTS["unknown"]
    return DueAgain(now + rule.wait) if times <= rule.limit else Finished(outcome)


def after_disposition(
    retry_after: timedelta | None,
    callback_at: datetime | None,
    now: datetime,
    *,
    times: int = 1,
    limit: int | None = None,
) -> Next:
    """What follows a conversation: the promised callback, another try later, or the end.

    `times`: how often this disposition was chosen for the lead, this one included; `limit`: tries it allows (None:
    any number).
    """
    if callback_at is not None:
        return DueAgain(max(callback_at, now))
    if retry_after is not None and (limit is None or times <= limit):
        return DueAgain(now + retry_after)
    return Finished(FINISHED_TALKED)

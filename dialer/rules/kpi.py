"""The indicators, once: every screen and report divides by these functions and by nothing else.

Each docstring opens with the formula in the words of the glossary. A share is None when there is nothing to divide
by, which is not zero: a page shows a dash. Times in, seconds or milliseconds out; *now* is never read here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

# A live person who answered must hear an agent within this long, or the call counts as abandoned.
ABANDON_THRESHOLD = timedelta(seconds=2)


def share(part: float, whole: float) -> float | None:
    """part / whole; None when the whole is nothing."""
    return part / whole if whole else None


def contact_rate(conversations: int, records_called: int) -> float | None:
    """conversations / customer records called"""
    return share(conversations, records_called)


def answer_rate(answered: int, attempts: int) -> float | None:
    """answered calls / attempts"""
    return share(answered, attempts)


def connect_rate(connected: int, attempts: int) -> float | None:
    """calls connected to an agent / attempts"""
    return share(connected, attempts)


def abandon_rate(abandoned: int, answered: int) -> float | None:
    """answered and not connected within the threshold / answered"""
    return share(abandoned, answered)


def machine_rate(machines: int, answered: int) -> float | None:
    """calls that a machine answered / all calls answered; `answered`: by persons"""
    return share(machines, machines + answered)


def success_rate(successes: int, conversations: int) -> float | None:
    """successes / conversations"""
    return share(successes, conversations)


def utilisation(talking_s: float, wrap_up_s: float, signed_in_s: float) -> float | None:
    """(talk time + wrap-up time) / time signed in"""
    return share(talking_s + wrap_up_s, signed_in_s)


def is_abandoned(
    answered_at: datetime | None,
    bridged_at: datetime | None,
    ended_at: datetime | None,
    *,
    dropped: bool = False,
    threshold: timedelta = ABANDON_THRESHOLD,
) -> bool:
    """answered, and no agent within the threshold

    `dropped`: we ended it for want of an agent, however early. A person who hangs up before the threshold has passed
    was not abandoned; one who still waits is not yet. `answered_at` is the moment counted from: where a detector
    listens first, its verdict.
    """
    if answered_at is None or (bridged_at is None and ended_at is None):
        return False
    if bridged_at is None and dropped:
        return True
    reached = bridged_at or ended_at
    return reached is not None and reached - answered_at > threshold


def answer_to_agent_ms(answered_at: datetime | None, bridged_at: datetime | None) -> float | None:
    """connected at - answered at, in milliseconds; None for a call that had no agent"""
    if answered_at is None or bridged_at is None:
        return None
    return (bridged_at - answered_at).total_seconds() * 1000


def percentile(values: Sequence[float], at: float) -> float | None:
    """the smallest value that at least this share of all values does not exceed (nearest rank)

    The same as PostgreSQL's percentile_disc, which the wall uses over the rows of a day.
    """
    if not values:
        return None
    ranked = sorted(values)
    return ranked[max(math.ceil(at * len(ranked)), 1) - 1]

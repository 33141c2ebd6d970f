"""What no rule may exceed: the campaign's channels, the trunk's, and its calls per second."""

from __future__ import annotations

from dataclasses import replace

from dialer.rules.pacing.decision import Decision, LimitedBy
from dialer.rules.pacing.floor import Floor


def within(floor: Floor, decision: Decision) -> Decision:
    """The decision, cut to the tightest limit, which then is what limits it. Never negative."""
    limits = floor.limits
    allowed, by = min(
        (limits.channels, LimitedBy.CHANNELS),
        (limits.trunk, LimitedBy.TRUNK),
        (limits.per_second, LimitedBy.CALLS_PER_SECOND),
        key=lambda pair: pair[0],
    )
    if decision.calls <= allowed:
        return replace(decision, calls=max(0, decision.calls), limited_by=_shared(floor, decision.limited_by))
    return replace(decision, calls=max(0, allowed), limited_by=by)


def _shared(floor: Floor, by: LimitedBy) -> LimitedBy:
    return LimitedBy.SHARED_AGENTS if by is LimitedBy.AGENTS and floor.elsewhere else by

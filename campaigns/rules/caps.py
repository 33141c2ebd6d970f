"""Has this person been called too often, and until when?

A cap is data: limit = (what is counted) x (per phone or person) x (scope) x (rolling window). The touches given are
those of the person and of the phone, within the longest window; each carries how far its call came.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

LEVELS = {"attempts": 1, "answered": 2, "conversations": 3}


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `limit` touches of at least level `counts` per `per` in `scope` in any `window`."""

    counts: str  # attempts | answered | conversations
    per: str  # phone | contact
    scope: str  # campaign | line_of_business | all
    window: timedelta
    limit: int


@dataclass(frozen=True, slots=True)
class Touch:
    """One counted contact: when, which phone and person, for whom, and how far it came (1 attempt … 3 conversation)."""

    at: datetime
    phone: int
    contact_id: int
    campaign_id: int
    line_of_business_id: int | None
    level: int


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom we would touch, and for which campaign."""

    phone: int
    contact_id: int
    campaign_id: int
    line_of_business_id: int | None


def counted(cap: Cap, subject: Subject, touches: Iterable[Touch], now: datetime) -> list[datetime]:
    """When the touches that this cap counts were made, oldest first."""
    return sorted(t.at for t in touches if _counts(cap, subject, t) and t.at > now - cap.window)


def reached_until(cap: Cap, subject: Subject, touches: Iterable[Touch], now: datetime) -> datetime | None:
    """When enough of the counted touches have left the window for one more; None when one more is allowed now."""
    times = counted(cap, subject, touches, now)
    if len(times) < cap.limit:
        return None
    if cap.limit == 0:
        return now + cap.window
    return times[-cap.limit] + cap.window


def longest_window(caps: Sequence[Cap]) -> timedelta:
    return max((cap.window for cap in caps), default=timedelta(0))


def _counts(cap: Cap, subject: Subject, touch: Touch) -> bool:
    return touch.level >= LEVELS[cap.counts] and _same_whom(cap, subject, touch) and _in_scope(cap, subject, touch)


def _same_whom(cap: Cap, subject: Subject, touch: Touch) -> bool:
    return touch.phone == subject.phone if cap.per == "phone" else touch.contact_id == subject.contact_id


def _in_scope(cap: Cap, subject: Subject, touch: Touch) -> bool:
    if cap.scope == "campaign":
        return touch.campaign_id == subject.campaign_id
    if cap.scope == "line_of_business":
        return touch.line_of_business_id == subject.line_of_business_id
    return True

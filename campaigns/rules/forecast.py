"""What the coming week would bring: callable per hour, never callable and why, hours to the end of the list.

The same verdicts as when dialling, asked ahead of time: nothing but the clock moves, so a forecast says what the rules
allow, not who will answer. How long the list lasts is walked hour by hour from what agents can do and what may be
called; its answer rate is known only so well, so that it is walked for both ends of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import sqrt

from campaigns.rules import eligibility, windows
from campaigns.rules.eligibility import Candidate, Moment, Reason, Refuse
from campaigns.rules.places import Place
from campaigns.rules.policy import Policy
from campaigns.rules.windows import Hours

HOUR = timedelta(hours=1)
DAYS = 7


@dataclass(frozen=True, slots=True)
class Asked:
    """A lead to be forecast: not before `due_at`, because of what its last call came to."""

    candidate: Candidate
    due_at: datetime


@dataclass(slots=True)
class Outlook:
    """What the rules leave of the leads that were asked about, from `start` for a week.

    `hours`: how many may be called within each of the 168 hours, if they have not been by then. `today`: those that
    may be called before `end_of_day`; `later`: not within the week, by reason; `never`: by reason.
    """

    start: datetime
    end_of_day: datetime
    asked: int = 0
    now: int = 0
    today: int = 0
    week: int = 0
    hours: list[int] = field(default_factory=lambda: [0] * (24 * DAYS))
    later: Counter[Reason] = field(default_factory=Counter)
    never: Counter[Reason] = field(default_factory=Counter)


def look(
    policy: Policy, leads: Iterable[Asked], start: datetime, end_of_day: datetime, *, by_hour: bool = True
) -> Outlook:
    """The outlook of these leads under this policy; without `by_hour` in half the time, and with no hours."""
    found = Outlook(start, end_of_day)
    open_hours: dict[tuple[Place, str], list[bool]] = {}
    known: dict[datetime, Moment] = {}
    end = start + timedelta(days=DAYS)
    for lead in leads:
        found.asked += 1
        answer = eligibility.next_allowed(lead.candidate, policy, max(start, lead.due_at), end, known)
        if isinstance(answer, Refuse):
            (found.never if answer.until is None else found.later)[answer.reason] += 1
            continue
        at, phone = answer
        if at >= end:
            found.later[Reason.OUTSIDE_HOURS] += 1
            continue
        found.now += at <= found.start
        found.today += at < found.end_of_day
        found.week += 1
        if by_hour:
            _count(found, at, _open_hours(policy, lead.candidate, phone, start, open_hours))
    return found


def _count(found: Outlook, at: datetime, open_hours: Sequence[bool]) -> None:
    first = int((at - found.start) / HOUR)
    for hour in range(first, len(found.hours)):
        found.hours[hour] += open_hours[hour]


def _open_hours(
    policy: Policy, candidate: Candidate, number: int, start: datetime, known: dict[tuple[Place, str], list[bool]]
) -> list[bool]:
    """For each hour from `start` on, whether calls to this phone are allowed at some moment of it."""
    phone = next(p for p in candidate.phones if p.number == number)
    where = eligibility.place_of(candidate, phone)
    if (where, phone.label) not in known:
        hours = eligibility.hours_of(phone.label, policy)
        known[where, phone.label] = [_opens_within(hours, where, start + n * HOUR) for n in range(24 * DAYS)]
    return known[where, phone.label]


def _opens_within(hours: Sequence[Hours], where: Place, hour: datetime) -> bool:
    opens = windows.next_open(hours, where, hour)
    return opens is not None and opens < hour + HOUR


@dataclass(frozen=True, slots=True)
class Rate:
    """An answer rate and between what it may really lie; `measured` on so many attempts, 0: assumed."""

    value: float
    low: float
    high: float
    measured: int = 0


ASSUMED = Rate(0.3, 0.15, 0.5)
Z95 = 1.96


def answer_rate(answered: int, attempts: int) -> Rate:
    """Measured, with Wilson's interval of 95 %; assumed below 30 attempts (Wilson 1927)."""
    if attempts < 30:
        return ASSUMED
    share, z2 = answered / attempts, Z95**2 / attempts
    centre = (share + z2 / 2) / (1 + z2)
    half = Z95 * sqrt(share * (1 - share) / attempts + z2 / (4 * attempts)) / (1 + z2)
    return Rate(share, max(0.0, centre - half), min(1.0, centre + half), attempts)


@dataclass(frozen=True, slots=True)
class Work:
    """How agents work: so many of them, seconds per conversation and its wrap-up, seconds an unanswered call rings."""

    agents: int
    talk_seconds: float
    wrap_up_seconds: float
    ring_seconds: float
    calls_per_agent: float = 1.0
    max_attempts: int = 1


def attempts_per_hour(work: Work, rate: float) -> float:
    """What these agents can take: an attempt costs an agent its ringing, and if answered the conversation too."""
    seconds = work.ring_seconds / work.calls_per_agent + rate * (work.talk_seconds + work.wrap_up_seconds)
    return work.agents * 3600 / seconds


def attempts_per_lead(work: Work, rate: float) -> float:
    """Attempts until somebody answers or they are used up, on average: (1 - (1 - p)^n) / p."""
    return (1 - (1 - rate) ** work.max_attempts) / rate if rate > 0 else work.max_attempts


def hours_to_end(outlook: Outlook, work: Work, rate: float, scale: float = 1.0) -> float | None:
    """Hours of dialling until every lead callable this week is done; None: not within the week.

    `scale`: leads that each one asked about stands for. Each lead is attempted at most once an hour.
    """
    left = outlook.week * scale * attempts_per_lead(work, rate)
    if not left:
        return 0.0
    total, capacity, dialled = left, attempts_per_hour(work, rate), 0.0
    for callable_now in outlook.hours:
        possible = min(capacity, callable_now * scale * left / total)
        if possible <= 0:
            continue
        if left <= possible + 0.5:
            return dialled + left / capacity
        left, dialled = left - possible, dialled + 1
    return None


def range_to_end(outlook: Outlook, work: Work, rate: Rate, scale: float = 1.0) -> tuple[float | None, float | None]:
    """The least and the most hours, over where the answer rate may lie."""
    walk: Callable[[float], float | None] = lambda r: hours_to_end(outlook, work, r, scale)  # noqa: E731
    ends = [walk(r) for r in (rate.low, rate.value, rate.high)]
    known = [hours for hours in ends if hours is not None]
    return (min(known, default=None), None if None in ends else max(known))

"""Which of a person's phones comes next, and at which part of the day.

A cadence is a sequence such as mobile twice, home once, office once in office hours; it repeats when it is through.
Attempts that nobody answered are spread: at most one in each part of the local day (morning, afternoon, evening).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from campaigns.rules.caps import LEVELS, Subject, Touch
from campaigns.rules.windows import Span

# Where the afternoon and the evening begin; the morning begins the day.
PARTS = (time(0), time(12), time(17))


@dataclass(frozen=True, slots=True)
class Step:
    """`times` attempts on a phone of this label, on these hours only (None: whenever calls are allowed).

    `label` is that of the list's column: mobile, home, office, other, or empty.
    """

    label: str
    times: int
    week: tuple[tuple[Span, ...], ...] | None = None


def kind_of(label: str) -> str:
    """A phone's label as cadences know it: lists write an extension behind it, or have nothing but that."""
    return "" if label.startswith("ext. ") else label.partition(" ext. ")[0]


def in_turn(labels: Sequence[str], attempts: int, steps: Sequence[Step]) -> list[int]:
    """Indexes of the phones in the order to try them, for the next attempt after `attempts`; each once.

    Phones the cadence does not name come after those it names; without a cadence they take turns.
    """
    turns = [index for step in steps for index in _labelled(labels, step.label) for _ in range(step.times)]
    turns += [index for index in range(len(labels)) if index not in turns]
    if not turns:
        return []
    start = attempts % len(turns)
    return list(dict.fromkeys(turns[start:] + turns[:start]))


def tried_until(
    subject: Subject, touches: Iterable[Touch], zones: Sequence[ZoneInfo], now: datetime
) -> datetime | None:
    """When the next part of the day begins, if this campaign tried the person in this one and nobody answered."""
    ends = [
        _end_of_part(now, zone)
        for zone in zones
        if any(_unanswered(subject, t) and t.at >= _start_of_part(now, zone) for t in touches)
    ]
    return max(ends, default=None)


def _labelled(labels: Sequence[str], label: str) -> list[int]:
    return [index for index, each in enumerate(labels) if each == label]


def _unanswered(subject: Subject, touch: Touch) -> bool:
    return (
        touch.contact_id == subject.contact_id
        and touch.campaign_id == subject.campaign_id
        and touch.level < LEVELS["answered"]
    )


def _start_of_part(now: datetime, zone: ZoneInfo) -> datetime:
    local = now.astimezone(zone)
    begins = max(part for part in PARTS if part <= local.time())
    return datetime.combine(local.date(), begins, zone).astimezone(UTC)


def _end_of_part(now: datetime, zone: ZoneInfo) -> datetime:
    local = now.astimezone(zone)
    later = [part for part in PARTS if part > local.time()]
    day = local.date() if later else local.date() + timedelta(days=1)
    return datetime.combine(day, later[0] if later else PARTS[0], zone).astimezone(UTC)

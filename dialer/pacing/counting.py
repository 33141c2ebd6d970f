"""Abandon budgets counted call by call: once from the rows, from then on by what ends and what lives.

A count begins with one statement over all attempts written before the reader's mark (see `ended`), adds each that was
written since exactly once, and holds what living calls are worth until they have ended. So looking costs nothing,
however many attempts the window has; a test holds it to the plain count of the rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from campaigns.partitions import first_id
from campaigns.rules.abandons import AbandonLimit, Of, Scope, Start, Unit, Window
from dialer.pacing.ended import DETECTED, FALSE_MACHINE, GREETED, MACHINE, Ended, EndedCall
from dialer.rules.budgets import NOTHING, Answered, Tally, Usage, aim_of, worth, worth_so_far

# A call is reserved so long before its answer at most, clocks that differ included.
BEFORE_ANSWER = timedelta(minutes=15)
MINUTE_S = 60
STARTS = {Start.ANSWER: "NULL::timestamptz", Start.GREETING: GREETED, Start.DETECTION: DETECTED}
COUNT = """
SELECT floor(extract(epoch FROM answered_at) / 60)::bigint, count(*) FILTER (WHERE {counted}),
       count(*) FILTER (WHERE {abandoned})
FROM dialer_attempt
WHERE id >= %(first)s AND answered_at >= %(begin)s AND (settled_in IS NULL OR settled_in < %(before)s::xid8) {whose}
GROUP BY 1
"""


def count_sql(rule: AbandonLimit, whose: frozenset[int] | None) -> str:
    """`worth` over ended calls, as SQL by minute of the answer."""
    start = f"coalesce({STARTS[rule.start]}, answered_at)"
    late = (
        f"((outcome = 'abandoned' AND bridged_at IS NULL) OR coalesce(bridged_at, ended_at) - {start} > %(threshold)s)"
    )
    wronged = f"({FALSE_MACHINE} AND {rule.false_machines})"
    decided = f"({late} OR bridged_at IS NOT NULL OR {rule.of is not Of.CONNECTED})"
    return COUNT.format(
        abandoned=f"CASE WHEN {MACHINE} THEN {wronged} ELSE {late} END",
        counted=f"CASE WHEN {MACHINE} THEN {wronged} OR {rule.of is Of.ANSWERED} ELSE {decided} END",
        whose="" if whose is None else "AND campaign_id = ANY(%(whose)s)",
    )


def count_rows(
    rule: AbandonLimit, whose: frozenset[int] | None, begin: datetime, before: str
) -> Iterable[tuple[int, Tally]]:
    """(minute since 1970, tally) of attempts answered from `begin` on and written before that transaction."""
    arguments: dict[str, Any] = {
        "first": first_id(begin - BEFORE_ANSWER),
        "begin": begin,
        "before": before,
        "threshold": rule.threshold,
        "whose": sorted(whose or ()),
    }
    with connection.cursor() as cursor:
        cursor.execute(count_sql(rule, whose), arguments)
        return [(minute, Tally(calls, abandoned)) for minute, calls, abandoned in cursor.fetchall()]


@dataclass(slots=True)
class Count:
    """One definition over one window: of whose calls (None: all), since when."""

    rule: AbandonLimit
    whose: frozenset[int] | None
    rolls: bool
    begin: datetime
    total: Tally = NOTHING
    by_minute: dict[int, Tally] = field(default_factory=dict)
    living: dict[UUID, Tally] = field(default_factory=dict)

    def start(self, ended: Ended) -> None:
        """From the rows: everything before the reader's mark, and what the reader has given out since."""
        for minute, tally in count_rows(self.rule, self.whose, self.begin, ended.before):
            self._put(minute, tally)
        self.add(ended.recent.values())

    def add(self, calls: Iterable[EndedCall]) -> None:
        for call in calls:
            self._drop_living(call.id)
            if (answer := call.answer) and self._is_of(call.campaign_id, answer):
                self._put(_minute(answer.answered_at), worth(self.rule, answer))

    def look_at(self, calls: Mapping[UUID, tuple[int, Answered]], now: datetime) -> None:
        """Calls that live: what is decided of them counts at once, and gives way to what their end says."""
        for key, (campaign, answer) in calls.items():
            if key in self.living or not self._is_of(campaign, answer):
                continue
            tally = worth_so_far(self.rule, answer, now)
            if tally != NOTHING:
                self.living[key] = tally
                self.total += tally

    def move_to(self, begin: datetime) -> None:
        """A rolling window moves on: whole minutes drop out of it."""
        first, self.begin = int(begin.timestamp()) // MINUTE_S, begin
        for minute in [minute for minute in self.by_minute if minute < first]:
            self.total -= self.by_minute.pop(minute)

    def _is_of(self, campaign: int, answer: Answered) -> bool:
        return answer.answered_at >= self.begin and (self.whose is None or campaign in self.whose)

    def _put(self, minute: int, tally: Tally) -> None:
        self.total += tally
        if self.rolls and tally != NOTHING:
            self.by_minute[minute] = self.by_minute.get(minute, NOTHING) + tally

    def _drop_living(self, call: UUID) -> None:
        self.total -= self.living.pop(call, NOTHING)


Key = tuple[AbandonLimit, frozenset[int] | None, Window]


class Counts:
    """All counts of an engine."""

    def __init__(self, ended: Ended) -> None:
        self._ended = ended
        self._counts: dict[Key, Count] = {}
        self._calls: Mapping[UUID, tuple[int, Answered]] = {}

    def add(self, new: Sequence[EndedCall], living: Mapping[UUID, tuple[int, Answered]], now: datetime) -> None:
        """What ended since the last look, and the answered calls that live now."""
        recent = self._ended.recent
        self._calls = {key: call for key, call in living.items() if key not in recent}
        for count in self._counts.values():
            count.add(new)
            count.look_at(self._calls, now)

    def usages(
        self,
        rules: Iterable[AbandonLimit],
        campaign: int,
        line: frozenset[int],
        began: datetime,
        now: datetime,
        aim: float | None = None,
    ) -> list[Usage]:
        """How much of each budget is used; `line`: the campaigns of its line of business; `began`, `now`: on the clock
        of the centre; `aim`: the campaign's own."""
        found = []
        for rule in rules:
            whose = {Scope.CAMPAIGN: frozenset({campaign}), Scope.LINE_OF_BUSINESS: line}.get(rule.scope)
            parts = [rule.window, Window(Unit.DAY)] if rule.window.is_long else [rule.window]
            for window in parts:
                count = self._at(rule, whose, window, began, now)
                until = window.ends(now, began)
                found.append(Usage(rule, count.total, until, aim_of(rule, aim), of_day=window != rule.window))
        return found

    def _at(
        self, rule: AbandonLimit, whose: frozenset[int] | None, window: Window, began: datetime, now: datetime
    ) -> Count:
        key, begin = (rule, whose, window), window.begins(now, began)
        count = self._counts.get(key)
        if count and window.unit is Unit.HOURS:
            if begin > count.begin:
                count.move_to(begin)
            elif begin < count.begin:  # the clock was put back
                count = None
        if count is None or (count.begin != begin and window.unit is not Unit.HOURS):
            count = self._counts[key] = Count(rule, whose, window.unit is Unit.HOURS, begin)
            count.start(self._ended)
            count.look_at(self._calls, now)
        return count


def _minute(moment: datetime) -> int:
    return int(moment.timestamp()) // MINUTE_S

"""The calls that ended since the last look, each exactly once, whatever the clocks say.

Ids are in the order of reservation and times are those of facts, which may come late: neither tells what is new. An
attempt therefore names the transaction that wrote it. Whatever was written before the oldest transaction still open at
the last look has been seen by it; what was written since is read, and told apart by its id.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.utils import timezone

from campaigns.partitions import first_id
from dialer.rules.budgets import Answered

# No call lasts longer. Bounds the look where transactions are numbered anew, as in a database restored from a dump.
LONGEST_CALL = timedelta(hours=12)
# How an attempt is told to rules.budgets: its fields as SQL over dialer_attempt.
GREETED, DETECTED, MACHINE, FALSE_MACHINE = "NULL::timestamptz", "detected_at", "(verdict = 'machine')", "false"
COLUMNS = (
    "id, campaign_id, lead_id, shift_id, reserved_at, answered_at, bridged_at, ended_at, outcome, hangup_by, "
    f"{GREETED} AS greeted_at, {DETECTED} AS detected_at, {MACHINE} AS machine, {FALSE_MACHINE} AS false_machine"
)
READ = f"""
WITH now AS (SELECT pg_snapshot_xmin(pg_current_snapshot()) AS oldest_open)
SELECT now.oldest_open::text, a.* FROM now LEFT JOIN (
    SELECT settled_in::text, {COLUMNS} FROM dialer_attempt WHERE settled_in >= %(from)s::xid8 AND id >= %(first)s
) a ON true
"""
OLDEST_OPEN = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text"


@dataclass(frozen=True, slots=True)
class EndedCall:
    """An attempt, as pacing wants to know it."""

    id: UUID
    campaign_id: int
    lead_id: int
    shift_id: UUID | None
    reserved_at: datetime
    answered_at: datetime | None
    bridged_at: datetime | None
    ended_at: datetime
    outcome: str
    hangup_by: str
    greeted_at: datetime | None = None
    detected_at: datetime | None = None
    machine: bool = False
    false_machine: bool = False

    @property
    def answer(self) -> Answered | None:
        """As budgets count it; None when nobody answered."""
        if self.answered_at is None:
            return None
        return Answered(
            self.answered_at,
            self.bridged_at,
            self.ended_at,
            dropped=self.outcome == "abandoned",
            greeted_at=self.greeted_at,
            detected_at=self.detected_at,
            machine=self.machine,
            false_machine=self.false_machine,
        )


class Ended:
    """Remembers how far it has read. `before`: the transaction before which all is known to others (as text);
    `recent`: what it has given out that was written since then."""

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(OLDEST_OPEN)
            self.before: str = cursor.fetchone()[0]
        self.recent: dict[UUID, EndedCall] = {}
        self._written: dict[UUID, int] = {}
        self.read()

    def read(self) -> list[EndedCall]:
        """Those not given out yet."""
        with connection.cursor() as cursor:
            cursor.execute(READ, {"from": self.before, "first": first_id(timezone.now() - LONGEST_CALL)})
            rows = cursor.fetchall()
        new = [(int(row[1]), EndedCall(*row[2:])) for row in rows if row[1] is not None and row[2] not in self.recent]
        self.recent |= {call.id: call for _, call in new}
        self._written |= {call.id: written for written, call in new}
        self._forget(rows[0][0])
        return [call for _, call in new]

    def _forget(self, oldest_open: str) -> None:
        self.before = oldest_open
        for call in [call for call, written in self._written.items() if written < int(oldest_open)]:
            del self._written[call], self.recent[call]

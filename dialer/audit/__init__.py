"""Was any rule broken? Plain SQL over the history, written apart from the rules, so that it is a second opinion.

Every call that rang is judged by the version of the rules that its touch names: what had happened to the person before
it, and the hour where they may be. `history` lays the calls and those rules out as temporary tables; `checks` are the
questions. Nothing of campaigns.rules is asked but for which zones a region has, and whose holidays are the library's.

Where two clocks meet it is the lenient one that counts: what was not known yet when a call was allowed (an answer, an
outcome) counts only from when it became so. So nothing is reported that was lawful when it was decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from dialer.audit import history
from dialer.audit.checks import CHECKS

EXAMPLES = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """How often a rule was broken, and the first calls (by id) that broke it, each with why."""

    count: int
    examples: tuple[tuple[UUID, str], ...] = ()


def audit(since: datetime) -> dict[str, int]:
    """Violations by check, of calls reserved since then."""
    return {name: finding.count for name, finding in findings(since).items()}


@transaction.atomic
def findings(since: datetime) -> dict[str, Finding]:
    """Every check's violations, of calls reserved since then, with the first EXAMPLES of them."""
    history.lay_out(since)
    found = {}
    with connection.cursor() as cursor:
        for name, query in CHECKS.items():
            cursor.execute(f"SELECT count(*) OVER (), id, why FROM ({query}) broken ORDER BY id, why LIMIT {EXAMPLES}")
            rows = cursor.fetchall()
            found[name] = Finding(rows[0][0] if rows else 0, tuple((call, why) for _, call, why in rows))
    history.put_away()
    return found

"""The touch ledger: claim, raise, refund, read. The only writer of touches.

A touch is claimed in the same transaction that reserves its call, under the person's and the phone's row lock, so two
campaigns racing for one person cannot both pass a cap. It is refunded only where the phone certainly did not ring.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from campaigns import exchange
from campaigns.exchange import Statement
from campaigns.rules.caps import REFUSAL, Touch

ATTEMPT, ANSWERED, CONVERSATION = 1, 2, 3

# No touch is further ahead of the clock of whoever reads.
AHEAD = timedelta(hours=1)

# What a touch came to, as the number it is kept as; the list only ever grows at its end.
OUTCOMES = (
    "",
    "no_answer",
    "busy",
    "rejected",
    "unreachable",
    "invalid_number",
    "congestion",
    "unknown",
    "abandoned",
    "hung_up",
    "cancelled",
    "conversation",
    REFUSAL,
    "failed",
    "released",
    "machine",
    "machine_message",
)
CODES = {outcome: code for code, outcome in enumerate(OUTCOMES)}
REFUSED = CODES[REFUSAL]

CLAIM = """
INSERT INTO campaigns_touch
    (phone, at, call_id, contact_id, campaign_id, line_of_business_id, level, outcome, callback, policy_id)
SELECT phone, %(at)s, call_id, contact_id, %(campaign)s, %(line)s, 1, 0, callback, %(policy)s
FROM unnest(%(phones)s::bigint[], %(calls)s::uuid[], %(contacts)s::bigint[], %(callbacks)s::boolean[])
     AS t(phone, call_id, contact_id, callback)
"""

# Two index-only scans rather than one OR, which the planner turns into a scan of the month; each touch is in one of
# them. `until` leaves out the months to come: touches of this very instant may be later than our own clock.
COLUMNS = "call_id, at, phone, contact_id, campaign_id, line_of_business_id, level, outcome, callback"
READ = f"""
SELECT {COLUMNS} FROM campaigns_touch
WHERE contact_id = ANY(%(contacts)s::bigint[]) AND at > %(since)s AND at < %(until)s
UNION ALL
SELECT {COLUMNS} FROM campaigns_touch
WHERE phone = ANY(%(phones)s::bigint[]) AND contact_id <> ALL(%(contacts)s::bigint[])
      AND at > %(since)s AND at < %(until)s
"""
# Older ones, by the indexes touch_refused, of which there is little; the planner must see their very condition.
READ_REFUSALS = f"""
UNION ALL
SELECT {COLUMNS} FROM campaigns_touch
WHERE outcome = {REFUSED} AND contact_id = ANY(%(contacts)s::bigint[]) AND at <= %(since)s
UNION ALL
SELECT {COLUMNS} FROM campaigns_touch
WHERE outcome = {REFUSED} AND phone = ANY(%(phones)s::bigint[]) AND contact_id <> ALL(%(contacts)s::bigint[])
      AND at <= %(since)s
"""

RAISE = """
UPDATE campaigns_touch t SET level = greatest(t.level, v.level), outcome = v.outcome
FROM unnest(%(phones)s::bigint[], %(ats)s::timestamptz[], %(calls)s::uuid[], %(levels)s::smallint[],
            %(outcomes)s::smallint[]) AS v(phone, at, call_id, level, outcome)
WHERE t.phone = v.phone AND t.at = v.at AND t.call_id = v.call_id
"""

REFUND = """
DELETE FROM campaigns_touch t
USING unnest(%(phones)s::bigint[], %(ats)s::timestamptz[], %(calls)s::uuid[]) AS v(phone, at, call_id)
WHERE t.phone = v.phone AND t.at = v.at AND t.call_id = v.call_id
"""


@dataclass(frozen=True, slots=True)
class TouchKey:
    """Where a touch is: its phone, when its call was reserved, and the call."""

    phone: int
    at: datetime
    call_id: UUID


@dataclass(frozen=True, slots=True)
class Claim:
    """A touch about to be made."""

    phone: int
    call_id: UUID
    contact_id: int
    callback: bool = False


def claiming(
    claims: Sequence[Claim], *, campaign_id: int, line_of_business_id: int | None, policy_id: int, at: datetime
) -> Statement:
    """Count one attempt for each claim, by these rules. The caller holds the contacts' and phones' row locks."""
    return CLAIM, {
        "at": at,
        "campaign": campaign_id,
        "line": line_of_business_id,
        "policy": policy_id,
        "phones": exchange.array(c.phone for c in claims),
        "calls": exchange.array(c.call_id for c in claims),
        "contacts": exchange.array(c.contact_id for c in claims),
        "callbacks": exchange.array(c.callback for c in claims),
    }


def reading(
    contacts: Iterable[int], phones: Iterable[int], since: datetime, now: datetime, *, refusals: bool = False
) -> Statement:
    """The touches since `since` of these people and phones, to be collected.

    With `refusals` those that came to a refusal too, however old.
    """
    query = READ + READ_REFUSALS if refusals else READ
    concerned = {"contacts": exchange.array(contacts), "phones": exchange.array(phones)}
    return query, {**concerned, "since": since, "until": now + AHEAD}


def collect(rows: Iterable[tuple[Any, ...]]) -> dict[int, list[Touch]]:
    """What was read, by contact and (negated) by phone, each touch once per key."""
    found: dict[int, list[Touch]] = defaultdict(list)
    for call, at, phone, contact, campaign, line, level, outcome, callback in rows:
        touch = Touch(at, phone, contact, campaign, line, level, OUTCOMES[outcome], callback, call)
        found[contact].append(touch)
        found[-phone].append(touch)
    return found


def read(
    contacts: Iterable[int], phones: Iterable[int], since: datetime, now: datetime, *, refusals: bool = False
) -> dict[int, list[Touch]]:
    """As `reading`, collected at once."""
    (rows,) = exchange.execute(reading(contacts, phones, since, now, refusals=refusals))
    return collect(rows)


def of(found: dict[int, list[Touch]], contact_id: int, phones: Iterable[int]) -> tuple[Touch, ...]:
    """The touches that concern one person: theirs, and others' on the phones they share."""
    own = found.get(contact_id, [])
    shared = [t for phone in phones for t in found.get(-phone, ()) if t.contact_id != contact_id]
    return (*own, *shared)


def came_to(results: Sequence[tuple[TouchKey, int, str]]) -> None:
    """Note how far calls came (2 answered, 3 conversation; never lowered) and their outcomes."""
    if not results:
        return
    columns = _columns([key for key, _, _ in results])
    levels, outcomes = [level for _, level, _ in results], [CODES[outcome] for _, _, outcome in results]
    with connection.cursor() as cursor:
        cursor.execute(RAISE, {**columns, "levels": levels, "outcomes": outcomes})


def refund(keys: Sequence[TouchKey]) -> None:
    """Take touches back whose phone certainly did not ring."""
    if not keys:
        return
    with connection.cursor() as cursor:
        cursor.execute(REFUND, _columns(keys))


def _columns(keys: Sequence[TouchKey]) -> dict[str, list[object]]:
    return {"phones": [k.phone for k in keys], "ats": [k.at for k in keys], "calls": [k.call_id for k in keys]}

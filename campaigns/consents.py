"""The only writer of consent: what people agreed to and took back, and what counts of it, kept on the contact.

Every word is an event that is never changed; what counts is worked out from all events of a person, in SQL, for as many
people at once as are given. The newest word for a purpose and basis counts. Taking back is for a purpose or for all of
them, whatever the basis, and reaches what was given until then, also where that becomes known later. What an import
said and its undo took back counts as never said. The contact's row is locked first, as reservations do, and the time is
told after that: so whoever decides has either found it or decided before it was so.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from campaigns.models import ConsentEvent, Contact, LineOfBusiness, User
from campaigns.reconsidering import due_again
from campaigns.rules.consent import Basis
from campaigns.services import audit

LOCK = "SELECT id FROM campaigns_contact WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
# The time is told once the rows are ours.
NOW = "SELECT clock_timestamp()"
# Not taken back by an undo; `{0}` is the event.
STANDS = """NOT EXISTS (
    SELECT 1 FROM campaigns_consentevent u WHERE u.contact_id = {0}.contact_id AND u.undoes_id = {0}.id
)"""
GIVE = f"""
INSERT INTO campaigns_consentevent
    (contact_id, line_of_business_id, kind, basis, at, expires_at, source, reason, by_id, recorded_at, version_id)
SELECT DISTINCT ON (v.contact_id, v.line, v.basis, v.at)
       v.contact_id, v.line, 'given', v.basis, least(v.at, %(now)s), v.expires, v.source, %(reason)s, %(by)s, %(now)s,
       %(version)s
FROM unnest(%(contacts)s::bigint[], %(lines)s::bigint[], %(bases)s::text[], %(ats)s::timestamptz[],
            %(expires)s::timestamptz[], %(sources)s::text[]) AS v(contact_id, line, basis, at, expires, source)
LEFT JOIN LATERAL (
    SELECT true AS known, expires_at FROM campaigns_consentevent g
    WHERE contact_id = v.contact_id AND kind = 'given' AND basis = v.basis AND at = v.at
      AND line_of_business_id IS NOT DISTINCT FROM v.line AND {STANDS.format("g")}
    ORDER BY id DESC LIMIT 1
) e ON true
WHERE e.known IS NULL OR e.expires_at IS DISTINCT FROM v.expires
"""
TAKE_BACK = """
INSERT INTO campaigns_consentevent
    (contact_id, line_of_business_id, kind, basis, at, source, reason, by_id, recorded_at, version_id)
SELECT who, %(line)s, 'withdrawn', '', least(coalesce(%(at)s::timestamptz, %(now)s), %(now)s), %(source)s, %(reason)s,
       %(by)s, %(now)s, %(version)s
FROM unnest(%(contacts)s::bigint[]) who
"""
UNDO = f"""
INSERT INTO campaigns_consentevent
    (contact_id, line_of_business_id, kind, basis, at, source, reason, by_id, recorded_at, undoes_id)
SELECT contact_id, line_of_business_id, 'undone', basis, %(now)s, source, %(reason)s, %(by)s, %(now)s, id
FROM campaigns_consentevent e
WHERE contact_id = ANY(%(contacts)s) AND version_id = %(version)s AND {STANDS.format("e")}
"""
# As rules.consent.read_grants reads it. Only what was given for any purpose can be taken back in part.
KEEP = f"""
UPDATE campaigns_contact c SET consents = s.consents
FROM (
    SELECT who.id, coalesce(jsonb_agg(
        jsonb_build_array(g.line_of_business_id, g.basis, g.at, g.expires_at, g.without)
        ORDER BY g.line_of_business_id NULLS FIRST, g.basis) FILTER (WHERE g.basis IS NOT NULL), '[]') AS consents
    FROM unnest(%(contacts)s::bigint[]) who(id)
    LEFT JOIN LATERAL (
        SELECT newest.*, ARRAY(
            SELECT DISTINCT w.line_of_business_id FROM campaigns_consentevent w
            WHERE w.contact_id = who.id AND w.kind = 'withdrawn' AND w.at >= newest.at AND {STANDS.format("w")}
              AND w.line_of_business_id IS NOT NULL AND newest.line_of_business_id IS NULL
            ORDER BY w.line_of_business_id) AS without
        FROM (
            SELECT DISTINCT ON (line_of_business_id, basis) line_of_business_id, basis, at, expires_at
            FROM campaigns_consentevent e WHERE contact_id = who.id AND kind = 'given' AND {STANDS.format("e")}
            ORDER BY line_of_business_id, basis, at DESC, id DESC
        ) newest
        WHERE NOT EXISTS (
            SELECT 1 FROM campaigns_consentevent w
            WHERE w.contact_id = who.id AND w.kind = 'withdrawn' AND w.at >= newest.at AND {STANDS.format("w")}
              AND (w.line_of_business_id IS NULL OR w.line_of_business_id = newest.line_of_business_id))
    ) g ON true
    GROUP BY who.id
) s
WHERE c.id = s.id AND c.consents IS DISTINCT FROM s.consents
RETURNING c.id
"""


@dataclass(frozen=True, slots=True)
class Given:
    """A person agreed: on which basis, when, until when (None: no end), for which line (None: any), by which source."""

    contact_id: int
    basis: str
    at: datetime
    expires_at: datetime | None = None
    line_of_business_id: int | None = None
    source: str = ""


@transaction.atomic
def record_many(rows: Sequence[Given], *, by: User | None = None, reason: str = "", version: int | None = None) -> int:
    """Write down what these people agreed to; how many are news (a list read twice says nothing new).

    Each person, purpose, basis and time once among them. For some thousands of people at once, whose rows stay locked
    until the transaction ends: keep it short. Nobody agrees later than it is written down: a time to come counts as
    now. Leads that only this kept are due again. `version`: of a list, whose undo takes it back.
    """
    if not rows:
        return 0
    contacts = _locked({row.contact_id for row in rows})
    values: dict[str, Any] = {
        "now": _now(),
        "by": by.pk if by else None,
        "reason": reason[:200],
        "version": version,
        "contacts": [row.contact_id for row in rows],
        "lines": [row.line_of_business_id for row in rows],
        "bases": [Basis(row.basis).value for row in rows],
        "ats": [row.at for row in rows],
        "expires": [row.expires_at for row in rows],
        "sources": [row.source[:64] for row in rows],
    }
    with connection.cursor() as cursor:
        cursor.execute(GIVE, values)
        news = cursor.rowcount
    due_again(_keep(contacts), "no_consent") if news else None
    return news


@transaction.atomic
def withdraw_many(
    contacts: Collection[int],
    *,
    line_of_business: LineOfBusiness | None = None,
    at: datetime | None = None,
    source: str,
    reason: str,
    by: User | None,
    version: int | None = None,
) -> None:
    """These people took back what they had agreed to until `at` (now), for a line of business or for every purpose.

    `version`: of a list, whose undo has them agree again.
    """
    known = _locked(set(contacts))
    values: dict[str, Any] = {
        "now": _now(),
        "by": by.pk if by else None,
        "contacts": known,
        "line": line_of_business.pk if line_of_business else None,
        "at": at,
        "source": source[:64],
        "reason": reason[:200],
        "version": version,
    }
    with connection.cursor() as cursor:
        cursor.execute(TAKE_BACK, values)
    _keep(known)


@transaction.atomic
def undo_version(contacts: Collection[int], *, version: int, reason: str, by: User | None) -> int:
    """What this version of a list said of these people counts as never said; how many words that were.

    For some thousands at once. Whoever agrees again because of that is due again.
    """
    known = _locked(set(contacts))
    values = {"now": _now(), "by": by.pk if by else None, "contacts": known, "version": version, "reason": reason[:200]}
    with connection.cursor() as cursor:
        cursor.execute(UNDO, values)
        undone = cursor.rowcount
    due_again(_keep(known), "no_consent") if undone else None
    return undone


@transaction.atomic
def record(
    contact: Contact,
    *,
    basis: str,
    at: datetime,
    expires_at: datetime | None = None,
    line_of_business: LineOfBusiness | None = None,
    source: str,
    reason: str,
    by: User | None,
) -> bool:
    """One person agreed; False if that was known."""
    line = line_of_business.pk if line_of_business else None
    news = record_many([Given(contact.pk, basis, at, expires_at, line, source)], by=by, reason=reason)
    if news:
        audit(by, "consent.recorded", contact, {"basis": basis, "line": line, "source": source, "reason": reason})
    return bool(news)


@transaction.atomic
def withdraw(
    contact: Contact, *, line_of_business: LineOfBusiness | None = None, source: str, reason: str, by: User | None
) -> None:
    """One person took it back, for a line of business or for every purpose."""
    withdraw_many([contact.pk], line_of_business=line_of_business, source=source, reason=reason, by=by)
    line = line_of_business.pk if line_of_business else None
    audit(by, "consent.withdrawn", contact, {"line": line, "source": source, "reason": reason})


def history(contact_id: int) -> list[ConsentEvent]:
    """All that a person ever said, newest first."""
    return list(ConsentEvent.objects.filter(contact_id=contact_id).order_by("-recorded_at", "-pk"))


def _locked(contacts: set[int]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [sorted(contacts)])
        return [contact for (contact,) in cursor.fetchall()]


def _now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute(NOW)
        now: datetime = cursor.fetchone()[0]
        return now


def _keep(contacts: list[int]) -> list[int]:
    """Work out what counts for these people now; returns those for whom it changed."""
    with connection.cursor() as cursor:
        cursor.execute(KEEP, {"contacts": contacts})
        return [contact for (contact,) in cursor.fetchall()]

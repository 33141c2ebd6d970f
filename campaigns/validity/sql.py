"""The rules of rules.validity in SQL, for any number of phones in one statement; a test holds the two together.

`RECORD` writes what was heard as evidence and resolves the phones it was heard of; `RESOLVE_AGAIN` resolves phones as
they are. Both read `words`, the evidence as it will be: a statement does not see what it writes itself. The caller
has locked the phones' rows in a statement before, so that no evidence comes in between.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from campaigns.rules.validity import (
    AGAINST,
    AGES,
    IN_A_ROW,
    OVERRULES,
    PRECEDENCE,
    TRUST,
    UNREACHABLE_TIMES,
    Code,
    Kind,
)

COLUMNS = "phone, code, kind, source, observed_at, expires_at, detail, origin, attempt_id, by_id"
STAGE = """
CREATE TEMP TABLE IF NOT EXISTS heard_evidence (
    row_no int, phone bigint, code text, kind text, source text, observed_at timestamptz, expires_at timestamptz,
    detail text, origin bigint, attempt_id uuid, by_id bigint
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS known_evidence (LIKE campaigns_phoneevidence) ON COMMIT DELETE ROWS;
CREATE INDEX IF NOT EXISTS known_evidence_of_phone ON known_evidence (phone);
TRUNCATE heard_evidence, known_evidence
"""
COPY = f"COPY heard_evidence (row_no, {COLUMNS}) FROM STDIN"
LOCK = "SELECT number FROM campaigns_phone WHERE number = ANY(%s) ORDER BY number FOR NO KEY UPDATE"
LOCK_STAGED = """
SELECT count(*) FROM (
    SELECT 1 FROM campaigns_phone WHERE number IN (SELECT phone FROM heard_evidence) ORDER BY number FOR NO KEY UPDATE
) locked
"""
# Somebody talked with us after what was heard was observed: the ledger knows, though nothing was learned from it then.
ANSWERED_SINCE = """
INSERT INTO heard_evidence (phone, code, kind, source, observed_at, detail, attempt_id)
SELECT DISTINCT ON (t.phone) t.phone, 'answered', 'own_call', '', t.at, '', t.call_id
FROM campaigns_touch t JOIN heard_evidence h ON h.phone = t.phone AND t.at > h.observed_at
WHERE t.level = 3 AND t.at > %(oldest)s AND t.at < %(now)s
  AND h.code <> 'answered' AND h.kind IN ('list', 'feed', 'lookup')
ORDER BY t.phone, t.at DESC
"""
# Read where they lie, with what ANALYZE knows of them.
STAGED = {
    "heard": f"NOT MATERIALIZED (SELECT row_no, {COLUMNS} FROM heard_evidence)",
    "known": "NOT MATERIALIZED (SELECT * FROM known_evidence)",
}
STAGE_KNOWN = """
INSERT INTO known_evidence SELECT * FROM campaigns_phoneevidence
WHERE phone IN (SELECT phone FROM heard_evidence) AND withdrawn_at IS NULL;
ANALYZE known_evidence
"""
OF_CALLS = {
    "heard": """MATERIALIZED (
SELECT 0 AS row_no, phone, code, kind, '' AS source, %(now)s AS observed_at, NULL::timestamptz AS expires_at, detail,
       NULL::bigint AS origin, attempt_id, by_id
FROM unnest(%(phones)s::bigint[], %(codes)s::text[], %(kinds)s::text[], %(details)s::text[], %(attempts)s::uuid[],
            %(bys)s::bigint[]) AS h(phone, code, kind, detail, attempt_id, by_id)
)""",
    "known": """MATERIALIZED (
SELECT * FROM campaigns_phoneevidence WHERE phone IN (SELECT phone FROM heard) AND withdrawn_at IS NULL
)""",
}


def _values(rows: Iterable[Iterable[str]]) -> str:
    return "(VALUES " + ", ".join(f"({', '.join(row)})" for row in rows) + ")"


def _text(value: str) -> str:
    return f"'{value}'"


def _interval(length: timedelta | None) -> str:
    return "NULL::interval" if length is None else f"interval '{length.total_seconds():.0f} seconds'"


TRUSTED = _values((_text(kind), str(trust)) for kind, trust in TRUST.items())
CODES = _values(
    (_text(code), str(-PRECEDENCE[code]), str(code in AGAINST).lower(), _interval(AGES[code])) for code in Code
)
# Until when a word `{0}` is believed; `{1}` is its line of CODES, `a` what managers set.
UNTIL = (
    "coalesce({0}.expires_at, {0}.observed_at"
    " + CASE WHEN a.code IS NULL THEN {1}.age ELSE a.hours * interval '1 hour' END, 'infinity')"
)
GRAVEST_FIRST = f"ARRAY[{', '.join(_text(code) for code in Code)}]"
# By which codes each code may be overruled, as SQL; none of them may be.
BY_WHICH = {older: [newer for newer, olders in OVERRULES.items() if older in olders] for older in Code}


def _beaten() -> str:
    """The trust of the best later word that may overrule this one; who answers knows better than anybody."""
    sets = {older: ", ".join(_text(newer) for newer in newers) for older, newers in BY_WHICH.items() if newers}
    best = f"max(CASE code WHEN '{Code.ANSWERED}' THEN 99 ELSE trust END) FILTER (WHERE code IN ({{}})) OVER later"
    return (
        "CASE code " + " ".join(f"WHEN '{older}' THEN {best.format(codes)}" for older, codes in sets.items()) + " END"
    )


# The place in time of a word; COLLATE as Python compares text. Windows, not a join of words with words: planned with
# too few rows in mind, that compared each with each.
PLACE = 'observed_at, trust, rank, source COLLATE "C"'
HELD = f"""
weighed AS MATERIALIZED (
    SELECT w.phone, w.code, w.kind, w.source, w.observed_at, w.times, k.trust, c.rank, c.against,
           {UNTIL.format("w", "c")} AS until
    FROM words w JOIN {TRUSTED} k(kind, trust) USING (kind) JOIN {CODES} c(code, rank, against, age) USING (code)
    LEFT JOIN campaigns_statusage a ON a.code = w.code
), ruled AS (
    SELECT DISTINCT ON (phone) * FROM weighed WHERE kind = '{Kind.SUPERVISOR}'
    ORDER BY phone, observed_at DESC, rank DESC, source COLLATE "C" DESC
), later AS (
    SELECT *, {_beaten()} AS beaten_by, count(*) OVER later_of_source AS taken_back
    FROM weighed WHERE kind <> '{Kind.SUPERVISOR}'
    WINDOW later AS (PARTITION BY phone ORDER BY {PLACE} GROUPS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING),
           later_of_source AS (PARTITION BY phone, kind, source ORDER BY {PLACE}
                               GROUPS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)
), held AS (
    SELECT * FROM later
    WHERE against AND until > %(now)s AND taken_back = 0 AND coalesce(beaten_by, 0) < trust
      AND NOT (kind = '{Kind.OWN_CALL}' AND code = '{Code.UNREACHABLE}' AND times < {UNREACHABLE_TIMES})
)
"""
CHOSEN = """
chosen AS (
    -- Of each number one line at least: that nothing is held.
    SELECT DISTINCT ON (phone) * FROM (
        SELECT 2 AS place, phone, code, kind, against, observed_at, trust, rank, source, until FROM ruled
        WHERE until > %(now)s
        UNION ALL SELECT 1, phone, code, kind, against, observed_at, trust, rank, source, until FROM held
        UNION ALL SELECT 0, phone, '', '', false, NULL, 0, 0, '', 'infinity' FROM phones
    ) each
    ORDER BY phone, place DESC, until DESC, observed_at DESC, trust DESC, rank DESC, source COLLATE "C" DESC
), state AS MATERIALIZED (
    SELECT p.number, p.status AS was, coalesce(p.status_expires_at, 'infinity') AS was_until,
           CASE WHEN c.against THEN c.code ELSE '' END AS status, c.kind AS source, c.observed_at,
           nullif(c.until, 'infinity') AS expires_at,
           CASE WHEN c.against THEN c.until ELSE '-infinity' END AS until
    FROM chosen c JOIN campaigns_phone p ON p.number = c.phone
), moved AS (
    UPDATE campaigns_phone p
    SET status = s.status, status_source = s.source, status_observed_at = s.observed_at,
        status_expires_at = s.expires_at
    FROM state s
    WHERE p.number = s.number AND (p.status, p.status_source, p.status_observed_at, p.status_expires_at)
          IS DISTINCT FROM (s.status, s.source, s.observed_at, s.expires_at)
), cleared AS (
    INSERT INTO campaigns_clearedphone (phone)
    SELECT number FROM state WHERE was <> '' AND was_until > %(now)s AND until < was_until
    ON CONFLICT DO NOTHING
)
"""
RESOLVE = f"{HELD}, {CHOSEN}"
# `again`: the same source says the same, later; a supervisor's words are each kept. `late`: it has said something
# newer, and this may still have overruled what others said before. `outdated`: so too, and it is kept, or said again.
JUDGED = f"""
said AS (
    SELECT DISTINCT ON (phone, kind, source) id, phone, kind, source, code, observed_at, expires_at, times FROM known
    ORDER BY phone, kind, source, observed_at DESC, id DESC
), heard_in_turn AS (
    SELECT *, row_number() OVER newest AS place, lag(code) OVER newest AS said_later FROM heard
    WINDOW newest AS (PARTITION BY phone, kind, source
                      ORDER BY observed_at DESC, array_position({GRAVEST_FIRST}, code), row_no)
), judged AS MATERIALIZED (
    SELECT h.*, s.id AS said_id, s.times + (h.observed_at > s.observed_at)::int AS times_said,
           CASE WHEN h.said_later = h.code THEN 'outdated'
                WHEN h.place > 1 OR h.observed_at < s.observed_at
                     OR (h.observed_at = s.observed_at AND h.code <> s.code)
                THEN CASE WHEN EXISTS (
                         SELECT 1 FROM known k WHERE (k.phone, k.kind, k.source, k.code)
                             = (h.phone, h.kind, h.source, h.code) AND h.observed_at BETWEEN k.since AND k.observed_at
                     ) THEN 'outdated' ELSE 'late' END
                WHEN s.id IS NULL THEN 'new'
                WHEN h.observed_at > s.observed_at AND (h.code <> s.code OR h.kind = '{Kind.SUPERVISOR}') THEN 'new'
                WHEN h.observed_at > s.observed_at + {_interval(IN_A_ROW)} AND h.code = '{Code.UNREACHABLE}'
                     AND h.kind = '{Kind.OWN_CALL}' THEN 'new'
                WHEN h.observed_at > s.observed_at OR h.expires_at IS DISTINCT FROM s.expires_at THEN 'again'
                ELSE 'known' END AS what
    FROM heard_in_turn h LEFT JOIN said s USING (phone, kind, source)
    -- That somebody answered is worth keeping only where something else is known.
    WHERE h.code <> '{Code.ANSWERED}' OR EXISTS (SELECT 1 FROM known k WHERE k.phone = h.phone)
       OR EXISTS (SELECT 1 FROM heard o WHERE o.phone = h.phone AND o.code <> '{Code.ANSWERED}')
)
"""
RECORD = f"""
WITH heard AS {{heard}}, known AS {{known}}, {JUDGED}, again AS (
    UPDATE campaigns_phoneevidence e
    SET observed_at = j.observed_at, expires_at = j.expires_at, times = j.times_said, detail = j.detail,
        origin = j.origin, attempt_id = j.attempt_id
    FROM judged j WHERE j.what = 'again' AND e.id = j.said_id
), added AS (
    INSERT INTO campaigns_phoneevidence
        (phone, code, kind, source, since, observed_at, expires_at, times, detail, recorded_at, origin, attempt_id,
         by_id)
    SELECT phone, code, kind, source, observed_at, observed_at, expires_at, 1, detail, %(now)s, origin, attempt_id,
           by_id
    FROM judged WHERE what IN ('new', 'late')
), phones AS MATERIALIZED (
    SELECT DISTINCT phone FROM judged WHERE what IN ('new', 'late', 'again')
), words AS (
    SELECT phone, code, kind, source, observed_at, expires_at, times FROM known
    WHERE phone IN (SELECT phone FROM phones) AND id NOT IN (SELECT said_id FROM judged WHERE what = 'again')
    UNION ALL
    SELECT phone, code, kind, source, observed_at, expires_at, CASE what WHEN 'again' THEN times_said ELSE 1 END
    FROM judged WHERE what IN ('new', 'late', 'again')
), {RESOLVE}
SELECT count(*) FILTER (WHERE what = 'new'), count(*) FILTER (WHERE what IN ('again', 'known'))
FROM judged WHERE row_no IS NOT NULL
"""
RESOLVE_AGAIN = f"""
WITH phones AS MATERIALIZED (
    SELECT unnest(%(phones)s::bigint[]) AS phone
), words AS (
    SELECT phone, code, kind, source, observed_at, expires_at, times FROM campaigns_phoneevidence
    WHERE phone IN (SELECT phone FROM phones) AND withdrawn_at IS NULL
), {RESOLVE}
SELECT 1
"""
# What a list said of these numbers, since its import that is undone; what an earlier one said too goes back to that.
WITHDRAW = """
UPDATE campaigns_phoneevidence
SET withdrawn_at = CASE WHEN since < %(since)s THEN NULL ELSE %(now)s END,
    observed_at = CASE WHEN since < %(since)s THEN greatest(since, %(before)s) ELSE observed_at END,
    times = CASE WHEN since < %(since)s THEN greatest(times - 1, 1) ELSE times END
WHERE phone = ANY(%(phones)s) AND kind = 'list' AND origin = %(list)s AND observed_at >= %(since)s
  AND withdrawn_at IS NULL
RETURNING phone
"""
# What is old and keeps no number from being called, not even once a newer word has aged: overruled, or aged itself.
PRUNE = f"""
WITH phones AS MATERIALIZED (
    SELECT unnest(%(phones)s::bigint[]) AS phone
), words AS (
    SELECT phone, code, kind, source, observed_at, expires_at, times FROM campaigns_phoneevidence
    WHERE phone IN (SELECT phone FROM phones) AND withdrawn_at IS NULL
), {HELD}
DELETE FROM campaigns_phoneevidence e USING phones
WHERE e.phone = phones.phone AND e.observed_at < %(cutoff)s AND NOT EXISTS (
    SELECT 1 FROM (
        SELECT phone, kind, source, code, observed_at FROM held
        UNION ALL SELECT phone, kind, source, code, observed_at FROM ruled WHERE until > %(now)s
    ) h
    WHERE (h.phone, h.kind, h.source, h.code, h.observed_at) = (e.phone, e.kind, e.source, e.code, e.observed_at)
)
"""

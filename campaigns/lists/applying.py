"""A batch of people → contacts, their phones and the list's entries, in one transaction of set-based statements.

Applying a batch again changes nothing: every statement is keyed, and the first row of a person in a list stays the
good one. Locks are taken in one order (contacts, then phones, each sorted), so that two imports and the reservation
never wait for each other in a circle.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from campaigns.lists.rows import Person

STAGE = """
CREATE TEMP TABLE IF NOT EXISTS import_row (
    row_no int, customer_id text, first_phone bigint, name text, language text, time_zone text, region text,
    attributes jsonb,
    contact_id bigint
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS import_phone (
    row_no int, number bigint, position int, label text, country text, line_type text, zones text[]
) ON COMMIT DELETE ROWS;
TRUNCATE import_row, import_phone
"""
COPY_ROWS = (
    "COPY import_row (row_no, customer_id, first_phone, name, language, time_zone, region, attributes) FROM STDIN"
)
COPY_PHONES = "COPY import_phone (row_no, number, position, label, country, line_type, zones) FROM STDIN"

# The planner knows nothing of a table filled a moment ago.
ANALYZE = "ANALYZE import_row; ANALYZE import_phone"

FIND = """
UPDATE import_row r SET contact_id = c.id FROM campaigns_contact c
WHERE r.contact_id IS NULL AND c.customer_id = r.customer_id;
UPDATE import_row r SET contact_id = c.id FROM campaigns_contact c
WHERE r.contact_id IS NULL AND r.customer_id IS NULL AND c.customer_id IS NULL AND c.first_phone = r.first_phone
"""
DROP_DUPLICATES = """
WITH gone AS (
    DELETE FROM import_row r USING campaigns_listentry e
    WHERE e.list_id = %s AND e.contact_id = r.contact_id AND e.row_no <> r.row_no RETURNING r.row_no
), phones AS (DELETE FROM import_phone p USING gone WHERE p.row_no = gone.row_no)
SELECT row_no FROM gone
"""
LOCK_CONTACTS = """
SELECT id FROM campaigns_contact WHERE id IN (SELECT contact_id FROM import_row) ORDER BY id FOR NO KEY UPDATE
"""
# What the newer list leaves empty keeps its older value; attributes are merged group by group.
UPDATE_CONTACTS = """
WITH merged AS (
    SELECT c.id, coalesce(nullif(r.name, ''), c.name) AS name,
           coalesce(nullif(r.language, ''), c.language) AS language,
           coalesce(nullif(r.time_zone, ''), c.time_zone) AS time_zone,
           coalesce(nullif(r.region, ''), c.region) AS region,
           c.attributes || (
               SELECT coalesce(jsonb_object_agg(g.key, coalesce(c.attributes -> g.key, '{}') || g.value), '{}')
               FROM jsonb_each(r.attributes) g
           ) AS attributes
    FROM import_row r JOIN campaigns_contact c ON c.id = r.contact_id
)
UPDATE campaigns_contact c
SET name = m.name, language = m.language, time_zone = m.time_zone, region = m.region, attributes = m.attributes,
    updated_at = now()
FROM merged m
WHERE c.id = m.id AND (c.name, c.language, c.time_zone, c.region, c.attributes)
      IS DISTINCT FROM (m.name, m.language, m.time_zone, m.region, m.attributes)
"""
INSERT_CONTACTS = """
INSERT INTO campaigns_contact
    (customer_id, first_phone, name, language, time_zone, region, attributes, created_at, updated_at)
SELECT customer_id, first_phone, name, language, time_zone, region, attributes, now(), now()
FROM import_row WHERE contact_id IS NULL ORDER BY customer_id, first_phone
ON CONFLICT DO NOTHING
"""
INSERT_PHONES = """
INSERT INTO campaigns_phone (number, country, line_type, zones, status, status_source)
SELECT DISTINCT ON (number) number, country, line_type, zones, '', '' FROM import_phone ORDER BY number
ON CONFLICT DO NOTHING
"""
# The phones of the newest list are tried first, those of older lists after them.
MOVE_OLDER_PHONES = """
WITH newer AS (
    SELECT r.contact_id, count(*) AS phones FROM import_row r JOIN import_phone p USING (row_no) GROUP BY 1
), older AS (
    SELECT cp.id, n.phones - 1 + row_number() OVER (PARTITION BY cp.contact_id ORDER BY cp.position, cp.id) AS position
    FROM newer n JOIN campaigns_contactphone cp USING (contact_id)
    WHERE NOT EXISTS (
        SELECT FROM import_row r JOIN import_phone p USING (row_no)
        WHERE r.contact_id = cp.contact_id AND p.number = cp.phone
    )
)
UPDATE campaigns_contactphone cp SET position = o.position FROM older o WHERE cp.id = o.id AND cp.position <> o.position
"""
INSERT_CONTACT_PHONES = """
INSERT INTO campaigns_contactphone AS cp (contact_id, phone, label, position)
SELECT r.contact_id, p.number, p.label, p.position FROM import_row r JOIN import_phone p USING (row_no) ORDER BY 1, 2
ON CONFLICT (contact_id, phone) DO UPDATE SET label = excluded.label, position = excluded.position
WHERE (cp.label, cp.position) IS DISTINCT FROM (excluded.label, excluded.position)
"""
INSERT_ENTRIES = """
INSERT INTO campaigns_listentry (list_id, contact_id, row_no)
SELECT %s, contact_id, row_no FROM import_row ORDER BY row_no
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person and the row of the file they are in."""

    row_no: int
    person: Person


def apply(list_id: int, people: Sequence[PersonRow]) -> set[int]:
    """Make these people entries of the list; each key at most once among them, in the order of the file.

    Returns the numbers of the rows whose person an earlier row of the list already is.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        _stage(cursor, people)
        cursor.execute(FIND)
        cursor.execute(DROP_DUPLICATES, [list_id])
        duplicates = {row_no for (row_no,) in cursor.fetchall()}
        cursor.execute(LOCK_CONTACTS)
        cursor.execute(UPDATE_CONTACTS)
        cursor.execute(INSERT_CONTACTS)
        cursor.execute(FIND)
        cursor.execute(INSERT_PHONES)
        cursor.execute(MOVE_OLDER_PHONES)
        cursor.execute(INSERT_CONTACT_PHONES)
        cursor.execute(INSERT_ENTRIES, [list_id])
    return duplicates


def _stage(cursor: CursorWrapper, people: Sequence[PersonRow]) -> None:
    cursor.execute(STAGE)
    with cursor.copy(COPY_ROWS) as copy:
        for row in people:
            p = row.person
            attributes = json.dumps(p.attributes, ensure_ascii=False)
            copy.write_row(
                (row.row_no, p.customer_id, p.first_phone, p.name, p.language, p.time_zone, p.region, attributes)
            )
    with cursor.copy(COPY_PHONES) as copy:
        for row in people:
            for position, phone in enumerate(row.person.phones):
                n = phone.number
                kind = n.line_type.value
                copy.write_row((row.row_no, n.phone, position, phone.label, n.country, kind, list(n.zones)))
    cursor.execute(ANALYZE)

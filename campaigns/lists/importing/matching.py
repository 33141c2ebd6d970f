"""Who of a version's people is there twice: in the file, or on another list; the first row of a person counts.

Asked once, of the whole file, when all of it is on the stage: parts are read in any order, and which of two rows is
the duplicate must not depend on it. A duplicate says whom it doubles. What "the same person" means:

- the same customer id; of those without one, the same first number;
- where the import says so (`shared`), also any number in common;
- of other lists, where the import says so (`known`): people who are on one are duplicates here.
"""

from __future__ import annotations

from typing import Any

from django.db import connection

from campaigns.lists.importing import publishing, stage
from campaigns.models import ListVersion

Known, Shared = ListVersion.Known, ListVersion.Shared

REJECT = """
INSERT INTO campaigns_reject
    (list_id, version_id, row_no, reason, "column", value, row, same_row, same_contact, same_list)
SELECT %(of_list)s::bigint, %(version)s::bigint, d.row_no, 'duplicate',
       CASE WHEN d.said IS NULL THEN %(id_column)s ELSE %(phone_column)s END,
       coalesce('+' || d.said, d.customer_id), '{{}}', d.same_row, d.same_contact, d.same_list
FROM double d
"""
TAKE = (
    """
WITH double AS MATERIALIZED ({double}), gone AS (
    DELETE FROM import_row_{id} r USING double d WHERE r.row_no = d.row_no
)
"""
    + REJECT
)
SAME_CUSTOMER_ID = """
    SELECT r.row_no, r.customer_id, NULL::bigint AS said, f.first AS same_row, NULL::bigint AS same_contact,
           NULL::bigint AS same_list
    FROM import_row_{id} r JOIN (
        SELECT customer_id, min(row_no) AS first FROM import_row_{id} WHERE customer_id IS NOT NULL
        GROUP BY 1 HAVING count(*) > 1
    ) f ON f.customer_id = r.customer_id AND r.row_no <> f.first
"""
SAME_FIRST_PHONE = """
    SELECT r.row_no, r.customer_id, r.first_phone AS said, f.first AS same_row, NULL::bigint AS same_contact,
           NULL::bigint AS same_list
    FROM import_row_{id} r JOIN (
        SELECT first_phone, min(row_no) AS first FROM import_row_{id} WHERE customer_id IS NULL
        GROUP BY 1 HAVING count(*) > 1
    ) f ON f.first_phone = r.first_phone AND r.customer_id IS NULL AND r.row_no <> f.first
"""
SAME_NUMBER = """
    SELECT DISTINCT ON (r.row_no) r.row_no, r.customer_id, p.number AS said, f.first AS same_row,
           NULL::bigint AS same_contact, NULL::bigint AS same_list
    FROM import_row_{id} r JOIN import_phone_{id} p USING (row_no) JOIN (
        SELECT number, min(row_no) AS first FROM import_phone_{id} JOIN import_row_{id} USING (row_no)
        GROUP BY 1 HAVING count(*) > 1
    ) f ON f.number = p.number AND f.first < r.row_no
    ORDER BY r.row_no, p.position
"""
ON_ANOTHER_LIST = """
    SELECT DISTINCT ON (r.row_no) r.row_no, r.customer_id, r.first_phone AS said, NULL::int AS same_row,
           c.id AS same_contact, e.list_id AS same_list
    FROM import_row_{id} r CROSS JOIN LATERAL (
        SELECT id FROM campaigns_contact WHERE customer_id = r.customer_id
        UNION ALL
        SELECT id FROM campaigns_contact
        WHERE r.customer_id IS NULL AND customer_id IS NULL AND first_phone = r.first_phone
    ) c
    JOIN campaigns_listentry e ON e.contact_id = c.id AND e.list_id <> %(list)s
    ORDER BY r.row_no, e.list_id
"""
NUMBER_ON_ANOTHER_LIST = """
    SELECT DISTINCT ON (r.row_no) r.row_no, r.customer_id, p.number AS said, NULL::int AS same_row,
           c.id AS same_contact, e.list_id AS same_list
    FROM import_row_{id} r JOIN import_phone_{id} p USING (row_no)
    JOIN campaigns_contactphone cp ON cp.phone = p.number JOIN campaigns_contact c ON c.id = cp.contact_id
    JOIN campaigns_listentry e ON e.contact_id = c.id AND e.list_id <> %(list)s
    WHERE c.customer_id IS DISTINCT FROM r.customer_id
          OR (r.customer_id IS NULL AND c.first_phone IS DISTINCT FROM r.first_phone)
    ORDER BY r.row_no, p.position, e.list_id
"""
RECOUNT = """
UPDATE campaigns_importpart p SET rows_good = p.rows_good - d.n, rows_duplicate = d.n
FROM (
    SELECT p.id, count(*) AS n FROM campaigns_importpart p
    JOIN campaigns_reject r ON r.version_id = p.version_id AND r.reason = 'duplicate'
         AND r.row_no BETWEEN p.first_row AND p.last_row
    WHERE p.version_id = %(version)s GROUP BY 1
) d WHERE p.id = d.id
"""


def match(version: ListVersion) -> None:
    """Take the duplicates off the stage and make them rejects, each with its evidence."""
    values = _values(version)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '192MB'")
        stage.settle(version.pk)
        for double in _questions(version):
            cursor.execute(TAKE.format(double=double.format(id=version.pk), id=version.pk), values)
        cursor.execute(RECOUNT, values)


def _questions(version: ListVersion) -> list[str]:
    asked = [SAME_CUSTOMER_ID, SAME_FIRST_PHONE]
    if version.shared == Shared.SAME:
        asked.append(SAME_NUMBER)
    if version.known == Known.SKIP:
        asked.append(ON_ANOTHER_LIST)
    if version.shared == Shared.SAME:
        asked.append(NUMBER_ON_ANOTHER_LIST)
    return asked


def _values(version: ListVersion) -> dict[str, Any]:
    names: dict[str, str] = {}
    for column, meaning in publishing.told(version).items():
        names.setdefault(meaning, column)
    return {
        "list": version.list_id,
        "of_list": None if version.list.current_id else version.list_id,
        "version": version.pk,
        "id_column": names.get("customer_id", "")[:100],
        "phone_column": names.get("phone", "")[:100],
    }

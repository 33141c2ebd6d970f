"""What an import did is taken back: the state before it, as far as nobody has changed it since.

History is never removed. A lead nobody was called for goes; one with attempts stays and is finished. A person the
import made goes unless anything else names them. What another import or a person changed since stays as they left it.
The same serves an import that is cancelled half-way: there are no leads yet then.
"""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import Model
from django.utils import timezone

from campaigns.lists import applying
from campaigns.lists.importing import publishing
from campaigns.lists.said import ordering, taking_back
from campaigns.models import Contact, ContactBefore, ContactList, LeadBefore, ListVersion, VersionEntry

IMPORT_UNDONE = "import_undone"
UNTOUCHED = """
l.attempts = 0 AND l.last_attempt_at IS NULL AND l.state <> 'held' AND NOT l.callback AND l.outcome_counts = '{{}}'
"""
# Who was on an earlier version too may have their lead from it.
THEIR_LEADS = """
l.list_id = %(list)s AND l.contact_id IN (SELECT e.contact_id FROM {entries} AND e.fate < 3)
AND NOT EXISTS (
    SELECT FROM campaigns_versionentry b JOIN campaigns_listversion v ON v.id = b.version_id
    WHERE v.list_id = %(list)s AND v.number < %(number)s AND b.contact_id = l.contact_id
)
"""
DELETE_LEADS = f"DELETE FROM campaigns_lead l WHERE {UNTOUCHED} AND {THEIR_LEADS}"
FINISH_LEADS = f"""
UPDATE campaigns_lead l SET state = 'finished', reason = '{IMPORT_UNDONE}', callback = false
WHERE l.state = 'due' AND {THEIR_LEADS}
"""
DUE_AGAIN = f"""
UPDATE campaigns_lead l SET state = 'due', reason = b.reason FROM campaigns_leadbefore b
WHERE b.version_id = %(version)s AND l.id = b.lead_id AND l.state = 'finished'
  AND l.reason = '{publishing.GONE_FROM_LIST}'
"""
LOCK_CONTACTS = """
SELECT id FROM campaigns_contact
WHERE id IN (SELECT contact_id FROM campaigns_contactbefore WHERE version_id = %(version)s)
ORDER BY id FOR NO KEY UPDATE
"""
FIELDS = ("name", "language", "time_zone", "region")
RESTORE = """
UPDATE campaigns_contact c SET {fields},
       attributes = CASE WHEN b.changes -> 'attributes' -> 1 = c.attributes THEN b.changes -> 'attributes' -> 0
                         ELSE c.attributes END,
       updated_at = now()
FROM campaigns_contactbefore b
WHERE b.version_id = %(version)s AND c.id = b.contact_id AND b.changes - 'phones' <> '{{}}'
""".format(
    fields=", ".join(
        f"{field} = CASE WHEN b.changes -> '{field}' ->> 1 = c.{field} THEN b.changes -> '{field}' ->> 0 "
        f"ELSE c.{field} END"
        for field in FIELDS
    )
)
# Their phones as they were, where they are still as the import left them.
RESTORE_PHONES = """
CREATE TEMP TABLE phones_before ON COMMIT DROP AS
SELECT b.contact_id, b.changes -> 'phones' -> 0 AS phones FROM campaigns_contactbefore b
WHERE b.version_id = %(version)s AND b.changes -> 'phones' -> 1 = (
    SELECT coalesce(jsonb_agg(jsonb_build_array(cp.phone, cp.label, cp.position) ORDER BY cp.position, cp.id), '[]')
    FROM campaigns_contactphone cp WHERE cp.contact_id = b.contact_id
);
DELETE FROM campaigns_contactphone cp USING phones_before b WHERE cp.contact_id = b.contact_id;
INSERT INTO campaigns_contactphone (contact_id, phone, label, position)
SELECT b.contact_id, (p ->> 0)::bigint, p ->> 1, (p ->> 2)::smallint
FROM phones_before b CROSS JOIN LATERAL jsonb_array_elements(b.phones) p ORDER BY 1, 4;
DROP TABLE phones_before
"""
MADE = """
CREATE TEMP TABLE made_contact ON COMMIT DROP AS SELECT e.contact_id AS id FROM {entries} AND e.fate = 0;
ANALYZE made_contact
"""
BACK_IN_FORCE = """
DELETE FROM campaigns_listentry WHERE list_id = %(list)s;
INSERT INTO campaigns_listentry (list_id, contact_id, row_no, fate)
SELECT %(list)s::bigint, contact_id, row_no, fate FROM campaigns_versionentry WHERE version_id = %(previous)s
ORDER BY contact_id;
DELETE FROM campaigns_versionentry WHERE version_id = %(previous)s;
UPDATE campaigns_reject SET list_id = NULL WHERE list_id = %(list)s;
UPDATE campaigns_reject SET list_id = %(list)s WHERE version_id = %(previous)s
"""
FORGET_MADE = """
DELETE FROM made_contact m WHERE {named};
DELETE FROM campaigns_contactphone cp USING made_contact m WHERE cp.contact_id = m.id;
DELETE FROM campaigns_contact c USING made_contact m WHERE c.id = m.id;
DROP TABLE made_contact
"""
LEFT_BEHIND = """
UPDATE campaigns_lead l SET state = 'finished', reason = %(reason)s, callback = false
WHERE l.campaign_id = ANY(%(campaigns)s) AND l.list_id = %(list)s AND l.state = 'due'
  AND NOT EXISTS (SELECT FROM campaigns_listentry e WHERE e.list_id = %(list)s AND e.contact_id = l.contact_id)
  AND NOT EXISTS (
    SELECT FROM campaigns_versionentry b JOIN campaigns_listversion v ON v.id = b.version_id
    WHERE v.list_id = %(list)s AND b.contact_id = l.contact_id
  )
"""


def take_back(version: ListVersion) -> None:
    """Undo all that the version did, in the caller's transaction."""
    version.list = ContactList.objects.select_for_update().get(pk=version.list_id)
    entries, of_entries = applying.entries_of(version)
    values = {**of_entries, "list": version.list_id, "version": version.pk, "number": version.number}
    values |= {"previous": version.previous_id}
    in_force = version.list.current_id == version.pk
    _run(MADE.format(entries=entries), values)
    if in_force:
        for statement in (DELETE_LEADS, FINISH_LEADS):
            _run(statement.format(entries=entries), values)
        _run(DUE_AGAIN, values)
    taking_back.take_back(version)
    for statement in (LOCK_CONTACTS, RESTORE, RESTORE_PHONES):
        _run(statement, values)
    ordering.order_again(version)
    _take_people_off(version, values, in_force)
    _forget_what_was_before(version)
    _run(FORGET_MADE.format(named=_named()), {})


def _take_people_off(version: ListVersion, values: dict[str, Any], in_force: bool) -> None:
    if in_force and version.previous:
        _run(BACK_IN_FORCE, values)
        version.list.current = version.previous
        version.previous.list = version.list
        publishing.show(version.previous)
    elif in_force or version.list.current_id is None:
        _run("DELETE FROM campaigns_listentry WHERE list_id = %(list)s", values)
        _run("UPDATE campaigns_reject SET list_id = NULL WHERE list_id = %(list)s", values)
        _show_nobody(version.list)


def _show_nobody(shown: ContactList) -> None:
    shown.state, shown.current, shown.finished_at = ContactList.State.EMPTY, None, timezone.now()
    shown.rows_total = shown.rows_good = shown.rows_duplicate = shown.rows_rejected = 0
    shown.save()


def _forget_what_was_before(version: ListVersion) -> None:
    for model in (VersionEntry, ContactBefore, LeadBefore):
        rows: Any = model.objects.filter(version=version)
        rows._raw_delete(rows.db)


def _named() -> str:
    """SQL: something else names the contact. Whatever tables there are, the models know them."""
    mine: tuple[type[Model], ...] = (Contact.phones.through,)
    named = [
        f"EXISTS (SELECT FROM {relation.related_model._meta.db_table} x WHERE x.{relation.field.column} = m.id)"
        for relation in Contact._meta.related_objects
        if not relation.many_to_many and relation.related_model not in mine
    ]
    return " OR ".join(named)


def _run(statement: str, values: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        for each in statement.split(";"):
            cursor.execute(each, values or None)


def finish_left_behind(version: ListVersion) -> int:
    """Leads that a call held when their import was undone, and that have come back since; how many."""
    campaigns = list(version.list.campaigns.values_list("pk", flat=True))
    values: dict[str, Any] = {"reason": IMPORT_UNDONE, "campaigns": campaigns, "list": version.list_id}
    with connection.cursor() as cursor:
        cursor.execute(LEFT_BEHIND, values)
        return cursor.rowcount

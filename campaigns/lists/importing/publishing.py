"""A version whose rows are all applied comes into force: the books are balanced, its people become the list's, those
who are gone are dealt with; then leads are added, many at a time by several processes.

Coming into force is one transaction. From then on the list is ready; a lead that is added a moment later than another
was no less complete.
"""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from campaigns import services
from campaigns.lists import applying
from campaigns.lists.mapping import Mapping
from campaigns.lists.said import giving, ordering
from campaigns.models import ContactList, ImportPart, ListVersion

COUNTS = ("rows_total", "rows_good", "rows_duplicate", "rows_rejected")
DIFFERENCES = ("rows_new", "rows_changed", "rows_unchanged", "rows_gone")
GONE_FROM_LIST = "gone_from_list"

COUNT_FATES = """
SELECT count(*), count(*) FILTER (WHERE e.fate < 3), count(*) FILTER (WHERE e.fate = 3),
       count(*) FILTER (WHERE e.fate = 4)
FROM {entries}
"""
COUNT_REJECTS = """
SELECT count(*) FILTER (WHERE reason = 'duplicate'), count(*) FILTER (WHERE reason <> 'duplicate')
FROM campaigns_reject WHERE version_id = %(version)s
"""
# What was in force is kept as it was, and what comes into force is no longer kept apart.
SWAP = """
INSERT INTO campaigns_versionentry (version_id, contact_id, row_no, fate)
SELECT %(previous)s::bigint, contact_id, row_no, fate FROM campaigns_listentry WHERE list_id = %(list)s
ORDER BY contact_id;
DELETE FROM campaigns_listentry WHERE list_id = %(list)s;
INSERT INTO campaigns_listentry (list_id, contact_id, row_no, fate)
SELECT %(list)s::bigint, contact_id, row_no, fate FROM campaigns_versionentry WHERE version_id = %(version)s
ORDER BY contact_id;
DELETE FROM campaigns_versionentry WHERE version_id = %(version)s;
UPDATE campaigns_reject SET list_id = NULL WHERE list_id = %(list)s;
UPDATE campaigns_reject SET list_id = %(list)s WHERE version_id = %(version)s
"""
GONE = """
SELECT b.contact_id FROM campaigns_versionentry b
WHERE b.version_id = %(previous)s AND NOT EXISTS (
    SELECT FROM campaigns_listentry e WHERE e.list_id = %(list)s AND e.contact_id = b.contact_id
)
"""
# Who is on another list of the campaign goes on being called. A lead that a call holds is the call's.
FINISH_GONE = f"""
WITH gone AS ({GONE}), finished AS (
    SELECT l.id, l.reason FROM campaigns_lead l JOIN gone g ON g.contact_id = l.contact_id
    WHERE l.campaign_id = ANY(%(campaigns)s) AND l.list_id = %(list)s AND l.state = 'due'
      AND NOT EXISTS (
          SELECT FROM campaigns_listentry e JOIN campaigns_campaignlist o ON o.list_id = e.list_id
          WHERE e.contact_id = l.contact_id AND o.campaign_id = l.campaign_id AND e.list_id <> %(list)s
      )
    ORDER BY l.id FOR UPDATE OF l
), kept AS (
    INSERT INTO campaigns_leadbefore (version_id, lead_id, reason) SELECT %(version)s::bigint, id, reason FROM finished
)
UPDATE campaigns_lead l SET state = 'finished', reason = '{GONE_FROM_LIST}'
FROM finished f WHERE l.id = f.id AND l.state = 'due'
"""
STRETCHES = """
SELECT min(contact_id), max(contact_id) FROM (
    SELECT contact_id, ntile(%(parts)s) OVER (ORDER BY contact_id) AS part
    FROM campaigns_listentry WHERE list_id = %(list)s
) e GROUP BY part ORDER BY part
"""


class BooksDoNotBalance(Exception):
    """Rows were lost or counted twice; the import is taken back."""


def come_into_force(version: ListVersion) -> None:
    """The list is what this version says. The list's row is locked first: see services.attach_list."""
    version.list = ContactList.objects.select_for_update().get(pk=version.list_id)
    _balance(version)
    giving.total(version)
    if version.list.current_id:
        _execute(SWAP, version)
        version.rows_gone = _scalar(f"SELECT count(*) FROM ({GONE}) gone", version)
    version.list.current = version
    show(version)
    if version.rows_gone and version.gone == ListVersion.Gone.FINISH:
        _execute(FINISH_GONE, version)
    _cut_by_contact(version)
    version.save(update_fields=[*COUNTS, *DIFFERENCES])


def show(version: ListVersion) -> None:
    """The list shows the version's books."""
    shown = version.list
    shown.state, shown.error, shown.finished_at = ContactList.State.READY, "", timezone.now()
    shown.file, shown.original_name = version.file, version.original_name
    shown.default_country, shown.mapping = version.default_country, told(version)
    for count in COUNTS:
        setattr(shown, count, getattr(version, count))
    shown.save()


def told(version: ListVersion) -> dict[str, str]:
    """Column name → what it was taken for, of those that were taken for something."""
    return Mapping.from_json(version.mapping).layout().mapping() if version.mapping else {}


def add_leads(version: ListVersion, part: ImportPart) -> None:
    """The people of this stretch become leads of the list's campaigns."""
    if part.first_contact and part.last_contact:
        between = (part.first_contact, part.last_contact)
        for campaign in version.list.campaigns.all():
            part.leads_added += services.add_leads(campaign=campaign, list=version.list, between=between)
        ordering.order_again(version, between)
    part.state = ImportPart.State.PUBLISHED
    part.save(update_fields=["state", "leads_added"])


def close(version: ListVersion) -> None:
    """All leads are there."""
    version.leads_added = version.parts.aggregate(n=Sum("leads_added"))["n"] or 0
    version.finished_at = timezone.now()
    version.save(update_fields=["leads_added", "finished_at"])
    services.audit(version.created_by, "list.imported", version.list, books(version))


def books(version: ListVersion) -> dict[str, int]:
    """Counts by name, for the trail and reports."""
    named = {name.removeprefix("rows_"): getattr(version, name) for name in (*COUNTS, *DIFFERENCES)}
    return {"version": version.number, **named, "leads": version.leads_added}


def _balance(version: ListVersion) -> None:
    """Count what is in the database, not what we think we put there."""
    entries, values = applying.entries_of(version)
    with connection.cursor() as cursor:
        cursor.execute(COUNT_FATES.format(entries=entries), values)
        good, version.rows_new, version.rows_changed, version.rows_unchanged = cursor.fetchone()
        cursor.execute(COUNT_REJECTS, {"version": version.pk})
        version.rows_duplicate, version.rows_rejected = cursor.fetchone()
    version.rows_good = good
    if version.rows_good + version.rows_duplicate + version.rows_rejected != version.rows_total:
        raise BooksDoNotBalance(f"version {version.pk}: {books(version)}")


def _cut_by_contact(version: ListVersion) -> None:
    """Leads are added along their index by contact; each part gets its stretch of it."""
    parts = list(version.parts.order_by("number"))
    with connection.cursor() as cursor:
        cursor.execute(STRETCHES, {"parts": len(parts), "list": version.list_id})
        stretches = cursor.fetchall()
    for part, (first, last) in zip(parts, stretches, strict=False):
        part.first_contact, part.last_contact = first, last
    ImportPart.objects.bulk_update(parts, ["first_contact", "last_contact"])


def _execute(statement: str, version: ListVersion) -> None:
    with connection.cursor() as cursor:
        for each in statement.split(";"):
            cursor.execute(each, _values(version))


def _scalar(statement: str, version: ListVersion) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, _values(version))
        return int(cursor.fetchone()[0])


def _values(version: ListVersion) -> dict[str, Any]:
    return {
        "list": version.list_id,
        "version": version.pk,
        "previous": version.previous_id,
        "campaigns": list(version.list.campaigns.values_list("pk", flat=True)),
    }

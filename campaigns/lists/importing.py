"""The import of one list, from the stored file to leads: once, however often it is started.

A run that was killed is simply run again: batches already applied change nothing. One run at a time holds an advisory
lock of the list, which ends with its database session; should a pooler break that, two runs at once do no harm
either, because a row's fate depends only on the file. The books must balance before the list is ready:
total = good + duplicate + rejected.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from django.db import connection, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from campaigns import events, services
from campaigns.lists import applying, reading, rows
from campaigns.lists.applying import PersonRow
from campaigns.lists.columns import Layout, Unreadable
from campaigns.lists.reading import Row, Sheet
from campaigns.lists.rows import Person, Refused
from campaigns.models import ContactList, ListEntry, Reject

LOCK_CLASS = 7302  # the first key of pg_try_advisory_lock(class, list)
BATCH = 5_000
LONGEST_VALUE = 200
COUNTERS = ("rows_good", "rows_duplicate", "rows_rejected")
State = ContactList.State
UNFINISHED = (State.WAITING, State.IMPORTING)

logger = logging.getLogger(__name__)


class BooksDoNotBalance(Exception):
    """Rows were lost or counted twice; the list stays unfinished and is run again."""


def run(list_id: int) -> bool:
    """Import the list; False when there was nothing to do or somebody else is at it."""
    with _alone(list_id) as alone:
        found = ContactList.objects.filter(pk=list_id, state__in=UNFINISHED).select_related("created_by").first()
        if not alone or found is None:
            return False
        with translation.override(found.created_by.language if found.created_by else "en"):
            try:
                _import(found)
            except Unreadable as flaw:
                _fail(found, str(flaw))
    return True


def is_running(list_id: int) -> bool:
    """Whether some process imports this list at this moment."""
    with _alone(list_id) as alone:
        return not alone


@contextmanager
def _alone(list_id: int) -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_CLASS, list_id])
        alone = bool(cursor.fetchone()[0])
        try:
            yield alone
        finally:
            if alone and connection.connection and not connection.connection.closed:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_CLASS, list_id])


def _import(contact_list: ContactList) -> None:
    sheet = reading.open_sheet(_path(contact_list))
    contact_list.rows_total, contact_list.mapping = sheet.rows_total, sheet.layout.mapping()
    contact_list.state = State.IMPORTING
    contact_list.rows_good = contact_list.rows_duplicate = contact_list.rows_rejected = 0
    contact_list.save(update_fields=["rows_total", "mapping", "state", *COUNTERS])
    for batch in _batches(sheet):
        _apply(contact_list, sheet.layout, batch)
    _finish(contact_list)


def _path(contact_list: ContactList) -> Path:
    try:
        path = Path(contact_list.file.path)
    except ValueError:
        path = Path()
    if not path.is_file():
        raise Unreadable(_("The uploaded file is no longer on this machine. Upload the list again."))
    return path


def _batches(sheet: Sheet) -> Iterator[list[Row]]:
    lines = sheet.rows()
    while batch := list(islice(lines, BATCH)):
        yield batch


def _apply(contact_list: ContactList, layout: Layout, batch: Sequence[Row]) -> None:
    people: list[PersonRow] = []
    refused: dict[int, Refused] = {}
    seen: set[str | int | None] = set()
    for row in batch:
        match rows.read_row(layout, row, contact_list.default_country):
            case Refused() as why:
                refused[row.no] = why
            case Person() as person if person.key in seen:
                refused[row.no] = _duplicate(layout, row)
            case Person() as person:
                seen.add(person.key)
                people.append(PersonRow(row.no, person))
    cells = {row.no: row for row in batch}
    refused |= {no: _duplicate(layout, cells[no]) for no in applying.apply(contact_list.pk, people)}
    _reject(contact_list, layout, [(cells[no], why) for no, why in sorted(refused.items())])
    _count(contact_list, len(batch), list(refused.values()))


def _duplicate(layout: Layout, row: Row) -> Refused:
    """Where the row names the person that an earlier row named."""
    places = [phone.index for phone in layout.phones]
    if "customer_id" in layout.fields:
        places.insert(0, layout.fields["customer_id"])
    index = next(place for place in places if "".join(row.cells[place : place + 1]).strip())
    return Refused(rows.Reason.DUPLICATE, layout.header[index], row.cells[index])


def _reject(contact_list: ContactList, layout: Layout, refused: Sequence[tuple[Row, Refused]]) -> None:
    rejects = [
        Reject(
            list=contact_list,
            row_no=row.no,
            reason=why.reason,
            column=why.column[:100],
            value=why.value[:LONGEST_VALUE],
            row={name: cell[:LONGEST_VALUE] for name, cell in zip(layout.header, row.cells, strict=False)},
        )
        for row, why in refused
    ]
    Reject.objects.bulk_create(rejects, ignore_conflicts=True, batch_size=BATCH)


def _count(contact_list: ContactList, size: int, refused: Sequence[Refused]) -> None:
    duplicates = sum(why.reason == rows.Reason.DUPLICATE for why in refused)
    contact_list.rows_good += size - len(refused)
    contact_list.rows_duplicate += duplicates
    contact_list.rows_rejected += len(refused) - duplicates
    contact_list.save(update_fields=COUNTERS)
    events.changed("list", contact_list.pk)


@transaction.atomic
def _finish(contact_list: ContactList) -> None:
    """Ready, with its leads. The list's row is locked first: see services.attach_list."""
    ContactList.objects.select_for_update().get(pk=contact_list.pk)
    _balance(contact_list)
    contact_list.state, contact_list.finished_at = State.READY, timezone.now()
    contact_list.save(update_fields=["state", "finished_at", *COUNTERS])
    services.audit(None, "list.imported", contact_list, _books(contact_list))
    for campaign in contact_list.campaigns.all():
        services.add_leads(campaign=campaign, list=contact_list)
    transaction.on_commit(lambda: events.changed("list", contact_list.pk), robust=True)
    logger.info("list %s imported: %s", contact_list.pk, _books(contact_list))


def _balance(contact_list: ContactList) -> None:
    """Count what is in the database, not what we think we put there."""
    rejects = Reject.objects.filter(list=contact_list)
    contact_list.rows_good = ListEntry.objects.filter(list=contact_list).count()
    contact_list.rows_duplicate = rejects.filter(reason=rows.Reason.DUPLICATE).count()
    contact_list.rows_rejected = rejects.exclude(reason=rows.Reason.DUPLICATE).count()
    counted = contact_list.rows_good + contact_list.rows_duplicate + contact_list.rows_rejected
    if counted != contact_list.rows_total:
        raise BooksDoNotBalance(f"list {contact_list.pk}: {_books(contact_list)}")


def _books(contact_list: ContactList) -> dict[str, int]:
    return {
        "total": contact_list.rows_total,
        "good": contact_list.rows_good,
        "duplicate": contact_list.rows_duplicate,
        "rejected": contact_list.rows_rejected,
    }


@transaction.atomic
def _fail(contact_list: ContactList, sentence: str) -> None:
    contact_list.state, contact_list.error, contact_list.finished_at = State.FAILED, sentence, timezone.now()
    contact_list.save(update_fields=["state", "error", "finished_at"])
    services.audit(None, "list.failed", contact_list, {"error": sentence})
    transaction.on_commit(lambda: events.changed("list", contact_list.pk), robust=True)
    logger.info("list %s refused", contact_list.pk)

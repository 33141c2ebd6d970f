"""A do-not-call file, from the stored upload to its entries: once, however often it is started.

The numbers are staged by COPY and compared with the entries that hold; what is new or lasts longer is applied in the
order of numbers by the ten thousand, each chunk in a short transaction that locks the numbers' rows first, as for a
single entry. Its counts are kept with it, so that a run that was killed finds the rest to do, and every number is
counted once. Commits don't wait for the disk: what a crash of the database loses, it loses together with its counts.

A file that is the whole of its source is compared first, and waits for somebody's word: what it does not name any
more may be called again. Taking a whole source off is the same without a file.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from campaigns import events, locks
from campaigns.do_not_call import reading, undoing
from campaigns.lists.columns import Unreadable
from campaigns.locks import Work
from campaigns.models import AuditEntry, ContactPhone, SuppressionFile
from campaigns.reconsidering import due_again

BLOCK = 50_000
CHUNK = 10_000
State = SuppressionFile.State
UNFINISHED = (State.WAITING, State.READING, State.APPLYING)
OPEN = (*UNFINISHED, State.UNDOING)

STAGE = """
DROP TABLE IF EXISTS pg_temp.dnc_row, pg_temp.dnc_number, pg_temp.dnc_todo, pg_temp.dnc_gone;
CREATE TEMP TABLE dnc_row (number bigint)
"""
COPY_ROWS = "COPY dnc_row (number) FROM STDIN"
COPY_REJECTS = "COPY campaigns_suppressionreject (file_id, row_no, reason, value) FROM STDIN"
DISTINCT = """
CREATE TEMP TABLE dnc_number AS SELECT DISTINCT number FROM dnc_row ORDER BY number;
ALTER TABLE dnc_number ADD PRIMARY KEY (number);
ANALYZE dnc_number
"""
# Entries of numbers, of this source and scope, that hold.
ITS_OWN = """
s.phone IS NOT NULL AND s.ended_at IS NULL AND s.source = %(source)s
AND s.line_of_business_id IS NOT DISTINCT FROM %(line)s::bigint
AND s.campaign_id IS NOT DISTINCT FROM %(campaign)s::bigint
"""
LASTS = "(s.expires_at IS NULL OR s.expires_at >= coalesce(%(expires)s::timestamptz, 'infinity'))"
# Numbers without an entry that lasts as long; `id` is the entry that does not.
FIND_TODO = f"""
CREATE TEMP TABLE dnc_todo AS
SELECT n.number, s.id FROM dnc_number n LEFT JOIN campaigns_suppression s ON s.phone = n.number AND {ITS_OWN}
WHERE s.id IS NULL OR NOT {LASTS} ORDER BY n.number;
CREATE INDEX ON dnc_todo (number)
"""
COUNT_TODO = "SELECT count(*) FILTER (WHERE id IS NULL), count(id) FROM dnc_todo"
FIND_GONE = f"""
CREATE TEMP TABLE dnc_gone AS
SELECT s.phone AS number, s.id FROM campaigns_suppression s
WHERE {ITS_OWN} AND NOT EXISTS (SELECT 1 FROM dnc_number n WHERE n.number = s.phone) ORDER BY s.phone;
CREATE INDEX ON dnc_gone (number)
"""
COUNT_GONE = "SELECT count(*) FROM dnc_gone"
NEXT = "SELECT number, id FROM {of} WHERE number > %s ORDER BY number LIMIT %s"
NO_WAIT = "SET LOCAL synchronous_commit = off"
LOCK = """
SELECT count(*) FROM (
    SELECT 1 FROM campaigns_phone WHERE number = ANY(%(numbers)s) ORDER BY number FOR NO KEY UPDATE
) locked
"""
SHORTER = f"""
UPDATE campaigns_suppression s SET ended_at = statement_timestamp(), ended_by_id = %(by)s, ended_file_id = %(file)s
WHERE s.id = ANY(%(ids)s) AND s.ended_at IS NULL AND NOT {LASTS}
"""
# The time is told after the locks. Somebody may have entered one of them meanwhile.
ENTER = """
INSERT INTO campaigns_suppression
    (phone, line_of_business_id, campaign_id, reason, source, expires_at, created_by_id, created_at, file_id)
SELECT number, %(line)s, %(campaign)s, %(reason)s, %(source)s, %(expires)s, %(by)s, statement_timestamp(), %(file)s
FROM unnest(%(numbers)s::bigint[]) number
ON CONFLICT DO NOTHING
"""
TAKE_OFF = """
UPDATE campaigns_suppression
SET ended_at = statement_timestamp(), ended_by_id = %(by)s, ended_why = %(reason)s, ended_file_id = %(file)s
WHERE id = ANY(%(ids)s) AND ended_at IS NULL
"""

logger = logging.getLogger(__name__)


class Cancelled(Exception):
    """Somebody said stop, or the file is gone."""


def run(file_id: int) -> bool:
    """Read and apply the file; False when there was nothing to do or somebody else is at it."""
    with locks.alone(Work.DO_NOT_CALL_FILE, file_id) as alone:
        found = SuppressionFile.objects.filter(pk=file_id, state__in=OPEN).select_related("created_by").first()
        if not alone or found is None:
            return False
        with translation.override(found.created_by.language if found.created_by else "en"):
            try:
                undoing.undo(found) if found.state == State.UNDOING else _import(found)
            except Unreadable as flaw:
                _settle(found, State.FAILED, "suppressions.failed", error=str(flaw))
            except Cancelled:
                logger.info("do-not-call file %s was cancelled", file_id)
    return True


def is_running(file_id: int) -> bool:
    """Whether some process is at this file at this moment."""
    return locks.is_taken(Work.DO_NOT_CALL_FILE, file_id)


def _import(file: SuppressionFile) -> None:
    resumed = file.state == State.APPLYING
    _stage(file, resumed=resumed)
    _compare(file, resumed=resumed)
    if file.replaces and not file.confirmed:
        _change(file, state=State.COMPARED)
        return
    if not resumed:
        _change(file, state=State.APPLYING, added=0, prolonged=0, kept=0, gone=0)
    for todo in _chunks("dnc_todo"):
        _apply_chunk(file, todo)
    for gone in _chunks("dnc_gone") if file.replaces else ():
        _take_off_chunk(file, gone)
    file.refresh_from_db()
    _change(file, kept=file.numbers - file.added - file.prolonged)
    _settle(file, State.DONE, "suppressions.imported")


def _stage(file: SuppressionFile, *, resumed: bool) -> None:
    """Its numbers in a temporary table, each once; the other rows are accounted for."""
    total = rejected = 0
    with connection.cursor() as cursor:
        cursor.execute(STAGE)
    if not resumed:
        _change(file, state=State.READING)
        file.rejects.all().delete()
    found = reading.rows(_path(file), file.default_country) if file.upload else iter(())
    while block := list(islice(found, BLOCK)):
        rejects = [row for row in block if not isinstance(row[2], int)]
        total, rejected = total + len(block), rejected + len(rejects)
        _copy(file, block, [] if resumed else rejects)
        if not resumed:
            _change(file, rows_total=total, rows_rejected=rejected)
    with connection.cursor() as cursor:
        cursor.execute(DISTINCT)
        cursor.execute("SELECT count(*) FROM dnc_number")
        (distinct,) = cursor.fetchone()
    if file.upload and not distinct:
        raise Unreadable(_("No column of the file holds phone numbers. Check the file and the country."))
    _change(file, numbers=distinct, rows_duplicate=total - rejected - distinct)


def _path(file: SuppressionFile) -> Path:
    path = Path(file.upload.path)
    if not path.is_file():
        raise Unreadable(_("The uploaded file is no longer on this machine. Upload it again."))
    return path


def _copy(file: SuppressionFile, block: list[reading.Row], rejects: list[reading.Row]) -> None:
    with connection.cursor() as cursor:
        with cursor.copy(COPY_ROWS) as copy:
            copy.write("".join(f"{number}\n" for _, _, number in block if isinstance(number, int)))
        if rejects:
            with cursor.copy(COPY_REJECTS) as copy:
                for no, cell, reason in rejects:
                    copy.write_row((file.pk, no, str(reason), cell[:200].replace("\0", "")))


def _compare(file: SuppressionFile, *, resumed: bool) -> None:
    """What is to be done, and how much that is: new, prolonged, as they were, no longer named by the source."""
    with connection.cursor() as cursor:
        cursor.execute(FIND_TODO, _values(file))
        cursor.execute(FIND_GONE, _values(file))
        cursor.execute(COUNT_TODO)
        added, prolonged = cursor.fetchone()
        cursor.execute(COUNT_GONE)
        gone = cursor.fetchone()[0] if file.replaces else 0
    if not resumed:
        _change(file, added=added, prolonged=prolonged, kept=file.numbers - added - prolonged, gone=gone)


Chunk = list[tuple[int, int | None]]  # numbers in their order, and the entry of each


def _chunks(table: str) -> Iterator[Chunk]:
    after = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(NEXT.format(of=table), [after, CHUNK])
            found = cursor.fetchall()
        if not found:
            return
        yield found
        after = found[-1][0]


def _apply_chunk(file: SuppressionFile, todo: Chunk) -> None:
    """These numbers become entries, with their count, in a transaction of its own."""
    values = {**_values(file), "numbers": [number for number, _ in todo], "ids": [id for _, id in todo if id]}
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(NO_WAIT)
        cursor.execute(LOCK, values)
        cursor.execute(SHORTER, values)
        prolonged = cursor.rowcount
        cursor.execute(ENTER, values)
        entered = cursor.rowcount
        _count(file, added=F("added") + entered - prolonged, prolonged=F("prolonged") + prolonged)
    events.changed("suppressions", file.pk)


def _take_off_chunk(file: SuppressionFile, gone: Chunk) -> None:
    """These entries end, as the source no longer names them, and whoever they kept is looked at again."""
    numbers = [number for number, _ in gone]
    values = {**_values(file), "numbers": numbers, "ids": [id for _, id in gone]}
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(NO_WAIT)
        cursor.execute(LOCK, values)
        cursor.execute(TAKE_OFF, values)
        _count(file, gone=F("gone") + cursor.rowcount)
        due_again(set(ContactPhone.objects.filter(phone__in=numbers).values_list("contact", flat=True)), "do_not_call")
    events.changed("suppressions", file.pk)


def _values(file: SuppressionFile) -> dict[str, Any]:
    return {
        "file": file.pk,
        "source": file.source,
        "reason": file.reason,
        "line": file.line_of_business_id,
        "campaign": file.campaign_id,
        "expires": file.expires_at,
        "by": file.created_by_id,
    }


def _change(file: SuppressionFile, **fields: Any) -> None:
    """Raises Cancelled when that was said meanwhile."""
    _count(file, **fields)
    for name, value in fields.items():
        setattr(file, name, value)
    events.changed("suppressions", file.pk)


def _count(file: SuppressionFile, **fields: Any) -> None:
    if not SuppressionFile.objects.filter(pk=file.pk, state__in=UNFINISHED).update(**fields):
        raise Cancelled


@transaction.atomic
def _settle(file: SuppressionFile, state: str, action: str, error: str = "") -> None:
    _change(file, state=state, error=error, finished_at=timezone.now())
    file.refresh_from_db()
    AuditEntry.objects.create(
        actor_id=file.created_by_id, action=action, object_type="suppressionfile", object_id=str(file.pk),
        data={"error": error} if error else books(file),
    )  # fmt: skip
    logger.info("do-not-call file %s: %s %s", file.pk, state, books(file))


def books(file: SuppressionFile) -> dict[str, int]:
    """The account of its rows and numbers."""
    names = ("rows_total", "rows_duplicate", "rows_rejected", "numbers", "added", "prolonged", "kept", "gone")
    return {name: getattr(file, name) for name in names}

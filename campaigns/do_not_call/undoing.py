"""A do-not-call file is taken back: what it entered ends, with the reason, and what it had ended is entered again.

Entries that others made before or since stay as they are. Nothing is removed: the rows of a number go on being its
history. In chunks as the file was applied (`importing`), so that a run that was killed finds the rest to do.
"""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from campaigns import events
from campaigns.models import AuditEntry, ContactPhone, SuppressionFile
from campaigns.reconsidering import due_again

CHUNK = 10_000
State = SuppressionFile.State
FIND = """
DROP TABLE IF EXISTS pg_temp.dnc_undo;
CREATE TEMP TABLE dnc_undo AS
SELECT DISTINCT phone AS number FROM campaigns_suppression
WHERE phone IS NOT NULL AND ((file_id = %(file)s AND ended_at IS NULL) OR ended_file_id = %(file)s) ORDER BY 1;
CREATE INDEX ON dnc_undo (number)
"""
NEXT = "SELECT number FROM dnc_undo WHERE number > %s ORDER BY number LIMIT %s"
NO_WAIT = "SET LOCAL synchronous_commit = off"
LOCK = """
SELECT count(*) FROM (
    SELECT 1 FROM campaigns_phone WHERE number = ANY(%(numbers)s) ORDER BY number FOR NO KEY UPDATE
) locked
"""
END = """
UPDATE campaigns_suppression SET ended_at = statement_timestamp(), ended_by_id = %(by)s, ended_why = %(reason)s
WHERE phone = ANY(%(numbers)s) AND file_id = %(file)s AND ended_at IS NULL
"""
# Where somebody has entered the number meanwhile, that stands.
AGAIN = """
INSERT INTO campaigns_suppression
    (phone, line_of_business_id, campaign_id, reason, source, expires_at, created_by_id, created_at, file_id)
SELECT phone, line_of_business_id, campaign_id, reason, source, expires_at, created_by_id, statement_timestamp(),
       file_id
FROM campaigns_suppression
WHERE phone = ANY(%(numbers)s) AND ended_file_id = %(file)s
  AND (expires_at IS NULL OR expires_at > statement_timestamp())
ORDER BY phone
ON CONFLICT DO NOTHING
"""


def undo(file: SuppressionFile) -> None:
    """All of it, in the caller's session, who alone is at the file."""
    with connection.cursor() as cursor:
        cursor.execute(FIND, {"file": file.pk})
    after = 0
    while numbers := _next(after):
        _take_back(file, numbers)
        after = numbers[-1]
    _settle(file)


def _next(after: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(NEXT, [after, CHUNK])
        return [number for (number,) in cursor.fetchall()]


def _take_back(file: SuppressionFile, numbers: list[int]) -> None:
    values: dict[str, Any] = {
        "file": file.pk,
        "numbers": numbers,
        "by": file.undone_by_id,
        "reason": file.undone_why,
    }
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(NO_WAIT)
        cursor.execute(LOCK, values)
        cursor.execute(END, values)
        ended = cursor.rowcount
        cursor.execute(AGAIN, values)
        again = cursor.rowcount
        counts = {"taken_back": F("taken_back") + ended, "entered_again": F("entered_again") + again}
        SuppressionFile.objects.filter(pk=file.pk).update(**counts)
        due_again(set(ContactPhone.objects.filter(phone__in=numbers).values_list("contact", flat=True)), "do_not_call")
    events.changed("suppressions", file.pk)


@transaction.atomic
def _settle(file: SuppressionFile) -> None:
    SuppressionFile.objects.filter(pk=file.pk).update(state=State.UNDONE, undone_at=timezone.now())
    file.refresh_from_db()
    AuditEntry.objects.create(
        actor_id=file.undone_by_id,
        action="suppressions.undone",
        object_type="suppressionfile",
        object_id=str(file.pk),
        data={"taken_back": file.taken_back, "entered_again": file.entered_again, "reason": file.undone_why},
    )
    transaction.on_commit(lambda: events.changed("suppressions", file.pk), robust=True)

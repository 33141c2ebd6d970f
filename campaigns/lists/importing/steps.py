"""What there is to do for a version, one transaction at a time; any number of processes do it together.

State lives in rows. A version goes waiting → reading → applying → publishing → ready; within a state its parts are
claimed by locking them, so that the lock of a killed process is gone at once and its part is anybody's again. Whoever
finds no part left takes the version to its next state, under the lock of its row; if somebody is still at a part,
that one comes by here afterwards and does it.

Everybody who works holds a shared advisory lock of the version. Taking an import back waits for the exclusive one, so
that no part is applied behind its back; and nobody holding any says that nobody works.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.db import connection, transaction
from django.utils import timezone

from campaigns import events, services
from campaigns.lists import applying
from campaigns.lists.importing import matching, parts, publishing, source, stage, undoing
from campaigns.lists.reading import Sheet
from campaigns.lists.said import giving
from campaigns.locks import Work
from campaigns.models import ContactList, ImportPart, ListVersion

State, PartState = ListVersion.State, ImportPart.State
RUNNING = (State.WAITING, State.READING, State.APPLYING, State.PUBLISHING, State.CANCELLING)
LAST_ROW = 2**31 - 1
# What is done again from the start after a crash is as good as lost commits: parts need not wait for the disk. And
# foreign keys that are looked at when a statement ends, not when all have, need not be found again.
HURRY = "SET LOCAL synchronous_commit = off; SET CONSTRAINTS ALL IMMEDIATE"

logger = logging.getLogger(__name__)


class StageLost(Exception):
    """The database has crashed and with it the stage; what was read must be read again."""


def step(version_id: int) -> bool:
    """Do one transaction's worth of work; False when there is nothing left for this process to do."""
    with transaction.atomic():
        _share(version_id)
        version = ListVersion.objects.select_related("list", "created_by", "previous").get(pk=version_id)
        work = STEPS.get(State(version.state))
        return work(version) if work else False


def is_running(version_id: int) -> bool:
    """Whether some process works at this version at this moment."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [Work.IMPORTING, version_id])
        return not cursor.fetchone()[0]


def _share(version_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s, %s)", [Work.IMPORTING, version_id])


def _alone(version_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [Work.IMPORTING, version_id])


def _hurry() -> None:
    with connection.cursor() as cursor:
        cursor.execute(HURRY)


def _take(version: ListVersion) -> bool:
    """Lock the version to move it on; False when somebody else is about to, or has."""
    locked = ListVersion.objects.select_for_update(skip_locked=True)
    return locked.filter(pk=version.pk, state=version.state).exists()


def _move(version: ListVersion, state: str, **fields: object) -> None:
    version.state = state
    for name, value in fields.items():
        setattr(version, name, value)
    version.save(update_fields=["state", *fields])
    transaction.on_commit(lambda: events.changed("list", version.list_id), robust=True)


def _open(version: ListVersion) -> bool:
    """Cut the file into parts. Raises Unreadable."""
    if not _take(version):
        return False
    sheet = source.sheet_of(version)
    # Guessed once: the numbers in it are read by every country's plan.
    version.mapping = source.mapping_of(version, sheet).as_json()
    shown = source.layout_of(version, sheet).mapping()
    _cut(version, sheet)
    stage.make(version.pk)
    _move(
        version,
        State.READING,
        previous=version.list.current,
        mapping=version.mapping,
        sheet=version.sheet,
        fingerprint=source.fingerprint(sheet.header),
        rows_total=sheet.rows_total,
        started_at=timezone.now(),
    )
    if version.list.current_id is None:
        ContactList.objects.filter(pk=version.list_id).update(
            state=ContactList.State.IMPORTING, rows_total=sheet.rows_total, mapping=shown
        )
    return True


def _cut(version: ListVersion, sheet: Sheet) -> None:
    """A part of the file is a part of the import; rows are numbered from one part's first to before the next one's."""
    version.parts.all().delete()
    ends = [part.first_no - 1 for part in sheet.index[1:]] + [LAST_ROW]
    ImportPart.objects.bulk_create(
        ImportPart(version=version, number=number, first_row=part.first_no, last_row=end, rows=part.rows)
        for number, (part, end) in enumerate(zip(sheet.index, ends, strict=True), start=1)
    )


def _read(version: ListVersion) -> bool:
    _hurry()
    if part := parts.claim(version, PartState.WAITING):
        parts.read(version, part)
        return True
    return _after(version, (PartState.WAITING,), _match)


def _match(version: ListVersion) -> None:
    """All parts are read: who is there twice?"""
    if _is_lost(version):
        return _read_again(version)
    matching.match(version)
    return _move(version, State.APPLYING)


def _apply(version: ListVersion) -> bool:
    _hurry()
    if part := parts.claim(version, PartState.NUMBERED):
        if stage.count(version.pk, part.first_row, part.last_row) != part.rows_good:
            raise StageLost
        applying.apply(version, part)
        giving.give(version, part)
        return _done(part, PartState.APPLIED)
    if part := parts.claim(version, PartState.READ):
        applying.add_phones(version, part)
        return _done(part, PartState.NUMBERED)
    return _after(version, (PartState.READ, PartState.NUMBERED), _come_into_force)


def _done(part: ImportPart, state: str) -> bool:
    part.state = state
    part.save(update_fields=["state"])
    return True


def _come_into_force(version: ListVersion) -> None:
    publishing.come_into_force(version)
    _move(version, State.PUBLISHING)


def _publish(version: ListVersion) -> bool:
    _hurry()
    if part := parts.claim(version, PartState.APPLIED):
        publishing.add_leads(version, part)
        return True
    return _after(version, (PartState.APPLIED,), _close)


def _close(version: ListVersion) -> None:
    publishing.close(version)
    stage.drop(version.pk)
    transaction.on_commit(lambda: source.forget(version))
    _move(version, State.READY)
    logger.info("list %s imported: %s", version.list_id, publishing.books(version))


def _cancel(version: ListVersion) -> bool:
    """Take back what was applied, as soon as nobody works at it."""
    if not _take(version):
        return False
    _alone(version.pk)
    undoing.take_back(version)
    stage.drop(version.pk)
    version.parts.all().delete()
    transaction.on_commit(lambda: source.forget(version))
    if version.again:
        version.rejects.all().delete()
        _move(version, State.WAITING, again=False)
        return True
    after = State.UNDONE if version.undone_at else State.FAILED if version.error else State.CANCELLED
    _move(version, after, finished_at=version.finished_at or timezone.now())
    if after == State.FAILED and version.list.current_id is None:
        _show_failed(version)
    services.audit(version.created_by, f"list.{after}", version.list, {"version": version.number})
    logger.info("list %s, version %s: %s", version.list_id, version.number, after)
    return False


def _show_failed(version: ListVersion) -> None:
    ContactList.objects.filter(pk=version.list_id).update(
        state=ContactList.State.FAILED, error=version.error, finished_at=timezone.now()
    )


def _after(version: ListVersion, unfinished: tuple[str, ...], then: Callable[[ListVersion], None]) -> bool:
    """Once no part is in these states any more, by whoever is first to see it."""
    if not _take(version) or version.parts.filter(state__in=unfinished).exists():
        return False
    then(version)
    return True


def _is_lost(version: ListVersion) -> bool:
    found = version.parts.values_list("first_row", "last_row", "rows_good")
    return any(stage.count(version.pk, first, last) != good for first, last, good in found)


def _read_again(version: ListVersion) -> None:
    """From the start: nothing of it was applied."""
    version.rejects.all().delete()
    _move(version, State.WAITING)


STEPS: dict[ListVersion.State, Callable[[ListVersion], bool]] = {
    State.WAITING: _open,
    State.READING: _read,
    State.APPLYING: _apply,
    State.PUBLISHING: _publish,
    State.CANCELLING: _cancel,
}

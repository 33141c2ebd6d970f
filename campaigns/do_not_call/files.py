"""What managers do with do-not-call files. Each act and its audit entry are one transaction (campaigns.services)."""

from __future__ import annotations

from datetime import datetime

from celery import current_app
from django.core.files.base import File
from django.db import transaction
from django.utils import timezone

from campaigns import events
from campaigns.do_not_call.importing import UNFINISHED
from campaigns.models import Campaign, LineOfBusiness, SuppressionFile, User
from campaigns.services import audit, refuse_file

State = SuppressionFile.State
UNDOABLE = (State.DONE, State.CANCELLED)


@transaction.atomic
def upload(
    *,
    file: File | None,
    source: str,
    reason: str,
    by: User | None,
    default_country: str = "CN",
    line_of_business: LineOfBusiness | None = None,
    campaign: Campaign | None = None,
    expires_at: datetime | None = None,
    replaces: bool = False,
    confirmed: bool = False,
    read_later: bool = True,
) -> SuppressionFile:
    """Keep a do-not-call file and have it read by a worker; its numbers become entries of this source. Raises BadFile.

    `replaces`: the file is all there is of its source, and what it does not name is taken off, once somebody has seen
    how much that is (`confirm`) unless it is `confirmed` already. No file: all of the source is.
    """
    if file is not None:
        refuse_file(file, default_country)
    made = SuppressionFile.objects.create(
        upload=file or "",
        original_name=(file.name or "")[-255:] if file else "",
        default_country=default_country,
        line_of_business=line_of_business,
        campaign=campaign,
        source=source,
        reason=reason,
        expires_at=expires_at,
        replaces=replaces or file is None,
        confirmed=confirmed,
        created_by=by,
    )
    said = {"bytes": file.size if file else 0, "source": source, "reason": reason, "replaces": made.replaces}
    audit(by, "suppressions.uploaded", made, said)
    if read_later:
        _read_later(made)
    return made


def _read_later(file: SuppressionFile) -> None:
    # Robust: without a broker the file waits, and is read when `resume_imports` finds it.
    transaction.on_commit(
        lambda: current_app.send_task("campaigns.tasks.import_do_not_call", [file.pk], retry=False), robust=True
    )
    transaction.on_commit(lambda: events.changed("suppressions", file.pk), robust=True)


@transaction.atomic
def confirm(*, file: SuppressionFile, by: User | None, read_later: bool = True) -> bool:
    """Do what the comparison says; False if somebody has said so, or no, before."""
    compared = SuppressionFile.objects.filter(pk=file.pk, state=State.COMPARED)
    if not compared.update(state=State.WAITING, confirmed=True):
        return False
    file.refresh_from_db()
    audit(by, "suppressions.confirmed", file, {"added": file.added, "kept": file.kept, "gone": file.gone})
    if read_later:
        _read_later(file)
    return True


@transaction.atomic
def cancel(*, file: SuppressionFile, by: User | None) -> bool:
    """Go no further with the file: what it has entered stays, the rest is left. False if it is over."""
    going = SuppressionFile.objects.filter(pk=file.pk, state__in=[*UNFINISHED, State.COMPARED])
    if not going.update(state=State.CANCELLED, finished_at=timezone.now()):
        return False
    audit(by, "suppressions.cancelled", file, {})
    transaction.on_commit(lambda: events.changed("suppressions", file.pk), robust=True)
    return True


@transaction.atomic
def undo(*, file: SuppressionFile, reason: str, by: User | None, read_later: bool = True) -> bool:
    """Have what the file entered end, and what it ended entered again; False if it is not over, or was undone."""
    over = SuppressionFile.objects.filter(pk=file.pk, state__in=UNDOABLE)
    if not over.update(state=State.UNDOING, undone_by=by, undone_why=reason[:200]):
        return False
    audit(by, "suppressions.undo_asked", file, {"reason": reason[:200]})
    if read_later:
        _read_later(file)
    return True

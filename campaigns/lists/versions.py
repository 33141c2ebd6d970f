"""What managers do with the versions of a list: upload one, say how it is read, cancel it, undo it.

Each act and its audit entry are one transaction and each refusal a sentence, as in campaigns.services; the work itself
is done by workers (campaigns.lists.importing), who find it in the version's state.
"""

from __future__ import annotations

from typing import Any

from django.core.files.base import File
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns import services
from campaigns.lists.importing import RUNNING, source
from campaigns.lists.reading import Sheet
from campaigns.models import ContactList, ListVersion, User
from campaigns.services import Refused

State = ListVersion.State
UNDECIDED = (State.UPLOADING, State.MAPPING)
CHOICES = ("default_country", "known", "shared", "gone")


class LaterVersion(Refused):
    """Only the latest version can be undone."""


class NotInForce(Refused):
    """There is nothing to undo."""


class AlreadyRunning(Refused):
    """One import of a list at a time."""


@transaction.atomic
def add(*, list: ContactList, file: File, by: User | None, default_country: str = "") -> ListVersion:
    """The list anew: a version that waits for its columns to be confirmed. Raises services.BadFile."""
    country = default_country or list.default_country
    services.refuse_file(file, country)
    locked = ContactList.objects.select_for_update().get(pk=list.pk)
    version = ListVersion.objects.create(
        list=locked,
        number=(locked.versions.aggregate(n=Max("number"))["n"] or 0) + 1,
        state=State.MAPPING,
        file=file,
        original_name=(file.name or "")[-255:],
        size=file.size,
        default_country=country,
        created_by=by,
    )
    services.audit(by, "list.uploaded", locked, {"version": version.number, "bytes": file.size, "country": country})
    return version


@transaction.atomic
def start(
    *,
    version: ListVersion,
    by: User | None,
    options: dict[str, Any] | None = None,
    tell_workers: bool = True,
    **choices: str,
) -> bool:
    """Have it imported as said; False if it was started or dropped already. Raises AlreadyRunning.

    `tell_workers=False`: the caller does the work (campaigns.lists.importing.run).
    """
    locked = ContactList.objects.select_for_update().get(pk=version.list_id)
    if locked.versions.filter(state__in=RUNNING).exists():
        raise AlreadyRunning(_("Another version of this list is being imported. Wait for it, or cancel it first."))
    said = {name: value for name, value in choices.items() if name in CHOICES and value}
    waiting = ListVersion.objects.filter(pk=version.pk, state__in=UNDECIDED)
    changes = {**said, "options": options if options is not None else version.options}
    if not waiting.update(state=State.WAITING, **changes):
        return False
    version.refresh_from_db()
    services.audit(by, "list.import_started", locked, {"version": version.number, **said})
    if tell_workers:
        services.carry_on(version)
    services.tell("list", locked.pk)
    return True


@transaction.atomic
def cancel(*, version: ListVersion, by: User | None) -> bool:
    """Stop it after the parts at work and take back what was applied; False when it is over already."""
    if ListVersion.objects.filter(pk=version.pk, state__in=UNDECIDED).update(state=State.CANCELLED):
        _forget_empty_list(version.list)
    elif not _running(version).update(state=State.CANCELLING, finished_at=timezone.now()):
        return False
    else:
        services.carry_on(version)
    services.audit(by, "list.import_cancelled", version.list, {"version": version.number})
    services.tell("list", version.list_id)
    return True


@transaction.atomic
def undo(*, version: ListVersion, by: User | None) -> bool:
    """Take back a finished import; False when somebody has asked for that already. Raises LaterVersion, NotInForce."""
    locked = ContactList.objects.select_for_update().get(pk=version.list_id)
    version.refresh_from_db()
    if version.state == State.UNDONE or (version.state == State.CANCELLING and version.undone_at):
        return False
    _refuse_undo(version, locked)
    version.state, version.undone_at = State.CANCELLING, timezone.now()
    version.save(update_fields=["state", "undone_at"])
    services.audit(by, "list.undo_asked", locked, {"version": version.number})
    services.carry_on(version)
    services.tell("list", locked.pk)
    return True


def say(
    *, version: ListVersion, options: dict[str, Any], mapping: dict[str, Any] | None = None, **choices: str
) -> None:
    """How the file is to be read and what becomes of people, until the import is started.

    Read otherwise, its columns may be others: what was said of them is forgotten.
    """
    said = {name: value for name, value in choices.items() if name in CHOICES and value}
    changes: dict[str, Any] = {**said, "options": options}
    if mapping is not None:
        changes["mapping"] = mapping
    if options != version.options:
        changes |= {"sheet": {}, "mapping": {}}
    ListVersion.objects.filter(pk=version.pk, state__in=UNDECIDED).update(**changes)
    version.refresh_from_db()


def look(version: ListVersion) -> Sheet:
    """The file as it is read now; what was found out is kept. Raises Unreadable."""
    known = bool(version.sheet and version.mapping)
    sheet = source.sheet_of(version)
    if not known:
        version.fingerprint = source.fingerprint(sheet.header)
        version.mapping = source.mapping_of(version, sheet).as_json()
        version.save(update_fields=["sheet", "mapping", "fingerprint"])
    return sheet


def choices_of(version: ListVersion) -> dict[str, str]:
    """What was said of this version's people."""
    return {name: getattr(version, name) for name in CHOICES}


def remembered(version: ListVersion, fingerprint: str) -> ListVersion | None:
    """The latest version from the same source (columns of the same names) that was imported; of this list first."""
    same = ListVersion.objects.filter(fingerprint=fingerprint, state=State.READY).exclude(pk=version.pk)
    latest = list(same.order_by("-id")[:20])
    return next((v for v in latest if v.list_id == version.list_id), latest[0] if latest else None)


def _running(version: ListVersion) -> Any:
    """Not once its leads are being added: then it can be undone."""
    return ListVersion.objects.filter(pk=version.pk, state__in=[State.WAITING, State.READING, State.APPLYING])


def _forget_empty_list(list: ContactList) -> None:
    if list.current_id is None and not list.versions.exclude(state=State.CANCELLED).exists():
        ContactList.objects.filter(pk=list.pk).update(state=ContactList.State.EMPTY)


def _refuse_undo(version: ListVersion, list: ContactList) -> None:
    later = list.versions.filter(number__gt=version.number, state__in=[*RUNNING, State.READY])
    if newest := later.order_by("-number").first():
        sentence = _("Version %(number)s came after this one. Undo that one first.")
        raise LaterVersion(sentence % {"number": newest.number})
    if version.state != State.READY or list.current_id != version.pk:
        raise NotInForce(_("This version is not in force, so there is nothing to undo."))

"""An upload from its first word to its end: begun, taken piece by piece, given up, forgotten.

An upload belongs to who began it: to anybody else it is not there. Each refusal is a named exception whose text is a
sentence for people, as in campaigns.services.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import PurePosixPath
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.forms.files import FILE_KINDS
from campaigns.models import Upload, User
from campaigns.services import Refused
from campaigns.uploads import parts
from campaigns.uploads.parts import Stream

# From the last piece on.
PATIENCE = timedelta(hours=24)
MOST_AT_ONCE = 20
# What is on disk without an upload, its process having been killed, is removed at this age.
LEFT_BEHIND = timedelta(hours=1)


class UploadRefused(Refused):
    """Whatever can't be done with an upload."""


class Empty(UploadRefused):
    """A file without a byte."""


class TooLarge(UploadRefused):
    """More than is read, or than fits on the disk."""


class WrongKind(UploadRefused):
    """No kind of file that is read, by its name."""


class TooManyUnfinished(UploadRefused):
    """One user's unfinished uploads would fill the disk."""


class NotHere(UploadRefused):
    """No such upload of this user: it was never begun, has expired, or has been used."""


class OtherOffset(UploadRefused):
    """A piece that does not begin where the file ends; `received` is where it does."""

    def __init__(self, received: int) -> None:
        super().__init__(_("%(n)s bytes are here. Send the piece that begins there.") % {"n": received})
        self.received = received


@transaction.atomic
def begin(*, name: str, size: int, by: User) -> Upload:
    """Wait for a file of so many bytes. Raises Empty, TooLarge, WrongKind, TooManyUnfinished."""
    _refuse(PurePosixPath(name.replace("\\", "/")).name, size)
    # One user's uploads begin one after another, so that two at once are both counted.
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    if by.uploads.count() >= MOST_AT_ONCE:
        raise TooManyUnfinished(
            _("You have %(n)s unfinished uploads. Finish some of them, or wait a day until they are removed.")
            % {"n": MOST_AT_ONCE}
        )
    made = Upload.objects.create(name=_short(name), size=size, owner=by, expires_at=timezone.now() + PATIENCE)
    parts.create(made.pk)
    return made


def find(id: str, by: User) -> tuple[Upload, int]:
    """The upload and how many of its bytes are here. Raises NotHere."""
    found = Upload.objects.filter(pk=_uuid(id), owner=by, expires_at__gt=timezone.now()).first()
    received = parts.received(found.pk) if found else None
    if found is None or received is None:
        raise NotHere(_("This upload is no longer here. Choose the file and upload it again."))
    return found, received


def take(upload: Upload, *, offset: int, stream: Stream) -> int:
    """Keep a piece, as much of it as comes; returns how many bytes are here. Raises OtherOffset, NotHere."""
    _refuse_offset(upload, offset)
    try:
        received = parts.append(upload.pk, offset=offset, stream=stream, most=upload.size - offset)
    except (parts.Overtaken, FileNotFoundError):
        _refuse_offset(upload, -1)
        raise
    Upload.objects.filter(pk=upload.pk).update(expires_at=timezone.now() + PATIENCE)
    upload.refresh_from_db()
    return received


def give_up(upload: Upload) -> None:
    Upload.objects.filter(pk=upload.pk).delete()
    parts.remove(upload.pk)


def remove_expired() -> int:
    """Forget uploads nobody finished or used, with what came of them; how many."""
    expired = Upload.objects.filter(expires_at__lte=timezone.now())
    for upload in (found := list(expired)):
        give_up(upload)
    now = timezone.now().timestamp()
    for id in parts.all_ids() - set(Upload.objects.values_list("pk", flat=True)):
        # The row of one that has just begun is not committed yet.
        if parts.age_seconds(id, now) > LEFT_BEHIND.total_seconds():
            parts.remove(id)
    return len(found)


def _refuse(name: str, size: int) -> None:
    if size <= 0:
        raise Empty(_("The file is empty. Export it again and choose the new one."))
    if size > settings.UPLOAD_MAX_BYTES:
        limit = filesizeformat(settings.UPLOAD_MAX_BYTES)
        raise TooLarge(_("The file is larger than %(limit)s. Split it and upload the parts.") % {"limit": limit})
    if size > parts.room():
        raise TooLarge(_("There is no room for the file on the server's disk. Tell your administrator."))
    if PurePosixPath(name).suffix.lower() not in FILE_KINDS:
        raise WrongKind(
            _("Only CSV, Excel (.xlsx) and zip files can be read. Save the list as one of them and upload that.")
        )


def _refuse_offset(upload: Upload, offset: int) -> None:
    received = parts.received(upload.pk)
    if received is None:
        raise NotHere(_("This upload is no longer here. Choose the file and upload it again."))
    if received != offset:
        raise OtherOffset(received)


def _short(name: str) -> str:
    """The name without folders, at most as long as a file name may be, its ending kept."""
    return PurePosixPath(name.replace("\\", "/")).name[-255:]


def _uuid(text: str) -> UUID:
    """The nil one, which nobody has, for what is none."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)

"""A whole upload becomes a file like any other, for whoever reads files; and is used up by what is made of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from django.core.files.base import File
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.models import Upload, User
from campaigns.uploads import parts, receiving


class NotWhole(receiving.UploadRefused):
    """Some of it is still to come."""


class WholeFile(UploadedFile):
    """A file that has come as a whole. Storing it moves a second name of it, as of any large upload: nothing is copied,
    and should the transaction fail, the upload is still there."""

    def __init__(self, upload: Upload) -> None:
        path = parts.path(upload.pk)
        super().__init__(path.open("rb"), upload.name, size=upload.size)
        self.upload_id: UUID = upload.pk
        self.path: Path = path

    def temporary_file_path(self) -> str:
        second = self.path.with_suffix(".whole")
        second.unlink(missing_ok=True)
        os.link(self.path, second)
        return str(second)


def whole(id: str, by: User) -> WholeFile:
    """The file, once all of it has come. Raises NotHere, NotWhole."""
    upload, received = receiving.find(id, by)
    if received != upload.size:
        raise NotWhole(_("The file has not come as a whole yet: go on with the upload first."))
    return WholeFile(upload)


@contextmanager
def used(file: File | None) -> Iterator[None]:
    """What is made of the file here and the end of its upload are one transaction: nothing is made of it twice.

    Files that came in one go pass through. Raises NotHere where somebody was faster.
    """
    with transaction.atomic():
        if isinstance(file, WholeFile):
            _use_up(file.upload_id)
        yield


def _use_up(id: UUID) -> None:
    _all, by_model = Upload.objects.filter(pk=id).delete()
    if not by_model:
        raise receiving.NotHere(_("This upload has been used already. Choose the file and upload it again."))
    transaction.on_commit(lambda: parts.remove(id))

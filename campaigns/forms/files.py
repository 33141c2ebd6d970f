"""What holds for every uploaded file, whatever is in it."""

from __future__ import annotations

from pathlib import Path

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

# What lists and status feeds are read from.
FILE_KINDS = (".csv", ".txt", ".tsv", ".xlsx", ".zip")


def of_a_size_that_is_read(file: UploadedFile) -> UploadedFile:
    """The file. Raises ValidationError for one that is empty or too large."""
    if not file.size:
        raise forms.ValidationError(_("The file is empty. Export it again and choose the new one."))
    if file.size > settings.UPLOAD_MAX_BYTES:
        limit = filesizeformat(settings.UPLOAD_MAX_BYTES)
        raise forms.ValidationError(
            _("The file is larger than %(limit)s. Split it and upload the parts.") % {"limit": limit}
        )
    return file


def of_a_kind_that_is_read(file: UploadedFile) -> UploadedFile:
    """The file. Raises ValidationError for one that is empty, too large, or of another kind by its name."""
    of_a_size_that_is_read(file)
    if Path(file.name or "").suffix.lower() not in FILE_KINDS:
        raise forms.ValidationError(
            _("Only CSV, Excel (.xlsx) and zip files can be read. Save the list as one of them and upload that.")
        )
    return file

"""Forms whose file came in pieces before them: they name the upload in `uploaded` (static/js/upload.js)."""

from __future__ import annotations

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict

from campaigns.permissions import person
from campaigns.uploads import handing
from campaigns.uploads.receiving import UploadRefused


def files(request: HttpRequest) -> MultiValueDict[str, UploadedFile] | None:
    """The form's files, the one that came before among them as `file`; None where there are none."""
    id = request.POST.get("uploaded", "")
    if not id or request.FILES:
        return request.FILES or None
    try:
        return MultiValueDict({"file": [handing.whole(id, person(request))]})
    except UploadRefused as refusal:
        messages.error(request, str(refusal))
        return None


def still_here(given: MultiValueDict[str, UploadedFile] | None) -> str:
    """The upload to name again, where something else is wrong with the form."""
    file = given.get("file") if given else None
    return str(file.upload_id) if isinstance(file, handing.WholeFile) else ""

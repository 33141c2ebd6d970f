"""Uploads that go on after a dropped connection: tus 1.0 (https://tus.io), its core with creation, expiration and
termination, so that the clients there are can talk to it. Nothing is decided here: campaigns.uploads does the work.

A whole upload is named where else a file is sent, as `upload`. Pieces are read from the connection as they come; none
is ever in memory as a whole.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import http_date
from django.utils.translation import gettext as _
from ninja import Router
from ninja.files import UploadedFile

from campaigns.api import door
from campaigns.api.faults import ApiError, answer, bad
from campaigns.api.schemas import uploads as schemas
from campaigns.api.schemas.parts import answers
from campaigns.models import Upload, User
from campaigns.permissions import MANAGE, person
from campaigns.uploads import handing, receiving
from campaigns.whys import shapes

VERSION = "1.0.0"
EXTENSIONS = "creation,expiration,termination"
PIECE = "application/offset+octet-stream"
BODY = {"content": {PIECE: {"schema": {"type": "string", "format": "binary"}}}}
REFUSALS: dict[type[receiving.UploadRefused], tuple[int, str]] = {
    receiving.TooLarge: (413, "too_large"),
    receiving.NotHere: (404, "not_found"),
    receiving.OtherOffset: (409, "offset"),
    receiving.TooManyUnfinished: (409, "too_many_unfinished"),
    handing.NotWhole: (409, "not_whole"),
}
router = Router(tags=["Uploads"], auth=door.changes())


@router.api_operation(["OPTIONS"], "/uploads", auth=door.reads(*MANAGE), include_in_schema=False, url_name="uploads")
def able(request: HttpRequest) -> HttpResponse:
    """What of tus is known here, and how large a file may be."""
    return _told(Tus_Version=VERSION, Tus_Extension=EXTENSIONS, Tus_Max_Size=settings.UPLOAD_MAX_BYTES)


@router.post("/uploads", response=answers(schemas.Upload, 201), url_name="upload-begin")
def begin(request: HttpRequest) -> HttpResponse:
    """Begin an upload: `Upload-Length` is its size in bytes, `Upload-Metadata` has its `filename` in base64.

    `Location` is where its pieces are sent. Twenty may be unfinished at once; each is kept for a day after its last
    piece. The file's size and kind are refused here, before any of it is sent.
    """
    _refuse_other_versions(request)
    name = _metadata(request).get("filename", "")
    made = receiving.begin(name=name, size=_number(request, "Upload-Length"), by=person(request))
    body = schemas.Upload(
        id=str(made.pk), offset=0, size=made.size, expires_at=shapes.time(made.expires_at) or ""
    ).model_dump_json()
    response = _told(201, **_expires(made), Location=reverse("api:upload", args=[made.pk]))
    response.content, response["Content-Type"] = body, "application/json; charset=utf-8"
    return response


@router.api_operation(["HEAD"], "/uploads/{pk}", include_in_schema=False, url_name="upload")
def stand(request: HttpRequest, pk: str) -> HttpResponse:
    """How much of it is here."""
    upload, received = receiving.find(pk, person(request))
    return _told(200, **_expires(upload), Upload_Offset=received, Upload_Length=upload.size)


@router.patch(
    "/uploads/{pk}",
    response=answers(None, 204),
    openapi_extra={"requestBody": BODY},
    url_name="upload",
)
def piece(request: HttpRequest, pk: str) -> HttpResponse:
    """The next piece, from `Upload-Offset` on, as `application/offset+octet-stream`.

    409 where the file ends elsewhere: `HEAD` says where, in `Upload-Offset`. What came of a piece before the
    connection dropped is kept.
    """
    _refuse_other_versions(request)
    if request.content_type != PIECE:
        raise ApiError(415, "content_type", _("Send pieces as %(type)s.") % {"type": PIECE})
    upload, _received = receiving.find(pk, person(request))
    received = receiving.take(upload, offset=_number(request, "Upload-Offset"), stream=request)
    return _told(204, **_expires(upload), Upload_Offset=received)


@router.delete("/uploads/{pk}", response=answers(None, 204), url_name="upload")
def give_up(request: HttpRequest, pk: str) -> HttpResponse:
    """Give it up: what came of it is removed."""
    upload, _received = receiving.find(pk, person(request))
    receiving.give_up(upload)
    return _told(204)


def sent(file: UploadedFile | None, upload: str, by: User) -> UploadedFile | handing.WholeFile:
    """The file of a question: it came with it, or in pieces before. Raises ApiError, NotHere, NotWhole."""
    if upload:
        return handing.whole(upload, by)
    if file is None:
        raise bad("file", _("Send a file, or the id of a finished upload as “upload”."))
    return file


def refused(request: HttpRequest, fault: Any) -> HttpResponse:
    """Uploads have statuses of their own, by which clients of tus go."""
    status, code = REFUSALS.get(type(fault), (400, "file"))
    response = answer(status, code, str(fault))
    if isinstance(fault, receiving.OtherOffset):
        response["Upload-Offset"] = str(fault.received)
    response["Tus-Resumable"] = VERSION
    return response


def _told(status: int = 204, **headers: object) -> HttpResponse:
    response = HttpResponse(status=status)
    del response["Content-Type"]
    for name, value in headers.items():
        response[name.replace("_", "-")] = str(value)
    response["Tus-Resumable"] = VERSION
    return response


def _expires(upload: Upload) -> dict[str, str]:
    return {"Upload_Expires": http_date(upload.expires_at.timestamp())}


def _refuse_other_versions(request: HttpRequest) -> None:
    if request.headers.get("Tus-Resumable", VERSION) != VERSION:
        raise ApiError(412, "tus_version", _("Only version %(version)s of tus is known here.") % {"version": VERSION})


def _number(request: HttpRequest, header: str) -> int:
    text = request.headers.get(header, "")
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise bad(header, _("Send the header %(header)s: a number of bytes.") % {"header": header})
    return int(text)


def _metadata(request: HttpRequest) -> dict[str, str]:
    """`name base64, name base64`, as tus has it."""
    pairs = (pair.split() for pair in request.headers.get("Upload-Metadata", "").split(",") if pair.strip())
    try:
        return {pair[0]: base64.b64decode("".join(pair[1:]), validate=True).decode() for pair in pairs}
    except (binascii.Error, UnicodeDecodeError) as fault:
        raise bad("Upload-Metadata", _("Upload-Metadata must be names, each with a text in base64.")) from fault

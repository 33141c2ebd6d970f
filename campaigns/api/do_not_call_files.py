"""Do-not-call files: upload one, see what it does, say yes where it takes entries off, stop it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import File, Form, Query, Router
from ninja.files import UploadedFile
from ninja.responses import Status
from pydantic import AwareDatetime

from campaigns import selectors, words
from campaigns.api import door, finding, uploads
from campaigns.api.faults import ApiError, bad
from campaigns.api.schemas import files as schemas
from campaigns.api.schemas.lists import Uploaded
from campaigns.api.schemas.parts import answers
from campaigns.do_not_call import files
from campaigns.models import Campaign, LineOfBusiness, SuppressionFile
from campaigns.permissions import MANAGE, person
from campaigns.uploads.handing import used
from campaigns.whys import shapes

router = Router(tags=["Do not call"], auth=door.reads(*MANAGE))
FILES = SuppressionFile.objects.select_related("line_of_business", "campaign")


@router.get("/do-not-call/files", response=answers(schemas.SuppressionFiles), url_name="do-not-call-files")
def latest(request: HttpRequest) -> dict[str, Any]:
    """The latest hundred files, the newest first."""
    return {"files": [_file(each) for each in selectors.suppression_files()]}


@router.post(
    "/do-not-call/files", auth=door.changes(), response=answers(Uploaded, 202), url_name="do-not-call-file-upload"
)
def upload(
    request: HttpRequest,
    source: str = Form(min_length=1, max_length=32),
    reason: str = Form(min_length=1, max_length=200),
    file: File[UploadedFile | None] = None,
    upload: Form[str] = "",
    country: Form[str] = "CN",
    line_of_business: Form[int | None] = None,
    campaign: Form[int | None] = None,
    until: Form[AwareDatetime | None] = None,
    replaces: Form[bool] = False,
) -> Any:
    """Upload numbers nobody may call any more: everywhere, for a line of business, or for a campaign.

    `source` is who says so, always by the same name. `replaces`: the file is all there is of its source; it is compared
    first, and what it does not name is taken off once that is confirmed. `upload` instead of `file`: the id of an
    upload in pieces that is whole.
    """
    if line_of_business is not None and campaign is not None:
        raise bad("campaign", _("Name a line of business or a campaign, not both."))
    by, code = person(request), finding.country(country)
    scope = {
        "line_of_business": finding.chosen(LineOfBusiness, line_of_business),
        "campaign": finding.chosen(Campaign, campaign),
    }
    given = uploads.sent(file, upload, by)
    said: dict[str, Any] = {"source": source, "reason": reason, "expires_at": until, "replaces": replaces, **scope}
    with used(given):
        made = files.upload(file=given, default_country=code, by=by, **said)
    return Status(202, {"id": made.pk, "status": reverse("api:do-not-call-file", args=[made.pk])})


@router.get("/do-not-call/files/{int:pk}", response=answers(schemas.SuppressionFile), url_name="do-not-call-file")
def report(request: HttpRequest, pk: int) -> dict[str, Any]:
    """How far it has come, and what became of its rows."""
    return _file(finding.found(FILES, pk))


@router.get(
    "/do-not-call/files/{int:pk}/rejects", response=answers(schemas.Rejects), url_name="do-not-call-file-rejects"
)
def rejects(request: HttpRequest, pk: int, after: int = Query(0, ge=0, le=finding.LARGEST_ROW)) -> dict[str, Any]:
    """Rows that became no entry, with the reason, 100 at a time, after a row."""
    rows = selectors.suppression_rejects(finding.found(FILES, pk), after=after)
    return finding.rejects(rows, words.REJECT_REASONS)


@router.post(
    "/do-not-call/files/{int:pk}/confirm",
    auth=door.changes(),
    response=answers(schemas.Done),
    url_name="do-not-call-file-confirm",
)
def confirm(request: HttpRequest, pk: int, body: schemas.ConfirmQuestion) -> dict[str, Any]:
    """Do what the comparison says; `gone` is how many entries end by it, as the report has it."""
    found = finding.found(FILES, pk)
    if found.gone != body.gone:
        raise ApiError(409, "gone", _("%(n)s entries would end. Confirm that number.") % {"n": found.gone})
    return {"done": files.confirm(file=found, by=person(request))}


@router.post(
    "/do-not-call/files/{int:pk}/cancel",
    auth=door.changes(),
    response=answers(schemas.Done),
    url_name="do-not-call-file-cancel",
)
def cancel(request: HttpRequest, pk: int) -> dict[str, Any]:
    """Go no further: what was entered stays, the rest is left."""
    return {"done": files.cancel(file=finding.found(FILES, pk), by=person(request))}


def _file(of: SuppressionFile) -> dict[str, Any]:
    line, campaign = of.line_of_business, of.campaign
    counts = ("rows_total", "numbers", "added", "prolonged", "kept", "gone")
    return {
        "id": of.pk,
        "source": of.source,
        "reason": of.reason,
        "state": {"code": of.state, "words": of.get_state_display()},
        "error": of.error,
        "original_name": of.original_name,
        "line_of_business": {"id": line.pk, "name": line.name} if line else None,
        "campaign": {"id": campaign.pk, "name": campaign.name} if campaign else None,
        "until": shapes.time(of.expires_at),
        "replaces": of.replaces,
        "uploaded_at": shapes.time(of.created_at),
        "finished_at": shapes.time(of.finished_at),
        "duplicate": of.rows_duplicate,
        "rejected": of.rows_rejected,
        **{name: getattr(of, name) for name in counts},
    }

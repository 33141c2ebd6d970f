"""Status feeds: files that say which numbers are vacant, suspended, powered off; and what became of their rows."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from ninja import File, Form, Query, Router
from ninja.files import UploadedFile
from ninja.responses import Status
from pydantic import AwareDatetime

from campaigns import selectors, words
from campaigns.api import door, finding, uploads
from campaigns.api.schemas import files as schemas
from campaigns.api.schemas.lists import Uploaded
from campaigns.api.schemas.parts import answers
from campaigns.feeds import uploading
from campaigns.models import StatusFeed
from campaigns.permissions import MANAGE, person
from campaigns.uploads.handing import used
from campaigns.whys import shapes

router = Router(tags=["Status feeds"], auth=door.reads(*MANAGE))


@router.get("/status-feeds", response=answers(schemas.Feeds), url_name="status-feeds")
def feeds(request: HttpRequest, before: int | None = Query(None, ge=1, le=finding.LARGEST_ID)) -> dict[str, Any]:
    """Feeds, the newest first, 100 at a time. Ask again with `before` set to `next_before`; null is the end."""
    found = StatusFeed.objects.filter(pk__lt=before) if before else StatusFeed.objects.all()
    rows = list(found[: selectors.PAGE + 1])
    page = rows[: selectors.PAGE]
    return {"feeds": [_feed(each) for each in page], "next_before": page[-1].pk if len(rows) > len(page) else None}


@router.post("/status-feeds", auth=door.changes(), response=answers(Uploaded, 202), url_name="status-feed-upload")
def upload(
    request: HttpRequest,
    source: Form[str],
    file: File[UploadedFile | None] = None,
    upload: Form[str] = "",
    country: Form[str] = "CN",
    observed_at: Form[AwareDatetime | None] = None,
    until: Form[AwareDatetime | None] = None,
) -> Any:
    """Upload numbers and their states; they hold from the next call on.

    `source` is whoever says so, always by the same name; a later file takes back what it said before. `observed_at`
    (else now) and `until` (else as long as such states are believed) are for rows that do not say. `upload` instead of
    `file`: the id of an upload in pieces that is whole.
    """
    by, code = person(request), finding.country(country)
    given = uploads.sent(file, upload, by)
    with used(given):
        made = uploading.upload_feed(
            source=source, file=given, default_country=code, observed_at=observed_at, expires_at=until, by=by
        )
    return Status(202, {"id": made.pk, "status": reverse("api:status-feed", args=[made.pk])})


@router.get("/status-feeds/{int:pk}", response=answers(schemas.Feed), url_name="status-feed")
def report(request: HttpRequest, pk: int) -> dict[str, Any]:
    """How far it has come, and what became of its rows."""
    return _feed(finding.found(StatusFeed.objects.all(), pk))


@router.get("/status-feeds/{int:pk}/rejects", response=answers(schemas.Rejects), url_name="status-feed-rejects")
def rejects(request: HttpRequest, pk: int, after: int = Query(0, ge=0, le=finding.LARGEST_ROW)) -> dict[str, Any]:
    """Rows that said nothing, with the reason, 100 at a time, after a row."""
    feed = finding.found(StatusFeed.objects.all(), pk)
    rows = list(feed.rejects.filter(row_no__gt=after)[: selectors.PAGE + 1])
    return finding.rejects(rows, words.FEED_REASONS)


def _feed(of: StatusFeed) -> dict[str, Any]:
    return {
        "id": of.pk,
        "source": of.source,
        "state": {"code": of.state, "words": of.get_state_display()},
        "error": of.error,
        "original_name": of.original_name,
        "observed_at": shapes.time(of.observed_at),
        "until": shapes.time(of.expires_at),
        "uploaded_at": shapes.time(of.created_at),
        "finished_at": shapes.time(of.finished_at),
        "rows_total": of.rows_total,
        "applied": of.rows_applied,
        "unchanged": of.rows_unchanged,
        "outdated": of.rows_outdated,
        "rejected": of.rows_rejected,
    }

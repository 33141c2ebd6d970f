"""Lists: upload a file, see how far its import has come, read its report and rejects, and where every record stands."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import File, Form, Query, Router
from ninja.files import UploadedFile
from ninja.responses import Status

from campaigns import selectors
from campaigns.api import door, finding, imports, uploads
from campaigns.api.faults import bad
from campaigns.api.schemas import lists as schemas
from campaigns.api.schemas.files import Done
from campaigns.api.schemas.parts import answers
from campaigns.models import Campaign, ContactList, ListVersion
from campaigns.permissions import MANAGE, person
from campaigns.uploads.handing import used
from campaigns.whys import shapes, telling
from campaigns.whys.listed import records, waterfall
from campaigns.whys.listed.fates import Key

CSV = {"responses": {200: {"description": "OK", "content": {"text/csv": {"schema": {"type": "string"}}}}}}
After = Query(0, ge=0, le=finding.LARGEST_ID)
Listed = Query(None, description="one of the list's campaigns; without one, by the numbers alone")
router = Router(tags=["Lists"], auth=door.reads(*MANAGE))


@router.get("/lists", response=answers(schemas.Lists), url_name="lists")
def lists(request: HttpRequest, before: int | None = Query(None, ge=1, le=finding.LARGEST_ID)) -> dict[str, Any]:
    """Lists, the newest first, 100 at a time. Ask again with `before` set to `next_before`; null is the end."""
    found = selectors.lists().order_by("-pk")
    rows = list((found.filter(pk__lt=before) if before else found)[: imports.PAGE + 1])
    page = rows[: imports.PAGE]
    more = len(rows) > len(page)
    return {"lists": [imports.row(each) for each in page], "next_before": page[-1].pk if more else None}


@router.post("/lists", auth=door.changes(), response=answers(schemas.Uploaded, 202), url_name="list-upload")
def upload_list(
    request: HttpRequest,
    file: File[UploadedFile | None] = None,
    upload: Form[str] = "",
    name: Form[str] = "",
    country: Form[str] = "CN",
    campaign: Form[int | None] = None,
) -> Any:
    """Upload a file as a new list. It is read by workers; `status` tells how far they have come.

    `upload` instead of `file`: the id of an upload in pieces that is whole. `country` is that of numbers without a
    prefix, in two letters; with `campaign` its people become leads.
    """
    chosen = finding.found(Campaign.objects.all(), campaign) if campaign is not None else None
    code = finding.country(country)
    by = person(request)
    given = uploads.sent(file, upload, by)
    with used(given):
        made = imports.upload(file=given, name=name, country=code, campaign=chosen, by=by)
    return Status(202, {"id": made.pk, "status": reverse("api:list", args=[made.pk])})


@router.get("/lists/{int:pk}", response=answers(schemas.List), url_name="list")
def report(request: HttpRequest, pk: int) -> dict[str, Any]:
    """How far the import has come; once it is over, its report: what became of every row."""
    return imports.report(_list(pk))


@router.get("/lists/{int:pk}/versions", response=answers(list[schemas.Version]), url_name="list-versions")
def versions(request: HttpRequest, pk: int) -> list[dict[str, Any]]:
    """Every file of the list, the newest first."""
    return imports.versions(_list(pk))


@router.post(
    "/lists/{int:pk}/versions", auth=door.changes(), response=answers(schemas.Started, 202), url_name="list-versions"
)
def add_version(
    request: HttpRequest,
    pk: int,
    file: File[UploadedFile | None] = None,
    upload: Form[str] = "",
    country: Form[str] = "",
    known: Form[ListVersion.Known] = ListVersion.Known.UPDATE,
    shared: Form[ListVersion.Shared] = ListVersion.Shared.DIFFERENT,
    gone: Form[ListVersion.Gone] = ListVersion.Gone.KEEP,
) -> Any:
    """The list anew: a file that takes the place of the one before, read as the last one of the same columns was.

    `known`: people of other lists are updated, left out or taken in as they are; `shared`: two people with the same
    number are different or the same; `gone`: whoever is not in the file any more goes on being called, or is finished.
    """
    listed, by = _list(pk), person(request)
    given = uploads.sent(file, upload, by)
    with used(given):
        made = imports.add_version(
            listed, file=given, country=finding.country(country), by=by, chosen=(known, shared, gone)
        )
    return Status(202, {"number": made.number, "status": reverse("api:list", args=[pk])})


@router.post("/lists/{int:pk}/cancel", auth=door.changes(), response=answers(Done), url_name="list-cancel")
def cancel(request: HttpRequest, pk: int) -> dict[str, Any]:
    """Stop the import that runs; what it applied is taken back."""
    return {"done": imports.cancel(_list(pk), person(request))}


@router.post("/lists/{int:pk}/undo", auth=door.changes(), response=answers(Done), url_name="list-undo")
def undo(request: HttpRequest, pk: int) -> dict[str, Any]:
    """Take the version in force back: the list is as it was before; calls and results stay."""
    return {"done": imports.undo(_list(pk), person(request))}


@router.get("/lists/{int:pk}/rejects", response=answers(schemas.RejectPage), url_name="list-rejects")
def rejects(request: HttpRequest, pk: int, reason: str = "", after: int = After) -> dict[str, Any]:
    """Rows that became nobody, with the reason and their own cells, 100 at a time, after a row."""
    found, following = imports.rejects(_list(pk), after=min(after, 2**31 - 1), reason=reason)
    return {"rejects": found, "next_after": following}


@router.get("/lists/{int:pk}/rejects.csv", response=answers(None), openapi_extra=CSV, url_name="list-rejects-csv")
def rejects_csv(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """All of them as CSV, safe against spreadsheet formulas: to correct and upload again."""
    return imports.rejects_csv(_list(pk))


@router.get("/lists/{int:pk}/waterfall", response=answers(schemas.Waterfall), url_name="list-waterfall")
def list_waterfall(request: HttpRequest, pk: int, campaign: int | None = Listed) -> dict[str, Any]:
    """From all rows of the list down to those who may be called; the counts of all bars make up `total`."""
    listed, chosen = _list(pk), _campaign(pk, campaign)
    found = waterfall.of(listed, chosen, timezone.now())
    return {
        "list": imports.ref(listed),
        "campaign": shapes.campaign(chosen) if chosen else None,
        "counted_at": shapes.time(found.at),
        "total": found.total,
        "callable": found.callable,
        "valid": found.standing.valid,
        "invalid": found.standing.invalid,
        "valid_number_rate": found.standing.valid_number_rate,
        "invalid_rate": found.standing.invalid_rate,
        "bars": [_bar(bar) for bar in found.bars],
    }


@router.get("/lists/{int:pk}/records", response=answers(schemas.Records), url_name="list-records")
def list_records(
    request: HttpRequest,
    pk: int,
    stage: str,
    code: str = "",
    rule: str = "",
    campaign: int | None = Listed,
    after: int = After,
) -> dict[str, Any]:
    """The people behind a bar of the waterfall, 100 at a time: on what evidence, and when they may be called.

    Ask again with `after` set to `next_after`; null is the end. Rows that became nobody are among the rejects.
    """
    if stage not in waterfall.STAGES:
        raise bad("stage", _("“stage” must be one of: %(stages)s.") % {"stages": ", ".join(waterfall.STAGES)})
    chosen, key = _campaign(pk, campaign), Key(stage, code, rule)
    page = records.page(_list(pk), chosen, key, after=after, now=timezone.now())
    told = telling.rule(page.records[0].policy if page.records else None, rule, chosen)
    return {
        "because": {"code": code, "words": waterfall.stage_words(key, chosen is not None)},
        "rule": {"name": rule, "words": told} if rule else None,
        "records": [_record(record, code) for record in page.records],
        "next_after": page.next,
    }


def _list(pk: int) -> ContactList:
    return finding.found(ContactList.objects.prefetch_related("campaigns"), pk)


def _campaign(listed: int, pk: int | None) -> Campaign | None:
    of_list = Campaign.objects.select_related("line_of_business").filter(lists=listed)
    return finding.found(of_list, pk) if pk is not None else None


def _bar(bar: waterfall.Bar) -> dict[str, Any]:
    return {
        "stage": bar.key.stage,
        "code": bar.key.why,
        "words": bar.words,
        "limit": bar.is_limit,
        "rule": {"name": bar.key.rule, "words": bar.rule} if bar.key.rule else None,
        "count": bar.count,
        "above": bar.above,
        "next_at": shapes.time(bar.next_at),
    }


def _record(record: records.Record, code: str) -> dict[str, Any]:
    return {
        "person": shapes.person(record.contact),
        "phone": shapes.number(record.phone.pk) if record.phone else None,
        "lead": record.lead_id,
        "next_at": shapes.time(record.until),
        "evidence": _evidence(record, code),
    }


def _evidence(record: records.Record, code: str) -> dict[str, Any] | None:
    entry, phone = record.entry, record.phone
    if entry:
        return {"source": entry.source, "words": entry.reason, "observed_at": shapes.time(entry.created_at)}
    if phone and phone.status and phone.status == code:
        at = shapes.time(phone.status_observed_at)
        return {"source": phone.status_source, "words": phone.get_status_display(), "observed_at": at}
    return None

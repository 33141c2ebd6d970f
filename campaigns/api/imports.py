"""What the interface knows of imports, all of it: how a list is uploaded, read and accounted for."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from typing import Any

from django.core.files.base import File
from django.db import transaction
from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from campaigns import selectors, services, words
from campaigns.lists import rejects as reject_files
from campaigns.lists import shown
from campaigns.lists import versions as versioning
from campaigns.lists.importing import source
from campaigns.lists.reading import Row
from campaigns.models import Campaign, ContactList, ListVersion, Reject, User
from campaigns.whys import shapes

Shape = dict[str, Any]
PAGE = selectors.PAGE


def upload(*, file: File, name: str, country: str, campaign: Campaign | None, by: User) -> ContactList:
    """Keep the file and have it read. Raises services.BadFile."""
    return services.upload_list(name=name, file=file, default_country=country, by=by, campaign=campaign)


def add_version(of: ContactList, *, file: File, country: str, by: User, chosen: tuple[str, str, str]) -> ListVersion:
    """The list anew, read as its columns were the last time. Raises services.BadFile, versions.AlreadyRunning.

    `chosen`: what becomes of people of other lists, of two people with one number, of people who are gone.
    """
    known, shared, gone = chosen
    with transaction.atomic():
        made = versioning.add(list=of, file=file, by=by, default_country=country)
        versioning.start(version=made, by=by, known=known, shared=shared, gone=gone)
    return made


def cancel(of: ContactList, by: User) -> bool:
    """False where nothing runs, or where it was over before."""
    running = shown.running_version(of.pk)
    return running is not None and versioning.cancel(version=running, by=by)


def undo(of: ContactList, by: User) -> bool:
    """False where somebody has asked for it already. Raises versions.NotInForce, versions.LaterVersion."""
    if of.current is None:
        raise versioning.NotInForce(_("There is nothing to undo: no import of this list is in force."))
    return versioning.undo(version=of.current, by=by)


def row(of: ContactList) -> Shape:
    return {
        **ref(of),
        "original_name": of.original_name,
        "country": of.default_country,
        "uploaded_at": shapes.time(of.created_at),
        "finished_at": shapes.time(of.finished_at),
        "rows": _rows(of),
        "campaigns": [{"id": campaign.pk, "name": campaign.name} for campaign in of.campaigns.all()],
    }


def ref(of: ContactList) -> Shape:
    return {"id": of.pk, "name": of.name, "state": of.state}


def report(of: ContactList) -> Shape:
    """How far it has come, and what became of its rows."""
    groups = selectors.reject_groups(of)
    return {
        **row(of),
        "progress": _progress(of),
        "error": of.error,
        "mapping": of.mapping,
        "rejects": [{"code": code, "words": told, "count": count} for code, told, count in groups],
        "versions": versions(of),
    }


def versions(of: ContactList) -> list[Shape]:
    """Every file of the list, the newest first."""
    return [
        {
            "number": version.number,
            "state": version.state,
            "original_name": version.original_name,
            "uploaded_at": shapes.time(version.created_at),
            "rows": _rows(version),
        }
        for version in of.versions.order_by("-number")
    ]


def rejects(of: ContactList, *, after: int, reason: str) -> tuple[list[Shape], int | None]:
    """The next rejected rows, and the row to ask for the ones after; None at the end."""
    found = selectors.reject_page(of, after=after, reason=reason)
    page = found[:PAGE]
    cells = _cells(of, page)
    return [_reject(each, cells.get(each.row_no, each.row)) for each in page], (
        page[-1].row_no if len(found) > PAGE else None
    )


def rejects_csv(of: ContactList) -> StreamingHttpResponse:
    """Those of the version in force; of a list without one, nothing but the head."""
    lines = reject_files.csv_lines(of.current) if of.current else iter(())
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{slugify(of.name) or f"list-{of.pk}"}-rejects.csv"'
    return response


def _cells(of: ContactList, page: list[Reject]) -> dict[int, dict[str, str]]:
    """The rows' own cells, read again from the file by the version that is in force."""
    if of.current is None or not page:
        return {}
    names, found = source.cells(of.current)
    wanted = {reject.row_no for reject in page}
    return {
        row.no: dict(zip(names, row.cells, strict=False)) for row in _until(found, page[-1].row_no) if row.no in wanted
    }


def _until(rows: Iterator[Row], last: int) -> Iterator[Row]:
    return takewhile(lambda row: row.no <= last, rows)


def _progress(of: ContactList) -> float | None:
    running = shown.running_version(of.pk)
    if running is None:
        return 1.0
    return shown.progress(running, timezone.now()).share if running.rows_total else None


def _rows(of: ContactList | ListVersion) -> Shape:
    return {
        "total": of.rows_total,
        "good": of.rows_good,
        "duplicate": of.rows_duplicate,
        "rejected": of.rows_rejected,
    }


def _reject(reject: Reject, cells: dict[str, str]) -> Shape:
    return {
        "row": reject.row_no,
        "reason": {"code": reject.reason, "words": words.of(words.REJECT_REASONS, reject.reason)},
        "column": reject.column,
        "value": reject.value,
        "cells": cells,
    }

"""What the interface knows of imports, all of it: how a list is uploaded, read and accounted for."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import StreamingHttpResponse

from campaigns import selectors, services, words
from campaigns.models import Campaign, ContactList, Reject, User
from campaigns.views.lists import rejects_file
from campaigns.whys import shapes

Shape = dict[str, Any]
State = ContactList.State
PAGE = selectors.PAGE


def upload(*, file: UploadedFile, name: str, country: str, campaign: Campaign | None, by: User) -> ContactList:
    """Keep the file and have it read. Raises services.BadFile."""
    return services.upload_list(name=name, file=file, default_country=country, by=by, campaign=campaign)


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
    head = {"number": 1, "state": of.state, "original_name": of.original_name}
    return [{**head, "uploaded_at": shapes.time(of.created_at), "rows": _rows(of)}]


def rejects(of: ContactList, *, after: int, reason: str) -> tuple[list[Shape], int | None]:
    """The next rejected rows, and the row to ask for the ones after; None at the end."""
    found = selectors.reject_page(of, after=after, reason=reason)
    page = found[:PAGE]
    return [_reject(each) for each in page], page[-1].row_no if len(found) > PAGE else None


def rejects_csv(of: ContactList) -> StreamingHttpResponse:
    return rejects_file(of)


def _progress(of: ContactList) -> float | None:
    if of.state in (State.READY, State.FAILED):
        return 1.0
    done = of.rows_good + of.rows_duplicate + of.rows_rejected
    return done / of.rows_total if of.rows_total else None


def _rows(of: ContactList) -> Shape:
    return {
        "total": of.rows_total,
        "good": of.rows_good,
        "duplicate": of.rows_duplicate,
        "rejected": of.rows_rejected,
    }


def _reject(reject: Reject) -> Shape:
    return {
        "row": reject.row_no,
        "reason": {"code": reject.reason, "words": words.of(words.REJECT_REASONS, reject.reason)},
        "column": reject.column,
        "value": reject.value,
        "cells": reject.row,
    }

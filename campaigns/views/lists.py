"""Lists: upload a file, watch it being read, see what became of every row."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from campaigns import selectors, services, words
from campaigns.forms import UploadForm
from campaigns.models import Campaign, ContactList, Reject
from campaigns.permissions import MANAGE, person, role_required

# A cell that begins with one of these is a formula to a spreadsheet.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@require_GET
@role_required(*MANAGE)
def list_list(request: HttpRequest) -> HttpResponse:
    return render(request, "campaigns/list_list.html", {"lists": selectors.lists()[: selectors.PAGE]})


@require_http_methods(["GET", "POST"])
@role_required(*MANAGE)
def upload(request: HttpRequest) -> HttpResponse:
    """A file becomes a list; from a campaign's page, its contacts become leads as well."""
    pk = request.GET.get("campaign", "")
    campaign = get_object_or_404(Campaign, pk=pk) if pk.isdecimal() else None
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            uploaded = services.upload_list(**form.cleaned_data, by=person(request), campaign=campaign)
        except services.Refused as refusal:
            form.add_error("file", str(refusal))
        else:
            messages.success(request, _("The file is here and is being read."))
            return redirect("list", uploaded.pk)
    context = {"form": form, "campaign": campaign}
    return render(request, "campaigns/upload.html", context, status=422 if form.errors else 200)


@require_GET
@role_required(*MANAGE)
def list_page(request: HttpRequest, pk: int) -> HttpResponse:
    contact_list = get_object_or_404(ContactList, pk=pk)
    after, reason = request.GET.get("after", ""), request.GET.get("reason", "")
    found = selectors.reject_page(contact_list, after=int(after) if after.isdecimal() else 0, reason=reason)
    page = found[: selectors.PAGE]
    context = {
        "list": contact_list,
        "campaigns": contact_list.campaigns.all(),
        "groups": selectors.reject_groups(contact_list),
        "rejects": [(reject, words.of(words.REJECT_REASONS, reject.reason)) for reject in page],
        "reason": reason,
        "next": page[-1].row_no if len(found) > selectors.PAGE else None,
    }
    return render(request, "campaigns/list.html", context)


@require_GET
@role_required(*MANAGE)
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """Rows so far; once the list is settled, the page is to be loaded whole."""
    contact_list = get_object_or_404(ContactList, pk=pk)
    response = render(request, "campaigns/list_progress.html", {"list": contact_list})
    if contact_list.state in (ContactList.State.READY, ContactList.State.FAILED):
        response["HX-Refresh"] = "true"
    return response


@require_GET
@role_required(*MANAGE)
def rejects_csv(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """Every rejected row with its reason and its own cells, to correct and upload again."""
    return rejects_file(get_object_or_404(ContactList, pk=pk))


def rejects_file(contact_list: ContactList) -> StreamingHttpResponse:
    response = StreamingHttpResponse(_csv_lines(contact_list), content_type="text/csv; charset=utf-8")
    name = slugify(contact_list.name) or f"list-{contact_list.pk}"
    response["Content-Disposition"] = f'attachment; filename="{name}-rejects.csv"'
    return response


def harmless(cell: Any) -> str:
    """The cell as text that no spreadsheet runs as a formula."""
    text = str(cell)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


class _Line:
    """What csv.writer writes to: gives the line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def _csv_lines(contact_list: ContactList) -> Iterator[str]:
    columns = _columns(contact_list)
    writer = csv.writer(_Line())
    head = [_("row"), _("reason"), _("column"), _("value"), *columns]
    # The mark tells Excel that this is UTF-8.
    yield "\ufeff" + writer.writerow([harmless(cell) for cell in head])
    for reject in contact_list.rejects.order_by("row_no").iterator(2000):
        yield writer.writerow([harmless(cell) for cell in _cells(reject, columns)])


def _columns(contact_list: ContactList) -> list[str]:
    first = contact_list.rejects.first()
    return list(first.row) if first else []


def _cells(reject: Reject, columns: list[str]) -> list[Any]:
    reason = words.of(words.REJECT_REASONS, reject.reason)
    return [reject.row_no, reason, reject.column, reject.value, *(reject.row.get(column, "") for column in columns)]

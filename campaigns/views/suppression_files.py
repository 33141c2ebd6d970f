"""Do-not-call files: upload, watch them being read, see what they would take off before it is done."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns import selectors, services, words
from campaigns.do_not_call import files
from campaigns.forms.do_not_call import SourceForm, SuppressionFileForm
from campaigns.lists.rejects import harmless
from campaigns.models import SuppressionFile
from campaigns.permissions import MANAGE, person, role_required
from campaigns.uploads.handing import used
from campaigns.views import uploaded

State = SuppressionFile.State
GOING = (State.WAITING, State.READING, State.APPLYING, State.UNDOING)
# The drawn marks that other pages use for the like.
MARKS = {State.READING: "importing", State.APPLYING: "importing", State.COMPARED: "paused", State.DONE: "ready"} | {
    State.CANCELLED: "stopped",
    State.UNDOING: "importing",
    State.UNDONE: "stopped",
}


@require_GET
@role_required(*MANAGE)
def file_list(request: HttpRequest) -> HttpResponse:
    """Every file that was read, and how many entries each source has."""
    return _files(request)


def _files(request: HttpRequest, wrong: SourceForm | None = None) -> HttpResponse:
    sources = selectors.suppression_sources()
    names = [source for source, _count in sources if source]
    rows = [(file, _mark(file)) for file in selectors.suppression_files()]
    context = {"rows": rows, "sources": sources, "form": wrong or SourceForm(names), "wrong": bool(wrong)}
    return render(request, "campaigns/suppression_files.html", context, status=422 if wrong else 200)


@require_http_methods(["GET", "POST"])
@role_required(*MANAGE)
def upload(request: HttpRequest) -> HttpResponse:
    given = uploaded.files(request)
    form = SuppressionFileForm(request.POST or None, given)
    if request.method == "POST" and form.is_valid():
        try:
            with used(form.cleaned_data["file"]):
                made = files.upload(by=person(request), **form.chosen())
        except services.Refused as refusal:
            form.add_error("file", str(refusal))
        else:
            messages.success(request, _("The file is here and is being read."))
            return redirect("suppression-file", made.pk)
    sources = [source for source, _count in selectors.suppression_sources() if source]
    context = {"form": form, "sources": sources, "uploaded": uploaded.still_here(given)}
    return render(request, "campaigns/suppression_upload.html", context, status=422 if form.errors else 200)


@require_POST
@role_required(*MANAGE)
def remove_source(request: HttpRequest) -> HttpResponse:
    """Take a whole source off; how much that is, is shown first."""
    names = [source for source, _count in selectors.suppression_sources() if source]
    form = SourceForm(names, request.POST)
    if not form.is_valid():
        return _files(request, form)
    made = files.upload(by=person(request), **form.chosen())
    return redirect("suppression-file", made.pk)


@require_GET
@role_required(*MANAGE)
def file_page(request: HttpRequest, pk: int) -> HttpResponse:
    file = get_object_or_404(SuppressionFile.objects.select_related("line_of_business", "campaign"), pk=pk)
    return render(request, "campaigns/suppression_file.html", _page(request, file))


@require_GET
@role_required(*MANAGE)
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """Rows and entries so far; once somebody is to decide or it is over, the page is to be loaded whole."""
    file = get_object_or_404(SuppressionFile, pk=pk)
    response = render(request, "campaigns/suppression_progress.html", {"file": file})
    if file.state not in GOING:
        response["HX-Refresh"] = "true"
    return response


@require_POST
@role_required(*MANAGE)
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Do it; where entries end, only for who has typed the source's name."""
    file = get_object_or_404(SuppressionFile, pk=pk)
    if file.gone and request.POST.get("name", "").strip() != file.source:
        messages.error(request, _("The name does not match. Nothing was changed."))
    elif files.confirm(file=file, by=person(request)):
        messages.success(request, _("It is being done."))
    return redirect("suppression-file", pk)


@require_POST
@role_required(*MANAGE)
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    file = get_object_or_404(SuppressionFile, pk=pk)
    if files.cancel(file=file, by=person(request)):
        messages.success(request, _("Cancelled: what was entered by then stays, the rest is left as it was."))
    return redirect("suppression-file", pk)


@require_POST
@role_required(*MANAGE)
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back what the file entered; why is kept with every entry."""
    file = get_object_or_404(SuppressionFile, pk=pk)
    reason = request.POST.get("reason", "").strip()
    if not reason:
        messages.error(request, _("Say why: it is kept with the entries. Nothing was changed."))
    elif files.undo(file=file, reason=reason, by=person(request)):
        messages.success(request, _("It is being undone."))
    return redirect("suppression-file", pk)


@require_GET
@role_required(*MANAGE)
def rejects_csv(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """Every rejected row with its reason."""
    file = get_object_or_404(SuppressionFile, pk=pk)
    response = StreamingHttpResponse(_csv_lines(file), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="do-not-call-{pk}-rejects.csv"'
    return response


def _page(request: HttpRequest, file: SuppressionFile) -> dict[str, Any]:
    after = request.GET.get("after", "")
    found = selectors.suppression_rejects(file, after=int(after) if after.isdecimal() else 0)
    page, more = found[: selectors.PAGE], len(found) > selectors.PAGE
    return {
        "file": file,
        "mark": _mark(file),
        "going": file.state in GOING,
        "undoable": file.state in files.UNDOABLE and bool(file.added or file.prolonged or file.gone),
        "rejects": [(reject, words.of(words.REJECT_REASONS, reject.reason)) for reject in page],
        "next": page[-1].row_no if more else None,
    }


def _mark(file: SuppressionFile) -> str:
    return MARKS.get(State(file.state), file.state)


class _Line:
    """What csv.writer writes to: gives the line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def _csv_lines(file: SuppressionFile) -> Iterator[str]:
    writer = csv.writer(_Line())
    # The mark tells Excel that this is UTF-8.
    yield "\ufeff" + writer.writerow([_("row"), _("reason"), _("value")])
    for reject in file.rejects.order_by("row_no").iterator(2000):
        reason = words.of(words.REJECT_REASONS, reject.reason)
        yield writer.writerow([harmless(cell) for cell in (reject.row_no, reason, reject.value)])

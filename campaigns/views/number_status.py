"""Number status: upload a file of numbers and their states, watch it being applied, say how long it is believed."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns import selectors, services, words
from campaigns.feeds import uploading
from campaigns.forms.validity import AgesForm, FeedForm
from campaigns.lists.rejects import harmless
from campaigns.models import StatusFeed
from campaigns.permissions import MANAGE, person, role_required
from campaigns.rules.validity import Code
from campaigns.uploads.handing import used
from campaigns.validity import ageing
from campaigns.views import uploaded

SETTLED = (StatusFeed.State.READY, StatusFeed.State.FAILED)


@require_GET
@role_required(*MANAGE)
def feed_list(request: HttpRequest) -> HttpResponse:
    return _page(request, AgesForm(ageing.ages()))


@require_POST
@role_required(*MANAGE)
def set_ages(request: HttpRequest) -> HttpResponse:
    """How long each word is believed; what was said before is judged by it, too."""
    form = AgesForm(ageing.ages(), request.POST)
    if not form.is_valid():
        return _page(request, form)
    by = person(request)
    changed = [ageing.set_age(code=code, hours=form.cleaned_data[code.value], by=by) for code in Code]
    if any(changed):
        messages.success(request, _("Saved. Numbers of which that was said are being judged anew."))
    return redirect("status-feeds")


def _page(request: HttpRequest, form: AgesForm) -> HttpResponse:
    context = {"feeds": StatusFeed.objects.select_related("created_by")[: selectors.PAGE], "ages": form}
    return render(request, "campaigns/status/feeds.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@role_required(*MANAGE)
def upload(request: HttpRequest) -> HttpResponse:
    given = uploaded.files(request)
    form = FeedForm(request.POST or None, given)
    if request.method == "POST" and form.is_valid():
        try:
            with used(form.cleaned_data["file"]):
                made = uploading.upload_feed(**form.cleaned_data, by=person(request))
        except services.Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The file is here and is being applied."))
            return redirect("status-feed", made.pk)
    sources = StatusFeed.objects.order_by("source").values_list("source", flat=True).distinct()[:50]
    context = {"form": form, "sources": sources, "uploaded": uploaded.still_here(given)}
    return render(request, "campaigns/status/upload.html", context, status=422 if form.errors else 200)


@require_GET
@role_required(*MANAGE)
def feed_page(request: HttpRequest, pk: int) -> HttpResponse:
    """What became of its rows, and those that say nothing, with the reason."""
    feed = get_object_or_404(StatusFeed.objects.select_related("created_by"), pk=pk)
    after, reason = request.GET.get("after", ""), request.GET.get("reason", "")
    rejects = feed.rejects.filter(row_no__gt=int(after) if after.isdecimal() else 0)
    found = list((rejects.filter(reason=reason) if reason else rejects)[: selectors.PAGE + 1])
    page = found[: selectors.PAGE]
    context = {
        "feed": feed,
        "groups": _groups(feed),
        "rejects": [(reject, words.of(words.FEED_REASONS, reject.reason)) for reject in page],
        "reason": reason,
        "next": page[-1].row_no if len(found) > selectors.PAGE else None,
    }
    return render(request, "campaigns/status/feed.html", context)


def _groups(feed: StatusFeed) -> list[tuple[str, str, int]]:
    """(code, words, how many) of the rejects, most frequent first."""
    rows = feed.rejects.order_by().values_list("reason").annotate(n=Count("pk"))
    return sorted(((code, words.of(words.FEED_REASONS, code), n) for code, n in rows), key=lambda row: -row[2])


@require_GET
@role_required(*MANAGE)
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """Rows so far; once the feed is settled, the page is to be loaded whole."""
    feed = get_object_or_404(StatusFeed, pk=pk)
    response = render(request, "campaigns/status/feed_progress.html", {"feed": feed})
    if feed.state in SETTLED:
        response["HX-Refresh"] = "true"
    return response


@require_GET
@role_required(*MANAGE)
def rejects_csv(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """Every rejected row with its reason and its own cells, to correct and upload again."""
    feed = get_object_or_404(StatusFeed, pk=pk)
    response = StreamingHttpResponse(_csv_lines(feed), content_type="text/csv; charset=utf-8")
    name = slugify(feed.source) or f"status-{pk}"
    response["Content-Disposition"] = f'attachment; filename="{name}-rejects.csv"'
    return response


class _Line:
    """What csv.writer writes to: gives the line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def _csv_lines(feed: StatusFeed) -> Iterator[str]:
    writer = csv.writer(_Line())
    # The mark tells Excel that this is UTF-8.
    yield "\ufeff" + writer.writerow([harmless(cell) for cell in (_("row"), _("reason"), *feed.header)])
    for reject in feed.rejects.iterator(2000):
        cells: list[Any] = [reject.row_no, words.of(words.FEED_REASONS, reject.reason)]
        yield writer.writerow([harmless(cell) for cell in [*cells, *reject.row]])

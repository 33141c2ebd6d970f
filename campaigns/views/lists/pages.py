"""The lists, one list with its versions, one version with its books, differences and rejects."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.text import slugify
from django.views.decorators.http import require_GET

from campaigns import selectors, words
from campaigns.lists import rejects, shown
from campaigns.models import ContactList, ListVersion
from campaigns.permissions import MANAGE, role_required

State = ListVersion.State
OVER = (State.READY, State.FAILED, State.CANCELLED, State.UNDONE)


@require_GET
@role_required(*MANAGE)
def list_list(request: HttpRequest) -> HttpResponse:
    return render(request, "campaigns/list_list.html", {"lists": selectors.lists()[: selectors.PAGE]})


@require_GET
@role_required(*MANAGE)
def list_page(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(ContactList.objects.select_related("current"), pk=pk)
    running = shown.running_version(pk)
    context = {
        "list": found,
        "campaigns": found.campaigns.all(),
        "versions": found.versions.select_related("created_by"),
        "progress": shown.progress(running, timezone.now()) if running else None,
        **_rejects(request, found),
    }
    return render(request, "campaigns/list.html", context)


@require_GET
@role_required(*MANAGE)
def version_page(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    version = _version(pk, number)
    context = {
        "list": version.list,
        "version": version,
        "campaigns": version.list.campaigns.all(),
        "in_force": version.list.current_id == version.pk,
        "progress": None if version.state in OVER else shown.progress(version, timezone.now()),
        **_rejects(request, version),
    }
    return render(request, "campaigns/lists/version.html", context)


@require_GET
@role_required(*MANAGE)
def people_page(request: HttpRequest, pk: int, number: int, difference: str) -> HttpResponse:
    """Who is new, changed, unchanged or gone."""
    version = _version(pk, number)
    found = shown.people_of(version, difference, after=_number(request, "after"))
    page = found[: shown.PAGE]
    changes = shown.changes_of(version, page)
    context = {
        "list": version.list,
        "version": version,
        "difference": difference,
        "people": [(contact, changes.get(contact.pk, [])) for contact in page],
        "next": page[-1].pk if len(found) > shown.PAGE else None,
    }
    return render(request, "campaigns/lists/people.html", context)


@require_GET
@role_required(*MANAGE)
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the list's import has come; once it is over, the page is to be loaded whole."""
    found = get_object_or_404(ContactList, pk=pk)
    running = shown.running_version(pk)
    come = shown.progress(running, timezone.now()) if running else None
    response = render(request, "campaigns/list_progress.html", {"list": found, "progress": come})
    unversioned = found.state in (ContactList.State.WAITING, ContactList.State.IMPORTING)
    if running is None and not unversioned:
        response["HX-Refresh"] = "true"
    return response


@require_GET
@role_required(*MANAGE)
def rejects_file(request: HttpRequest, pk: int, number: int, kind: str) -> StreamingHttpResponse | FileResponse:
    """Every row that became nobody, with its own cells and the reason, to correct and upload again."""
    version = _version(pk, number)
    name = f"{slugify(version.list.name) or f'list-{pk}'}-{number}-rejects.{kind}"
    if kind == "xlsx":
        return FileResponse(rejects.workbook(version), as_attachment=True, filename=name)
    response = StreamingHttpResponse(rejects.csv_lines(version), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _version(pk: int, number: int) -> ListVersion:
    return get_object_or_404(
        ListVersion.objects.select_related("list", "previous", "created_by"), list=pk, number=number
    )


def _number(request: HttpRequest, name: str) -> int:
    text = request.GET.get(name, "")
    return int(text) if text.isdecimal() else 0


def _rejects(request: HttpRequest, of: ContactList | ListVersion) -> dict[str, Any]:
    """A page of rejects, each with its reason and whom it doubles, in words."""
    reason = request.GET.get("reason", "")
    found = selectors.reject_page(of, after=_number(request, "after"), reason=reason)
    page = found[: selectors.PAGE]
    names = shown.names_of(page)
    return {
        "groups": selectors.reject_groups(of),
        "rejects": [(r, words.of(words.REJECT_REASONS, r.reason), shown.evidence_of(r, names)) for r in page],
        "reason": reason,
        "next": page[-1].row_no if len(found) > selectors.PAGE else None,
    }

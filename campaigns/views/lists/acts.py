"""What is done with lists: upload, say how the file is read, start, cancel, undo."""

from __future__ import annotations

from typing import TypeVar

from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from campaigns import services
from campaigns.forms import ReadingForm, UploadForm, meanings
from campaigns.lists import shown, versions
from campaigns.lists.columns import Unreadable
from campaigns.lists.importing import source
from campaigns.models import Campaign, ContactList, ListVersion
from campaigns.permissions import MANAGE, person, role_required
from campaigns.uploads.handing import used
from campaigns.views import uploaded

UNDECIDED = versions.UNDECIDED
Named = TypeVar("Named", bound=Model)


@require_http_methods(["GET", "POST"])
@role_required(*MANAGE)
def upload(request: HttpRequest) -> HttpResponse:
    """A file becomes a list, or the next version of `?list=`; with `?campaign=`, its people become leads as well."""
    campaign, older = _asked(request, "campaign", Campaign), _asked(request, "list", ContactList)
    first = {"name": older.name, "default_country": older.default_country} if older else None
    given = uploaded.files(request)
    form = UploadForm(request.POST or None, given, initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            with used(form.cleaned_data["file"]):
                version = _uploaded(request, form, campaign, older)
        except services.Refused as refusal:
            form.add_error("file", str(refusal))
        else:
            return redirect("list-columns", version.list_id, version.number)
    context = {"form": form, "campaign": campaign, "list": older, "uploaded": uploaded.still_here(given)}
    return render(request, "campaigns/upload.html", context, status=422 if form.errors else 200)


def _asked(request: HttpRequest, name: str, model: type[Named]) -> Named | None:
    pk = request.GET.get(name, "")
    return get_object_or_404(model, pk=pk) if pk.isdecimal() else None


def _uploaded(
    request: HttpRequest, form: UploadForm, campaign: Campaign | None, older: ContactList | None
) -> ListVersion:
    said = form.cleaned_data
    if older:
        country = said["default_country"]
        return versions.add(list=older, file=said["file"], by=person(request), default_country=country)
    made = services.upload_list(**said, by=person(request), campaign=campaign, ask_first=True)
    return made.versions.get()


@require_http_methods(["GET", "POST"])
@role_required(*MANAGE)
def columns(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """How the file is read: its characters, columns and first rows; then it is imported so."""
    version = _version(pk, number)
    if version.state not in UNDECIDED:
        return redirect("list-version", pk, number)
    flaw, sheet = "", None
    form = ReadingForm(_reading(request), initial=_first(version), sheets=_sheets(version))
    if request.method == "POST" and form.is_valid():
        said = meanings.said(version, request.POST)
        versions.say(version=version, options=form.options, mapping=said, **form.choices)
        if request.POST.get("then") == "start":
            return _start(request, version)
        return redirect("list-columns", pk, number)
    try:
        sheet = versions.look(version)
        rows = shown.preview(version, sheet)
    except Unreadable as unreadable:
        flaw, rows = str(unreadable), []
    context = {
        "list": version.list,
        "version": version,
        "form": form,
        "sheet": sheet,
        "flaw": flaw,
        "rows": rows,
        "columns": meanings.shown(version, sheet) if sheet else [],
        "meanings": meanings.CHOICES,
        "reading": shown.reading(sheet) if sheet else None,
        "remembered": versions.remembered(version, version.fingerprint) if sheet else None,
        "campaigns": version.list.campaigns.all(),
    }
    return render(request, "campaigns/lists/columns.html", context, status=422 if form.errors or flaw else 200)


def _reading(request: HttpRequest) -> QueryDict | None:
    """What the form says; the button beside another reading of the characters counts more than the field below it."""
    if not (encoding := request.POST.get("read_as")):
        return request.POST or None
    data = request.POST.copy()
    data["encoding"] = encoding
    return data


def _first(version: ListVersion) -> dict[str, object]:
    """What was said of this file, else what was said of the last one from the same source."""
    if not version.options and not version.sheet:
        try:
            sheet = versions.look(version)
        except Unreadable:
            return ReadingForm.of(version)
        older = versions.remembered(version, source.fingerprint(sheet.header))
        if older:
            versions.say(version=version, options={}, mapping=older.mapping, **versions.choices_of(older))
    return ReadingForm.of(version)


def _sheets(version: ListVersion) -> tuple[str, ...]:
    return tuple(version.sheet.get("sheet_names", ())) if version.sheet else ()


def _start(request: HttpRequest, version: ListVersion) -> HttpResponse:
    try:
        versions.start(version=version, by=person(request))
    except services.Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("list-columns", version.list_id, version.number)
    return redirect("list-version", version.list_id, version.number)


@require_POST
@role_required(*MANAGE)
def cancel(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    version = _version(pk, number)
    if versions.cancel(version=version, by=person(request)):
        messages.success(request, _("It is being cancelled. What was applied is taken back."))
    else:
        messages.warning(request, _("It was over before it could be cancelled."))
    return redirect("list-version", pk, number)


@require_POST
@role_required(*MANAGE)
def undo(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    version = _version(pk, number)
    try:
        asked = versions.undo(version=version, by=person(request))
    except services.Refused as refusal:
        messages.error(request, str(refusal))
    else:
        if asked:
            messages.success(request, _("It is being undone. What was called is kept."))
    return redirect("list-version", pk, number)


def _version(pk: int, number: int) -> ListVersion:
    return get_object_or_404(ListVersion.objects.select_related("list", "previous"), list=pk, number=number)

"""Do not call: who may not be called, why, since when; add and remove."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns import do_not_call, selectors, services
from campaigns.forms import SuppressionForm
from campaigns.models import Suppression
from campaigns.permissions import MANAGE, SUPERVISE, person, role_required


@require_http_methods(["GET", "POST"])
@role_required(*SUPERVISE)
def suppression_list(request: HttpRequest) -> HttpResponse:
    # Digits are sent in the body: a number in an address would end in logs.
    searching = "q" in request.POST
    form = SuppressionForm(None if searching else request.POST or None)
    if request.method == "POST" and not searching and form.is_valid():
        try:
            entry = services.suppress(
                number=form.cleaned_data["number"],
                reason=form.cleaned_data["reason"],
                of_person=form.cleaned_data["of_person"],
                by=person(request),
                **form.scope_objects(),
            )
        except services.Refused as refusal:
            form.add_error("number", str(refusal))
        else:
            messages.success(request, _("+%(number)s will not be called any more.") % {"number": entry.phone})
            return redirect("suppressions")
    asked = request.POST if searching else request.GET
    before, text = asked.get("before", ""), request.POST.get("q", "").strip()
    found = selectors.suppression_page(before=int(before) if before.isdecimal() else None, text=text)
    page, more = found[: selectors.PAGE], len(found) > selectors.PAGE
    context = {"form": form, "entries": page, "next": page[-1].pk if more else None, "text": text}
    return render(request, "campaigns/suppressions.html", context, status=422 if form.errors else 200)


@require_GET
@role_required(*SUPERVISE)
def entry_page(request: HttpRequest, pk: int) -> HttpResponse:
    """All entries there ever were of its number, or of its person: who, when, why."""
    entry = get_object_or_404(Suppression.objects.select_related("contact"), pk=pk)
    return render(request, "campaigns/suppression.html", {"entry": entry, "entries": selectors.entries_like(entry)})


@require_POST
@role_required(*MANAGE)
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an entry off; the reason is kept in the audit trail."""
    entry = get_object_or_404(Suppression, pk=pk)
    reason = request.POST.get("reason", "").strip()
    if not reason:
        messages.error(request, _("Say why the number may be called again; it is kept in the audit trail."))
    else:
        services.unsuppress(suppression=entry, reason=reason, by=person(request))
        messages.success(request, _freed(entry))
    return redirect("suppressions")


def _freed(entry: Suppression) -> str:
    """What may be called again, as far as this entry goes."""
    others = do_not_call.standing(Suppression.objects.filter(phone=entry.phone, contact=entry.contact), timezone.now())
    if others.exists():
        return _("The entry is off the list; others still keep calls away.")
    if entry.contact_id:
        return _("This person may be called again.")
    return _("+%(number)s may be called again.") % {"number": entry.phone}

"""A number: what is held against it and why, what sources said over time, whose it is; a supervisor may overrule.

Its address names one of those who have it, never the number itself.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from campaigns import services
from campaigns.forms.validity import OverrideForm
from campaigns.models import ContactPhone, Phone
from campaigns.permissions import SUPERVISE, person, role_required
from campaigns.rules.validity import Code
from campaigns.validity import overriding
from campaigns.whys import numbers


@require_GET
@role_required(*SUPERVISE)
def number_page(request: HttpRequest, pk: int) -> HttpResponse:
    return page(request, _phone(pk), pk, _form())


@require_POST
@role_required(*SUPERVISE)
def override(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what the number is, why and until when."""
    phone, form = _phone(pk), OverrideForm(request.POST)
    if form.is_valid():
        said = {**form.cleaned_data, "code": Code(form.cleaned_data["code"])}
        try:
            overriding.override(phone=phone, by=person(request), **said)
        except services.Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Saved. It holds from the next call on."))
            return redirect("number", pk)
    return page(request, phone, pk, form)


@require_POST
@role_required(*SUPERVISE)
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """The supervisor's word ends now; what others said counts again."""
    if overriding.withdraw(phone=_phone(pk), reason=request.POST.get("reason", ""), by=person(request)):
        messages.success(request, _("Ended. What other sources said counts again."))
    return redirect("number", pk)


def page(request: HttpRequest, phone: Phone, pk: int | None, form: OverrideForm | None) -> HttpResponse:
    """The number's page; without `pk` nobody has it, so that there is nothing to overrule."""
    now = timezone.now()
    context: dict[str, Any] = {"story": numbers.story(phone, now), "now": now, "pk": pk, "form": form}
    flawed = form is not None and form.errors
    return render(request, "campaigns/status/number.html", context, status=422 if flawed else 200)


def _form() -> OverrideForm:
    tomorrow = timezone.localtime() + timedelta(days=1)
    return OverrideForm(initial={"until": tomorrow.replace(second=0, microsecond=0)})


def _phone(pk: int) -> Phone:
    return get_object_or_404(ContactPhone.objects.select_related("phone"), pk=pk).phone

"""A person and a lead: why called or not, and when next. Numbers are looked for by POST: they stay out of addresses."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from campaigns.forms import PersonForm
from campaigns.forms.agreed import ConsentForm, HoldingsForm, WithdrawalForm
from campaigns.forms.do_not_call import SilenceForm
from campaigns.models import Contact, Lead, Phone
from campaigns.permissions import SUPERVISE, role_required
from campaigns.views import numbers as number_views
from campaigns.whys import agreed, budgets, history, leads, numbers, people
from campaigns.whys.history import BadMark, Mark


@sensitive_post_parameters("who")
@require_http_methods(["GET", "POST"])
@role_required(*SUPERVISE)
def find(request: HttpRequest) -> HttpResponse:
    """One person is opened; several who share a number are listed, with what is known of the number."""
    form = PersonForm(request.POST or None)
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        who, country = form.cleaned_data["who"], form.cleaned_data["country"]
        found = people.find(who, country)
        if len(found) == 1:
            return redirect("person", found[0].pk)
        number = people.number_in(who, country)
        if found:
            context |= _shared(found)
            context["number"] = numbers.page_id(number) if number else None
        elif number and (phone := Phone.objects.filter(pk=number).first()):
            return number_views.page(request, phone, None, None)
        else:
            form.add_error("who", _("Nobody here has this customer id or number."))
    return render(request, "campaigns/people.html", context, status=422 if form.errors else 200)


@require_GET
@role_required(*SUPERVISE)
def person_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Who they are, every campaign they are in with why and when, what is counted, and what was before."""
    contact = get_object_or_404(Contact, pk=pk)
    if request.headers.get("HX-Request"):
        page = history.of_person(pk, before(request))
        return render(request, "campaigns/history.html", {"page": page, "with_campaign": True})
    return shown(request, contact)


def shown(request: HttpRequest, contact: Contact, wrong: dict[str, Any] | None = None) -> HttpResponse:
    """The page of a person; with a form of it that was refused, what is wrong with that."""
    now = timezone.now()
    whys = people.whys_of([contact], now)
    context = {"whys": whys, "budget": budgets.of(whys), "with_campaign": True, **_who(contact, now)}
    context |= {"page": history.of_person(contact.pk, before(request)), "agreed": agreed.of(contact, now)}
    context["forms"] = {
        "consent": ConsentForm(),
        "withdrawal": WithdrawalForm(),
        "holdings": HoldingsForm(contact),
        "silence": SilenceForm(),
        **(wrong or {}),
    }
    return render(request, "campaigns/person.html", context, status=422 if wrong else 200)


@require_GET
@role_required(*SUPERVISE)
def lead_page(request: HttpRequest, pk: int, lead: int) -> HttpResponse:
    """The answer in a sentence, all that holds phone by phone, what is counted, and what was before."""
    known = get_object_or_404(
        Lead.objects.select_related("campaign__line_of_business", "contact"), pk=lead, campaign=pk
    )
    page = history.of_lead(known, before(request))
    if request.headers.get("HX-Request"):
        return render(request, "campaigns/history.html", {"page": page})
    now = timezone.now()
    why = leads.of_leads([known], now)[0]
    context = {"why": why, "budget": budgets.of([why]), "page": page, **_who(known.contact, now)}
    return render(request, "campaigns/lead.html", context)


def before(request: HttpRequest) -> Mark | None:
    """Where the page of history begins."""
    try:
        return history.read_mark(request.GET.get("before", ""))
    except BadMark as fault:
        raise Http404 from fault


def _who(contact: Contact, now: datetime) -> dict[str, Any]:
    return {"contact": contact, "phones": people.phones_of(contact), "now": now}


def _shared(found: list[Contact]) -> dict[str, Any]:
    shown = found[: people.MOST_PEOPLE]
    whys = people.whys_of(shown, timezone.now())
    rows = [(contact, [why for why in whys if why.lead.contact_id == contact.pk]) for contact in shown]
    return {"rows": rows, "more": len(found) > len(shown), "now": timezone.now()}

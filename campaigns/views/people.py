"""A person and a lead: why called or not, and when next. People are looked for by POST: who stays out of addresses."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns import search
from campaigns.forms import PersonForm
from campaigns.forms.agreed import ConsentForm, HoldingsForm, WithdrawalForm
from campaigns.forms.do_not_call import SilenceForm
from campaigns.models import Contact, Lead, Phone
from campaigns.permissions import SUPERVISE, role_required
from campaigns.views import numbers as number_views
from campaigns.whys import agreed, budgets, history, leads, numbers, people
from campaigns.whys.history import BadMark, Mark, Only

SUGGESTIONS = 8
# The chips of a history.
KINDS = {
    Only.ALL.value: gettext_lazy("Everything"),
    Only.CALLS.value: gettext_lazy("Calls"),
    Only.CONVERSATIONS.value: gettext_lazy("Conversations"),
    Only.DECISIONS.value: gettext_lazy("Decisions"),
    Only.DO_NOT_CALL.value: gettext_lazy("Do not call"),
    Only.LISTS.value: gettext_lazy("Lists"),
}


@sensitive_post_parameters("who")
@require_http_methods(["GET", "POST"])
@role_required(*SUPERVISE)
def find(request: HttpRequest) -> HttpResponse:
    """One person is opened; several are listed with what matched, their lists and their campaigns."""
    form = PersonForm(request.POST or None)
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        who, country = form.cleaned_data["who"], form.cleaned_data["country"]
        found, number = search.find(who, country), people.number_in(who, country)
        if found.only:
            return redirect("person", found.only.pk)
        if found.hits:
            context |= {"found": found, "places": people.places_of([hit.contact for hit in found.hits])}
            context["number"] = numbers.page_id(number) if number else None
        elif number and (phone := Phone.objects.filter(pk=number).first()):
            return number_views.page(request, phone, None, None)
        else:
            form.add_error("who", _("Nobody here has this customer id, number or name."))
    return render(request, "campaigns/people.html", context, status=422 if form.errors else 200)


@sensitive_post_parameters("who")
@require_POST
@role_required(*SUPERVISE)
def suggest(request: HttpRequest) -> HttpResponse:
    """The first people that what is typed so far may mean."""
    found = search.find(request.POST.get("who", ""), most=SUGGESTIONS)
    return render(request, "campaigns/suggestions.html", {"found": found})


@require_GET
@role_required(*SUPERVISE)
def person_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Who they are, every campaign they are in with why and when, what is counted, and what was before."""
    contact = get_object_or_404(Contact, pk=pk)
    if request.headers.get("HX-Request"):
        context = {"with_campaign": True, **_history(request, contact)}
        return render(request, "campaigns/history.html", context)
    return shown(request, contact)


def shown(request: HttpRequest, contact: Contact, wrong: dict[str, Any] | None = None) -> HttpResponse:
    """The page of a person; with a form of it that was refused, what is wrong with that."""
    now = timezone.now()
    whys = people.whys_of([contact], now)
    context = {"whys": whys, "budget": budgets.of(whys), "with_campaign": True, **_who(contact, now)}
    context |= {"agreed": agreed.of(contact, now), "lists": people.entries_of(contact), "chips": KINDS}
    context["forms"] = {
        "consent": ConsentForm(),
        "withdrawal": WithdrawalForm(),
        "holdings": HoldingsForm(contact),
        "silence": SilenceForm(),
        **(wrong or {}),
    }
    context |= _history(request, contact)
    return render(request, "campaigns/person.html", context, status=422 if wrong else 200)


def _history(request: HttpRequest, contact: Contact) -> dict[str, Any]:
    """A page of what was before, of the kind that is asked for."""
    only = request.GET.get("only", "")
    if only not in KINDS:
        raise Http404
    return {"page": history.of_person(contact.pk, before(request), Only(only)), "only": only}


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

"""Lookups: what asking about a list's numbers would cost, asking, and the budgets that are never exceeded."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns import selectors, services
from campaigns.forms.validity import BudgetForm, CampaignBudgetForm, LookupForm
from campaigns.lookups import Provider, budget, running, wanted
from campaigns.lookups.providers import providers
from campaigns.models import Campaign, ContactList, LookupBudget, LookupRun
from campaigns.permissions import MANAGE, person, role_required
from campaigns.templatetags.whys import money

Period = LookupBudget.Period


@require_GET
@role_required(*MANAGE)
def lookup_list(request: HttpRequest) -> HttpResponse:
    """Runs, the newest first, and the budgets with what is left of them."""
    return _page(request, BudgetForm(initial=_amounts()), CampaignBudgetForm())


@require_GET
@role_required(*MANAGE)
def runs(request: HttpRequest) -> HttpResponse:
    """The table of runs alone, which goes on by itself."""
    return render(request, "campaigns/status/lookup_runs.html", _runs())


@require_POST
@role_required(*MANAGE)
def set_budgets(request: HttpRequest) -> HttpResponse:
    """The day's and the month's, or one campaign's."""
    own = "campaign" in request.POST
    form = CampaignBudgetForm(request.POST) if own else BudgetForm(request.POST)
    if not form.is_valid():
        others = BudgetForm(initial=_amounts()) if own else CampaignBudgetForm()
        return _page(request, *((others, form) if own else (form, others)))
    by, said = person(request), form.cleaned_data
    if own:
        budget.set_budget(period=Period.CAMPAIGN, amount=said["amount"], campaign=said["campaign"], by=by)
    else:
        for period in (Period.DAY, Period.MONTH):
            budget.set_budget(period=period, amount=said[period.value], by=by)
    messages.success(request, _("Saved. It holds from the next request on."))
    return redirect("lookups")


def _page(request: HttpRequest, form: Any, own: Any) -> HttpResponse:
    now = timezone.now()
    campaigns = [
        each.campaign for each in LookupBudget.objects.filter(period=Period.CAMPAIGN).select_related("campaign")
    ]
    left = [*budget.left(None, now), *(last for c in campaigns if c and (last := budget.left(c.pk, now)[-1]))]
    context = {"form": form, "own": own, "left": left, "providers": providers().values(), **_runs()}
    return render(request, "campaigns/status/lookups.html", context, status=422 if form.errors or own.errors else 200)


def _runs() -> dict[str, Any]:
    found = list(LookupRun.objects.select_related("list", "campaign", "created_by")[: selectors.PAGE])
    return {"runs": found, "going": any(run.state in running.OPEN for run in found)}


def _amounts() -> dict[str, str]:
    return {b.period: money(b.amount) for b in LookupBudget.objects.filter(campaign=None)}


@require_http_methods(["GET", "POST"])
@role_required(*MANAGE)
def look_up(request: HttpRequest, pk: int) -> HttpResponse:
    """What it would cost; then it begins."""
    contact_list = get_object_or_404(ContactList, pk=pk)
    known = providers()
    given = request.POST or request.GET or {"provider": next(iter(known))}
    form = LookupForm(list(known), contact_list.campaigns.order_by("name"), given)
    if not form.is_valid():
        return render(request, "campaigns/status/look_up.html", {"list": contact_list, "form": form}, status=422)
    campaign: Campaign | None = form.cleaned_data["campaign"]
    if request.method == "POST":
        try:
            running.start(
                contact_list=contact_list, provider=form.cleaned_data["provider"], campaign=campaign, by=person(request)
            )
        except services.Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("The lookup has begun."))
        return redirect("lookups")
    context = {
        "list": contact_list,
        "form": form,
        **_estimate(contact_list, known[form.cleaned_data["provider"]], campaign),
    }
    part = "look_up_estimate" if request.headers.get("HX-Request") else "look_up"
    return render(request, f"campaigns/status/{part}.html", context)


def _estimate(contact_list: ContactList, provider: Provider, campaign: Campaign | None) -> dict[str, Any]:
    """What it comes to; `paid`: how many numbers the budgets still pay for (None: all)."""
    now = timezone.now()
    estimate = wanted.estimate(contact_list.pk, provider, now)
    left = budget.left(campaign.pk if campaign else None, now) if provider.cost else []
    least = min((each.left for each in left), default=None)
    paid = None if least is None or least >= estimate.cost else int(least // provider.cost)
    unpaid = bool(provider.cost) and not left
    return {"estimate": estimate, "provider": provider, "left": left, "paid": paid, "unpaid": unpaid}


@require_POST
@role_required(*MANAGE)
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask nothing more."""
    running.stop(run=get_object_or_404(LookupRun, pk=pk), by=person(request))
    return redirect("lookups")

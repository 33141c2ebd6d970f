"""Campaigns: the list, one campaign's page and its live fragments, and what may be done to it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns import selectors, services
from campaigns.forms import AttachForm, CampaignForm, PacingForm, SettingsForm, pacing_sentence
from campaigns.models import Campaign
from campaigns.permissions import MANAGE, SUPERVISE, person, role_required
from campaigns.views import detection, sharing
from campaigns.views.answers import acted, refused
from campaigns.whys import waterfall

ACTIONS: dict[str, Callable[..., Any]] = {"start": services.start, "pause": services.pause, "stop": services.stop}


@require_GET
@role_required(*SUPERVISE)
def campaign_list(request: HttpRequest) -> HttpResponse:
    """All campaigns; asked by htmx, only the rows."""
    template = "campaigns/campaign_rows.html" if request.headers.get("HX-Request") else "campaigns/campaign_list.html"
    return render(request, template, {"rows": selectors.campaign_rows(timezone.now())})


@require_http_methods(["GET", "POST"])
@role_required(*MANAGE)
def create(request: HttpRequest) -> HttpResponse:
    form = CampaignForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            campaign = services.create_campaign(by=person(request), **form.cleaned_data)
        except services.Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(
                request, _("“%(name)s” is a draft now: add a list, then start it.") % {"name": campaign.name}
            )
            return redirect("campaign", campaign.pk)
    return render(request, "campaigns/campaign_create.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
@role_required(*SUPERVISE)
def campaign_page(request: HttpRequest, pk: int) -> HttpResponse:
    campaign = get_object_or_404(Campaign, pk=pk)
    context = {
        **_head(campaign),
        **_pacing(campaign),
        **sharing.context_of(campaign),
        **detection.context_of(campaign),
        "settings_form": SettingsForm(instance=campaign),
        "attach_form": AttachForm(campaign),
        "links": selectors.campaign_links(campaign),
        "now": timezone.now(),
        **_counts(campaign),
    }
    return render(request, "campaigns/campaign.html", context)


@require_GET
@role_required(*SUPERVISE)
def head(request: HttpRequest, pk: int) -> HttpResponse:
    """The state sentence; with the buttons when the state is no longer the one shown."""
    context = _head(get_object_or_404(Campaign, pk=pk))
    context["with_actions"] = request.GET.get("shown") != context["standing"].state
    return render(request, "campaigns/campaign_head.html", context)


@require_GET
@role_required(*SUPERVISE)
def counts(request: HttpRequest, pk: int) -> HttpResponse:
    """Leads by state and reason, and today's dispositions."""
    return render(request, "campaigns/campaign_counts.html", _counts(get_object_or_404(Campaign, pk=pk)))


@require_POST
@role_required(*SUPERVISE)
def act(request: HttpRequest, pk: int, action: str) -> HttpResponse:
    """Start, pause or stop; stopping is for good, so it wants the name typed."""
    campaign = get_object_or_404(Campaign, pk=pk)
    if action == "stop" and request.POST.get("name", "").strip() != campaign.name:
        return refused(request, _("Not stopped: the name typed is not the campaign's."), "campaign", pk)
    try:
        ACTIONS[action](campaign=campaign, by=person(request))
    except services.Refused as refusal:
        return refused(request, str(refusal), "campaign", pk)
    campaign.refresh_from_db()
    return acted(request, "campaigns/campaign_head.html", {**_head(campaign), "with_actions": True}, "campaign", pk)


@require_POST
@role_required(*SUPERVISE)
def pacing(request: HttpRequest, pk: int) -> HttpResponse:
    campaign = get_object_or_404(Campaign, pk=pk)
    form = PacingForm(request.POST, instance=campaign)
    if form.is_valid():
        try:
            services.set_pacing(campaign=Campaign.objects.get(pk=pk), by=person(request), **form.cleaned_data)
        except services.Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Pacing saved; the dialler follows within a second."))
            campaign = Campaign.objects.get(pk=pk)
            form = PacingForm(instance=campaign)
    return acted(request, "campaigns/pacing_form.html", {**_pacing(campaign), "pacing_form": form}, "campaign", pk)


@require_GET
@role_required(*SUPERVISE)
def pacing_words(request: HttpRequest, pk: int) -> HttpResponse:
    """What the pacing in the form would do, before it is saved."""
    campaign = get_object_or_404(Campaign, pk=pk)
    try:
        ratio = min(Decimal(request.GET.get("ratio") or 1), Decimal(10))
        sentence = pacing_sentence(request.GET.get("dial_mode", ""), ratio, campaign.max_wait_seconds)
    except InvalidOperation:
        sentence = ""
    return HttpResponse(sentence, content_type="text/plain; charset=utf-8")


@require_POST
@role_required(*MANAGE)
def save_settings(request: HttpRequest, pk: int) -> HttpResponse:
    campaign = get_object_or_404(Campaign, pk=pk)
    form = SettingsForm(request.POST, instance=campaign)
    if form.is_valid():
        services.change_settings(campaign=Campaign.objects.get(pk=pk), by=person(request), **form.cleaned_data)
        messages.success(request, _("Settings saved; they hold from the next call on."))
    return acted(request, "campaigns/settings_form.html", {"campaign": campaign, "settings_form": form}, "campaign", pk)


@require_POST
@role_required(*MANAGE)
def attach(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the contacts of a list that is already here leads of this campaign."""
    campaign = get_object_or_404(Campaign, pk=pk)
    form = AttachForm(campaign, request.POST)
    if not form.is_valid():
        return refused(request, _("Choose a list first."), "campaign", pk)
    try:
        services.attach_list(campaign=campaign, list=form.cleaned_data["list"], by=person(request))
    except services.Refused as refusal:
        return refused(request, str(refusal), "campaign", pk)
    messages.success(request, _("“%(name)s” is attached.") % {"name": form.cleaned_data["list"]})
    return redirect("campaign", pk)


@require_GET
@role_required(*SUPERVISE)
def leads(request: HttpRequest, pk: int) -> HttpResponse:
    """The campaign's leads, a page at a time, after a contact; each with why not now and when next."""
    campaign = get_object_or_404(Campaign, pk=pk)
    now = timezone.now()
    filters = {key: request.GET[key] for key in ("state", "why", "when", "rule") if key in request.GET}
    after = request.GET.get("after", "")
    found = selectors.lead_page(campaign, after=int(after) if after.isdecimal() else 0, filters=filters, now=now)
    page, more = found[: selectors.PAGE], len(found) > selectors.PAGE
    found_bars = waterfall.of(campaign, now)
    context = {
        "campaign": campaign,
        "waterfall": found_bars,
        "rule": next((bar.rule for bar in found_bars.bars if bar.group.filters == filters), ""),
        "leads": page,
        "next": page[-1].contact_id if more else None,
        "filters": filters,
        "now": now,
    }
    return render(request, "campaigns/leads.html", context)


def _head(campaign: Campaign) -> dict[str, Any]:
    return {"campaign": campaign, "standing": selectors.standing(campaign)}


def _pacing(campaign: Campaign) -> dict[str, Any]:
    sentence = pacing_sentence(campaign.dial_mode, campaign.ratio, campaign.max_wait_seconds)
    return {"campaign": campaign, "pacing_form": PacingForm(instance=campaign), "sentence": sentence}


def _counts(campaign: Campaign) -> dict[str, Any]:
    now = timezone.now()
    dispositions = selectors.dispositions_since(campaign, selectors.start_of_day(now))
    return {"campaign": campaign, "waterfall": waterfall.of(campaign, now), "dispositions": dispositions}

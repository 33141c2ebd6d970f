"""Where the records of a list stand, by their numbers or in one of its campaigns, and who is behind each bar."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from campaigns.models import Campaign, ContactList
from campaigns.permissions import MANAGE, role_required
from campaigns.whys import telling
from campaigns.whys.listed import records, waterfall
from campaigns.whys.listed.fates import Key

NUMBERS_ALONE = "none"


@require_GET
@role_required(*MANAGE)
def list_waterfall(request: HttpRequest, pk: int) -> HttpResponse:
    """The bars, for the page of the list to fetch: counting a large list takes a moment."""
    listed = get_object_or_404(ContactList, pk=pk)
    context = _context(request, listed)
    context["waterfall"] = waterfall.of(listed, context["campaign"], timezone.now())
    return render(request, "campaigns/list_waterfall.html", context)


@require_GET
@role_required(*MANAGE)
def list_records(request: HttpRequest, pk: int) -> HttpResponse:
    """The people behind a bar, each with why, on what evidence and when they may be called."""
    listed = get_object_or_404(ContactList, pk=pk)
    context, after = _context(request, listed), request.GET.get("after", "")
    key = Key(*(request.GET.get(part, "") for part in ("stage", "why", "rule")))
    if key.stage not in waterfall.STAGES:
        raise Http404
    now, campaign = timezone.now(), context["campaign"]
    found = records.page(listed, campaign, key, after=int(after) if after.isdecimal() else 0, now=now)
    rule = telling.rule(found.records[0].policy, key.rule, campaign) if found.records else key.rule
    filters = {"stage": key.stage, "why": key.why, "rule": key.rule}
    context |= {"key": key, "words": waterfall.stage_words(key, campaign is not None), "rule": rule, "page": found}
    return render(request, "campaigns/list_records.html", {**context, "filters": filters, "now": now})


def _context(request: HttpRequest, listed: ContactList) -> dict[str, Any]:
    """The list, its campaigns, and the one that is looked at: the newest, unless the reader chose another or none."""
    campaigns = list(listed.campaigns.order_by("-campaignlist__pk").select_related("line_of_business"))
    chosen = request.GET.get("campaign", "")
    campaign: Campaign | None = next((c for c in campaigns if str(c.pk) == chosen), None)
    if campaign is None and chosen != NUMBERS_ALONE and campaigns:
        campaign = campaigns[0]
    return {"list": listed, "campaigns": campaigns, "campaign": campaign, "chosen": campaign.pk if campaign else "none"}

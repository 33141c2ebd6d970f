"""What a campaign's own page embeds: how often its detector was wrong."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from campaigns.models import Campaign
from campaigns.permissions import SUPERVISE, role_required
from campaigns.whys.kept import counted
from dialer.detection import truth


@require_GET
@never_cache
@role_required(*SUPERVISE)
def of_campaign(request: HttpRequest, campaign_id: int) -> HttpResponse:
    campaign = get_object_or_404(Campaign, pk=campaign_id)
    now = timezone.now()
    key = f"detection.{campaign.pk}.{campaign.version}"
    at, cells = counted(key, lambda: truth.count(campaign, now), now)
    context = {"parts": truth.parts(cells), "at": at, "since": truth.since(campaign, now)}
    return render(request, "dialer/detection/truth.html", context)

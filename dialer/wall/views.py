"""The supervisor's wall over HTTP: the page, its fragment, three controls, and one campaign's live figures.

Controls call the services of `campaigns`, which decide and write the audit trail; the board is read afresh after
them, so that a click is seen at once.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from campaigns import services
from campaigns.forms import PacingForm
from campaigns.models import Campaign
from campaigns.permissions import SUPERVISE, person, role_required
from campaigns.selectors import start_of_day
from dialer.wall import pacing, selectors, trying, words
from dialer.wall.shared import forget

Change = Callable[[HttpRequest, Campaign], None]


@require_GET
@never_cache
@role_required(*SUPERVISE)
def wall(request: HttpRequest) -> HttpResponse:
    return render(request, "dialer/wall/page.html", _context(request))


@require_GET
@never_cache
@role_required(*SUPERVISE)
def board_fragment(request: HttpRequest) -> HttpResponse:
    return render(request, "dialer/wall/board.html", _context(request))


@require_GET
@never_cache
@role_required(*SUPERVISE)
def campaign_live(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """What a campaign's own page embeds: the dialler's figures of it."""
    campaign = get_object_or_404(Campaign, pk=campaign_id)
    row, at = selectors.one_campaign(campaign, start_of_day(timezone.now()))
    return render(request, "dialer/wall/campaign_live.html", {"row": row, "at": at, "formulas": words.FORMULAS})


@require_GET
@never_cache
@role_required(*SUPERVISE)
def pacing_panel(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """What a campaign's own page embeds: what its pacing may still risk, and what the last change did."""
    campaign = get_object_or_404(Campaign, pk=campaign_id)
    found = pacing.panel(campaign, timezone.now())
    return render(request, "dialer/wall/pacing_panel.html", {"panel": found, "campaign": campaign})


@require_GET
@never_cache
@role_required(*SUPERVISE)
def pacing_curve(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """The chart's columns since the reader's midnight, as JSON."""
    campaign = get_object_or_404(Campaign, pk=campaign_id)
    now = timezone.now()
    found = pacing.curve(campaign.pk, start_of_day(now), now)
    return JsonResponse({**found, "aim": pacing.aim(campaign)})


@require_GET
@never_cache
@role_required(*SUPERVISE)
def pacing_preview(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """What the pacing in the form would do, by simulation, before it is saved."""
    campaign = get_object_or_404(Campaign, pk=campaign_id)
    form = PacingForm(request.GET, instance=Campaign.objects.get(pk=campaign_id))
    if not form.is_valid():
        sentence = " ".join(str(flaw) for flaws in form.errors.values() for flaw in flaws)
        return HttpResponse(sentence, content_type="text/plain; charset=utf-8")
    wanted = form.cleaned_data
    found = trying.trial(campaign, wanted["dial_mode"], wanted["ratio"], wanted["abandon_aim"], timezone.now())
    return render(request, "dialer/wall/pacing_preview.html", {"trial": found})


def control(change: Change) -> Callable[..., HttpResponseBase]:
    """A POST that changes a campaign and answers with the board; a refusal comes as its sentence above it."""

    @require_POST
    @role_required(*SUPERVISE)
    def view(request: HttpRequest, campaign_id: int) -> HttpResponse:
        campaign = get_object_or_404(Campaign, pk=campaign_id)
        try:
            change(request, campaign)
        except services.Refused as refusal:
            return render(request, "dialer/wall/board.html", {**_context(request), "error": str(refusal)}, status=409)
        forget("live")
        return render(request, "dialer/wall/board.html", _context(request))

    return view


@control
def pause(request: HttpRequest, campaign: Campaign) -> None:
    services.pause(campaign=campaign, by=person(request))


@control
def resume(request: HttpRequest, campaign: Campaign) -> None:
    services.start(campaign=campaign, by=person(request))


@control
def ratio(request: HttpRequest, campaign: Campaign) -> None:
    try:
        wanted = Decimal(request.POST.get("ratio", ""))
    except InvalidOperation as error:
        raise services.BadPacing(_("The ratio must be a number from 1 to 10, such as 1.5.")) from error
    mode = Campaign.DialMode.PROGRESSIVE if wanted == 1 else Campaign.DialMode.RATIO
    services.set_pacing(campaign=campaign, by=person(request), dial_mode=mode, ratio=wanted)


def _context(request: HttpRequest) -> dict[str, object]:
    tv = request.GET.get("tv") == "1"
    return {"wall": selectors.wall(start_of_day(timezone.now())), "tv": tv, "formulas": words.FORMULAS}

"""A campaign's answering-machine detection: the form, and what it would do before it is saved."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from campaigns import services
from campaigns.forms import DETECTION_FIELDS, DetectionForm
from campaigns.models import Campaign
from campaigns.permissions import MANAGE, SUPERVISE, person, role_required
from campaigns.sentences import detection_sentence, fell_back_sentence
from campaigns.views.answers import acted


@require_POST
@role_required(*MANAGE)
def save(request: HttpRequest, pk: int) -> HttpResponse:
    campaign = get_object_or_404(Campaign, pk=pk)
    form = DetectionForm(request.POST, instance=campaign)
    saved = form.is_valid()
    # The form's check has written its values into the instance.
    campaign = Campaign.objects.get(pk=pk)
    if saved:
        services.set_detection(campaign=campaign, by=person(request), **form.cleaned_data)
        messages.success(request, _("Saved; it holds from the next call on."))
    context = context_of(campaign, None if saved else form)
    return acted(request, "campaigns/detection_form.html", context, "campaign", pk)


@require_GET
@role_required(*SUPERVISE)
def words(request: HttpRequest, pk: int) -> HttpResponse:
    """What the values in the form would do, before they are saved; nothing while they cannot be."""
    form = DetectionForm(request.GET, instance=get_object_or_404(Campaign, pk=pk))
    sentence = detection_sentence(**form.cleaned_data) if form.is_valid() else ""
    return HttpResponse(sentence, content_type="text/plain; charset=utf-8")


def context_of(campaign: Campaign, form: DetectionForm | None = None) -> dict[str, Any]:
    """What the form's template takes; with the campaign's own values unless a form is given."""
    values = {field: getattr(campaign, field) for field in DETECTION_FIELDS}
    why = campaign.detector_fell_back
    return {
        "campaign": campaign,
        "detection_form": form or DetectionForm(instance=campaign),
        "detection_words": detection_sentence(**values),
        "fell_back_words": fell_back_sentence(why) if why else "",
    }

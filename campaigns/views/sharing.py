"""A campaign's part of the agents it shares with others: the form, and what it would come to before it is saved."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from campaigns import selectors, services
from campaigns.forms import AgentShareForm
from campaigns.models import Campaign
from campaigns.permissions import SUPERVISE, person, role_required
from campaigns.sentences import agent_share_sentence
from campaigns.views.answers import acted


@require_POST
@role_required(*SUPERVISE)
def save(request: HttpRequest, pk: int) -> HttpResponse:
    campaign = get_object_or_404(Campaign, pk=pk)
    form = AgentShareForm(request.POST)
    if form.is_valid():
        services.set_agent_share(campaign=campaign, by=person(request), **form.cleaned_data)
        messages.success(request, _("Saved; the dialler follows within a second."))
    context = context_of(campaign, None if form.is_valid() else form)
    return acted(request, "campaigns/agent_share_form.html", context, "campaign", pk)


@require_GET
@role_required(*SUPERVISE)
def words(request: HttpRequest, pk: int) -> HttpResponse:
    """What the values in the form would mean, before they are saved; nothing while they are out of bounds."""
    campaign = get_object_or_404(Campaign, pk=pk)
    form = AgentShareForm(request.GET)
    sentence = _sentence(campaign, **form.cleaned_data) if form.is_valid() else ""
    return HttpResponse(sentence, content_type="text/plain; charset=utf-8")


def context_of(campaign: Campaign, form: AgentShareForm | None = None) -> dict[str, Any]:
    """What the form's template takes; with the campaign's own values unless a form is given."""
    values = {"agent_priority": campaign.agent_priority, "agent_weight": campaign.agent_weight}
    shown = form or AgentShareForm(initial=values)
    return {"campaign": campaign, "share_form": shown, "share_words": _sentence(campaign, **values)}


def _sentence(campaign: Campaign, agent_priority: int, agent_weight: int) -> str:
    return agent_share_sentence(agent_priority, agent_weight, selectors.agent_rivals(campaign))

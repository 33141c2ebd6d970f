"""What is done to one row of the pages of rules: end a rule and take that back, remove a day, confirm or upload a
profile, boost a list. Nothing asks "are you sure": what was ended stays in its place with the way back.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from campaigns import rulebook, rulesheet, selectors, sentences
from campaigns.forms.rules import ProfileFileForm
from campaigns.forms.trying import OrderForm
from campaigns.models import Campaign, CampaignList, ClosedDay, ComplianceProfile, FrequencyCap, MinimumGap
from campaigns.permissions import MANAGE, SUPERVISE, may, person, role_required
from campaigns.rulebook import Owner
from campaigns.rules.reading import BadProfile
from campaigns.views.answers import acted
from campaigns.views.owners import address, base
from campaigns.views.rules import CHANGED, READ_BACK, shared_page

KINDS: dict[str, Any] = {"caps": FrequencyCap, "gaps": MinimumGap}


@require_POST
@role_required(*MANAGE)
def end(request: HttpRequest, what: str, pk: int) -> HttpResponse:
    """The rule holds no more; its line stays, with the way back."""
    rule = get_object_or_404(KINDS[what].objects.select_related("campaign", "line_of_business"), pk=pk)
    rulebook.end_rule(rule=rule, by=person(request))
    return _list(request, what, rule, ended=pk)


@require_POST
@role_required(*MANAGE)
def restore(request: HttpRequest, what: str, pk: int) -> HttpResponse:
    """It holds again."""
    rule = get_object_or_404(KINDS[what].objects.select_related("campaign", "line_of_business"), pk=pk)
    rulebook.restore_rule(rule=rule, by=person(request))
    return _list(request, what, rule, ended=None)


@require_POST
@role_required(*MANAGE)
def open_day(request: HttpRequest, pk: int) -> HttpResponse:
    """Calls are made on that day again; the line stays, with the way back."""
    day = get_object_or_404(ClosedDay.objects.select_related("campaign"), pk=pk)
    rulebook.open_day(closed=day, by=person(request))
    owner: Owner = day.campaign
    country = rulesheet.place_of(day)
    part = {"days": rulesheet.closed_days(owner)}
    context = {"base": base(owner), "owner": owner, "editing": True, "opened": day, "country": country, "part": part}
    response = acted(request, "campaigns/rules/day_list.html", context, *address(owner))
    response["HX-Trigger"] = READ_BACK
    return response


@require_POST
@role_required(*MANAGE)
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """A compliance officer has read the profile and takes it for right."""
    profile = get_object_or_404(ComplianceProfile, pk=pk)
    rulebook.confirm_profile(profile=profile, by=person(request))
    profile.refresh_from_db()
    context = {"profile": profile, "editing": True}
    return acted(request, "campaigns/rules/confirmed.html", context, "rules")


@require_POST
@role_required(*MANAGE)
def upload_profiles(request: HttpRequest) -> HttpResponse:
    """Keep the profiles of a file; what is wrong in it is said in one sentence, and none of it is kept."""
    form = ProfileFileForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            changed = rulebook.load_profiles(form.cleaned_data["file"], person(request))
        except BadProfile as flaw:
            form.add_error("file", sentences.flaw_sentence(flaw))
        else:
            said = _("Profiles that are new or changed: %(names)s.") % {"names": ", ".join(changed)}
            messages.success(request, said if changed else _("The file says what is known already."))
            return redirect(f"{reverse('rules')}#profiles")
    return shared_page(request, None, form)


@require_POST
@role_required(*SUPERVISE)
def boost(request: HttpRequest, pk: int) -> HttpResponse:
    """A list before all others, for an hour or for the rest of the day where the supervisor is; or no longer."""
    link = get_object_or_404(CampaignList.objects.select_related("campaign", "list"), pk=pk)
    until = _until(request.POST.get("for", ""))
    rulebook.boost_list(link=link, until=until, by=person(request))
    said = {"list": link.list.name, "until": timezone.localtime(until).strftime("%H:%M") if until else ""}
    sentence = _("“%(list)s” is called before all other lists until %(until)s.") if until else None
    messages.success(request, (sentence or _("“%(list)s” waits its turn again.")) % said)
    page = "campaign-rules" if request.POST.get("page") == "rules" else "campaign"
    template, context = "campaigns/campaign_lists.html", lists_context(request, link.campaign)
    if page == "campaign-rules":
        template = "campaigns/rules/order.html"
        context |= {"part": {"form": OrderForm(link.campaign), "what": "order"}, "base": base(link.campaign)}
    return acted(request, template, context, page, link.campaign_id)


def lists_context(request: HttpRequest, campaign: Campaign) -> dict[str, Any]:
    """What the card of lists shows, on the campaign's page and on that of its rules."""
    links = selectors.campaign_links(campaign)
    return {
        "campaign": campaign,
        "links": links,
        "managing": may(request.user, *MANAGE),
        "editing": may(request.user, *MANAGE),
        "now": timezone.now(),
    }


def _until(how_long: str) -> datetime | None:
    now = timezone.now()
    if how_long == "hour":
        return now + timedelta(hours=1)
    if how_long == "day":
        tomorrow = timezone.localdate() + timedelta(days=1)
        return timezone.make_aware(datetime.combine(tomorrow, time()))
    return None


def _list(request: HttpRequest, what: str, rule: FrequencyCap | MinimumGap, ended: int | None) -> HttpResponse:
    owner: Owner = rule.campaign or rule.line_of_business
    part = {"what": what, "rules": rulesheet.frequency_rules(owner, KINDS[what], ended)}
    context = {"base": base(owner), "owner": owner, "editing": True, "part": part}
    response = acted(request, "campaigns/rules/rule_list.html", context, *address(owner))
    response["HX-Trigger"] = READ_BACK if ended else CHANGED
    return response

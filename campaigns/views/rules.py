"""The pages of rules: of a campaign, of a line of business, of everyone. One view saves every part (views.editors).

A supervisor reads a campaign's rules, a manager edits them. While a form is filled in, it is read back in a sentence,
and for a campaign with what it would leave of the list.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from campaigns import forecasts, policies, rulesheet, selectors, services
from campaigns.forms.rules import ProfileFileForm
from campaigns.models import Campaign, FrequencyCap, LineOfBusiness, MinimumGap, PolicyVersion
from campaigns.permissions import MANAGE, SUPERVISE, may, person, role_required
from campaigns.rulebook import Owner
from campaigns.views import editors
from campaigns.views.answers import acted, refused
from campaigns.views.editors import Editor
from campaigns.views.owners import address, base, owner_of

# What else on the page is to be read again: after a save, and after a rule was ended (its own list keeps its undo).
CHANGED, READ_BACK = "rules-changed", "rules-read-back"
LISTS: dict[str, rulesheet.Kind] = {"caps": FrequencyCap, "gaps": MinimumGap}


@require_GET
@role_required(*SUPERVISE)
def campaign_rules(request: HttpRequest, campaign: int) -> HttpResponse:
    """All rules of a campaign: what binds it, and for managers the forms to change it."""
    owner = get_object_or_404(Campaign.objects.select_related("line_of_business"), pk=campaign)
    editing = may(request.user, *MANAGE)
    context = _page(owner, editors.OF_CAMPAIGN, editing) | _in_force(owner)
    return render(request, "campaigns/rules/campaign.html", context)


@require_GET
@role_required(*MANAGE)
def shared_rules(request: HttpRequest, line: int | None = None) -> HttpResponse:
    """Everyone's rules, or those of a line of business."""
    return shared_page(request, owner_of(None, line))


def shared_page(request: HttpRequest, owner: Owner, file_form: ProfileFileForm | None = None) -> HttpResponse:
    """That page; with a file of profiles that was refused, what is wrong with it."""
    table = editors.OF_LINE if owner else editors.OF_EVERYONE
    context = _page(owner, table, editing=True)
    context |= {"line": owner, "lines": LineOfBusiness.objects.order_by("name")}
    context |= {"file_form": file_form or ProfileFileForm(), "cards": [] if owner else rulesheet.profile_cards()}
    return render(request, "campaigns/rules/shared.html", context, status=422 if file_form else 200)


@require_POST
@role_required(*MANAGE)
def save(request: HttpRequest, what: str, campaign: int | None = None, line: int | None = None) -> HttpResponse:
    """Keep what the form says; answers with that part of the page, or with what is wrong next to the field."""
    owner = owner_of(campaign, line)
    editor = _editor(owner, what)
    form = editor.form(owner, request.POST)
    if not form.is_valid():
        if not request.headers.get("HX-Request"):
            return refused(request, _first_error(form), *address(owner))
        return render(request, f"campaigns/rules/{what}.html", _part(owner, what, editor, form))
    try:
        changed = editor.save(owner, form, person(request))
    except services.Refused as refusal:
        return refused(request, str(refusal), *address(owner))
    messages.success(request, str(editor.saved) if changed else _("Nothing was changed: that is how it is."))
    fresh = owner_of(campaign, line)
    context = _part(fresh, what, editor, editor.form(fresh, None))
    response = acted(request, f"campaigns/rules/{what}.html", context, *address(owner))
    response["HX-Trigger"] = CHANGED
    return response


@require_GET
@role_required(*MANAGE)
def words(request: HttpRequest, what: str, campaign: int | None = None, line: int | None = None) -> HttpResponse:
    """What the form would do, in a sentence, before it is saved; what is missing, while something is."""
    owner = owner_of(campaign, line)
    editor = _editor(owner, what)
    form = editor.form(owner, request.GET)
    if editor.words is None:
        raise Http404
    if not form.is_valid():
        return render(request, "campaigns/rules/words.html", {"missing": _first_error(form)})
    with_effect = editor.edited is not None and isinstance(owner, Campaign)
    context = {"sentence": editor.words(owner, form), "base": base(owner), "what": what, "with_effect": with_effect}
    return render(request, "campaigns/rules/words.html", context)


@require_GET
@role_required(*MANAGE)
def effect(request: HttpRequest, what: str, campaign: int) -> HttpResponse:
    """What the edit would leave of the list, beside what the rules in force do."""
    owner = owner_of(campaign, None)
    editor = _editor(owner, what)
    form = editor.form(owner, request.GET)
    if editor.edited is None or not isinstance(owner, Campaign):
        raise Http404
    if not form.is_valid():
        return HttpResponse("")
    found = forecasts.effect_of(owner, editor.edited(owner, form))
    return render(request, "campaigns/rules/effect.html", {"now": found.now, "then": found.then})


@require_GET
@role_required(*SUPERVISE)
def fragment(request: HttpRequest, campaign: int, what: str) -> HttpResponse:
    """A part of the page that others change: the sheet, the week in force, the lists of caps and gaps, the history."""
    owner = get_object_or_404(Campaign.objects.select_related("line_of_business"), pk=campaign)
    if what == "history":
        return render(request, "campaigns/rules/history.html", {"versions": rulesheet.versions(owner)})
    context: dict[str, Any] = {"owner": owner, "base": base(owner), "editing": may(request.user, *MANAGE)}
    if what in LISTS:
        context["part"] = {"what": what, "rules": rulesheet.frequency_rules(owner, LISTS[what])}
        return render(request, "campaigns/rules/rule_list.html", context)
    if what not in ("sheet", "week"):
        raise Http404
    return render(request, f"campaigns/rules/{what}.html", context | _in_force(owner))


@require_GET
@role_required(*SUPERVISE)
def version(request: HttpRequest, campaign: int, number: int) -> HttpResponse:
    """One version of the rules, read back."""
    owner = get_object_or_404(Campaign.objects.select_related("line_of_business"), pk=campaign)
    row = get_object_or_404(PolicyVersion, campaign=owner, number=number)
    sections = rulesheet.sheet(policies.of_version(row.pk), line=rulesheet.line_of(owner))
    return render(request, "campaigns/rules/sections.html", {"sections": sections})


def _editor(owner: Owner, what: str) -> Editor:
    editor = editors.editor_of(owner, what)
    if editor is None:
        raise Http404
    return editor


def _page(owner: Owner, table: dict[str, Editor], editing: bool) -> dict[str, Any]:
    parts = {what: _part(owner, what, editor, editor.form(owner, None))["part"] for what, editor in table.items()}
    return {"owner": owner, "base": base(owner), "editing": editing, "parts": parts}


def _part(owner: Owner, what: str, editor: Editor, form: Any) -> dict[str, Any]:
    part = {**editor.shown(owner), "form": form, "what": what, "sentence": _sentence(owner, editor, form)}
    return {"owner": owner, "base": base(owner), "editing": True, "part": part}


def _sentence(owner: Owner, editor: Editor, form: Any) -> str:
    """What the form says as it is shown; empty while something is missing."""
    if editor.words is None:
        return ""
    shown = form if form.is_bound else editor.form(owner, {name: form[name].value() for name in form.fields})
    return editor.words(owner, shown) if shown.is_valid() else ""


def _in_force(campaign: Campaign) -> dict[str, Any]:
    policy = policies.of(campaign)
    return {
        "campaign": campaign,
        "sections": rulesheet.in_force(campaign),
        "week": rulesheet.week_in_force(policy),
        "regional": rulesheet.regional(policy),
        "version": PolicyVersion.objects.select_related("created_by").filter(pk=policy.version).first(),
        "links": selectors.campaign_links(campaign),
        "now": timezone.now(),
    }


def _first_error(form: Any) -> str:
    return next((str(error) for errors in form.errors.values() for error in errors), "")

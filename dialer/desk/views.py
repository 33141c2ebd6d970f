"""The agent's desk over HTTP: the page, its fragment, its state as JSON, and seven things an agent can do.

The browser and the simulated agents use the same addresses. Views only translate: `dialer.shifts` and `dialer.calls`
decide, and each refusal of theirs becomes a sentence and a status here. Nothing of a call is cached anywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import cast

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from campaigns import policies
from campaigns.models import Campaign, Disposition, User
from campaigns.permissions import TAKE_CALLS, role_required
from dialer import calls, shifts
from dialer.context import host_of, sip_ws_url
from dialer.desk import callbacks, selectors, states, words
from dialer.models import Agent, Shift


class Refusal(Exception):
    """The agent cannot do this now: a status and a sentence that says what to do instead."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


# The sentences are those of the services.
SIGN_IN_REFUSALS = {shifts.AlreadySignedIn: 409, shifts.NotOnCampaign: 403, shifts.NoServer: 503}

Action = Callable[[HttpRequest, Agent, Shift | None], None]
View = Callable[..., HttpResponseBase]


def agents_only(view: View) -> View:
    """For agents with a phone; never cached, because what it shows is about a customer."""

    @never_cache
    @role_required(*TAKE_CALLS)
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponseBase:
        try:
            return view(request)
        except selectors.NotAnAgent:
            sentence = _("You have no phone on the PBX yet. Ask an administrator to make you an agent.")
            return _refused(request, Refusal(403, sentence))

    return guarded


def action(perform: Action) -> View:
    """A POST that changes the shift and answers with the desk as it is afterwards."""

    @require_POST
    @agents_only
    @wraps(perform)
    def view(request: HttpRequest) -> HttpResponseBase:
        agent, shift = selectors.who_is(_user(request))
        try:
            perform(request, agent, shift)
        except Refusal as refusal:
            return _refused(request, refusal)
        return _answer(request)

    return view


@require_GET
@agents_only
def desk(request: HttpRequest) -> HttpResponse:
    """The whole page; the softphone lives in it as long as it is open."""
    return render(request, "dialer/desk/page.html", _context(request))


@require_GET
@agents_only
def card(request: HttpRequest) -> HttpResponse:
    """The fragment that changes with the shift; 204 when the page already shows this (`seen`)."""
    seen = request.GET.get("seen")
    if seen and seen == selectors.fingerprint(selectors.who_is(_user(request))[1]):
        return HttpResponse(status=204)
    return render(request, "dialer/desk/card.html", _context(request))


@require_GET
@agents_only
def state(request: HttpRequest) -> JsonResponse:
    return JsonResponse(states.as_json(_user(request)))


@require_GET
@agents_only
def phone(request: HttpRequest) -> JsonResponse:
    """What the softphone registers with: handed to its own agent only, and to no cache."""
    agent, _shift = selectors.who_is(_user(request))
    if agent.phone_kind != Agent.PhoneKind.WEBRTC:
        return JsonResponse({"error": _("Your phone is a SIP phone: nothing to register in the browser.")}, status=404)
    credentials = {
        "uri": f"sip:{agent.endpoint}@{host_of(request)}",
        "username": agent.endpoint,
        "password": agent.sip_secret,
        "ws_url": sip_ws_url(request),
        "display_name": str(agent),
    }
    return JsonResponse(credentials, headers={"Cache-Control": "no-store"})


@action
def sign_in(request: HttpRequest, agent: Agent, shift: Shift | None) -> None:
    """`campaign` as often as there are campaigns to take calls of; without, the agent's only one."""
    try:
        shifts.sign_in(agent=agent, campaigns=_chosen(request, selectors.campaigns_of(agent)))
    except tuple(SIGN_IN_REFUSALS) as error:
        raise Refusal(SIGN_IN_REFUSALS[type(error)], str(error)) from error


def _chosen(request: HttpRequest, mine: list[Campaign]) -> list[Campaign]:
    named = set(request.POST.getlist("campaign")) - {""}
    chosen = [campaign for campaign in mine if str(campaign.pk) in named] if named else mine
    if not mine:
        raise Refusal(422, _("You are on no campaign yet. Ask a supervisor to add you to one."))
    if len(chosen) != (len(named) or 1):
        raise Refusal(422, _("Choose at least one of your campaigns."))
    return chosen


@action
def ready(request: HttpRequest, agent: Agent, shift: Shift | None) -> None:
    shifts.go_ready(shift_id=_open(shift).pk)


@action
def pause(request: HttpRequest, agent: Agent, shift: Shift | None) -> None:
    reason = request.POST.get("reason", "") or next(iter(words.PAUSE_REASONS))
    if reason not in words.PAUSE_REASONS:
        raise Refusal(422, _("“%(reason)s” is not a reason for a pause.") % {"reason": reason})
    shifts.pause(shift_id=_open(shift).pk, reason=reason)


@action
def sign_out(request: HttpRequest, agent: Agent, shift: Shift | None) -> None:
    shifts.sign_out(shift_id=_open(shift).pk)


@action
def hang_up(request: HttpRequest, agent: Agent, shift: Shift | None) -> None:
    if _open(shift).state not in (Shift.State.CLAIMED, Shift.State.TALKING):
        raise Refusal(409, _("There is no call to end."))
    calls.request_hangup(shift_id=_open(shift).pk)


@action
def disposition(request: HttpRequest, agent: Agent, shift: Shift | None) -> None:
    shift = _open(shift)
    _same_call(request, shift)
    chosen = _disposition(request, shift)
    callback_at = _callback(request, shift) if chosen.category == Disposition.Category.CALLBACK else None
    if chosen.category == Disposition.Category.CALLBACK and callback_at is None and chosen.retry_after_hours is None:
        raise Refusal(422, _("Choose when to call back."))
    note = request.POST.get("note", "").strip()[:4000]
    try:
        calls.record_disposition(
            shift_id=shift.pk,
            disposition=chosen,
            note=note,
            callback_at=callback_at,
            personal=request.POST.get("callback_personal") == "1",
            by=_user(request),
        )
    except calls.NothingToDisposition as error:
        raise Refusal(409, str(error)) from error


def _same_call(request: HttpRequest, shift: Shift) -> None:
    """A key pressed a moment too late must not describe the next customer."""
    meant = request.POST.get("call", "")
    if meant and meant != str(shift.call_id or ""):
        raise Refusal(409, _("That call was recorded already; nothing was changed."))
    if shift.state == Shift.State.TALKING:
        raise Refusal(409, _("The call is still on: end it first, then record it."))


def _disposition(request: HttpRequest, shift: Shift) -> Disposition:
    """By id or by code."""
    wanted = request.POST.get("disposition", "")
    for row in selectors.dispositions_of(shift.campaign_id):
        if wanted in (row.code, str(row.pk)):
            return row
    raise Refusal(422, _("Choose what the call came to: “%(code)s” is not on this campaign's list.") % {"code": wanted})


def _callback(request: HttpRequest, shift: Shift) -> datetime | None:
    text = request.POST.get("callback_at", "")
    call = selectors.call_of(shift) if text else None
    zone = selectors.zone_of(call) or timezone.get_current_timezone()
    try:
        moment = callbacks.read(text, zone, timezone.now())
        if moment and call:
            callbacks.refuse_unlawful(shift.campaign, call.contact_id, moment, zone)
    except callbacks.BadCallback as error:
        raise Refusal(422, str(error)) from error
    return moment


def _open(shift: Shift | None) -> Shift:
    if shift is None:
        raise Refusal(409, _("You are signed out. Sign in first."))
    return shift


def _user(request: HttpRequest) -> User:
    return cast("User", request.user)


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


def _answer(request: HttpRequest) -> HttpResponse:
    if _wants_json(request):
        return JsonResponse(states.as_json(_user(request)))
    return render(request, "dialer/desk/card.html", _context(request))


def _refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The sentence, with the desk as it really is beneath it."""
    if _wants_json(request) or request.path.endswith(("/state/", "/phone/")):
        return JsonResponse({"error": str(refusal)}, status=refusal.status)
    try:
        context = _context(request)
    except selectors.NotAnAgent:
        return render(request, "dialer/desk/no_phone.html", {"sentence": str(refusal)}, status=refusal.status)
    return render(request, "dialer/desk/card.html", {**context, "error": str(refusal)}, status=refusal.status)


def _context(request: HttpRequest) -> dict[str, object]:
    now = timezone.now()
    found = selectors.desk(_user(request), now, callbacks.midnight(now, timezone.get_current_timezone()))
    context: dict[str, object] = {
        "desk": found,
        "next": words.NEXT[found.state],
        "reasons": words.PAUSE_REASONS,
        "reason": words.reason(found.shift.reason) if found.shift else "",
        "ended": words.reason(found.ended) if found.ended in words.UNWANTED_ENDS else "",
    }
    if found.call is not None and found.shift is not None:
        zone = found.zone or timezone.get_current_timezone()
        hours = policies.of(found.shift.campaign).hours
        context["offers"] = callbacks.offers(now, zone, hours, selectors.place_of(found.call))
    return context

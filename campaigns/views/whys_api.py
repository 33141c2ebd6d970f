"""The answers for other programs, read only: see docs/api.md. Whoever is logged in and may see the pages may ask.

Every answer is JSON, also a refusal: `{"error": {"code": …, "sentence": …}}` in the reader's language.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from campaigns.models import Campaign, Contact, Lead
from campaigns.permissions import SUPERVISE, may
from campaigns.rules import numbers
from campaigns.whys import budgets, history, leads, people, shapes, waterfall

P = ParamSpec("P")
M = TypeVar("M", bound=Model)
Answer = Callable[Concatenate[HttpRequest, P], dict[str, Any]]
View = Callable[Concatenate[HttpRequest, P], JsonResponse]


class ApiError(Exception):
    """What a program did wrong, in a sentence for the person who wrote it."""

    def __init__(self, status: int, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.code = status, code


def asked_by(method: str) -> Callable[[Answer[P]], View[P]]:
    """Only by this method, and by roles that may see the pages; refusals become JSON."""

    def decorate(answer: Answer[P]) -> View[P]:
        # Nothing is changed here, so there is nothing to forge.
        @csrf_exempt
        @wraps(answer)
        def view(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> JsonResponse:
            try:
                _let_in(request, method)
                return _json(answer(request, *args, **kwargs))
            except ApiError as fault:
                response = _json({"error": {"code": fault.code, "sentence": str(fault)}}, fault.status)
                if fault.status == 405:
                    response["Allow"] = method
                return response

        return view

    return decorate


@asked_by("GET")
def lead_why(request: HttpRequest, pk: int) -> dict[str, Any]:
    """Why this lead is callable or not now, who spent its caps, and when next."""
    lead = _found(Lead.objects.select_related("campaign__line_of_business", "contact"), pk)
    why = leads.of_leads([lead], timezone.now())[0]
    return {**shapes.lead(why), "budget": shapes.budget(budgets.of([why]))}


@asked_by("GET")
def person_decisions(request: HttpRequest, pk: int) -> dict[str, Any]:
    """What was decided and done, newest first, before `before`."""
    contact = _found(Contact.objects.all(), pk)
    page = history.of_person(contact.pk, _mark(request.GET.get("before", "")))
    return {"person": shapes.person(contact), **shapes.history(page)}


@asked_by("GET")
def campaign_waterfall(request: HttpRequest, pk: int) -> dict[str, Any]:
    """From all leads down to those callable now."""
    campaign = _found(Campaign.objects.select_related("line_of_business"), pk)
    return shapes.waterfall(campaign, waterfall.of(campaign, timezone.now()))


@asked_by("POST")
def phone_why(request: HttpRequest) -> dict[str, Any]:
    """Everyone with this number, every lead they are and why, and what was decided and done about the number.

    A POST, to keep the number out of addresses.
    """
    body = _body(request)
    number = _number(body)
    page = history.of_phone(number, _mark(_text(body, "before")))
    contacts = people.with_number(number)
    shown = contacts[: people.MOST_PEOPLE]
    source = shapes.sources()
    return {
        "number": shapes.number(number),
        "people": [shapes.person(contact) for contact in shown],
        "more_people": len(contacts) > len(shown),
        "leads": [shapes.lead(why, source) for why in people.whys_of(shown, timezone.now())],
        **shapes.history(page),
    }


def nothing_here(request: HttpRequest, rest: str) -> JsonResponse:
    sentence = _("There is nothing at this address. The addresses are in docs/api.md.")
    return _json({"error": {"code": "not_found", "sentence": sentence}}, 404)


def _json(body: dict[str, Any], status: int = 200) -> JsonResponse:
    response = JsonResponse(body, status=status, json_dumps_params={"ensure_ascii": False})
    response["Cache-Control"] = "no-store"
    return response


def _let_in(request: HttpRequest, method: str) -> None:
    if not request.user.is_authenticated:
        raise ApiError(401, "not_logged_in", _("Log in first: send the session cookie of a user who is logged in."))
    if not may(request.user, *SUPERVISE):
        raise ApiError(403, "role", _("Your role does not include this: supervisors, managers and administrators may."))
    if request.method != method:
        raise ApiError(405, "method", _("Ask by %(method)s.") % {"method": method})


def _found(rows: QuerySet[M], pk: int) -> M:
    found = rows.filter(pk=pk).first()
    if found is None:
        raise ApiError(404, "not_found", _("There is none with the id %(id)s.") % {"id": pk})
    return found


def _mark(text: str) -> history.Mark | None:
    try:
        return history.read_mark(text)
    except history.BadMark as fault:
        sentence = _("“before” must be what the page before gave as “next_before”, or a time such as %(example)s.")
        raise ApiError(400, "before", sentence % {"example": "2026-11-23T09:00:00Z"}) from fault


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):  # neither UTF-8 nor JSON, or nested without end
        body = None
    if not isinstance(body, dict):
        raise ApiError(400, "body", _("Send a JSON object such as %(example)s.") % {"example": '{"number": "+86…"}'})
    return body


def _text(body: dict[str, Any], key: str) -> str:
    value = body.get(key, "")
    if not isinstance(value, str):
        raise ApiError(400, key, _("“%(key)s” must be a text.") % {"key": key})
    return value


def _number(body: dict[str, Any]) -> int:
    country = _text(body, "country")
    if country and not numbers.is_country(country):
        raise ApiError(400, "country", _("Write the country with its two letters, such as CN."))
    number = people.number_in(_text(body, "number"), country)
    if number is None:
        sentence = _("This is not a phone number. Write it with its country code, such as +86 138 0013 8000.")
        raise ApiError(400, "number", sentence)
    return number

"""How a refusal looks: `{"error": {"code": …, "sentence": …}}` in the reader's language, whoever refuses.

Codes are for programs and never change, sentences are for the people who wrote them. 400: something could not be read,
and the code is its name. 409: it was read, and the state of things forbids it.
"""

from __future__ import annotations

import re
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from campaigns import services


class ApiError(Exception):
    """What a program did wrong, in a sentence for the person who wrote it. `retry_after`: in seconds."""

    def __init__(self, status: int, code: str, sentence: str, retry_after: int | None = None) -> None:
        super().__init__(sentence)
        self.status, self.code, self.retry_after = status, code, retry_after


def bad(code: str, sentence: str) -> ApiError:
    return ApiError(400, code, sentence)


def not_found(id: int) -> ApiError:
    return ApiError(404, "not_found", _("There is none with the id %(id)s.") % {"id": id})


def answer(status: int, code: str, sentence: str) -> JsonResponse:
    body = {"error": {"code": code, "sentence": sentence}}
    return JsonResponse(body, status=status, json_dumps_params={"ensure_ascii": False})


def tell(api: NinjaAPI) -> None:
    """Have all exceptions told in this one way."""
    api.add_exception_handler(ApiError, _api_error)
    api.add_exception_handler(services.Refused, _refused)
    api.add_exception_handler(AuthenticationError, _stranger)
    api.add_exception_handler(ValidationError, _unreadable)
    api.add_exception_handler(HttpError, _http_error)
    api.add_exception_handler(Http404, _nothing)
    api.add_exception_handler(Exception, _broken)


def _api_error(request: HttpRequest, fault: Any) -> HttpResponse:
    response = answer(fault.status, fault.code, str(fault))
    if fault.retry_after is not None:
        response["Retry-After"] = str(fault.retry_after)
    return response


def _refused(request: HttpRequest, fault: Any) -> HttpResponse:
    """An act that a service refused; its name is the code."""
    if isinstance(fault, services.NotANumber):
        return answer(400, "number", str(fault))
    code = re.sub(r"(?<!^)(?=[A-Z])", "_", type(fault).__name__).lower()
    return answer(400 if isinstance(fault, services.BadFile) else 409, code, str(fault))


def _stranger(request: HttpRequest, fault: Any) -> HttpResponse:
    sentence = _("Log in first: send the session cookie of a user who is logged in, or a token.")
    return answer(401, "not_logged_in", sentence)


def _unreadable(request: HttpRequest, fault: Any) -> HttpResponse:
    """The first thing that could not be read; the others are found next."""
    error = fault.errors[0]
    place = [part for part in error["loc"] if isinstance(part, str)]
    # The body as a whole is no object; else the last word is the name that was sent.
    whole = place[0] == "body" and error["type"] in ("model_attributes_type", "dict_type")
    name = "body" if whole or len(place) == 1 else place[-1]
    return answer(400, name, _body_sentence() if name == "body" else _field_sentence(name, error))


def _body_sentence() -> str:
    return _("Send a JSON object such as %(example)s.") % {"example": '{"number": "+86…"}'}


def _field_sentence(name: str, error: dict[str, Any]) -> str:
    kind = error["type"]
    sentences = {
        "missing": _("“%(key)s” is missing."),
        "string_type": _("“%(key)s” must be a text."),
        "int_parsing": _("“%(key)s” must be a whole number."),
        "int_type": _("“%(key)s” must be a whole number."),
        "extra_forbidden": _("“%(key)s” is not known here."),
        "string_too_long": _("“%(key)s” is too long."),
        "string_too_short": _("“%(key)s” is too short."),
    }
    if kind.startswith("datetime") or kind == "timezone_aware":
        return _("“%(key)s” must be a time such as %(example)s.") % {"key": name, "example": "2026-11-23T09:00:00Z"}
    return sentences.get(kind, _("“%(key)s” can’t be read. The interface’s description says what it must be.")) % {
        "key": name
    }


def _http_error(request: HttpRequest, fault: Any) -> HttpResponse:
    """Of the library itself: a body that is no JSON."""
    return answer(fault.status_code, "body", _body_sentence())


def _nothing(request: HttpRequest, fault: Any) -> HttpResponse:
    return answer(404, "not_found", _("There is nothing at this address. The addresses are in docs/api.md."))


def _broken(request: HttpRequest, fault: Any) -> HttpResponse:
    """Our own fault: told by the handler of the whole site, which knows a database that is away."""
    raise fault

"""Where the interface is: /api/v1/…, and the four questions of old at their addresses of before."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from campaigns.api import api
from campaigns.api.faults import answer

View = Callable[..., HttpResponseBase]
# Of before there was a version: they stay.
OF_OLD = {
    "lead-why": "api/leads/<int:pk>/why",
    "person-decisions": "api/people/<int:pk>/decisions",
    "waterfall": "api/campaigns/<int:pk>/waterfall",
    "phone-why": "api/phones/why",
}


def told(view: View) -> View:
    """Another method than the ones that are there is refused in JSON too, and no answer is ever cached."""

    @wraps(view)
    def telling(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            response = view(request, *args, **kwargs)
        except Http404:
            response = nothing_here(request)
        if isinstance(response, HttpResponseNotAllowed):
            allowed = response["Allow"]
            response = answer(405, "method", _("Ask by %(method)s.") % {"method": allowed})
            response["Allow"] = allowed
        response["Cache-Control"] = "no-store"
        return response

    return telling


def nothing_here(request: HttpRequest, rest: str = "") -> HttpResponseBase:
    return answer(404, "not_found", _("There is nothing at this address. The addresses are in docs/api.md."))


_patterns, _app, _namespace = api.urls
_versioned = [
    URLPattern(pattern.pattern, told(pattern.callback), pattern.default_args, pattern.name)
    for pattern in _patterns
    if isinstance(pattern, URLPattern)
]
_views = {pattern.name: pattern.callback for pattern in _versioned}

urlpatterns = [
    path("api/v1/", (_versioned, _app, _namespace)),
    *(path(address, _views[name], name=f"api-{name}") for name, address in OF_OLD.items()),
    path("api/<path:rest>", nothing_here),
]

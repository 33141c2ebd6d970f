"""How an action answers: to htmx with the changed fragment and the messages, to a plain form with a redirect."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string


def acted(request: HttpRequest, template: str, context: dict[str, Any], *page: Any) -> HttpResponse:
    """The fragment that changed, and what there is to say; without htmx, back to the page."""
    if not request.headers.get("HX-Request"):
        return redirect(*page)
    fragment = render_to_string(template, context, request)
    return HttpResponse(fragment + render_to_string("campaigns/toasts.html", {}, request))


def refused(request: HttpRequest, sentence: str, *page: Any) -> HttpResponse:
    """Nothing was done, and why; the page stays as it is."""
    messages.error(request, sentence)
    if not request.headers.get("HX-Request"):
        return redirect(*page)
    response = HttpResponse(render_to_string("campaigns/toasts.html", {}, request))
    response["HX-Reswap"] = "none"
    return response

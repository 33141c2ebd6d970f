"""What a reader sees when a page fails: our fault, or a database that does not answer and what to do about it."""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 while the database is away; neither page needs it."""
    down = isinstance(sys.exc_info()[1], (OperationalError, InterfaceError))
    status = 503 if down else 500
    sentence = _("The database does not answer") if down else _("Something broke")
    if request.path.startswith("/api/"):
        return JsonResponse(
            {"error": {"code": "unavailable" if down else "broken", "sentence": sentence}}, status=status
        )
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"error": sentence}, status=status)
    return HttpResponse(render_to_string(f"{status}.html"), status=status)

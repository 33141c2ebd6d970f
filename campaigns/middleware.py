"""Times are shown in the reader's own time zone; stored and compared in UTC.

Works under WSGI (pages) and ASGI (server-sent events) without moving a request to another thread.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, tzinfo
from inspect import iscoroutinefunction

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.decorators import sync_and_async_middleware

from campaigns.rules.places import zone

Handler = Callable[[HttpRequest], HttpResponseBase] | Callable[[HttpRequest], Awaitable[HttpResponseBase]]


@sync_and_async_middleware
def reader_time_zone(get_response: Handler) -> Handler:
    """Activate the signed-in user's time zone for the length of one request."""
    if iscoroutinefunction(get_response):

        async def in_async(request: HttpRequest) -> HttpResponseBase:
            with timezone.override(_zone_of(await request.auser())):
                return await get_response(request)

        return in_async

    def in_sync(request: HttpRequest) -> HttpResponseBase:
        with timezone.override(_zone_of(request.user)):
            return get_response(request)  # type: ignore[return-value]

    return in_sync


def _zone_of(user: object) -> tzinfo:
    return zone(getattr(user, "time_zone", "UTC")) or UTC

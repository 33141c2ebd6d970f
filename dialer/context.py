"""Where a page finds what is not served by Django: the event stream and the PBX's WebSocket.

Both are on the page's own host: on a port of their own when the settings name one, else behind the same proxy.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

EVENTS_PATH = "/events/"
SIP_PATH = "/ws"


def endpoints(request: HttpRequest) -> dict[str, str]:
    """`events_url` and `sip_ws_url`, for every template."""
    return {"events_url": events_url(request), "sip_ws_url": sip_ws_url(request)}


def events_url(request: HttpRequest) -> str:
    if not settings.EVENTS_PORT:
        return EVENTS_PATH
    return f"{request.scheme}://{host_of(request)}:{settings.EVENTS_PORT}{EVENTS_PATH}"


def sip_ws_url(request: HttpRequest) -> str:
    scheme = "wss" if request.is_secure() else "ws"
    netloc = f"{host_of(request)}:{settings.SIP_WS_PORT}" if settings.SIP_WS_PORT else request.get_host()
    return f"{scheme}://{netloc}{SIP_PATH}"


def host_of(request: HttpRequest) -> str:
    """The host without its port; an IPv6 address keeps its brackets."""
    host = request.get_host()
    return host[: host.index("]") + 1] if host.startswith("[") else host.rsplit(":", 1)[0]

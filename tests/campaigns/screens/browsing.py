"""What tests of screens share: a browser of some role, and its pages."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from tests import build

HTMX = {"HTTP_HX_REQUEST": "true"}


def client_of(role: str, **fields: Any) -> Client:
    client = Client()
    client.force_login(build.user(role, **fields))
    return client


def page(client: Client, name: str, *args: Any, **query: Any) -> str:
    response = client.get(reverse(name, args=args), query)
    assert response.status_code == 200
    return response.content.decode()


def post(client: Client, name: str, data: dict[str, Any] | None = None, /, **where: Any) -> HttpResponse:
    """As htmx posts a form."""
    return client.post(reverse(name, kwargs=where), data or {}, **HTMX)

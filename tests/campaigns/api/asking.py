"""What tests of the interface share: programs with a token, and answers as JSON."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from campaigns import tokens
from campaigns.models import User
from tests import build


def program(role: str = "manager", *, may_change: bool = True, user: User | None = None) -> Client:
    """A client that sends a token of a user of this role, as a program does: no session, forgery is checked."""
    who = user or build.user(role)
    _token, secret = tokens.make(user=who, name="test", days=1, may_change=may_change, by=who)
    return Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {secret}"})


def get(client: Client, name: str, *args: Any, **query: Any) -> HttpResponse:
    return client.get(reverse(f"api:{name}", args=args), query)


def post(client: Client, name: str, body: Any, *args: Any, **headers: Any) -> HttpResponse:
    return client.post(reverse(f"api:{name}", args=args), body, content_type="application/json", **headers)


def code(response: HttpResponse) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]

"""Who may hear which "look again", and from which page: decided once, when a stream opens.

An agent hears their own desk only; whoever sees the wall hears the wall and every campaign. The person is read from
the session cookie as Django would, and the database connection is closed at once, for a stream lives for an hour.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from campaigns.models import User

CAMPAIGN_TOPIC = re.compile(r"campaign\.[0-9]{1,18}")
SEES_ALL = frozenset({User.Role.MANAGER, User.Role.SUPERVISOR, User.Role.ADMINISTRATOR})


class Refused(Exception):
    """This stream will not be opened; `status` and the sentence go to the browser."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True, slots=True)
class Hearer:
    """Whoever opened a stream, as far as topics are concerned."""

    agent_id: int | None
    sees_all: bool


def hearer_of_session(key: str) -> Hearer | None:
    """The person logged in under this session key; None when nobody is. Leaves no database connection open."""
    try:
        session = Session.objects.filter(session_key=key, expire_date__gt=timezone.now()).first() if key else None
        return _hearer(session.get_decoded()) if session else None
    finally:
        connection.close()


def _hearer(data: Mapping[str, str]) -> Hearer | None:
    if SESSION_KEY not in data or BACKEND_SESSION_KEY not in data:
        return None
    user = User.objects.select_related("agent").filter(pk=data[SESSION_KEY], is_active=True).first()
    if user is None or not constant_time_compare(data.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()):
        return None
    agent = getattr(user, "agent", None)
    return Hearer(agent_id=agent.pk if agent else None, sees_all=user.is_superuser or user.role in SEES_ALL)


def channels_for(hearer: Hearer, topics: Iterable[str]) -> dict[str, str]:
    """Which Redis channels these topics mean for this person: ``{"agent.7": "agent"}``. Refuses what is not theirs."""
    names: dict[str, str] = {}
    for topic in topics:
        if topic == "agent" and hearer.agent_id is not None:
            names[f"agent.{hearer.agent_id}"] = topic
        elif hearer.sees_all and (topic == "wall" or CAMPAIGN_TOPIC.fullmatch(topic)):
            names[topic] = topic
        else:
            raise Refused(403, "You may not listen to this.")
    if not names or len(names) > 50:
        raise Refused(400, "Name between 1 and 50 topics, e.g. ?topics=wall,campaign.3.")
    return names


def cors_headers(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """Let a page of the same host, on another port, read this with its cookie; refuse every other origin."""
    origin = headers.get("origin", "")
    if not origin:
        return []
    same_host = urlsplit(origin).hostname == urlsplit("//" + headers.get("host", "")).hostname
    if not same_host and origin not in settings.EVENTS_ALLOWED_ORIGINS:
        raise Refused(403, "Pages of this origin may not listen; add it to EVENTS_ALLOWED_ORIGINS.")
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-allow-credentials", b"true"),
        (b"vary", b"Origin"),
    ]


def session_key(headers: Mapping[str, str]) -> str:
    """The session cookie's value; empty when there is none."""
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return ""
    return morsel.value if morsel else ""

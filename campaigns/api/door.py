"""Who may ask for what: a session of the browser, or a token of a program; each by the role of its user.

A session that changes something must show Django's forgery token, as our own pages do; a token can't be sent by a
browser unasked, so it need not. Reading by POST (numbers and names stay out of addresses) changes nothing.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf
from redis import RedisError

from campaigns import tokens
from campaigns.api.faults import ApiError
from campaigns.models import User
from campaigns.permissions import MANAGE, SUPERVISE, Role, may
from campaigns.rules.places import zone

READING = ("GET", "HEAD")
MINUTE = 60


class Token(HttpBearer):
    """A token of a program, in the header `Authorization: Bearer …`."""

    def __init__(self, roles: tuple[Role, ...], changes: bool) -> None:
        super().__init__()
        self.roles, self.changes = roles, changes

    def authenticate(self, request: HttpRequest, token: str) -> User:
        known = tokens.known(token, timezone.now())
        if known is None:
            raise ApiError(401, "token", _("This token is not known, was taken back, or has expired."))
        if self.changes and not known.may_change:
            raise ApiError(403, "read_only", _("This token may read only."))
        request.user = known.user
        # Days begin and end where its user is; the middleware forgets it with the request.
        timezone.activate(zone(known.user.time_zone) or UTC)
        return _let_in(known.user, self.roles, f"token-{known.pk}")


class Session(APIKeyCookie):
    """The session of a user who is logged in."""

    param_name = settings.SESSION_COOKIE_NAME

    def __init__(self, roles: tuple[Role, ...], changes: bool) -> None:
        super().__init__(csrf=False)
        self.roles, self.changes = roles, changes

    def authenticate(self, request: HttpRequest, key: str | None) -> User | None:
        if not isinstance(request.user, User):
            return None
        if self.changes and request.method not in READING and check_csrf(request):
            raise ApiError(403, "forgery", _("Send the forgery token of the session in the header X-CSRFToken."))
        return _let_in(request.user, self.roles, f"user-{request.user.pk}")


def reads(*roles: Role) -> list[HttpBearer | APIKeyCookie]:
    """Whoever supervises, unless other roles are named."""
    return [Token(roles or SUPERVISE, False), Session(roles or SUPERVISE, False)]


def changes(*roles: Role) -> list[HttpBearer | APIKeyCookie]:
    """Whoever manages, unless other roles are named."""
    return [Token(roles or MANAGE, True), Session(roles or MANAGE, True)]


def _let_in(user: User, roles: tuple[Role, ...], who: str) -> User:
    if not may(user, *roles):
        allowed = ", ".join(str(Role(role).label) for role in roles)
        raise ApiError(403, "role", _("Your role does not include this. These may: %(roles)s.") % {"roles": allowed})
    _slow_down(who)
    return user


def _slow_down(who: str) -> None:
    """So many questions a minute; while Redis is away nobody counts."""
    with suppress(RedisError):
        now = timezone.now()
        key = f"api-{who}-{int(now.timestamp()) // MINUTE}"
        cache.add(key, 0, 2 * MINUTE)
        if cache.incr(key) > settings.API_REQUESTS_PER_MINUTE:
            sentence = _("More than %(n)s questions in a minute. Ask again in the next one.")
            left = MINUTE - now.second
            raise ApiError(429, "too_many", sentence % {"n": settings.API_REQUESTS_PER_MINUTE}, retry_after=left)

"""Who may see and do what, by role.

A role is one word on the user; a superuser counts as an administrator. Views name the groups below, templates ask
`{% may "manage" %}`, and whoever may not gets a page that says so in words, never a log-in loop.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import HttpResponseClientRedirect

from campaigns.models import User

Role = User.Role
ADMINISTER = (Role.ADMINISTRATOR,)
MANAGE = (Role.MANAGER, Role.ADMINISTRATOR)
SUPERVISE = (Role.SUPERVISOR, Role.MANAGER, Role.ADMINISTRATOR)
TAKE_CALLS = (Role.AGENT,)
GROUPS = {"administer": ADMINISTER, "manage": MANAGE, "supervise": SUPERVISE, "take_calls": TAKE_CALLS}

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def role_of(user: User | AnonymousUser | Any) -> str:
    """The role that counts; empty for nobody."""
    if not isinstance(user, User):
        return ""
    return Role.ADMINISTRATOR.value if user.is_superuser else user.role


def person(request: HttpRequest) -> User:
    """Who sent this request; for views that a guard of this module has let them into."""
    assert isinstance(request.user, User)
    return request.user


def may(user: User | AnonymousUser | Any, *roles: Role) -> bool:
    return role_of(user) in {role.value for role in roles}


def role_required(*roles: Role) -> Callable[[View[P]], View[P]]:
    """Let only these roles in: others get a 403 in words, strangers the log-in page."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return _to_login(request)
            if not may(request.user, *roles):
                raise PermissionDenied(
                    _("Your role (%(role)s) does not include this page.") % {"role": _role_word(request)}
                )
            return view(request, *args, **kwargs)

        return guarded

    return decorate


def _to_login(request: HttpRequest) -> HttpResponseBase:
    # A fragment must not receive the log-in page: send the whole browser there.
    if request.headers.get("HX-Request"):
        return HttpResponseClientRedirect(reverse("login"))
    return redirect_to_login(request.get_full_path())


def _role_word(request: HttpRequest) -> str:
    return str(Role(role_of(request.user)).label)

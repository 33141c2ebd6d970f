"""Logging in, the start page of each role, and the reader's own language and theme."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from django.views.i18n import set_language

from campaigns.models import User
from campaigns.permissions import person, role_of

HOMES = {
    User.Role.AGENT: "desk",
    User.Role.SUPERVISOR: "wall",
    User.Role.MANAGER: "campaigns",
    User.Role.ADMINISTRATOR: "campaigns",
}


class WordedAuthenticationForm(AuthenticationForm):
    """Django's, with errors that say what to do."""

    error_messages = {
        "invalid_login": _(
            "User name and password do not match. Both are case-sensitive; check Caps Lock and try again."
        ),
        "inactive": _("This user has been switched off. Ask an administrator."),
    }


class Login(LoginView):
    """Log in; a language chosen on the log-in page becomes the user's, else the user's becomes the browser's."""

    authentication_form = WordedAuthenticationForm
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)
        user = form.get_user()
        chosen = self.request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        if chosen in dict(settings.LANGUAGES):
            User.objects.filter(pk=user.pk).update(language=chosen)
        else:
            response.set_cookie(settings.LANGUAGE_COOKIE_NAME, user.language, samesite="Lax")
        return response


@login_required
def home(request: HttpRequest) -> HttpResponse:
    return redirect(HOMES[User.Role(role_of(request.user))])


@require_POST
def choose_language(request: HttpRequest) -> HttpResponseBase:
    """Django's own view sets the cookie and goes back; we remember the choice for the next browser."""
    language = request.POST.get("language")
    if isinstance(request.user, User) and language in dict(settings.LANGUAGES):
        User.objects.filter(pk=request.user.pk).update(language=language)
    return set_language(request)


@require_POST
@login_required
def choose_theme(request: HttpRequest) -> HttpResponse:
    theme = request.POST.get("theme", "")
    if theme in User.Theme.values:
        User.objects.filter(pk=person(request).pk).update(theme=theme)
    return redirect(_back(request))


def _back(request: HttpRequest) -> Any:
    """Where the form says it came from, if that is one of our own pages."""
    url = request.POST.get("next", "")
    return url if url_has_allowed_host_and_scheme(url, {request.get_host()}) else "home"

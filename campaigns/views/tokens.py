"""Tokens of programs: whoever may use the interface makes and takes back their own; administrators take back any."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from campaigns import tokens
from campaigns.forms import TokenForm
from campaigns.models import ApiToken
from campaigns.permissions import ADMINISTER, SUPERVISE, may, person, role_required


@never_cache
@require_http_methods(["GET", "POST"])
@role_required(*SUPERVISE)
def token_list(request: HttpRequest) -> HttpResponse:
    """The tokens; the secret of a new one is on this page once and never again."""
    form = TokenForm(request.POST or None)
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        user = person(request)
        context["made"], context["secret"] = tokens.make(user=user, by=user, **form.cleaned_data)
        context["form"] = TokenForm()
    rows = [(token, token.holds(timezone.now())) for token in _of(request)]
    return render(request, "campaigns/tokens.html", {**context, "rows": rows}, status=422 if form.errors else 200)


@require_POST
@role_required(*SUPERVISE)
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(_of(request), pk=pk)
    tokens.revoke(token=token, by=person(request))
    messages.success(request, _("The token “%(name)s” is taken back.") % {"name": token.name})
    return redirect("tokens")


def _of(request: HttpRequest) -> QuerySet[ApiToken]:
    all_of_them = ApiToken.objects.select_related("user")
    return all_of_them if may(request.user, *ADMINISTER) else all_of_them.filter(user=person(request))

"""What a supervisor writes down of a person: consent, its withdrawal, products held, do-not-call of the person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from campaigns import consents, products, services
from campaigns.forms.agreed import ConsentForm, HoldingsForm, WithdrawalForm
from campaigns.forms.do_not_call import SilenceForm
from campaigns.models import Contact
from campaigns.permissions import SUPERVISE, person, role_required
from campaigns.views import people


@require_POST
@role_required(*SUPERVISE)
def agree(request: HttpRequest, pk: int) -> HttpResponse:
    """They agreed."""
    contact = get_object_or_404(Contact, pk=pk)
    form = ConsentForm(request.POST)
    return _kept(request, contact, "consent", form, lambda: _agree(request, contact, form))


@require_POST
@role_required(*SUPERVISE)
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """They took it back."""
    contact = get_object_or_404(Contact, pk=pk)
    form = WithdrawalForm(request.POST)
    return _kept(request, contact, "withdrawal", form, lambda: _withdraw(request, contact, form))


@require_POST
@role_required(*SUPERVISE)
def hold(request: HttpRequest, pk: int) -> HttpResponse:
    """They hold these products and no others."""
    contact = get_object_or_404(Contact, pk=pk)
    form = HoldingsForm(contact, request.POST)
    return _kept(request, contact, "holdings", form, lambda: _hold(request, contact, form))


@require_POST
@role_required(*SUPERVISE)
def silence(request: HttpRequest, pk: int) -> HttpResponse:
    """They are not to be called on any of their numbers."""
    contact = get_object_or_404(Contact, pk=pk)
    form = SilenceForm(request.POST)
    return _kept(request, contact, "silence", form, lambda: _silence(request, contact, form))


def _kept(request: HttpRequest, contact: Contact, name: str, form: Any, keep: Callable[[], str]) -> HttpResponse:
    """Back to the person, or the page again with what is wrong next to the field."""
    if not form.is_valid():
        return people.shown(request, contact, {name: form})
    messages.success(request, keep())
    return redirect("person", contact.pk)


def _agree(request: HttpRequest, contact: Contact, form: ConsentForm) -> str:
    new = consents.record(contact, by=person(request), **form.chosen())
    return _("Consent recorded; it counts from the next call on.") if new else _("That was on record already.")


def _withdraw(request: HttpRequest, contact: Contact, form: WithdrawalForm) -> str:
    consents.withdraw(contact, by=person(request), **form.chosen())
    return _("Consent withdrawn: no call that asks for it is made from now on.")


def _hold(request: HttpRequest, contact: Contact, form: HoldingsForm) -> str:
    new = products.hold(contact, by=person(request), **form.chosen())
    return _("Products recorded; they count from the next call on.") if new else _("That was on record already.")


def _silence(request: HttpRequest, contact: Contact, form: SilenceForm) -> str:
    services.suppress_person(contact=contact, by=person(request), **form.chosen())
    return _("This person will not be called any more, on any number.")

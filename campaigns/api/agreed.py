"""Consent of one person: what holds and what was ever said; write down that they agreed, or took it back."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router

from campaigns import consents
from campaigns.api import door, finding
from campaigns.api.faults import bad
from campaigns.api.schemas import agreed as schemas
from campaigns.api.schemas.parts import answers
from campaigns.models import ConsentEvent, Contact, LineOfBusiness
from campaigns.permissions import SUPERVISE, person
from campaigns.rules.consent import Grant, read_grants
from campaigns.sentences import basis_words
from campaigns.whys import shapes

router = Router(tags=["People"], auth=door.reads())


@router.get("/people/{int:pk}/consent", response=answers(schemas.Consents), url_name="person-consent")
def consent(request: HttpRequest, pk: int) -> dict[str, Any]:
    """What they have agreed to that holds now, and all they ever said, the newest first."""
    contact = finding.found(Contact.objects.all(), pk)
    now = timezone.now()
    grants = [each for each in read_grants(contact.consents) if each.expires_at is None or each.expires_at > now]
    events = consents.history(contact.pk)
    return {
        "person": shapes.person(contact),
        "holds": [_holds(grant) for grant in grants],
        "events": [_event(event) for event in events],
    }


@router.post(
    "/people/{int:pk}/consent",
    auth=door.changes(*SUPERVISE),
    response=answers(schemas.Recorded),
    url_name="person-consent",
)
def give(request: HttpRequest, pk: int, body: schemas.GiveQuestion) -> dict[str, Any]:
    """They agreed: on which basis, for which line of business (without: for every purpose), by which source."""
    contact, now = finding.found(Contact.objects.all(), pk), timezone.now()
    at = body.at or now
    if at > now:
        raise bad("at", _("Nobody can have agreed in the future."))
    if body.until is not None and body.until <= at:
        raise bad("until", _("Choose a day after it was given, in this century."))
    line = finding.chosen(LineOfBusiness, body.line_of_business)
    said: dict[str, Any] = {"basis": body.basis.value, "at": at, "expires_at": body.until, "line_of_business": line}
    recorded = consents.record(contact, **said, source=body.source, reason=body.reason, by=person(request))
    return {"recorded": recorded}


@router.post(
    "/people/{int:pk}/consent/withdraw",
    auth=door.changes(*SUPERVISE),
    response=answers(schemas.Recorded),
    url_name="person-consent-withdraw",
)
def withdraw(request: HttpRequest, pk: int, body: schemas.WithdrawQuestion) -> dict[str, Any]:
    """They took it back, for a line of business, or for every purpose."""
    contact = finding.found(Contact.objects.all(), pk)
    line = finding.chosen(LineOfBusiness, body.line_of_business)
    consents.withdraw(contact, line_of_business=line, source=body.source, reason=body.reason, by=person(request))
    return {"recorded": True}


def _basis(code: str) -> dict[str, str]:
    return {"code": code, "words": basis_words(code)}


def _holds(grant: Grant) -> dict[str, Any]:
    return {
        "basis": _basis(grant.basis),
        "line_of_business": grant.purpose,
        "at": shapes.time(grant.given_at),
        "until": shapes.time(grant.expires_at),
        "without": sorted(grant.without),
    }


def _event(event: ConsentEvent) -> dict[str, Any]:
    return {
        "kind": event.kind,
        "at": shapes.time(event.at),
        "recorded_at": shapes.time(event.recorded_at),
        "basis": _basis(event.basis) if event.basis else None,
        "line_of_business": event.line_of_business_id,
        "until": shapes.time(event.expires_at),
        "source": event.source,
        "reason": event.reason,
    }

"""People: find one by customer id, number or name, and read who they are."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from campaigns import search, words
from campaigns.api import do_not_call, door, finding, imports
from campaigns.api.schemas import people as schemas
from campaigns.api.schemas.parts import answers
from campaigns.models import Contact, Lead
from campaigns.whys import people, shapes
from campaigns.whys.people import KnownPhone

router = Router(tags=["People"], auth=door.reads())


@router.post("/people/find", response=answers(schemas.Found), url_name="person-find")
def find(request: HttpRequest, body: schemas.FindQuestion) -> dict[str, Any]:
    """Whom a text may mean, best first, at most 50. A POST, to keep it out of addresses; nothing is changed."""
    found = search.find(body.text, finding.country(body.country))
    return {"people": [_hit(hit) for hit in found.hits], "more": found.more}


@router.get("/people/{int:pk}", response=answers(schemas.Person), url_name="person")
def person(request: HttpRequest, pk: int) -> dict[str, Any]:
    """Who they are, their numbers with what is known of each, and the lists and campaigns they are in."""
    contact = finding.found(Contact.objects.all(), pk)
    here = people.places_of([contact])[contact.pk]
    return {
        **shapes.person(contact),
        "language": contact.language,
        "time_zone": contact.time_zone,
        "region": contact.region,
        "attributes": contact.attributes,
        "phones": [_phone(known) for known in people.phones_of(contact)],
        "lists": [imports.ref(each) for each in here.lists],
        "leads": [_lead(lead) for lead in here.leads],
    }


def _hit(hit: search.Hit) -> dict[str, Any]:
    code = hit.field.name.lower()
    found_by = {"code": code, "words": words.of(words.FOUND_BY, code)}
    return {**shapes.person(hit.contact), "found_by": found_by, "phone": shapes.number(hit.phone)}


def _phone(known: KnownPhone) -> dict[str, Any]:
    phone = known.phone
    return {
        "number": shapes.number(phone.pk),
        "label": known.label,
        "line_type": phone.line_type,
        "country": phone.country,
        "zones": list(phone.zones),
        "status": _status(known) if known.status_holds(timezone.now()) else None,
        "do_not_call": [do_not_call.entry(each) for each in known.entries],
    }


def _status(known: KnownPhone) -> dict[str, Any]:
    phone = known.phone
    said = {"code": phone.status, "words": phone.get_status_display(), "source": phone.status_source}
    return {**said, "observed_at": shapes.time(phone.status_observed_at), "until": shapes.time(phone.status_expires_at)}


def _lead(lead: Lead) -> dict[str, Any]:
    because = {"code": lead.reason, "words": words.of(words.LEAD_REASONS, lead.reason)}
    return {"lead": lead.pk, "campaign": shapes.campaign(lead.campaign), "state": lead.state, "because": because}

"""Why is this one callable or not, what was decided before, and where do all leads of a campaign stand?"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router

from campaigns.api import door, finding
from campaigns.api.faults import bad
from campaigns.api.schemas.parts import answers
from campaigns.api.schemas.whys import LeadAnswer, PersonHistory, PhoneAnswer, PhoneQuestion, Waterfall
from campaigns.models import Campaign, Contact, Lead
from campaigns.whys import budgets, history, leads, people, shapes, waterfall

router = Router(tags=["Why"], auth=door.reads())


@router.get("/leads/{int:pk}/why", response=answers(LeadAnswer), exclude_unset=True, url_name="lead-why")
def lead_why(request: HttpRequest, pk: int) -> dict[str, Any]:
    """Why this lead is callable or not now, who spent its caps, and when it may be called next."""
    lead = finding.found(Lead.objects.select_related("campaign__line_of_business", "contact"), pk)
    why = leads.of_leads([lead], timezone.now())[0]
    return {**shapes.lead(why), "budget": shapes.budget(budgets.of([why]))}


@router.get(
    "/people/{int:pk}/decisions", response=answers(PersonHistory), exclude_unset=True, url_name="person-decisions"
)
def person_decisions(
    request: HttpRequest, pk: int, before: str = "", only: history.Only = history.Only.ALL
) -> dict[str, Any]:
    """What was decided and done, newest first, 50 at a time. Ask again with `before` set to `next_before`."""
    contact = finding.found(Contact.objects.all(), pk)
    page = history.of_person(contact.pk, _mark(before), only)
    return {"person": shapes.person(contact), **shapes.history(page)}


@router.get("/campaigns/{int:pk}/waterfall", response=answers(Waterfall), exclude_unset=True, url_name="waterfall")
def campaign_waterfall(request: HttpRequest, pk: int) -> dict[str, Any]:
    """From all leads down to those callable now; the counts of all bars make up `total`."""
    campaign = finding.found(Campaign.objects.select_related("line_of_business"), pk)
    return shapes.waterfall(campaign, waterfall.of(campaign, timezone.now()))


@router.post("/phones/why", response=answers(PhoneAnswer), exclude_unset=True, url_name="phone-why")
def phone_why(request: HttpRequest, body: PhoneQuestion) -> dict[str, Any]:
    """Everyone with this number, every lead they are and why, and what was decided and done about the number.

    A POST, to keep the number out of addresses; nothing is changed.
    """
    number = finding.number(body.number, body.country)
    page = history.of_phone(number, _mark(body.before))
    contacts = people.with_number(number)
    shown = contacts[: people.MOST_PEOPLE]
    source = shapes.sources()
    return {
        "number": shapes.number(number),
        "people": [shapes.person(contact) for contact in shown],
        "more_people": len(contacts) > len(shown),
        "leads": [shapes.lead(why, source) for why in people.whys_of(shown, timezone.now())],
        **shapes.history(page),
    }


def _mark(text: str) -> history.Mark | None:
    try:
        return history.read_mark(text)
    except history.BadMark as fault:
        sentence = _("“before” must be what the page before gave as “next_before”, or a time such as %(example)s.")
        raise bad("before", sentence % {"example": "2026-11-23T09:00:00Z"}) from fault

"""Do-not-call: who may not be called, since when, why; put a number on it, take it off with a reason, ask about one."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Router
from ninja.responses import Status

from campaigns import do_not_call, selectors, services
from campaigns.api import door, finding
from campaigns.api.faults import bad
from campaigns.api.schemas import do_not_call as schemas
from campaigns.api.schemas.parts import answers
from campaigns.models import Campaign, LineOfBusiness, Suppression
from campaigns.permissions import SUPERVISE, person
from campaigns.whys import shapes

router = Router(tags=["Do not call"], auth=door.reads())


@router.get("/do-not-call", response=answers(schemas.Entries), url_name="do-not-call")
def entries(request: HttpRequest, before: int | None = Query(None, ge=1, le=finding.LARGEST_ID)) -> dict[str, Any]:
    """Entries, the newest first, 100 at a time. Ask again with `before` set to `next_before`; null is the end."""
    found = selectors.suppression_page(before=before)
    page = found[: selectors.PAGE]
    more = len(found) > len(page)
    return {"entries": [entry(each) for each in page], "next_before": page[-1].pk if more else None}


@router.post(
    "/do-not-call", auth=door.changes(*SUPERVISE), response=answers(schemas.Entry, 201), url_name="do-not-call-add"
)
def add(request: HttpRequest, body: schemas.AddQuestion) -> Any:
    """Put a number on do-not-call: everywhere, for a line of business, or for a campaign.

    An entry is never shortened by a weaker one: what is answered is the entry that holds.
    """
    if body.line_of_business is not None and body.campaign is not None:
        raise bad("campaign", _("Name a line of business or a campaign, not both."))
    made = services.suppress(
        number=body.number,
        reason=body.reason,
        by=person(request),
        line_of_business=finding.chosen(LineOfBusiness, body.line_of_business),
        campaign=finding.chosen(Campaign, body.campaign),
        expires_at=body.until,
        source="api",
        default_country=finding.country(body.country),
    )
    return Status(201, entry(made))


@router.post(
    "/do-not-call/{int:pk}/remove",
    auth=door.changes(),
    response=answers(schemas.Removed),
    url_name="do-not-call-remove",
)
def remove(request: HttpRequest, pk: int, body: schemas.RemoveQuestion) -> dict[str, Any]:
    """Take an entry off; the reason is kept in the audit trail."""
    found = finding.found(Suppression.objects.filter(ended_at=None), pk)
    return {"removed": services.unsuppress(suppression=found, reason=body.reason, by=person(request))}


@router.post("/do-not-call/check", response=answers(schemas.Checked), url_name="do-not-call-check")
def check(request: HttpRequest, body: schemas.CheckQuestion) -> dict[str, Any]:
    """Whether a number is on it, and by which entries. A POST, to keep it out of addresses; nothing is changed."""
    number = finding.number(body.number, body.country)
    now = timezone.now()
    rows = Suppression.objects.filter(phone=number).select_related("line_of_business", "campaign", "created_by")
    held = do_not_call.standing(rows, now).order_by("pk")
    return {"number": shapes.number(number), "listed": bool(held), "entries": [entry(each) for each in held]}


def entry(of: Suppression) -> dict[str, Any]:
    line, campaign = of.line_of_business, of.campaign
    return {
        "id": of.pk,
        "number": shapes.number(of.phone),
        "person": of.contact_id,
        "line_of_business": {"id": line.pk, "name": line.name} if line else None,
        "campaign": {"id": campaign.pk, "name": campaign.name} if campaign else None,
        "reason": of.reason,
        "source": of.source,
        "until": shapes.time(of.expires_at),
        "since": shapes.time(of.created_at),
        "by": str(of.created_by) if of.created_by else "",
    }

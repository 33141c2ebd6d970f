"""Campaigns: what they are and do today, which lists they call, who their leads are and what the coming week leaves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router

from campaigns import forecasts, selectors, services, words
from campaigns.api import door, finding
from campaigns.api.schemas import campaigns as schemas
from campaigns.api.schemas.parts import answers
from campaigns.models import Campaign, CampaignList, ContactList, Lead
from campaigns.permissions import person
from campaigns.rules.eligibility import Reason
from campaigns.selectors import CampaignRow
from campaigns.whys import shapes

MOST_AGENTS = 10_000
router = Router(tags=["Campaigns"], auth=door.reads())


@router.get("/campaigns", response=answers(schemas.Campaigns), url_name="campaigns")
def campaigns(request: HttpRequest) -> dict[str, Any]:
    """All campaigns with their figures of today, running ones first."""
    return {"campaigns": [_row(row) for row in selectors.campaign_rows(timezone.now())]}


@router.get("/campaigns/{int:pk}", response=answers(schemas.Campaign), url_name="campaign")
def campaign(request: HttpRequest, pk: int) -> dict[str, Any]:
    """One campaign: its settings, its lists in the order they are called, and its figures of today."""
    found = finding.found(Campaign.objects.select_related("line_of_business"), pk)
    row = next(row for row in selectors.campaign_rows(timezone.now()) if row.campaign.pk == pk)
    line = found.line_of_business
    return {
        **_row(row),
        "kind": found.kind,
        "product": found.product,
        "line_of_business": {"id": line.pk, "name": line.name} if line else None,
        "dial_mode": found.dial_mode,
        "ratio": float(found.ratio),
        "ring_seconds": found.ring_seconds,
        "max_wait_seconds": found.max_wait_seconds,
        "wrap_up_seconds": found.wrap_up_seconds,
        "max_attempts": found.max_attempts,
        "created_at": shapes.time(found.created_at),
        "lists": [_link(link) for link in selectors.campaign_links(found)],
    }


@router.post(
    "/campaigns/{int:pk}/lists", auth=door.changes(), response=answers(schemas.Attached), url_name="campaign-lists"
)
def attach(request: HttpRequest, pk: int, body: schemas.AttachQuestion) -> dict[str, Any]:
    """Make the people of a list leads of this campaign, now or when the list has been read."""
    found = finding.found(Campaign.objects.all(), pk)
    listed = finding.found(ContactList.objects.all(), body.list)
    return {"attached": services.attach_list(campaign=found, list=listed, by=person(request))}


@router.get("/campaigns/{int:pk}/leads", response=answers(schemas.Leads), url_name="leads")
def leads(
    request: HttpRequest,
    pk: int,
    state: str = "",
    why: str | None = None,
    when: str = Query("", description="of due leads: now or later"),
    rule: str = "",
    after: int = Query(0, ge=0, le=finding.LARGEST_ID),
) -> dict[str, Any]:
    """The campaign's leads, 100 at a time, by state and reason as the waterfall has them.

    Ask again with `after` set to `next_after`; null is the end.
    """
    found, now = finding.found(Campaign.objects.all(), pk), timezone.now()
    given = {"state": state, "when": when, "rule": rule}
    filters = {name: value for name, value in given.items() if value} | ({} if why is None else {"why": why})
    rows = selectors.lead_page(found, after=after, filters=filters, now=now)
    page = rows[: selectors.PAGE]
    more = len(rows) > len(page)
    return {"leads": [_lead(lead) for lead in page], "next_after": page[-1].contact_id if more else None}


@router.get("/campaigns/{int:pk}/forecast", response=answers(schemas.Forecast), url_name="forecast")
def forecast(
    request: HttpRequest, pk: int, agents: int = Query(0, ge=0, le=MOST_AGENTS, description="who would dial")
) -> dict[str, Any]:
    """The coming week by the rules in force: who is callable when, who never and why; of large lists by a sample."""
    found = forecasts.forecast_of(finding.found(Campaign.objects.all(), pk), agents=agents)
    outlook = found.outlook
    return {
        "leads": found.leads,
        "asked": outlook.asked + found.settled,
        "now": found.of_all(outlook.now),
        "today": found.of_all(outlook.today),
        "week": found.of_all(outlook.week),
        "settled": found.of_all(found.settled),
        "hours_from": shapes.time(outlook.start),
        "hours": [found.of_all(count) for count in outlook.hours],
        "later": _shares(found, outlook.later),
        "never": _shares(found, outlook.never),
        "hours_to_end": list(found.hours),
    }


def _row(row: CampaignRow) -> dict[str, Any]:
    return {
        **shapes.campaign(row.campaign),
        "standing": {"code": row.standing.state, "words": row.standing.word},
        "limited_by": row.standing.limited_by,
        "agents": row.agents,
        "attempts": row.attempts,
        "connected": row.connected,
        "abandoned": row.abandoned,
        "callable": row.callable,
    }


def _link(link: CampaignList) -> dict[str, Any]:
    ref = {"id": link.list_id, "name": link.list.name, "state": link.list.state}
    return {**ref, "priority": link.priority, "weight": link.weight, "attached_at": shapes.time(link.attached_at)}


def _lead(lead: Any) -> dict[str, Any]:
    """Of a lead with its fate (selectors.lead_page)."""
    due = lead.state == Lead.State.DUE
    return {
        "lead": lead.pk,
        "person": shapes.person(lead.contact),
        "state": lead.state,
        "later": bool(lead.later),
        "because": {"code": lead.why, "words": words.of(words.LEAD_REASONS, lead.why)},
        "attempts": lead.attempts,
        "last_outcome": shapes.outcome(lead.last_outcome),
        "last_attempt_at": shapes.time(lead.last_attempt_at),
        "next_at": shapes.time(lead.due_at) if due else None,
    }


def _shares(found: forecasts.Forecast, reasons: Mapping[Reason, int]) -> list[dict[str, Any]]:
    return [
        {
            "code": reason.value,
            "words": words.of(words.LEAD_REASONS, reason.value),
            "count": found.of_all(count),
            "margin": found.margin(count),
        }
        for reason, count in sorted(reasons.items(), key=lambda item: -item[1])
    ]

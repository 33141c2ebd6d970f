"""What was decided and done before: of a lead, a person or a phone, newest first, a page at a time.

Five sources are merged: decisions not to call that are over, those that still hold (on the leads), ended calls with
their dispositions, entries of do-not-call, and lists that named the person. Each gives the newest rows before a mark
and has an index for it, so a page costs the same however long the history is. The mark names the last row of the page
before, so that rows of one instant (a batch is decided in one) are neither lost nor told twice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Q
from django.utils.dateparse import parse_datetime

from campaigns import leads
from campaigns.models import Campaign, ContactPhone, Decision, Lead, ListEntry, PolicyVersion, Suppression
from campaigns.whys import calls
from campaigns.whys.calls import Call
from campaigns.whys.leads import Because, policy_of, versions_of

PAGE = 50


class Kind(StrEnum):
    """What an event is; events of one instant are told in this order."""

    CALL = "call"
    DO_NOT_CALL = "do_not_call"
    HOLDS = "decision_that_holds"
    DECISION = "decision"
    LISTED = "listed"


class Only(StrEnum):
    """Which events a reader wants to see."""

    ALL = ""
    CALLS = "calls"
    CONVERSATIONS = "conversations"
    DECISIONS = "decisions"
    DO_NOT_CALL = "do_not_call"
    LISTS = "lists"


KINDS = {
    Only.ALL: frozenset(Kind),
    Only.CALLS: frozenset([Kind.CALL]),
    Only.CONVERSATIONS: frozenset([Kind.CALL]),
    Only.DECISIONS: frozenset([Kind.HOLDS, Kind.DECISION]),
    Only.DO_NOT_CALL: frozenset([Kind.DO_NOT_CALL]),
    Only.LISTS: frozenset([Kind.LISTED]),
}
ORDER = {kind: place for place, kind in enumerate(reversed(Kind))}


class BadMark(ValueError):
    """Not a mark that a page ended with, nor a time."""


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """The place of an event in a history."""

    at: datetime
    order: int = 0
    id: int = 0

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.order}~{self.id}"


@dataclass(frozen=True, slots=True)
class Said:
    """A decision not to call: from when to when it held (None: it still does), and how often it was found again."""

    because: Because
    since: datetime
    ended_at: datetime | None
    until: datetime | None
    times: int
    version: int | None
    inputs: dict[str, object]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened; one of `said`, `call`, `entry` and `listed` is there. `campaign` is empty for all."""

    kind: Kind
    mark: Mark
    campaign: str
    campaign_id: int | None
    lead_id: int | None
    phone: int | None
    said: Said | None = None
    call: Call | None = None
    entry: Suppression | None = None
    listed: ListEntry | None = None

    @property
    def at(self) -> datetime:
        return self.said.since if self.said else self.mark.at


@dataclass(frozen=True, slots=True)
class Page:
    """The events of a page, and the mark to ask for the next one with; empty at the end."""

    events: tuple[Event, ...]
    next: str


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose history: its leads (with their campaigns), its calls, its do-not-call entries, the person who is on lists;
    `phone`: of that alone."""

    leads: dict[int, Lead]
    calls: Q
    entries: Q
    phone: int | None = None
    contact: int | None = None


def read_mark(text: str) -> Mark | None:
    """What `before` says: a mark or an ISO 8601 time; None for the newest. Raises BadMark."""
    if not text:
        return None
    time, _, rest = text.replace(" ", "+").partition("~")
    order, _, id = rest.partition("~")
    try:
        at = parse_datetime(time)
        if at is None or at.tzinfo is None:
            raise BadMark(text)
        return Mark(at, int(order or 0), int(id or 0))
    except (ValueError, OverflowError) as fault:
        raise BadMark(text) from fault


def of_lead(lead: Lead, before: Mark | None = None) -> Page:
    """Of a lead with its campaign; do-not-call entries as far as they hold for that campaign."""
    numbers = ContactPhone.objects.filter(contact=lead.contact_id).values_list("phone", flat=True)
    line = lead.campaign.line_of_business_id
    scope = Q(campaign=None, line_of_business=None) | Q(campaign=lead.campaign_id)
    if line:
        scope |= Q(line_of_business=line)
    entries = (Q(phone__in=list(numbers)) | Q(contact=lead.contact_id)) & scope
    return _page(Whose({lead.pk: lead}, Q(attempt__lead=lead.pk), entries), before)


def of_person(contact_id: int, before: Mark | None = None, only: Only = Only.ALL) -> Page:
    """Of a person, in all campaigns and on all of their phones."""
    numbers = ContactPhone.objects.filter(contact=contact_id).values_list("phone", flat=True)
    entries = Q(phone__in=list(numbers)) | Q(contact=contact_id)
    called = Q(attempt__contact=contact_id)
    if only == Only.CONVERSATIONS:
        called &= Q(attempt__bridged_at__isnull=False)
    whose = Whose(_leads_of([contact_id]), called, entries, contact=contact_id)
    return _page(whose, before, KINDS[only])


def of_phone(number: int, before: Mark | None = None) -> Page:
    """Of a number, whoever it belongs to: what was said of it, and of its people as a whole."""
    people = list(ContactPhone.objects.filter(phone=number).values_list("contact", flat=True))
    entries = Q(phone=number) | Q(contact__in=people)
    return _page(Whose(_leads_of(people), Q(attempt__phone=number), entries, number), before)


def _leads_of(people: list[int]) -> dict[int, Lead]:
    return {lead.pk: lead for lead in leads.of_people(people).select_related("campaign")}


def _page(whose: Whose, before: Mark | None, kinds: Collection[Kind] = KINDS[Only.ALL]) -> Page:
    found = [event for kind, source in SOURCES.items() if kind in kinds for event in source(whose, before)]
    found.sort(key=lambda event: event.mark, reverse=True)
    page = tuple(event for event in found if before is None or event.mark < before)[: PAGE + 1]
    return Page(page[:PAGE], str(page[PAGE - 1].mark) if len(page) > PAGE else "")


def _calls(whose: Whose, before: Mark | None) -> Iterable[Event]:
    # One person and one number have one call at a time, so no two are of one instant.
    for call in calls.latest(whose.calls & _earlier("attempt__reserved_at", Kind.CALL, before), PAGE + 1):
        mark = Mark(call.at, ORDER[Kind.CALL])
        yield Event(Kind.CALL, mark, call.campaign, call.campaign_id, call.lead_id, call.phone, call=call)


def _entries(whose: Whose, _before: Mark | None) -> Iterable[Event]:
    entries = Suppression.objects.select_related("campaign", "line_of_business", "created_by", "ended_by")
    for entry in entries.filter(whose.entries):
        mark = Mark(entry.created_at, ORDER[Kind.DO_NOT_CALL], entry.pk)
        campaign = entry.campaign.name if entry.campaign else ""
        yield Event(Kind.DO_NOT_CALL, mark, campaign, entry.campaign_id, None, entry.phone, entry=entry)


def _listed(whose: Whose, _before: Mark | None) -> Iterable[Event]:
    """Lists are few, and told when they came."""
    if whose.contact is None:
        return
    for entry in ListEntry.objects.filter(contact=whose.contact).select_related("list"):
        mark = Mark(entry.list.created_at, ORDER[Kind.LISTED], entry.pk)
        yield Event(Kind.LISTED, mark, "", None, None, None, listed=entry)


def _holding(whose: Whose, _before: Mark | None) -> Iterable[Event]:
    decided = [lead for lead in whose.leads.values() if _is_told(lead, whose.phone)]
    versions = versions_of(lead.policy_id for lead in decided)
    for lead in decided:
        assert lead.decided_at is not None
        until = lead.due_at if lead.state == Lead.State.DUE else None
        because, number = _because(lead.reason, lead.rule, lead.policy_id, versions)
        said = Said(because, lead.decided_at, None, until, lead.decided_times, number, lead.inputs or {})
        mark = Mark(lead.decided_at, ORDER[Kind.HOLDS], lead.pk)
        yield _decision(Kind.HOLDS, mark, lead.campaign, lead.pk, lead.refused_phone, said)


def _is_told(lead: Lead, phone: int | None) -> bool:
    return lead.decided_at is not None and (phone is None or lead.refused_phone in (None, phone))


def _decisions(whose: Whose, before: Mark | None) -> Iterable[Event]:
    earlier = _earlier("ended_at", Kind.DECISION, before, "lead_id")
    rows = Decision.objects.filter(earlier, lead_id__in=list(whose.leads))
    if whose.phone is not None:
        rows = rows.filter(Q(phone=whose.phone) | Q(phone=None))
    found = list(rows.order_by("-ended_at", "-lead_id")[: PAGE + 1])
    versions = versions_of(row.policy_id for row in found)
    for row in found:
        because, number = _because(row.reason, row.rule, row.policy_id, versions)
        said = Said(because, row.decided_at, row.ended_at, row.until, row.times, number, row.inputs or {})
        mark = Mark(row.ended_at, ORDER[Kind.DECISION], row.lead_id)
        yield _decision(Kind.DECISION, mark, whose.leads[row.lead_id].campaign, row.lead_id, row.phone, said)


def _decision(kind: Kind, mark: Mark, campaign: Campaign, lead_id: int, phone: int | None, said: Said) -> Event:
    return Event(kind, mark, campaign.name, campaign.pk, lead_id, phone, said=said)


def _because(
    reason: str, rule: str, policy_id: int | None, versions: dict[int, PolicyVersion]
) -> tuple[Because, int | None]:
    version = versions.get(policy_id or 0)
    return Because(reason, rule, policy_of(version)), version.number if version else None


def _earlier(field: str, kind: Kind, before: Mark | None, id_field: str = "") -> Q:
    """What a history tells after the mark, of the events of one kind."""
    if before is None:
        return Q()
    # The bound that an index can use comes first; the rest tells apart what happened in the mark's own instant.
    no_later, same = Q(**{f"{field}__lte": before.at}), Q(**{field: before.at})
    if ORDER[kind] < before.order:
        return no_later
    if ORDER[kind] == before.order and id_field:
        return no_later & (~same | Q(**{f"{id_field}__lt": before.id}))
    return Q(**{f"{field}__lt": before.at})


SOURCES: dict[Kind, Callable[[Whose, Mark | None], Iterable[Event]]] = {
    Kind.CALL: _calls,
    Kind.DO_NOT_CALL: _entries,
    Kind.HOLDS: _holding,
    Kind.DECISION: _decisions,
    Kind.LISTED: _listed,
}

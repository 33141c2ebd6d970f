"""Ended calls, with who took them and what came of them.

Attempts belong to the dialler. They are reached through the reverse side of their foreign key to Campaign, which the
ORM knows, so that nothing of the dialler is imported; each way to find them below has an index of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import get_language

from campaigns.models import Campaign

USER = "attempt__shift__agent__user__"
COLUMNS = (
    "attempt__id",
    "attempt__reserved_at",
    "attempt__ended_at",
    "attempt__bridged_at",
    "attempt__outcome",
    "attempt__phone",
    "attempt__lead_id",
    "attempt__contact_id",
    "pk",
    "name",
    f"{USER}first_name",
    f"{USER}last_name",
    f"{USER}username",
)
RESULT = (
    "attemptresult__attempt_id",
    "attemptresult__disposition__label",
    "attemptresult__disposition__label_zh",
    "attemptresult__disposition__category",
    "attemptresult__note",
    "attemptresult__callback_at",
)


@dataclass(frozen=True, slots=True)
class Result:
    """What the agent, or the wrap-up limit, said of a conversation."""

    disposition: str
    category: str
    note: str
    callback_at: datetime | None


@dataclass(frozen=True, slots=True)
class Call:
    """One ended call. `agent` is empty where nobody was connected, `result` where there was nothing to say."""

    id: UUID
    at: datetime
    ended_at: datetime
    bridged_at: datetime | None
    outcome: str
    phone: int
    lead_id: int
    contact_id: int
    campaign_id: int
    campaign: str
    agent: str
    result: Result | None = None

    @property
    def talk_seconds(self) -> int | None:
        return round((self.ended_at - self.bridged_at).total_seconds()) if self.bridged_at else None


def by_id(ids: Iterable[UUID]) -> dict[UUID, Call]:
    """These calls, as far as they have ended and are still kept."""
    return {call.id: call for call in _calls(_rows(Q(attempt__id__in=list(ids))))}


def latest(whose: Q, limit: int) -> list[Call]:
    """The newest calls of a lead, a contact or a phone: `Q(attempt__phone=…)`, and so on."""
    return _calls(_rows(whose).order_by("-attempt__reserved_at", "-attempt__id")[:limit])


def _rows(whose: Q) -> QuerySet[Campaign, Any]:
    return Campaign.objects.order_by().filter(whose).values_list(*COLUMNS)


def _calls(rows: Iterable[tuple[Any, ...]]) -> list[Call]:
    found = list(rows)
    results = _results([row[0] for row in found])
    return [
        Call(id, at, ended, bridged, outcome, phone, lead, contact, pk, name, _name(*user), results.get(id))
        for id, at, ended, bridged, outcome, phone, lead, contact, pk, name, *user in found
    ]


def _name(first: str | None, last: str | None, username: str | None) -> str:
    return f"{first or ''} {last or ''}".strip() or username or ""


def _results(ids: list[UUID]) -> dict[UUID, Result]:
    if not ids:
        return {}
    chinese = (get_language() or "").startswith("zh")
    rows = Campaign.objects.order_by().filter(attemptresult__attempt_id__in=ids).values_list(*RESULT)
    return {
        id: Result((chinese and label_zh) or label or "", category or "", note, callback_at)
        for id, label, label_zh, category, note, callback_at in rows
    }

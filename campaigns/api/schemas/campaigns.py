"""Campaigns, their lists and their leads."""

from __future__ import annotations

from campaigns.api.schemas.parts import Answer, Coded, ListRef, Named, PersonRef, Question, Time


class CampaignRow(Answer):
    """A campaign with its figures of today, in the time zone of whoever asks."""

    id: int
    name: str
    status: str
    standing: Coded
    limited_by: str
    agents: dict[str, int]
    attempts: int
    connected: int
    abandoned: int
    callable: int


class Campaigns(Answer):
    campaigns: list[CampaignRow]


class AttachedList(ListRef):
    priority: int
    weight: int
    attached_at: Time


class Campaign(CampaignRow):
    kind: str
    product: str
    line_of_business: Named | None
    dial_mode: str
    ratio: float
    ring_seconds: int
    max_wait_seconds: int
    wrap_up_seconds: int
    max_attempts: int
    created_at: Time
    lists: list[AttachedList]


class AttachQuestion(Question):
    list: int


class Attached(Answer):
    """`attached` is false where the campaign had the list already."""

    attached: bool


class Lead(Answer):
    lead: int
    person: PersonRef
    state: str
    later: bool
    because: Coded
    attempts: int
    last_outcome: Coded | None
    last_attempt_at: Time | None
    next_at: Time | None


class Leads(Answer):
    leads: list[Lead]
    next_after: int | None


class Share(Coded):
    count: int
    margin: int


class Forecast(Answer):
    """What the rules leave of the leads. `margin`: how far a count may be off, 19 times of 20; 0 if all were asked."""

    leads: int
    asked: int
    now: int
    today: int
    week: int
    settled: int
    hours_from: Time
    hours: list[int]
    later: list[Share]
    never: list[Share]
    hours_to_end: list[float | None]

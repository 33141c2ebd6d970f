"""Consent: what a person agreed to, and took back."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from campaigns.api.schemas.parts import Answer, Coded, PersonRef, Question, Time
from campaigns.rules.consent import Basis


class Event(Answer):
    """`line_of_business` null: for every purpose. A withdrawal has no basis: it takes back all of them."""

    kind: str
    at: Time
    recorded_at: Time
    basis: Coded | None
    line_of_business: int | None
    until: Time | None
    source: str
    reason: str


class Holds(Answer):
    """What counts now; `without` are lines of business that were taken back from a consent for every purpose."""

    basis: Coded
    line_of_business: int | None
    at: Time
    until: Time | None
    without: list[int]


class Consents(Answer):
    person: PersonRef
    holds: list[Holds]
    events: list[Event]


class GiveQuestion(Question):
    """`at` in the past, or null: now. `until` null: until it is withdrawn."""

    basis: Basis
    line_of_business: int | None = None
    at: AwareDatetime | None = None
    until: AwareDatetime | None = None
    source: str = Field(min_length=1, max_length=64)
    reason: str = Field(min_length=1, max_length=200)


class WithdrawQuestion(Question):
    line_of_business: int | None = None
    source: str = Field(min_length=1, max_length=64)
    reason: str = Field(min_length=1, max_length=200)


class Recorded(Answer):
    """`recorded` is false for what was known."""

    recorded: bool

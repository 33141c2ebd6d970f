"""People: who is meant, and what is known of them."""

from __future__ import annotations

from campaigns.api.schemas.do_not_call import Entry
from campaigns.api.schemas.parts import Answer, CampaignRef, Coded, ListRef, Number, PersonRef, Question, Time


class FindQuestion(Question):
    """`text`: a customer id, a number or a name, whole or in part; `country`: how to read national numbers first."""

    text: str = ""
    country: str = ""


class Hit(PersonRef):
    found_by: Coded
    phone: Number | None


class Found(Answer):
    """The best hits; `more`: there are others."""

    people: list[Hit]
    more: bool


class Status(Coded):
    source: str
    observed_at: Time | None
    until: Time | None


class Phone(Answer):
    number: Number
    label: str
    line_type: str
    country: str
    zones: list[str]
    status: Status | None
    do_not_call: list[Entry]


class Lead(Answer):
    lead: int
    campaign: CampaignRef
    state: str
    because: Coded


class Person(PersonRef):
    language: str
    time_zone: str
    region: str
    attributes: dict[str, dict[str, str]]
    phones: list[Phone]
    lists: list[ListRef]
    leads: list[Lead]

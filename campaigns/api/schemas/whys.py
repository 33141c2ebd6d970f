"""Why: of leads, people and numbers; the shapes of campaigns.whys.shapes."""

from __future__ import annotations

from campaigns.api.schemas.parts import (
    Answer,
    BarRule,
    CampaignRef,
    Coded,
    Inputs,
    Named,
    Number,
    PersonRef,
    Question,
    Rule,
    Time,
)


class Because(Coded):
    rule: Rule | None


class Next(Answer):
    at: Time
    their_time: list[str]
    phone: Number | None


class Reason(Because):
    phone: Number | None
    until: Time | None
    for_good: bool
    inputs: Inputs


class Decision(Because):
    since: Time
    until: Time | None
    times: int
    phone: Number | None
    policy_version: int | None
    inputs: Inputs


class LeadWhy(Answer):
    lead: int
    campaign: CampaignRef
    person: PersonRef
    state: str
    attempts: int
    max_attempts: int
    standing: str
    sentence: str
    remarks: list[str]
    because: Because | None
    next: Next | None
    reasons: list[Reason]
    decision: Decision | None
    asked_at: Time


class Spender(Answer):
    at: Time
    call: str | None
    lead: int | None
    campaign: Named
    phone: Number | None
    outcome: Coded | None
    agent: str
    disposition: str
    counts_until: Time


class Use(Answer):
    rule: Rule
    campaigns: list[CampaignRef]
    phone: Number | None
    limit: int
    used: int
    full: bool
    frees_at: Time | None
    spent_by: list[Spender]


class LeadAnswer(LeadWhy):
    budget: list[Use]


class CallResult(Answer):
    disposition: str
    callback_at: Time | None


class Event(Answer):
    """By its `kind`: a decision, one that holds, a call, an entry of do-not-call, a list. Each has its own names."""

    kind: str
    at: Time
    lead: int | None
    campaign: Named | None
    phone: Number | None
    code: str = ""
    words: str = ""
    rule: Rule | None = None
    ended_at: Time | None = None
    until: Time | None = None
    times: int = 0
    policy_version: int | None = None
    inputs: Inputs = {}
    call: str = ""
    outcome: Coded | None = None
    talk_seconds: int | None = None
    agent: str = ""
    result: CallResult | None = None
    line_of_business: str | None = None
    reason: str = ""
    list: Named | None = None
    row: int = 0


class History(Answer):
    events: list[Event]
    next_before: str | None


class PersonHistory(History):
    person: PersonRef


class PhoneQuestion(Question):
    number: str = ""
    country: str = ""
    before: str = ""


class PhoneAnswer(History):
    number: Number
    people: list[PersonRef]
    more_people: bool
    leads: list[LeadWhy]


class Bar(Coded):
    state: str
    callable: bool
    rule: BarRule | None
    count: int
    above: int
    next_at: Time | None


class Waterfall(Answer):
    campaign: CampaignRef
    counted_at: Time
    total: int
    callable: int
    bars: list[Bar]

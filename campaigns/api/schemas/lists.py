"""Lists: their imports, rejects and records."""

from __future__ import annotations

from campaigns.api.schemas.parts import (
    Answer,
    BarRule,
    CampaignRef,
    Coded,
    ListRef,
    Named,
    Number,
    PersonRef,
    Time,
)


class Rows(Answer):
    """The account of a list's rows: total = good + duplicate + rejected, once it has been read."""

    total: int
    good: int
    duplicate: int
    rejected: int


class ListRow(ListRef):
    original_name: str
    country: str
    uploaded_at: Time
    finished_at: Time | None
    rows: Rows
    campaigns: list[Named]


class Lists(Answer):
    lists: list[ListRow]
    next_before: int | None


class Version(Answer):
    number: int
    state: str
    original_name: str
    uploaded_at: Time
    rows: Rows


class Rejects(Coded):
    count: int


class List(ListRow):
    """`progress` is the share of rows that has been read, 0 to 1; null until they have been counted."""

    progress: float | None
    error: str
    mapping: dict[str, str]
    rejects: list[Rejects]
    versions: list[Version]


class Uploaded(Answer):
    """Where to look how far it has come: `status` is an address."""

    id: int
    status: str


class Started(Answer):
    """The number of the version, and the address that tells how far it has come."""

    number: int
    status: str


class Reject(Answer):
    row: int
    reason: Coded
    column: str
    value: str
    cells: dict[str, str]


class RejectPage(Answer):
    rejects: list[Reject]
    next_after: int | None


class Bar(Coded):
    """`limit`: whether these records are invalid. Ask for the records of a bar by its `stage`, `code` and `rule`."""

    stage: str
    limit: bool
    rule: BarRule | None
    count: int
    above: int
    next_at: Time | None


class Waterfall(Answer):
    """The counts of all bars make up `total`, which are the rows that were uploaded.

    `valid_number_rate` = records without an objective limit / records; `invalid_rate` = invalid records / records.
    """

    list: ListRef
    campaign: CampaignRef | None
    counted_at: Time
    total: int
    callable: int
    valid: int
    invalid: int
    valid_number_rate: float | None
    invalid_rate: float | None
    bars: tuple[Bar, ...]


class Evidence(Answer):
    """What is known against a number or why it is on do-not-call: by whom, since when."""

    source: str
    words: str
    observed_at: Time | None


class Record(Answer):
    person: PersonRef
    phone: Number | None
    lead: int | None
    next_at: Time | None
    evidence: Evidence | None


class Records(Answer):
    because: Coded
    rule: BarRule | None
    records: list[Record]
    next_after: int | None

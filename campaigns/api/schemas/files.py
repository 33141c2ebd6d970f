"""Status feeds and do-not-call files: how far they have come, and what became of their rows."""

from __future__ import annotations

from campaigns.api.schemas.parts import Answer, Coded, Named, Question, Time


class Feed(Answer):
    """rows_total = applied + unchanged + outdated + rejected, once it is `ready`."""

    id: int
    source: str
    state: Coded
    error: str
    original_name: str
    observed_at: Time
    until: Time | None
    uploaded_at: Time
    finished_at: Time | None
    rows_total: int
    applied: int
    unchanged: int
    outdated: int
    rejected: int


class Feeds(Answer):
    feeds: list[Feed]
    next_before: int | None


class SuppressionFile(Answer):
    """rows_total = numbers + duplicate + rejected.

    `added`, `prolonged`, `kept` and `gone` are what it would do while it is `compared`, and what it did from then on.
    """

    id: int
    source: str
    reason: str
    state: Coded
    error: str
    original_name: str
    line_of_business: Named | None
    campaign: Named | None
    until: Time | None
    replaces: bool
    uploaded_at: Time
    finished_at: Time | None
    rows_total: int
    numbers: int
    duplicate: int
    rejected: int
    added: int
    prolonged: int
    kept: int
    gone: int


class SuppressionFiles(Answer):
    files: list[SuppressionFile]


class Reject(Answer):
    row: int
    reason: Coded
    value: str


class Rejects(Answer):
    rejects: list[Reject]
    next_after: int | None


class ConfirmQuestion(Question):
    """`gone` as the file's comparison has it: who confirms has seen how many entries end."""

    gone: int


class Done(Answer):
    """`done` is false where somebody else was faster."""

    done: bool

"""Do-not-call: its entries, and what is asked and told of them."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from campaigns.api.schemas.parts import Answer, Named, Number, Question, Time


class Entry(Answer):
    """Of a number, or of a person (`person` is their id) on all numbers.

    Both `line_of_business` and `campaign` null: everywhere. `until` null: for good.
    """

    id: int
    number: Number | None
    person: int | None
    line_of_business: Named | None
    campaign: Named | None
    reason: str
    source: str
    until: Time | None
    since: Time
    by: str


class Entries(Answer):
    entries: list[Entry]
    next_before: int | None


class AddQuestion(Question):
    number: str
    reason: str = Field(min_length=1, max_length=200)
    country: str = ""
    line_of_business: int | None = None
    campaign: int | None = None
    until: AwareDatetime | None = None


class RemoveQuestion(Question):
    reason: str = Field(min_length=1, max_length=200)


class Removed(Answer):
    """`removed` is false where somebody else was faster."""

    removed: bool


class CheckQuestion(Question):
    number: str = ""
    country: str = ""


class Checked(Answer):
    """`listed`: an entry holds at this moment, in whatever scope; `entries` says which."""

    number: Number
    listed: bool
    entries: list[Entry]

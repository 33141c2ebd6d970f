"""What many answers have in common."""

from __future__ import annotations

from typing import Annotated, Any

from ninja import Schema
from pydantic import ConfigDict, Field

Time = Annotated[str, Field(description="UTC, ISO 8601", json_schema_extra={"format": "date-time"})]
Number = Annotated[str, Field(description="E.164, such as +8613800138000")]
Inputs = dict[str, Any]


class Answer(Schema):
    """What is not declared is not answered: a name that is forgotten here fails a test instead of missing silently."""

    model_config = ConfigDict(extra="forbid")


class Question(Schema):
    """What is not known is refused: a misspelt name would else be ignored."""

    model_config = ConfigDict(extra="forbid")


class Error(Answer):
    code: str
    sentence: str


class Refusal(Answer):
    """Why nothing was done."""

    error: Error


class Coded(Answer):
    """A code for programs beside its words in the reader's language."""

    code: str
    words: str


class Rule(Answer):
    name: str
    words: str
    source: str


class BarRule(Answer):
    name: str
    words: str


class CampaignRef(Answer):
    id: int
    name: str
    status: str


class Named(Answer):
    id: int
    name: str


class ListRef(Answer):
    id: int
    name: str
    state: str


class PersonRef(Answer):
    id: int
    customer_id: str | None
    name: str


STATUSES = frozenset({400, 401, 403, 404, 405, 409, 429})


def answers(model: Any, status: int = 200) -> dict[Any, Any]:
    """What an operation may answer: this, or a refusal."""
    return {status: model, STATUSES: Refusal}

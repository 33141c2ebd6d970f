"""What a question names: the row with an id, and the number that a text means. What is not there is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from campaigns import selectors, words
from campaigns.api.faults import bad, not_found
from campaigns.rules import numbers
from campaigns.whys import people

M = TypeVar("M", bound=Model)
LARGEST_ID = 2**63 - 1
LARGEST_ROW = 2**31 - 1


def found(rows: QuerySet[M], pk: int) -> M:
    """Raises ApiError."""
    row = rows.filter(pk=pk).first() if pk <= LARGEST_ID else None
    if row is None:
        raise not_found(pk)
    return row


def country(code: str) -> str:
    """Two letters, or none. Raises ApiError."""
    if code and not numbers.is_country(code):
        raise bad("country", _("Write the country with its two letters, such as CN."))
    return code


def number(text: str, of_country: str) -> int:
    """E.164 digits, also of a number that we would not dial. Raises ApiError."""
    meant = people.number_in(text, country(of_country))
    if meant is None:
        sentence = _("This is not a phone number. Write it with its country code, such as +86 138 0013 8000.")
        raise bad("number", sentence)
    return meant


def chosen(of: type[M], pk: int | None) -> M | None:
    """The row that a question may name. Raises ApiError."""
    return found(of._default_manager.all(), pk) if pk is not None else None


def rejects(rows: Sequence[Any], reasons: words.Words) -> dict[str, Any]:
    """A page of rejected rows (one more than a page, where there is a next one), with the reasons in words."""
    page = rows[: selectors.PAGE]
    return {
        "rejects": [
            {
                "row": each.row_no,
                "reason": {"code": each.reason, "words": words.of(reasons, each.reason)},
                "value": each.value,
            }
            for each in page
        ],
        "next_after": page[-1].row_no if len(rows) > len(page) else None,
    }

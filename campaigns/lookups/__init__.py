"""Asking providers about numbers: whom, at what cost, and never beyond a budget. What they answer becomes evidence.

A provider is anything that has the three figures and `look_up`. Which there are is said by the settings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from campaigns.rules.validity import Code


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider says of a number; a code of None: it does not know either."""

    number: int
    code: Code | None
    observed_at: datetime | None = None
    expires_at: datetime | None = None
    detail: str = ""


class Later(Exception):
    """The answer is not there yet: look again with the same key. str() may say what keeps it."""


class Refused(Exception):
    """Nothing was looked up, so nothing is charged; str() is a sentence."""


class Lost(Exception):
    """What became of the request is not known, so it counts as charged; str() is a sentence."""


class Provider(Protocol):
    """`cost` is for each number asked about, answered or not. `resumes`: asking again with a key is no new request."""

    @property
    def name(self) -> str: ...

    @property
    def batch_size(self) -> int: ...

    @property
    def cost(self) -> Decimal: ...

    @property
    def resumes(self) -> bool: ...

    def look_up(self, numbers: Sequence[int], key: UUID) -> Sequence[Answer]:
        """What is known of these numbers, in any order; some may be missing. Raises Later, Refused or Lost."""

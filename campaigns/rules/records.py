"""The records of a list in the order in which they fall away, and what of them counts as an invalid number.

The order is that of the reasons of number validity: what the file said, what is known of the number, what the person
and the bank want, what the rules ask for. Hours and holidays keep a call for some time, but are no limit of a record:
a list would else be worth nothing every night.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# What makes a record invalid, in order.
LIMITS = (
    "malformed",
    "missing",
    "ruined_by_spreadsheet",
    "too_many_cells",
    "customer_id_too_long",
    "unknown_time_zone",
    "unassigned_range",
    "wrong_line_type",
    "no_phone",
    "suspended",
    "vacant",
    "invalid_number",
    "powered_off",
    "unreachable",
    "wrong_number",
    "risk_number",
    "duplicate",
    "do_not_call",
    "no_consent",
    "excluding_product",
    "frequency_cap_reached",
)
# What passes by itself, or comes of the calls.
PASSING = ("outside_calling_hours", "holiday", "blackout_date", "too_soon")
_PLACES = {code: place for place, code in enumerate((*LIMITS, *PASSING))}


@dataclass(frozen=True, slots=True)
class Standing:
    """How many of a list's records are invalid. `records` are all rows that were uploaded."""

    records: int
    invalid: int

    @property
    def valid(self) -> int:
        """records without an objective limit"""
        return self.records - self.invalid

    @property
    def valid_number_rate(self) -> float | None:
        """records without an objective limit / customer records"""
        return self.valid / self.records if self.records else None

    @property
    def invalid_rate(self) -> float | None:
        """invalid records / customer records"""
        return self.invalid / self.records if self.records else None


def standing(counts: Mapping[str, int]) -> Standing:
    """Of so many records for each reason; what has no limit stands under any other code."""
    invalid = sum(count for code, count in counts.items() if is_limit(code))
    return Standing(sum(counts.values()), invalid)


def is_limit(code: str) -> bool:
    """Whether a record that is kept for this reason is invalid; what is not known to be one is no limit."""
    return code in LIMITS


def place(code: str) -> int:
    """Where in the fall this reason comes; those without a place come last, in the order they are found."""
    return _PLACES.get(code, len(_PLACES))

"""One row of a status feed → what it says of which number, or why it says nothing."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import StrEnum

from campaigns.feeds.columns import FeedLayout
from campaigns.lists.rows import Reason as RowReason
from campaigns.rules import numbers, status_words
from campaigns.rules.numbers import NotANumber, Number
from campaigns.rules.validity import Code

LONGEST_DETAIL = 200
FORMATS = ("%Y%m%d%H%M%S", "%Y%m%d", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d", "%Y-%m-%d %H:%M")


class Reason(StrEnum):
    """Why a row says nothing, beside the reasons of rules.numbers; the words are in campaigns.words."""

    NO_STATE = "no_state"
    UNKNOWN_STATE = "unknown_state"
    BAD_TIME = "bad_time"
    OBSERVED_IN_FUTURE = "observed_in_future"
    ENDS_BEFORE_OBSERVED = "ends_before_observed"


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds for rows that do not say: the form's country and times; `zone` is where times without one are."""

    country: str
    observed_at: datetime
    expires_at: datetime | None
    zone: tzinfo
    now: datetime


@dataclass(frozen=True, slots=True)
class Said:
    """A state of a number; a code of None says that nothing is known."""

    number: Number
    code: Code | None
    observed_at: datetime
    expires_at: datetime | None
    detail: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Why the row says nothing, in which column, by which value."""

    reason: str
    column: str
    value: str


class _Flaw(Exception):
    def __init__(self, reason: str, index: int) -> None:
        self.reason, self.index = reason, index


def read(layout: FeedLayout, cells: list[str], defaults: Defaults) -> Said | Refused:
    """What this row says; times without a zone are those of `defaults.zone`."""
    width = len(layout.header)
    if surplus := [cell for cell in cells[width:] if cell.strip()]:
        return Refused(RowReason.TOO_MANY_CELLS, "", surplus[0])
    cells = cells + [""] * (width - len(cells))
    try:
        number = _number(layout, cells, defaults)
        code = _code(layout, cells)
        observed_at = _observed(layout, cells, defaults)
        expires_at = _expires(layout, cells, defaults, observed_at)
    except _Flaw as flaw:
        return Refused(flaw.reason, layout.header[flaw.index], cells[flaw.index])
    detail = "" if layout.detail is None else cells[layout.detail].strip()[:LONGEST_DETAIL]
    return Said(number, code, observed_at, expires_at, detail)


def _number(layout: FeedLayout, cells: list[str], defaults: Defaults) -> Number:
    found = numbers.check(cells[layout.phone], defaults.country)
    if isinstance(found, NotANumber):
        raise _Flaw(found.reason, layout.phone)
    return found


def _code(layout: FeedLayout, cells: list[str]) -> Code | None:
    text = cells[layout.state]
    if not text.strip():
        raise _Flaw(Reason.NO_STATE, layout.state)
    try:
        return status_words.read(text)
    except status_words.NoState:
        raise _Flaw(Reason.UNKNOWN_STATE, layout.state) from None


def _observed(layout: FeedLayout, cells: list[str], defaults: Defaults) -> datetime:
    if layout.observed is None or not cells[layout.observed].strip():
        return defaults.observed_at
    found = _time(cells, layout.observed, defaults)
    if found > defaults.now:
        raise _Flaw(Reason.OBSERVED_IN_FUTURE, layout.observed)
    return found


def _expires(layout: FeedLayout, cells: list[str], defaults: Defaults, observed_at: datetime) -> datetime | None:
    if layout.expires is None or not cells[layout.expires].strip():
        return defaults.expires_at
    found = _time(cells, layout.expires, defaults)
    if found <= observed_at:
        raise _Flaw(Reason.ENDS_BEFORE_OBSERVED, layout.expires)
    return found


def _time(cells: list[str], index: int, defaults: Defaults) -> datetime:
    found = parse_time(cells[index].strip(), defaults.zone)
    if found is None:
        raise _Flaw(Reason.BAD_TIME, index)
    return found


def parse_time(text: str, zone: tzinfo) -> datetime | None:
    """ISO 8601, and how spreadsheets and Chinese exports write it; None where it is no time of this age."""
    found = _parse(text)
    if found is None or not 2000 <= found.year < 2100:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)


def _parse(text: str) -> datetime | None:
    with suppress(ValueError):
        return datetime.fromisoformat(text)
    for form in FORMATS:
        with suppress(ValueError):
            return datetime.strptime(text, form)
    return None

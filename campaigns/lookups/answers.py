"""A provider's JSON → answers about the numbers that were asked about, and no others; set out in docs/lookups.md."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
from django.utils.translation import gettext as _

from campaigns.feeds.rows import LONGEST_DETAIL, parse_time
from campaigns.lookups import Answer, Lost
from campaigns.rules import status_words


def parse(body: bytes, asked: Collection[int], now: datetime) -> list[Answer]:
    """The answers; each number's first one. Raises Lost for what is no answer at all."""
    try:
        results = orjson.loads(body)["results"]
    except (orjson.JSONDecodeError, KeyError, TypeError) as fault:
        raise Lost(_("The provider's answer is not the JSON that was agreed on.")) from fault
    if not isinstance(results, list):
        raise Lost(_("The provider's answer has no list of results."))
    wanted = set(asked)
    found: dict[int, Answer] = {}
    for answer in _answers(results, now):
        if answer.number in wanted:
            found.setdefault(answer.number, answer)
    return list(found.values())


def _answers(results: list[Any], now: datetime) -> Iterator[Answer]:
    """Those that can be read; a number without one is simply unanswered."""
    for result in results:
        if isinstance(result, Mapping) and (answer := _answer(result, now)):
            yield answer


def _answer(result: Mapping[str, Any], now: datetime) -> Answer | None:
    number, status = str(result.get("number", "")).lstrip("+"), result.get("status")
    if not (number.isascii() and number.isdecimal() and len(number) <= 15 and isinstance(status, str)):
        return None
    try:
        code = status_words.read(status)
    except status_words.NoState:
        return None
    observed_at = min(_time(result.get("observed_at")) or now, now)
    expires_at = _time(result.get("expires_at"))
    detail = result.get("detail")
    return Answer(
        int(number),
        code,
        observed_at,
        expires_at if expires_at and expires_at > observed_at else None,
        detail[:LONGEST_DETAIL].replace("\0", "") if isinstance(detail, str) else "",
    )


def _time(value: Any) -> datetime | None:
    return parse_time(value, UTC) if isinstance(value, str) else None

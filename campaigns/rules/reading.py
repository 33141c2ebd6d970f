"""Reads data that anybody may have written, field by field, and refuses what is wrong.

A refusal names the profile, the field, its value and what it must be, as a code with its figures: the words for people
are in campaigns.sentences.flaws.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

LONGEST_TEXT = 2000
MOST_ENTRIES = 500


class Must(StrEnum):
    """What a field must be. In brackets: the limits that a refusal gives with it."""

    JSON = "json"  # (line, column)
    READABLE = "readable"
    OBJECT = "object"
    KEY = "key"  # (options)
    LIST = "list"  # (most)
    TEXT = "text"  # (least, most)
    PLAIN_TEXT = "plain_text"
    CHOICE = "choice"  # (options)
    FLAG = "flag"
    NUMBER = "number"  # (low, high)
    WHOLE = "whole"  # (low, high)
    NAME = "name"
    NEW_NAME = "new_name"
    COUNTRY = "country"
    HOURS = "hours"
    REGION = "region"
    WEEKDAYS = "weekdays"
    WHOLE_WEEK = "whole_week"
    SPAN = "span"
    ORDERED_SPANS = "ordered_spans"
    ONE_WINDOW = "one_window"
    ONE_GAP_EACH = "one_gap_each"


class BadProfile(ValueError):
    """A field that is not what it must be.

    `profile` is whose it is (empty: the file's own), `path` where it stands in it; with `is_key` it is a key of the
    object there that is wrong, and `value` is that key. `limits` are those of Must.
    """

    def __init__(
        self, must: Must, *, profile: str = "", path: str = "", value: Any = None, is_key: bool = False, **limits: Any
    ) -> None:
        super().__init__(f"{profile or 'file'}: {path or 'all of it'}: {must}")
        self.must, self.profile, self.path, self.value = must, profile, path, value
        self.is_key, self.limits = is_key, limits


@dataclass(frozen=True, slots=True)
class Field:
    """A value, whose it is (a profile's name) and where it stands. Its methods give the value as what it should be, or
    raise BadProfile."""

    profile: str
    path: str
    value: Any

    def bad(self, must: Must, **limits: Any) -> BadProfile:
        return BadProfile(must, profile=self.profile, path=self.path, value=self.value, **limits)

    def bad_key(self, key: str, must: Must, **limits: Any) -> BadProfile:
        """A key of this object is wrong."""
        return BadProfile(must, profile=self.profile, path=self.path, value=key, is_key=True, **limits)

    def has(self, key: str) -> bool:
        return key in self.value

    def at(self, key: str | int) -> Field:
        """The field inside this object or list; an absent one has the value None."""
        value = self.value[key] if isinstance(key, int) else self.value.get(key)
        return Field(self.profile, f"{self.path}.{key}" if self.path else str(key), value)

    def record(self, keys: Collection[str] | None = None) -> Field:
        """Itself, if it is an object with no other keys than these; a key nobody reads is a slip of the pen."""
        if not isinstance(self.value, dict) or not all(isinstance(key, str) for key in self.value):
            raise self.bad(Must.OBJECT)
        unread = sorted(set(self.value) - set(keys)) if keys is not None else []
        if unread:
            raise self.bad_key(unread[0], Must.KEY, options=tuple(sorted(keys or ())))
        return self

    def entries(self) -> list[Field]:
        if not isinstance(self.value, list) or len(self.value) > MOST_ENTRIES:
            raise self.bad(Must.LIST, most=MOST_ENTRIES)
        return [self.at(n) for n in range(len(self.value))]

    def text(self, least: int = 0, most: int = LONGEST_TEXT) -> str:
        """A text that a database keeps and a screen shows: no control characters but the end of a line."""
        if not isinstance(self.value, str) or not least <= len(self.value.strip()) <= most:
            raise self.bad(Must.TEXT, least=least, most=most)
        if any(unicodedata.category(c) in ("Cc", "Cs") and c != "\n" for c in self.value):
            raise self.bad(Must.PLAIN_TEXT)
        return self.value

    def choice(self, options: Iterable[str]) -> str:
        known = [str(option) for option in options]
        if not isinstance(self.value, str) or self.value not in known:
            raise self.bad(Must.CHOICE, options=tuple(known))
        return self.value

    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            raise self.bad(Must.FLAG)
        return self.value

    def number(self, low: float, high: float) -> float:
        # A bool is an int to Python, and NaN is in no range.
        if isinstance(self.value, bool) or not isinstance(self.value, int | float) or not low <= self.value <= high:
            raise self.bad(Must.NUMBER, low=low, high=high)
        return self.value

    def whole(self, low: int, high: int) -> int:
        if not isinstance(self.value, int) or isinstance(self.value, bool) or not low <= self.value <= high:
            raise self.bad(Must.WHOLE, low=low, high=high)
        return self.value

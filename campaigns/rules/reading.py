"""Reads data that anybody may have written, field by field, and refuses what is wrong with one sentence.

A sentence names the thing, the field and what is allowed there, and shows of the value no more than fits a line.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

LONGEST_TEXT = 2000
MOST_ENTRIES = 500


class BadProfile(ValueError):
    """One sentence that names the profile, the field and what is allowed there."""


@dataclass(frozen=True, slots=True)
class Field:
    """A value, whose it is and where it stands. Its methods give the value as what it should be or raise BadProfile."""

    owner: str
    path: str
    value: Any

    def bad(self, allowed: str) -> BadProfile:
        of = f"{self.owner}: {self.path}" if self.path else self.owner
        return BadProfile(f"{of} is {shown(self.value)}; allowed: {allowed}.")

    def has(self, key: str) -> bool:
        return key in self.value

    def at(self, key: str | int) -> Field:
        """The field inside this object or list; an absent one has the value None."""
        value = self.value[key] if isinstance(key, int) else self.value.get(key)
        return Field(self.owner, f"{self.path}.{key}" if self.path else str(key), value)

    def record(self, keys: Collection[str] | None = None) -> Field:
        """Itself, if it is an object with no other keys than these; a key nobody reads is a slip of the pen."""
        if not isinstance(self.value, dict) or not all(isinstance(key, str) for key in self.value):
            raise self.bad("an object")
        unread = sorted(set(self.value) - set(keys)) if keys is not None else []
        if unread:
            raise Field(self.owner, f"{self.path} key".strip(), unread[0]).bad(", ".join(sorted(keys or ())))
        return self

    def entries(self) -> list[Field]:
        if not isinstance(self.value, list) or len(self.value) > MOST_ENTRIES:
            raise self.bad(f"a list of at most {MOST_ENTRIES}")
        return [self.at(n) for n in range(len(self.value))]

    def text(self, least: int = 0, most: int = LONGEST_TEXT) -> str:
        """A text that a database keeps and a screen shows: no control characters but the end of a line."""
        if not isinstance(self.value, str) or not least <= len(self.value.strip()) <= most:
            raise self.bad(f"a text of {least} to {most} characters")
        if any(unicodedata.category(c) in ("Cc", "Cs") and c != "\n" for c in self.value):
            raise self.bad("a text without control characters")
        return self.value

    def choice(self, options: Iterable[str]) -> str:
        known = [str(option) for option in options]
        if not isinstance(self.value, str) or self.value not in known:
            raise self.bad(", ".join(known))
        return self.value

    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            raise self.bad("true or false")
        return self.value

    def number(self, low: float, high: float) -> float:
        # A bool is an int to Python, and NaN is in no range.
        if isinstance(self.value, bool) or not isinstance(self.value, int | float) or not low <= self.value <= high:
            raise self.bad(f"a number from {low:g} to {high:g}")
        return self.value

    def whole(self, low: int, high: int) -> int:
        if not isinstance(self.value, int) or isinstance(self.value, bool) or not low <= self.value <= high:
            raise self.bad(f"a whole number from {low} to {high}")
        return self.value


def shown(value: object) -> str:
    """The value in a few characters; of what is not one value, its kind."""
    if value is None:
        return "missing or null"
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    written = repr(value)
    return written if len(written) <= 60 else f"{written[:57]}..."

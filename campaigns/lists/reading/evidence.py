"""What was found out about a file, and by what, so that a person can see whether it is right and say otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

# Encodings a list may be in, as people know them.
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-16-le": "UTF-16 LE",
    "utf-16-be": "UTF-16 BE",
    "gb18030": "GB18030 / GBK",
    "big5hkscs": "Big5",
    "cp1252": "Windows-1252",
    "latin-1": "Latin-1 (ISO 8859-1)",
}


class Why(StrEnum):
    """What an encoding was chosen by; the words are in campaigns.words."""

    CHOSEN = "chosen"
    BYTE_ORDER_MARK = "byte_order_mark"
    ZERO_BYTES = "zero_bytes"
    ASCII = "ascii"
    VALID_UTF8 = "valid_utf8"
    COMMON_CHARACTERS = "common_characters"
    WORKBOOK = "workbook"


@dataclass(frozen=True, slots=True)
class Sample:
    """A piece of a line; `line` counts from 1."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Alternative:
    """The same pieces in another encoding; `plausible` is as of Evidence."""

    encoding: str
    plausible: float
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The encoding, why it was taken, and what pieces of the file look like in it and in others, the likeliest first.

    `plausible` is from 0 (nobody's names look so) to 1 (all characters are common ones).
    """

    encoding: str
    why: Why
    plausible: float = 1.0
    samples: tuple[Sample, ...] = ()
    alternatives: tuple[Alternative, ...] = ()

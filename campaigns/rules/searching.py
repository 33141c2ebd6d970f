"""What was typed into the search box may mean: a customer id, a number, a name, or several of them at once.

Nothing is asked of the reader: letters may be a customer id or a name, digits a customer id or a number, whole or in
part. Each meaning is kept as something that an index finds: ranges of customer ids, ranges of numbers, the last digits
of one, and the words a name is made of (campaigns.search says how those are indexed).

A word of a Latin name is found by its beginning; the last word typed may be unfinished, the ones before it are whole.
Names in Chinese characters have no spaces, so they are cut into pairs of neighbours: 王小芳 is 王小, 小芳 and 芳, and
any part of it is found by its pairs, also a single character.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import phonenumbers

from campaigns.rules import numbers

LONGEST_TEXT = 64
# Fewer digits are part of nearly every number.
FEWEST_DIGITS = 4
LONGEST_NUMBER = 15
# By which country alone an unfinished national number is read, when there are many: the first ones.
MOST_COUNTRIES = 12

# Kana, Chinese characters, Hangul; what separates words. As in the database's campaigns_name_words.
CHARACTERS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3"
BETWEEN_WORDS = r"[\s\u3000\u00b7!-/:-@\[-`{-~]+"
_RUN = re.compile(f"[{CHARACTERS}]+")
_BETWEEN = re.compile(BETWEEN_WORDS)
_NUMBER = re.compile(r"[+(]*[0-9][0-9 ().\-/]*")
_LAST_CHARACTER = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class Range:
    """Whole numbers from `first` to `last`."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Ending:
    """Numbers whose last `length` digits are `digits`."""

    digits: int
    length: int


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a name; `begun`: what is looked for may only begin with it."""

    text: str
    begun: bool


@dataclass(frozen=True, slots=True)
class Meaning:
    """All that a text may mean. `ids` are customer ids, whole or their beginning; `numbers` are whole E.164 digits."""

    text: str
    ids: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()
    beginnings: tuple[Range, ...] = ()
    ending: Ending | None = None
    words: tuple[Word, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.ids or self.words)


def meaning(text: str, countries: Sequence[str]) -> Meaning:
    """What `text` may mean; national numbers are read as of these countries, the likeliest first."""
    plain = _plain(text)
    digits = _digits(plain)
    part = digits if len(digits) >= FEWEST_DIGITS else ""
    likely = tuple(dict.fromkeys(countries))[:MOST_COUNTRIES]
    return Meaning(
        text=plain,
        ids=_spellings(plain),
        numbers=tuple(dict.fromkeys(_whole(plain, digits, likely))) if digits else (),
        beginnings=tuple(dict.fromkeys(_beginnings(plain, part, likely))) if part else (),
        ending=Ending(int(part), len(part)) if part and not _is_abroad(plain) else None,
        words=() if digits else tuple(_words(plain)),
    )


def ids_beginning(with_: str) -> tuple[str, str]:
    """The texts from the first to before the second are those that begin so, in the order of their code points."""
    return with_, with_ + _LAST_CHARACTER


def _plain(text: str) -> str:
    """As a person reads it: usual width, single spaces, no invisible marks."""
    usual = " ".join(unicodedata.normalize("NFKC", text).split())
    return "".join(c for c in usual if not unicodedata.category(c).startswith("C"))[:LONGEST_TEXT]


def _spellings(plain: str) -> tuple[str, ...]:
    """As typed, and in the ways that customer ids are usually written in: hb-1 is HB-1 to people."""
    return tuple(dict.fromkeys((plain, plain.upper(), plain.lower(), plain.capitalize()))) if plain else ()


def _digits(plain: str) -> str:
    """The digits of what may be a number or a part of one; empty where it is none."""
    clean = re.sub(r"[\u2010-\u2015\u2212]", "-", plain)
    digits = re.sub(r"[^0-9]", "", clean)
    return digits if _NUMBER.fullmatch(clean) and len(digits) <= LONGEST_NUMBER + 2 else ""


def _is_abroad(plain: str) -> bool:
    return plain.lstrip("(").startswith(("+", "00"))


def _whole(plain: str, digits: str, countries: Iterable[str]) -> Iterator[int]:
    """Every number that this may be when it is all of it, also one that we would not dial today."""
    for country in ("", *countries):
        found = numbers.check(plain, country)
        if isinstance(found, numbers.Number):
            yield found.phone
    bare = digits.removeprefix("00")
    if bare and len(bare) <= LONGEST_NUMBER:
        yield int(bare)


def _beginnings(plain: str, digits: str, countries: Iterable[str]) -> Iterator[Range]:
    """The ranges of numbers that begin so: with its country code, else as they are dialled in one of the countries."""
    yield from _ranges(digits.removeprefix("00"))
    if not _is_abroad(plain):
        for country in countries:
            yield from _ranges(f"{phonenumbers.country_code_for_region(country)}{digits.lstrip('0')}")


def _ranges(begin: str) -> Iterator[Range]:
    """One range for each length that a number may have; E.164 numbers begin with no zero."""
    if begin.startswith("0") or len(begin) < FEWEST_DIGITS:
        return
    for more in range(1, LONGEST_NUMBER - len(begin) + 1):
        if len(begin) + more >= 7:
            yield Range(int(begin) * 10**more, (int(begin) + 1) * 10**more - 1)


def _words(plain: str) -> Iterator[Word]:
    """Of a name, or of a part of it. A single Latin letter says nothing unless there are whole words beside it."""
    for run in _RUN.findall(plain):
        yield from _pairs(run)
    spelled = [word for word in _BETWEEN.sub(" ", _RUN.sub(" ", plain).lower()).split(" ") if word]
    for place, word in enumerate(spelled):
        if len(plain) > 1:
            yield Word(word, begun=place == len(spelled) - 1)


def _pairs(run: str) -> Iterator[Word]:
    """A pair is a whole word of the index; the last character may have a neighbour in the name, or none."""
    if len(run) == 1:
        yield Word(run, begun=True)
    for place in range(len(run) - 1):
        yield Word(run[place : place + 2], begun=False)

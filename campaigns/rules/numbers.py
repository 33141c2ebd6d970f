"""Text from a list → a number that can be dialled, or the reason it can't.

Lists are typed by people and mangled by spreadsheets, so reading is tolerant of how a number is written and strict
about what it is: nothing is guessed. A number whose digits a spreadsheet has rounded away, or that no carrier has
assigned, is refused with its own reason, because the nearest number that works belongs to somebody else.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType, timezone
from phonenumbers.tzdata import TIMEZONE_DATA

from campaigns.rules import plans

LONGEST_TEXT = 100


class LineType(StrEnum):
    """Lines a person may answer. The values are those of the Phone model."""

    MOBILE = "mobile"
    FIXED = "fixed"
    FIXED_OR_MOBILE = "fixed_or_mobile"
    VOIP = "voip"


class Reason(StrEnum):
    """Why a text is not a number we may dial; PRODUCT's codes, each shown with a sentence."""

    MISSING = "missing"
    MALFORMED = "malformed"
    RUINED_BY_SPREADSHEET = "ruined_by_spreadsheet"
    UNASSIGNED_RANGE = "unassigned_range"
    WRONG_LINE_TYPE = "wrong_line_type"


class Number(NamedTuple):
    """A valid number. `phone` is its E.164 digits; `zones` every IANA zone whoever answers may be in."""

    phone: int
    country: str
    line_type: LineType
    zones: tuple[str, ...]
    extension: str = ""

    @property
    def e164(self) -> str:
        return f"+{self.phone}"


@dataclass(frozen=True, slots=True)
class NotANumber:
    """A text that will not be dialled, and why."""

    reason: Reason


MISSING = NotANumber(Reason.MISSING)
LINE_TYPES = {
    PhoneNumberType.MOBILE: LineType.MOBILE,
    PhoneNumberType.FIXED_LINE: LineType.FIXED,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: LineType.FIXED_OR_MOBILE,
    PhoneNumberType.VOIP: LineType.VOIP,
}
NON_GEOGRAPHIC = "001"

_PLAIN = re.compile(r"\+?[0-9]{4,16}")
_SIGNS = re.compile(r"[ ().\-/]")
_WRITTEN = re.compile(r"\(?\+?\(?[0-9][0-9 ().\-/]*")
_SCIENTIFIC = re.compile(r"[0-9]+(?:[.,][0-9]+)?e[+-]?[0-9]+", re.IGNORECASE)
_EXTENSION = re.compile(r"(?:;?\s*ext[.=:]?|extn\.?|extension|x|#|转|轉|分机|分機)\s*([0-9]{1,7})$", re.IGNORECASE)
_FLOAT = re.compile(r"([0-9]{7,15})\.0+")
_DASHES = re.compile(r"[\u2010-\u2015\u2212\u30fc]")
_APOSTROPHES = "'’‘`\""


def check(text: str, default_country: str) -> Number | NotANumber:
    """The number that `text` writes down; `default_country` (two letters) is where it is dialled without a prefix."""
    if not text:
        return MISSING
    if _PLAIN.fullmatch(text):
        found = plans.find(text, default_country)
        return _of_a_plan(found, "") if found else _check_digits(text, default_country, "")
    if len(text) > LONGEST_TEXT:
        return NotANumber(Reason.MALFORMED)
    clean = _clean(text)
    if not clean:
        return MISSING
    if _SCIENTIFIC.fullmatch(clean):
        return NotANumber(Reason.RUINED_BY_SPREADSHEET)
    clean, extension = _split_extension(clean)
    if not _WRITTEN.fullmatch(clean):
        return NotANumber(Reason.MALFORMED)
    return _check_digits(clean, default_country, extension)


def is_country(code: str) -> bool:
    """Whether `code` is a country whose national numbers can be read."""
    return code in phonenumbers.SUPPORTED_REGIONS


def _clean(text: str) -> str:
    """Plain ASCII where a person would read the same; invisible marks, as copied from address books, are dropped."""
    text = " ".join(unicodedata.normalize("NFKC", text).split())
    if not (text.isascii() and text.isprintable()):
        text = "".join(c for c in text if unicodedata.category(c) not in ("Cf", "Cc"))
        text = _DASHES.sub("-", text)
    text = text.strip().strip(_APOSTROPHES).strip()
    if whole := _FLOAT.fullmatch(text):
        return whole[1]
    return text


def _split_extension(text: str) -> tuple[str, str]:
    found = _EXTENSION.search(text)
    if not found:
        return text, ""
    return text[: found.start()].strip(), found[1]


def _check_digits(text: str, default_country: str, extension: str) -> Number | NotANumber:
    found = _classify(text, default_country, extension)
    if text.startswith("00") and isinstance(found, NotANumber):
        # Many countries dial abroad with something else than 00, but everyone writes 00.
        abroad = _classify("+" + text[2:], default_country, extension)
        return abroad if isinstance(abroad, Number) else found
    return found


def _classify(text: str, default_country: str, extension: str) -> Number | NotANumber:
    digits = _SIGNS.sub("", text)
    found = plans.find(digits, default_country) if _PLAIN.fullmatch(digits) else None
    return _of_a_plan(found, extension) if found else _as_the_library_says(text, default_country, extension)


def _of_a_plan(found: plans.Found, extension: str) -> Number | NotANumber:
    line_type = LINE_TYPES.get(found.kind)
    if line_type is None:
        return NotANumber(Reason.WRONG_LINE_TYPE)
    zones = _zones(found.digits, found.country_code, found.kind)
    return Number(int(found.digits), found.country, line_type, zones, extension)


def _as_the_library_says(text: str, default_country: str, extension: str) -> Number | NotANumber:
    try:
        parsed = phonenumbers.parse(text, default_country)
    except phonenumbers.NumberParseException:
        return NotANumber(Reason.MALFORMED)
    kind = phonenumbers.number_type(parsed)
    if kind == PhoneNumberType.UNKNOWN:
        return NotANumber(_why_invalid(parsed))
    country = phonenumbers.region_code_for_number(parsed) or NON_GEOGRAPHIC
    if kind not in LINE_TYPES or country == NON_GEOGRAPHIC:
        return NotANumber(Reason.WRONG_LINE_TYPE)
    digits = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)[1:]
    zones = _zones(digits, parsed.country_code or 0, kind)
    return Number(int(digits), country, LINE_TYPES[kind], zones, extension)


def _why_invalid(parsed: PhoneNumber) -> Reason:
    """Too long, too short, or dialable only within one town: malformed. Else nobody was given that range."""
    possible = phonenumbers.is_possible_number_with_reason(parsed) == phonenumbers.ValidationResult.IS_POSSIBLE
    return Reason.UNASSIGNED_RANGE if possible else Reason.MALFORMED


def _zones(digits: str, country_code: int, kind: int) -> tuple[str, ...]:
    """As phonenumbers.timezone.time_zones_for_number, which would find the kind again: half of all the time spent."""
    return _zones_of_prefix(digits[: _telling_digits(country_code, kind)])


@lru_cache(maxsize=4096)
def _telling_digits(country_code: int, kind: int) -> int:
    """How many of the first digits of such a number of this country may tell its zones."""
    code = str(country_code)
    if not phonenumbers.is_number_type_geographical(kind, country_code):
        return len(code)
    return max((len(prefix) for prefix in TIMEZONE_DATA if prefix.startswith(code)), default=len(code))


@lru_cache(maxsize=65536)
def _zones_of_prefix(prefix: str) -> tuple[str, ...]:
    """The zones of the longest beginning of the prefix that has any."""
    known = (TIMEZONE_DATA[prefix[:length]] for length in range(len(prefix), 0, -1) if prefix[:length] in TIMEZONE_DATA)
    return tuple(zone for zone in next(known, ()) if zone != timezone.UNKNOWN_TIMEZONE)

"""Numbering plans: a number written in plain digits → its country and kind, in a tenth of the library's time.

The plans are phonenumbers' own, each compiled into one expression that tries the kinds in the library's order. What is
found is exactly what the library finds; whatever is not plainly a number of a plan is left to the library, which alone
says no. (rphonenumbers, written for speed, has plans of another version: some ranges that it calls valid are not, and
the other way round.)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumberType
from phonenumbers.phonemetadata import PhoneNumberDesc

LONGEST_COUNTRY_CODE = 3
LONGEST = 17
NON_GEOGRAPHIC = "001"
NEVER = "(?!)"
# In the order in which the library tries them. Of a fixed line it asks then whether it may be mobile too.
KINDS = {
    "premium_rate": PhoneNumberType.PREMIUM_RATE,
    "toll_free": PhoneNumberType.TOLL_FREE,
    "shared_cost": PhoneNumberType.SHARED_COST,
    "voip": PhoneNumberType.VOIP,
    "personal_number": PhoneNumberType.PERSONAL_NUMBER,
    "pager": PhoneNumberType.PAGER,
    "uan": PhoneNumberType.UAN,
    "voicemail": PhoneNumberType.VOICEMAIL,
    "fixed_line": PhoneNumberType.FIXED_LINE,
    "mobile": PhoneNumberType.MOBILE,
}


class Found(NamedTuple):
    """A number of a plan, with its country code in `digits`; `kind` is a PhoneNumberType."""

    digits: str
    country_code: int
    country: str
    kind: int


@dataclass(frozen=True, slots=True)
class Plan:
    """One country's plan.

    `at_home` is what may be dialled before its numbers there, `special` that, the country code, and what is dialled
    before the numbers of others. A plan that `rewrites` does more with a prefix than to take it off.
    """

    country: str
    country_code: str
    general: re.Pattern[str]
    kinds: re.Pattern[str]
    lengths: dict[str, frozenset[int]]
    mobile: re.Pattern[str]
    fixed_is_mobile: bool
    leading: re.Pattern[str] | None
    at_home: re.Pattern[str]
    special: re.Pattern[str]
    abroad: re.Pattern[str]
    rewrites: bool

    def kind(self, national: str) -> int | None:
        found = self.kinds.fullmatch(national)
        name = found.lastgroup if found else None
        if name is None or len(national) not in self.lengths[name]:
            return None
        if name == "fixed_line" and (self.fixed_is_mobile or self._is_mobile(national)):
            return PhoneNumberType.FIXED_LINE_OR_MOBILE
        return KINDS[name]

    def _is_mobile(self, national: str) -> bool:
        return len(national) in self.lengths["mobile"] and bool(self.mobile.fullmatch(national))

    def stripped(self, national: str) -> str | None:
        """Without what is dialled before it at home; None where that is more than to take it off."""
        found = self.at_home.match(national)
        if not found:
            return national
        rest = national[found.end() :]
        return rest if self.general.fullmatch(rest) and not self.rewrites else None


def find(text: str, default_country: str) -> Found | None:
    """The number in these digits, with or without a plus; None leaves it to the library."""
    if len(text) > LONGEST:
        return None
    if text[0] == "+":
        return _international(text[1:])
    plan = _plan(default_country)
    if plan is None:
        return None
    if not plan.special.match(text):
        return _national(plan.country_code, text)
    if plan.abroad.match(text):
        return None
    if text.startswith(plan.country_code) and not plan.general.fullmatch(text):
        # A country code without a plus is one where the digits are no number as they are, but are one without it.
        rest = plan.stripped(text[len(plan.country_code) :])
        return _international(plan.country_code + rest) if rest and plan.general.fullmatch(rest) else None
    return _national(plan.country_code, plan.stripped(text))


def _international(digits: str) -> Found | None:
    if digits.startswith("0"):
        return None
    for length in range(1, LONGEST_COUNTRY_CODE + 1):
        code = digits[:length]
        if plans := _plans(code):
            return _national(code, plans[0].stripped(digits[length:]))
    return None


def _national(country_code: str, national: str | None) -> Found | None:
    if not national or not national.strip("0"):
        return None
    plans = _plans(country_code)
    for plan in plans:
        if plan.leading and len(plans) > 1 and not plan.leading.match(national):
            continue
        kind = plan.kind(national)
        if kind is not None:
            return Found(country_code + national, int(country_code), plan.country, kind)
        if plan.leading:
            return None
    return None


@lru_cache(maxsize=2048)
def _plans(country_code: str) -> tuple[Plan, ...]:
    """The plans of the countries that share a country code, in the library's order; none for no country's code."""
    plans = [_plan(country) for country in COUNTRY_CODE_TO_REGION_CODE.get(int(country_code), ())]
    return tuple(plan for plan in plans if plan) if all(plans) else ()


@lru_cache(maxsize=512)
def _plan(country: str) -> Plan | None:
    known = PhoneMetadata.metadata_for_region(country, None) if country != NON_GEOGRAPHIC else None
    if known is None:
        return None
    general = known.general_desc or PhoneNumberDesc()
    kinds = {name: desc for name in KINDS if (desc := getattr(known, name)) and desc.national_number_pattern}
    shared = known.same_mobile_and_fixed_line_pattern
    tried = "|".join(
        f"(?P<{name}>{desc.national_number_pattern})"
        for name, desc in kinds.items()
        if not (shared and name == "mobile")
    )
    at_home = known.national_prefix_for_parsing or NEVER
    abroad = known.international_prefix or NEVER
    return Plan(
        country=country,
        country_code=str(known.country_code),
        general=re.compile(general.national_number_pattern or NEVER),
        kinds=re.compile(rf"(?=(?:{general.national_number_pattern or NEVER})\Z)(?:{tried or NEVER})"),
        lengths={"mobile": frozenset()} | {name: _lengths(desc, general) for name, desc in kinds.items()},
        mobile=re.compile(kinds["mobile"].national_number_pattern if "mobile" in kinds else NEVER),
        fixed_is_mobile=shared,
        leading=re.compile(known.leading_digits) if known.leading_digits is not None else None,
        at_home=re.compile(at_home),
        special=re.compile(f"(?:{at_home})|(?:{abroad})|{known.country_code}"),
        abroad=re.compile(abroad),
        rewrites=bool(known.national_prefix_transform_rule),
    )


def _lengths(desc: PhoneNumberDesc, general: PhoneNumberDesc) -> frozenset[int]:
    """The lengths it may have that nobody takes for a local number, the library's reason to keep a prefix."""
    return frozenset(desc.possible_length or general.possible_length) - frozenset(general.possible_length_local_only)

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
# In the order in which the library tries them; mobile is asked for apart, as some plans have it in common with fixed.
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
    """A number of a plan; `kind` is a PhoneNumberType."""

    country_code: int
    national: str
    country: str
    kind: int


@dataclass(frozen=True, slots=True)
class Plan:
    """One country's plan; `prefix` is what is dialled before its numbers at home, `abroad` before those of others."""

    country_code: str
    general: re.Pattern[str]
    kinds: re.Pattern[str]
    lengths: dict[str, frozenset[int]]
    mobile: re.Pattern[str] | None
    fixed_is_mobile: bool
    leading: re.Pattern[str] | None
    prefix: re.Pattern[str] | None
    rewrites: bool
    abroad: re.Pattern[str] | None

    def kind(self, national: str) -> int | None:
        found = self.kinds.fullmatch(national) if self.general.fullmatch(national) else None
        name = found.lastgroup if found else None
        if name is None or len(national) not in self.lengths[name]:
            return None
        if name == "fixed_line" and (self.fixed_is_mobile or self._is_mobile(national)):
            return PhoneNumberType.FIXED_LINE_OR_MOBILE
        return KINDS[name]

    def _is_mobile(self, national: str) -> bool:
        return bool(self.mobile and len(national) in self.lengths["mobile"] and self.mobile.fullmatch(national))

    def stripped(self, national: str) -> str | None:
        """Without the prefix dialled at home; None when the plan rewrites such numbers."""
        found = self.prefix.match(national) if self.prefix else None
        if not found:
            return national
        rest = national[found.end() :]
        if self.rewrites or not self.general.fullmatch(rest):
            return None
        return rest


def find(text: str, default_country: str) -> Found | None:
    """The number in these digits, with or without a plus; None leaves it to the library."""
    if len(text) > LONGEST:
        return None
    if text[0] == "+":
        return _international(text[1:])
    plan = _plan(default_country)
    if plan is None or (plan.abroad and plan.abroad.match(text)):
        return None
    if text.startswith(plan.country_code) and not plan.general.fullmatch(text):
        return _behind_country_code(plan, text)
    return _national(int(plan.country_code), plan.stripped(text))


def _international(digits: str) -> Found | None:
    if digits.startswith("0"):
        return None
    for length in range(1, LONGEST_COUNTRY_CODE + 1):
        code = digits[:length]
        if int(code) in COUNTRY_CODE_TO_REGION_CODE:
            main = _plan(COUNTRY_CODE_TO_REGION_CODE[int(code)][0])
            return _national(int(code), main.stripped(digits[length:])) if main else None
    return None


def _behind_country_code(plan: Plan, digits: str) -> Found | None:
    """A country code without a plus is one where the digits are no number as they are, but are one without it."""
    rest = plan.stripped(digits[len(plan.country_code) :])
    return _international(plan.country_code + rest) if rest and plan.general.fullmatch(rest) else None


def _national(country_code: int, national: str | None) -> Found | None:
    regions = COUNTRY_CODE_TO_REGION_CODE[country_code]
    if not national or not national.strip("0"):
        return None
    for region in regions:
        plan = _plan(region)
        if plan is None:
            return None
        if plan.leading and len(regions) > 1 and not plan.leading.match(national):
            continue
        kind = plan.kind(national)
        if kind is not None:
            return Found(country_code, national, region, kind)
        if plan.leading or len(regions) == 1:
            return None
    return None


@lru_cache(maxsize=512)
def _plan(region: str) -> Plan | None:
    known = PhoneMetadata.metadata_for_region(region, None) if region != NON_GEOGRAPHIC else None
    if known is None:
        return None
    kinds = {name: desc for name in KINDS if (desc := getattr(known, name)) and desc.national_number_pattern}
    shared = known.same_mobile_and_fixed_line_pattern
    tried = [name for name in kinds if not (shared and name == "mobile")]
    return Plan(
        country_code=str(known.country_code),
        general=re.compile(known.general_desc.national_number_pattern),
        kinds=re.compile("|".join(f"(?P<{name}>{kinds[name].national_number_pattern})" for name in tried)),
        lengths={name: _lengths(desc, known.general_desc) for name, desc in kinds.items()},
        mobile=re.compile(kinds["mobile"].national_number_pattern) if "mobile" in kinds else None,
        fixed_is_mobile=shared,
        leading=re.compile(known.leading_digits) if known.leading_digits is not None else None,
        prefix=re.compile(known.national_prefix_for_parsing) if known.national_prefix_for_parsing else None,
        rewrites=bool(known.national_prefix_transform_rule),
        abroad=re.compile(known.international_prefix) if known.international_prefix else None,
    )


def _lengths(desc: PhoneNumberDesc, general: PhoneNumberDesc) -> frozenset[int]:
    """The lengths it may have that nobody takes for a local number, the library's reason to keep a prefix."""
    return frozenset(desc.possible_length or general.possible_length) - frozenset(general.possible_length_local_only)

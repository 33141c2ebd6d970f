"""What a cell says where it is not just text: an amount, a date, yes or no, the state of a number, a ground of consent.

Each function gives None for what it can't read for certain: `03/04/2024` is two days, so it is none unless the column's
order is known. The text itself is never lost; whoever asks keeps it.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from enum import StrEnum
from functools import lru_cache

LONGEST = 64
MOST_DIGITS = 18


class Type(StrEnum):
    """What the values of an attribute are."""

    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"
    DATE = "date"
    YES_NO = "yes_no"


class DateOrder(StrEnum):
    """Which comes first in a date that does not begin with the year."""

    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"


Value = str | int | float | bool

_NUMBER = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?")
_COMMA_NUMBER = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+),\d+|[+-]?\d{1,3}(?:\.\d{3}){2,}")
_CURRENCY = re.compile(r"(?:[A-Z]{3}|[A-Z]{0,3}[$€£¥₩₹]|元|人民币|港币|美元)", re.IGNORECASE)
_YEAR_FIRST = re.compile(r"(\d{4})([-/.年])(\d{1,2})[-/.月](\d{1,2})日?")
_COMPACT = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_TIME = re.compile(r"[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?$")
_TIMES = {"万": 10_000, "萬": 10_000, "亿": 100_000_000, "億": 100_000_000, "k": 1_000, "m": 1_000_000}


def _codes(words: dict[str, str]) -> dict[str, str]:
    return {word.replace("_", " "): code for code, text in words.items() for word in text.split()}


YES_OR_NO = _codes({"yes": "yes y true t 1 是 有 对 √ ✓", "no": "no n false f 0 否 无 無 没有 × ✗"})
# The codes are those of number validity.
STATUSES = _codes(
    {
        "vacant": "vacant unallocated does_not_exist invalid_number not_in_service disconnected 空号 空號 无效号码",
        "suspended": "suspended out_of_service 停机 停機 欠费停机 已停机 暂停服务",
        "powered_off": "powered_off power_off switched_off off 关机 關機 已关机",
        "unreachable": "unreachable not_reachable no_coverage 无法接通 無法接通 不在服务区",
        "wrong_number": "wrong_number wrong 错号 非本人 不是本人 号码错误",
        "risk_number": "risk risk_number risky fraud blacklisted 风险 風險 风险号码 高危 黑名单 投诉高危",
        "wrong_line_type": "wrong_line_type data_only iot premium 物联网卡 物联卡 流量卡 数据卡",
        "in_service": "in_service active valid normal ok good live working 正常 正常使用 在用 有效 实号 實號 活跃",
    }
)
# The codes are those of consent; what says no is no ground.
BASES = _codes(
    {
        "explicit": "yes y true 1 explicit opt_in opted_in opt-in consent consented granted given agreed 同意 已同意 "
        "是 已授权 授权",
        "contract": "contract 合同 合同履行 履行合同",
        "existing_customer": "existing_customer customer soft_opt-in existing_relationship 存量客户 老客户 现有客户",
        "legitimate_interest": "legitimate_interest legitimate_interests 正当利益 合法利益",
        "legal_obligation": "legal_obligation 法定义务 法律义务",
        "": "no n false 0 none refused declined opt_out opted_out opt-out withdrawn 否 未授权 不同意 拒绝 撤回",
    }
)
EXPLICIT = "explicit"
PRIORITIES = {
    "high": 1,
    "urgent": 1,
    "高": 1,
    "紧急": 1,
    "medium": 2,
    "normal": 2,
    "中": 2,
    "普通": 2,
    "low": 3,
    "低": 3,
}


LANGUAGES = {
    "zh": "zh zh-cn zh-hans zh_cn chinese mandarin cn 中文 汉语 普通话 国语",
    "en": "en en-us en-gb en_us en_gb english 英文 英语",
}
LANGUAGE_OF = {name: code for code, names in LANGUAGES.items() for name in names.split()}


def typed(text: str, kind: str, order: str = "") -> Value | None:
    """The value of an attribute, a date as ISO text; None when the text is none of that kind."""
    match kind:
        case Type.NUMBER:
            return number(text)
        case Type.MONEY:
            return money(text)
        case Type.DATE:
            found = day(text, order)
            return found.isoformat() if found else None
        case Type.YES_NO:
            return yes_or_no(text)
    return text


def number(text: str) -> int | float | None:
    """`1,234.5`, `1.234,5` and `12%` too; `1.234` has a point, as nothing says that it is a thousand."""
    if len(text) <= MOST_DIGITS and text.isascii() and text.isdigit():
        return int(text)
    clean = _plain(text).removesuffix("%").strip()
    if _NUMBER.fullmatch(clean):
        return _as_number(clean.replace(",", ""))
    if _COMMA_NUMBER.fullmatch(clean):
        return _as_number(clean.replace(".", "").replace(",", "."))
    return None


def money(text: str) -> int | float | None:
    """An amount with or without its currency, in units; `5万` is 50000, an amount in brackets is negative."""
    clean = _plain(text)
    sign = -1 if clean.startswith("(") and clean.endswith(")") else 1
    clean = _CURRENCY.sub("", clean.strip("()"), count=2).strip()
    times = _TIMES.get(clean[-1:].lower(), 1)
    found = number(clean[:-1] if times > 1 else clean)
    if found is None or clean.endswith("%"):
        return None
    amount = round(found * times, 6) * sign
    return int(amount) if isinstance(amount, float) and amount.is_integer() and isinstance(found, int) else amount


@lru_cache(maxsize=65536)
def day(text: str, order: str = "") -> date | None:
    """A calendar day, whatever the time of day behind it; `order` is a DateOrder where it is known."""
    clean = _TIME.sub("", _plain(text)).strip()
    if found := _YEAR_FIRST.fullmatch(clean):
        return _date(found[1], found[3], found[4])
    if found := _COMPACT.fullmatch(clean):
        return _date(found[1], found[2], found[3])
    if found := _YEAR_LAST.fullmatch(clean):
        return _year_last(int(found[1]), int(found[2]), found[3], order)
    return None


def order_of(texts: list[str]) -> str:
    """The DateOrder that dates of one column show, when one of them has a number above twelve."""
    found = [dates for text in texts if (dates := _YEAR_LAST.fullmatch(_TIME.sub("", _plain(text)).strip()))]
    if any(int(dates[1]) > 12 for dates in found):
        return DateOrder.DAY_FIRST
    return DateOrder.MONTH_FIRST if any(int(dates[2]) > 12 for dates in found) else ""


def yes_or_no(text: str) -> bool | None:
    found = YES_OR_NO.get(_plain(text).lower())
    return None if found is None else found == "yes"


def status(text: str) -> str | None:
    """The validity code that a list says of a number; empty for an empty cell."""
    return STATUSES.get(_plain(text).lower().replace("_", " ")) if text else ""


def basis(text: str) -> str | None:
    """The ground of a consent; empty when the list says there is none."""
    return BASES.get(_plain(text).lower().replace("_", " ")) if text else ""


def products(text: str, separator: str) -> tuple[str, ...]:
    """Each product once."""
    parts = text.split(separator) if separator else re.split(r"[;；、|/,，]", text)
    return tuple(dict.fromkeys(name[:LONGEST] for part in parts if (name := part.strip())))


def whole(text: str) -> int | None:
    found = number(text)
    return int(found) if found is not None and abs(found) < 2**31 and found == int(found) else None


def priority(text: str) -> int | None:
    """A whole number as the list means it, or 1 to 3 for high, medium and low."""
    return PRIORITIES.get(text.lower(), whole(text))


def _plain(text: str) -> str:
    return (text if text.isascii() else unicodedata.normalize("NFKC", text))[:LONGEST].strip().lstrip("'")


def _as_number(digits: str) -> int | float | None:
    if "." not in digits:
        return int(digits) if len(digits) <= MOST_DIGITS else None
    return float(digits)


def _year_last(one: int, two: int, year: str, order: str) -> date | None:
    if order == DateOrder.DAY_FIRST or (not order and one > 12) or one == two:
        return _date(year, two, one)
    if order == DateOrder.MONTH_FIRST or (not order and two > 12):
        return _date(year, one, two)
    return None


def _date(year: str | int, month: str | int, of_month: str | int) -> date | None:
    try:
        return date(int(year), int(month), int(of_month))
    except ValueError:
        return None

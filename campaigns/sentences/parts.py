"""The parts that sentences are made of: lengths of time, lists, days, clock times and places."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta

from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from phonenumbers.geodata.locale import LOCALE_DATA

from campaigns.rules.windows import Span

# How many days a sentence names before it only counts.
NAMED_DAYS = 12
# As they are called in mainland China.
COUNTRIES_ZH = {"HK": "中国香港", "MO": "中国澳门", "TW": "中国台湾"}


def first_upper(sentence: str) -> str:
    """The sentence with a capital letter, where its script has them."""
    return sentence[:1].upper() + sentence[1:]


def both(first: str, last: str) -> str:
    return _("%(first)s and %(last)s") % {"first": first, "last": last}


def listed(items: Sequence[str]) -> str:
    """a, b and c."""
    if len(items) < 2:
        return "".join(items)
    earlier = items[0]
    for item in items[1:-1]:
        earlier = _("%(earlier)s, %(next)s") % {"earlier": earlier, "next": item}
    return both(earlier, items[-1])


def clauses(items: Sequence[str]) -> str:
    """a; b; c: whole clauses, each true by itself."""
    joined = items[0] if items else ""
    for item in items[1:]:
        joined = _("%(earlier)s; %(next)s") % {"earlier": joined, "next": item}
    return joined


def length(of: timedelta) -> str:
    """A time span in the largest unit that leaves no fraction; one day is 24 hours, which is not a calendar day."""
    seconds = round(of.total_seconds())
    if seconds and seconds % 86_400 == 0 and seconds > 86_400:
        return ngettext("%(n)s day", "%(n)s days", seconds // 86_400) % {"n": seconds // 86_400}
    if seconds and seconds % 3600 == 0:
        return ngettext("%(n)s hour", "%(n)s hours", seconds // 3600) % {"n": seconds // 3600}
    if seconds and seconds % 60 == 0:
        return ngettext("%(n)s minute", "%(n)s minutes", seconds // 60) % {"n": seconds // 60}
    return ngettext("%(n)s second", "%(n)s seconds", seconds) % {"n": seconds}


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def spans_words(spans: Sequence[Span]) -> str:
    """09:00–12:00 and 13:30–20:00."""
    if tuple(spans) == ((0, 1440),):
        return _("all day")
    return listed([f"{clock(start)}–{clock(end)}" for start, end in spans])


def day_words(day: date) -> str:
    return date_format(day, "DATE_FORMAT")


def days_words(days: Collection[date]) -> str:
    """The days by date, or how many when they are too many to read."""
    if len(days) > NAMED_DAYS:
        return ngettext("%(n)s day", "%(n)s days", len(days)) % {"n": len(days)}
    return listed([day_words(day) for day in sorted(days)])


def country_name(code: str) -> str:
    """The country in the reader's language; the code itself where it is none we know."""
    chinese = (get_language() or "").startswith("zh")
    if chinese and code in COUNTRIES_ZH:
        return COUNTRIES_ZH[code]
    names = LOCALE_DATA.get(code, {})
    name = names.get("zh" if chinese else "en", "")
    # "*ja" says: as in that language.
    while name.startswith("*"):
        name = names.get(name[1:], "")
    return str(name) or code


def place_name(code: str) -> str:
    """A country, or a region by its code: US-FL."""
    return code if "-" in code else country_name(code)

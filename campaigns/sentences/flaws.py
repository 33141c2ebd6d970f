"""What is wrong in a file of compliance profiles, as one sentence: whose field, its value, and what it must be.

Names of fields and what is allowed in them stay as they are written in the file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.rules.reading import BadProfile, Must

LONGEST_VALUE = 60

ALLOWED: Mapping[Must, str | Promise] = {
    Must.OBJECT: gettext_lazy("an object"),
    Must.KEY: "%(options)s",
    Must.LIST: gettext_lazy("a list of at most %(most)s entries"),
    Must.TEXT: gettext_lazy("a text of %(least)s to %(most)s characters"),
    Must.PLAIN_TEXT: gettext_lazy("a text without control characters"),
    Must.CHOICE: "%(options)s",
    Must.FLAG: gettext_lazy("true or false"),
    Must.NUMBER: gettext_lazy("a number from %(low)s to %(high)s"),
    Must.WHOLE: gettext_lazy("a whole number from %(low)s to %(high)s"),
    Must.NAME: gettext_lazy("lower-case letters, digits and _, beginning with a letter, at most 40"),
    Must.NEW_NAME: gettext_lazy("a name that no profile before it has"),
    Must.COUNTRY: gettext_lazy("two capital letters such as US, or an empty text for several countries"),
    Must.HOURS: gettext_lazy("spans of each weekday, unless there are regional_hours"),
    Must.REGION: gettext_lazy("regions of the profile's country, such as US-FL"),
    Must.WEEKDAYS: gettext_lazy("weekdays such as 1-5 or 6, each only once, and hol"),
    Must.WHOLE_WEEK: gettext_lazy("spans of every weekday from 1 to 7; an empty list for a day without calls"),
    Must.SPAN: gettext_lazy('a span such as "09:00-20:00" that ends later than it begins, at 24:00 at the latest'),
    Must.ORDERED_SPANS: gettext_lazy("spans in the order of the day, with time between them"),
    Must.ONE_WINDOW: gettext_lazy("either a window of day, week or month, or window_hours"),
    Must.ONE_GAP_EACH: gettext_lazy("one gap after each outcome"),
}


def flaw_sentence(flaw: BadProfile) -> str:
    """What is wrong, where, and what is allowed there; with a full stop."""
    if flaw.must == Must.JSON:
        return _("The file is not JSON: it cannot be read from line %(line)s, character %(column)s on.") % flaw.limits
    if flaw.must == Must.READABLE:
        return _("The file cannot be read: a number in it is too long, or it holds too many objects within objects.")
    said = {"where": _where(flaw), "value": shown(flaw.value), "allowed": _allowed(flaw)}
    return _("%(where)s is %(value)s; allowed: %(allowed)s.") % said


def _where(flaw: BadProfile) -> str:
    said = {"profile": flaw.profile, "place": _place(flaw)}
    if flaw.profile:
        whole = _("Compliance profile %(profile)s: %(place)s") if said["place"] else _("Compliance profile %(profile)s")
    else:
        whole = _("The file of compliance profiles: %(place)s")
        whole = whole if said["place"] else _("The file of compliance profiles")
    return whole % said


def _place(flaw: BadProfile) -> str:
    if not flaw.is_key:
        return flaw.path
    return _("a key of %(path)s") % {"path": flaw.path} if flaw.path else _("a key")


def _allowed(flaw: BadProfile) -> str:
    limits = {name: _limit(value) for name, value in flaw.limits.items()}
    return str(ALLOWED[flaw.must]) % limits


def _limit(value: Any) -> str:
    return ", ".join(value) if isinstance(value, tuple) else f"{value:g}"


def shown(value: object) -> str:
    """The value as it stands in the file, in a few characters; of what is not one value, its kind."""
    if value is None:
        return _("missing or null")
    if isinstance(value, dict | list):
        return _("an object") if isinstance(value, dict) else _("a list")
    written = json.dumps(value, ensure_ascii=not str(value).isprintable())
    return written if len(written) <= LONGEST_VALUE else f"{written[: LONGEST_VALUE - 3]}..."

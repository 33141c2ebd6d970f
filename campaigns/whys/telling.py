"""The answers in words, in the reader's language: one sentence first, then the parts it was made of.

Times of day are told on the callee's clock, as that is what the rules go by; a page adds the reader's own beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from campaigns import sentences, words
from campaigns.models import Campaign
from campaigns.rules.eligibility import Reason
from campaigns.rules.policy import Policy
from campaigns.whys.leads import Because, LeadWhy, Standing


def reason(code: str) -> str:
    """The words for a reason; of a lead that nothing keeps, that it is due."""
    return words.of(words.LEAD_REASONS, code)


def verdict(why: LeadWhy) -> str:
    """The answer in one sentence, or two."""
    if why.standing == Standing.IN_CALL:
        return _("In a call at this moment.")
    if why.standing == Standing.FINISHED:
        return _("Not called any more in this campaign: %(why)s.") % {"why": because(why)}
    if why.standing == Standing.CALLABLE:
        return _("Callable now: no rule holds against it.")
    kept = _("Not callable now: %(why)s.") % {"why": because(why)}
    return pgettext("two sentences", "%(first)s %(second)s") % {"first": kept, "second": _next(why)}


def because(why: LeadWhy) -> str:
    return reason(why.because.code) if why.because else ""


def remarks(why: LeadWhy) -> list[str]:
    """What a reader would misunderstand without it."""
    found = []
    if why.standing != Standing.FINISHED and not why.is_dialled:
        status = Campaign.Status(why.campaign.status).label
        found.append(_("Nobody is called while the campaign is not running (%(state)s).") % {"state": status})
    if why.is_stale and why.standing == Standing.WAITING:
        found.append(_("By the rules of this moment it could be called; the dialler looks again at that time."))
    if why.is_stale and why.standing == Standing.FINISHED:
        found.append(_("By the rules of this moment it could be called, but the lead was finished before."))
    return found


def _next(why: LeadWhy) -> str:
    if why.next_at is None:
        return _("It will not be called in this campaign any more.")
    at = {"when": there(why.next_at, why.next_zones, why.now)}
    if why.because and why.because.code == Reason.IN_CALL:
        return _("The dialler looks again within a minute.")
    if why.lead.attempts:
        return _("May be called again on %(when)s their time.") % at
    return _("May be called on %(when)s their time.") % at


def there(at: datetime, zones: Sequence[ZoneInfo], now: datetime) -> str:
    """The day and time on the callee's clock; a range where they may be in one of several zones. UTC without one."""
    local = sorted({at.astimezone(zone).replace(tzinfo=None) for zone in zones} or {at.replace(tzinfo=None)})
    first, last = local[0], local[-1]
    said = {"day": day(first, now), "time": f"{first:%H:%M}"}
    if first == last:
        return pgettext("a day and a time", "%(day)s at %(time)s") % said
    end = f"{last:%H:%M}" if first.date() == last.date() else f"{day(last, now)} {last:%H:%M}"
    return pgettext("a day and a range of times", "%(day)s at %(time)s–%(end)s") % {**said, "end": end}


def short(at: datetime, zones: Sequence[ZoneInfo], beside: datetime) -> str:
    """As `there`, next to the reader's own time `beside`: the day in figures, and only where it is another one."""
    local = sorted({at.astimezone(zone).replace(tzinfo=None) for zone in zones})
    if not local:
        return ""
    first = f"{local[0]:%H:%M}" if local[0].date() == beside.date() else f"{local[0]:%m-%d %H:%M}"
    return first if len(local) == 1 else f"{first}–{local[-1]:%H:%M}"


def clock(at: datetime, zones: Sequence[ZoneInfo]) -> str:
    """What their clocks show: one time, or the first and last where they may be in one of several zones."""
    shown = sorted({at.astimezone(zone).replace(tzinfo=None) for zone in zones})
    return "–".join(f"{each:%H:%M}" for each in dict.fromkeys((shown[0], shown[-1]))) if shown else ""


def day(at: datetime, now: datetime) -> str:
    """Wed 25 Nov; with the year where it is another one."""
    if at.year != now.year:
        return date_format(at, pgettext("format of a day with its year", "D j M Y"))
    return date_format(at, pgettext("format of a day", "D j M"))


def rule(policy: Policy | None, name: str, campaign: Campaign | None = None) -> str:
    """The rule as a sentence; its name where that policy is gone or has no such rule; empty where none is named."""
    if not name:
        return ""
    line = (campaign.line_of_business.name if campaign.line_of_business else "") if campaign else None
    return (sentences.sentence_of(policy, name, line=line) if policy else "") or name


def rule_of(because: Because | None, campaign: Campaign | None = None) -> str:
    return rule(because.policy, because.rule, campaign) if because else ""


def source(name: str) -> str:
    """Who gave the rule; empty where none is named."""
    return sentences.source_of(name) if name else ""


def basis(inputs: Mapping[str, Any]) -> str:
    """What a decision was made on, in words."""
    said = [told for name, tell in BASIS.items() if name in inputs and (told := tell(inputs))]
    return " · ".join(said)


def _counted(inputs: Mapping[str, Any]) -> str:
    return _("%(n)s of %(limit)s used") % {"n": inputs["n"], "limit": inputs.get("limit", "?")}


def _attempts(inputs: Mapping[str, Any]) -> str:
    n = int(inputs["attempts"])
    return ngettext("%(n)s attempt", "%(n)s attempts", n) % {"n": n}


def _zones(inputs: Mapping[str, Any]) -> str:
    return ", ".join(str(zone) for zone in inputs["zones"])


def _products(inputs: Mapping[str, Any]) -> str:
    return ", ".join(sentences.product_labels(inputs["products"]))


BASIS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "n": _counted,
    "attempts": _attempts,
    "zones": _zones,
    "products": _products,
}

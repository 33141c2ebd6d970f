"""The pacing panel: what limits a campaign, what its abandon budgets still bear, its curve over the day, and what the
last change did. Everything is read from what the engines wrote down; nothing is computed twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns import policies, sentences
from campaigns.models import AuditEntry, Campaign
from campaigns.partitions import first_id
from campaigns.rules.abandons import HOUSE
from campaigns.sentences.abandons import percent
from dialer.models import Pool
from dialer.pacing.counting import BEFORE_ANSWER

# Points of a curve: five minutes each, so that a day fits a screen.
POINT_S = 300
COMPARED = timedelta(minutes=30)
CURVE = """
SELECT date_bin(%(point)s, at, 'epoch'::timestamptz) AS since, sum(busy_seconds), sum(idle_seconds), max(waiting),
       sum(calls), max(in_flight)
FROM dialer_pacing WHERE campaign_id = %(campaign)s AND at >= %(start)s AND at < %(end)s GROUP BY 1 ORDER BY 1
"""
# Of the budget that decided, as it stood at the end of each point.
SPENT = """
SELECT DISTINCT ON (since) date_bin(%(point)s, at, 'epoch'::timestamptz) AS since, counted, abandoned
FROM dialer_pacing WHERE campaign_id = %(campaign)s AND at >= %(start)s AND at < %(end)s ORDER BY since, at DESC
"""


@dataclass(frozen=True, slots=True)
class BudgetRow:
    """An abandon budget in words and figures; `share` of what is aimed at is used, 100 and more when it is all."""

    sentence: str
    calls: int
    abandoned: int
    rate: float | None
    left: str
    share: float
    decides: bool
    over: bool


@dataclass(frozen=True, slots=True)
class Change:
    """The last change of pacing: when, by whom, to what; utilisation and abandon rate half an hour before and since."""

    at: datetime
    by: str
    words: str
    before: Stretch
    since: Stretch


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some time of dialling."""

    utilisation: float | None
    abandoned: float | None


@dataclass(frozen=True, slots=True)
class Panel:
    budgets: list[BudgetRow]
    change: Change | None
    figures: dict[str, Any]

    @property
    def predicted(self) -> bool:
        return bool(self.figures.get("theta"))


def panel(campaign: Campaign, now: datetime) -> Panel:
    figures = _figures(campaign)
    return Panel(list(_budgets(campaign, figures.get("budgets", []))), _last_change(campaign, now), figures)


def curve(campaign_id: int, start: datetime, end: datetime) -> dict[str, list[Any]]:
    """Columns for the chart: seconds since 1970, utilisation and abandon rate in per cent, most who waited, the aim."""
    arguments: Any = {"point": timedelta(seconds=POINT_S), "campaign": campaign_id, "start": start, "end": end}
    with connection.cursor() as cursor:
        cursor.execute(CURVE, arguments)
        rows = cursor.fetchall()
        cursor.execute(SPENT, arguments)
        spent = {since: (counted, abandoned) for since, counted, abandoned in cursor.fetchall()}
    return {
        "at": [int(row[0].timestamp()) for row in rows],
        "utilisation": [_per_cent(row[1], row[1] + row[2]) for row in rows],
        "abandoned": [_per_cent(spent[row[0]][1], spent[row[0]][0]) for row in rows],
        "waiting": [row[3] for row in rows],
    }


def aim(campaign: Campaign) -> float | None:
    """Per cent that the deciding budget is steered for."""
    decides = [budget for budget in _figures(campaign).get("budgets", []) if budget["decides"]]
    return round(100 * decides[0]["aim"], 3) if decides else None


def _figures(campaign: Campaign) -> dict[str, Any]:
    """Of the server that decided last."""
    pools = Pool.objects.filter(campaign=campaign, figures__isnull=False).order_by("-decided_at")
    return pools.values_list("figures", flat=True).first() or {}


def _budgets(campaign: Campaign, budgets: Sequence[dict[str, Any]]) -> Iterable[BudgetRow]:
    rules = {rule.name: rule for rule in (*policies.of(campaign).abandon, HOUSE)}
    for budget in budgets:
        rule = rules.get(budget["rule"])
        if rule is None:  # it was ended a moment ago
            continue
        words = sentences.abandon_sentence(rule)
        allowed = budget["aim"] * max(budget["calls"], 1)
        yield BudgetRow(
            sentence=_("Of today alone: %(rule)s") % {"rule": words} if budget["of_day"] else words,
            calls=budget["calls"],
            abandoned=budget["abandoned"],
            rate=budget["abandoned"] / budget["calls"] if budget["calls"] else None,
            left=_left(budget),
            share=min(100.0, 100 * budget["abandoned"] / allowed) if allowed else 0.0,
            decides=budget["decides"],
            over=budget["to_limit"] < 0,
        )


def _left(budget: dict[str, Any]) -> str:
    """ "7 more may be abandoned until 15:00", or what is wrong."""
    if budget["to_limit"] < 0:
        return _("above its limit of %(share)s") % {"share": percent(budget["limit"])}
    if budget["remaining"] <= 0:
        return _("none may be abandoned now; the aim is %(share)s") % {"share": percent(budget["aim"])}
    said = {"n": budget["remaining"], "until": _clock(budget["until"])}
    if not budget["until"]:
        return ngettext("%(n)s more may be abandoned", "%(n)s more may be abandoned", said["n"]) % said
    return (
        ngettext(
            "%(n)s more may be abandoned until %(until)s", "%(n)s more may be abandoned until %(until)s", said["n"]
        )
        % said
    )


def _clock(until: str | None) -> str:
    if not until:
        return ""
    moment = timezone.localtime(datetime.fromisoformat(until))
    soon = moment - timezone.localtime() <= timedelta(hours=24)
    return moment.strftime("%H:%M" if soon else "%Y-%m-%d %H:%M")


def _last_change(campaign: Campaign, now: datetime) -> Change | None:
    trail = AuditEntry.objects.filter(
        object_type="campaign", object_id=str(campaign.pk), action__startswith="campaign.pacing_"
    )
    entry = trail.select_related("actor").order_by("-id").first()
    if entry is None:
        return None
    return Change(
        at=entry.at,
        by=entry.actor.get_username() if entry.actor else "",
        words=_words(entry),
        before=_stretch(campaign.pk, entry.at - COMPARED, entry.at),
        since=_stretch(campaign.pk, entry.at, min(now, entry.at + COMPARED)),
    )


def _words(entry: AuditEntry) -> str:
    mode, ratio = entry.data.get("dial_mode", ""), entry.data.get("ratio", "")
    if mode == Campaign.DialMode.RATIO:
        return _("fixed ratio of %(ratio)s") % {"ratio": ratio}
    if mode == Campaign.DialMode.PREDICTIVE:
        return _("predictive")
    return _("progressive")


def _stretch(campaign_id: int, start: datetime, end: datetime) -> Stretch:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT sum(busy_seconds), sum(idle_seconds) FROM dialer_pacing
               WHERE campaign_id = %s AND at > %s AND at <= %s""",
            [campaign_id, start, end],
        )
        busy, idle = cursor.fetchone()
        cursor.execute(
            """SELECT count(*) FILTER (WHERE outcome = 'abandoned'), count(*) FROM dialer_attempt
               WHERE campaign_id = %s AND answered_at > %s AND answered_at <= %s
                 AND id >= %s""",
            [campaign_id, start, end, first_id(start - BEFORE_ANSWER)],
        )
        abandoned, answered = cursor.fetchone()
    worked = (busy or 0) + (idle or 0)
    return Stretch((busy or 0) / worked if worked else None, abandoned / answered if answered else None)


def _per_cent(part: float, whole: float) -> float | None:
    return round(100 * part / whole, 2) if whole else None

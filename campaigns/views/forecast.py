"""The dry run of a campaign's coming week: the frame at once, the figures when they come, the hours for any crew.

What the hours are worked out from travels signed in the page, so that another number of agents asks no lead again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.core import signing
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from campaigns import forecasts, selectors, words
from campaigns.forecasts import Forecast
from campaigns.models import Campaign
from campaigns.permissions import SUPERVISE, role_required
from campaigns.rules import forecast as rules
from campaigns.rules.forecast import Outlook, Rate, Work
from campaigns.sentences.parts import length

SALT = "forecast"
MOST_AGENTS = 10_000
CELL, TALL = 10, 24  # of the strip's drawing


@dataclass(frozen=True, slots=True)
class Hour:
    """One bar of the strip; `count` is None before the first and after the last hour of the week."""

    hour: int
    count: int | None
    x: int
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    hours: tuple[Hour, ...]


@dataclass(frozen=True, slots=True)
class ReasonLine:
    """Leads that are kept for one reason; `query` finds those of them that say so already."""

    words: str
    count: int
    margin: int
    query: str


@require_GET
@role_required(*SUPERVISE)
def forecast_page(request: HttpRequest, pk: int) -> HttpResponse:
    campaign = get_object_or_404(Campaign, pk=pk)
    context = {"campaign": campaign, "standing": selectors.standing(campaign), "agents": _agents_of(campaign)}
    return render(request, "campaigns/forecast.html", context)


@require_GET
@role_required(*SUPERVISE)
def figures(request: HttpRequest, pk: int) -> HttpResponse:
    """All leads asked, or a sample of a large list."""
    campaign = get_object_or_404(Campaign, pk=pk)
    agents = _agents(request.GET.get("agents", ""), _agents_of(campaign))
    found = forecasts.forecast_of(campaign, agents=agents)
    context = {
        "campaign": campaign,
        "forecast": found,
        "asked": found.outlook.asked + found.settled,
        "figures": [(word, found.of_all(n), found.margin(n)) for word, n in _figures(found)],
        "days": strip(found),
        "ticks": range(0, 24, 3),
        "tall": TALL,
        "never": _reasons(found, found.outlook.never),
        "later": _reasons(found, found.outlook.later),
        "agents": agents,
        "carried": signing.dumps(_carry(found), salt=SALT, compress=True),
        **_hours_context(found.outlook.week, found.rate, found.work, found.hours),
    }
    return render(request, "campaigns/forecast_figures.html", context)


@require_GET
@role_required(*SUPERVISE)
def hours(request: HttpRequest, pk: int) -> HttpResponse:
    """How long these agents would dial, from the figures the page has."""
    try:
        carried = signing.loads(request.GET.get("carried", ""), salt=SALT)
    except signing.BadSignature:
        return HttpResponse(_("This page is too old: load it again."), content_type="text/plain; charset=utf-8")
    agents = _agents(request.GET.get("agents", ""), 0)
    outlook = Outlook(timezone.now(), timezone.now(), week=carried["week"], hours=carried["hours"])
    rate, work = Rate(*carried["rate"]), Work(agents, *carried["work"])
    found = rules.range_to_end(outlook, work, rate, carried["scale"]) if agents else (None, None)
    return render(
        request, "campaigns/forecast_hours.html", {"agents": agents, **_hours_context(outlook.week, rate, work, found)}
    )


def strip(found: Forecast) -> list[Day]:
    """Seven days of 24 bars on the reader's clock, from today; the highest bar is the fullest hour."""
    counts: dict[tuple[date, int], int] = {}
    for n, count in enumerate(found.outlook.hours):
        local = timezone.localtime(found.outlook.start + timedelta(hours=n))
        counts.setdefault((local.date(), local.hour), found.of_all(count))
    most = max(counts.values(), default=0) or 1
    today = timezone.localtime(found.outlook.start).date()
    days = [today + timedelta(days=n) for n in range(rules.DAYS)]
    return [Day(day, tuple(_bar(hour, counts.get((day, hour)), most) for hour in range(24))) for day in days]


def _bar(hour: int, count: int | None, most: int) -> Hour:
    height = round(TALL * (count or 0) / most, 1)
    return Hour(hour, count, hour * CELL, TALL - height, height)


def _figures(found: Forecast) -> list[tuple[str, int]]:
    outlook = found.outlook
    return [
        (_("Callable now"), outlook.now),
        (_("Callable today"), outlook.today),
        (_("Callable this week"), outlook.week),
    ]


def _reasons(found: Forecast, counted: Any) -> list[ReasonLine]:
    return [
        ReasonLine(
            words.of(words.LEAD_REASONS, reason.value),
            found.of_all(count),
            found.margin(count),
            urlencode({"why": reason.value}),
        )
        for reason, count in counted.most_common()
    ]


def _carry(found: Forecast) -> dict[str, Any]:
    work, rate = found.work, found.rate
    return {
        "week": found.outlook.week,
        "hours": found.outlook.hours,
        "scale": found.scale,
        "rate": [rate.value, rate.low, rate.high, rate.measured],
        "work": [work.talk_seconds, work.wrap_up_seconds, work.ring_seconds, work.calls_per_agent, work.max_attempts],
    }


def _hours_context(week: int, rate: Rate, work: Work, found: tuple[float | None, float | None]) -> dict[str, Any]:
    least, most = (None if hours is None else hours_words(hours) for hours in found)
    return {
        "nobody": not week,
        "least": least,
        "most": most,
        "rate": rate,
        "percents": [f"{100 * share:.0f} %" for share in (rate.value, rate.low, rate.high)],
        "work": work,
        "talk_is_measured": work.talk_seconds != forecasts.TALK_SECONDS,
    }


def hours_words(hours: float) -> str:
    """0.4 → 24 minutes, 12.6 → 13 hours: no finer than it can be known."""
    minutes = max(1, round(hours * 60))
    if minutes < 90:
        return length(timedelta(minutes=minutes))
    return ngettext("%(n)s hour", "%(n)s hours", round(hours)) % {"n": round(hours)}


def _agents_of(campaign: Campaign) -> int:
    """Those who may work for it; ten where nobody does yet."""
    return Campaign.objects.filter(pk=campaign.pk).aggregate(n=Count("agents"))["n"] or 10


def _agents(text: str, else_: int) -> int:
    return min(int(text), MOST_AGENTS) if text.isascii() and text.isdecimal() and len(text) < 10 else else_

"""What every page needs: the rail, icons, and states that are told by colour, shape and word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import template
from django.template.context import Context
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaigns import permissions, words
from campaigns.forecasts import Forecast
from campaigns.models import CampaignList, User
from campaigns.selectors import LEAD_RANKS, is_boosted
from campaigns.sentences.parts import length

register = template.Library()

# 20×20, one stroke; drawn for this product.
ICONS = {
    "campaigns": "M3 12V8l10-4v12L3 12Zm2.5.8.9 3.7h2l-.7-3M16 8.2c.9.9.9 2.7 0 3.6",
    "lists": "M7 5h10M7 10h10M7 15h10M3.2 5h.1M3.2 10h.1M3.2 15h.1",
    "wall": "M3 4h14v9H3zM7 17h6M10 13v4M6 10l2.5-2.5 2 2L14 6.5",
    "suppressions": "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14ZM5 5l10 10",
    "rules": "M6 3.5h8.5v13h-10v-11zM7.5 8h4M7.5 11h4M7.5 14h2.5",
    "settings": "M3 6h8m4 0h2M3 14h2m4 0h8M13 4v4M7 12v4",
    "collapse": "M12 5l-5 5 5 5",
    "language": "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14ZM3 10h14M10 3c4.4 4 4.4 10 0 14-4.4-4-4.4-10 0-14Z",
    "theme": "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14Zm0 0v14M10 6.5h4.6M10 10h6.5M10 13.5h4.6",
    "person": "M10 10a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM4 17c.4-3.2 2.7-5 6-5s5.6 1.8 6 5",
    "play": "M6 4l10 6-10 6z",
    "pause": "M7 4v12M13 4v12",
    "stop": "M5 5h10v10H5z",
    "upload": "M10 13V4M6 7.5l4-4 4 4M4 13v3h12v-3",
    "download": "M10 4v9M6 9.5l4 4 4-4M4 14v2.5h12V14",
    "more": "M4.5 10h.1M10 10h.1M15.5 10h.1",
    "plus": "M10 4v12M4 10h12",
    "phone": "M5 3.5h2.5l1.3 3.6-1.7 1.3a9 9 0 0 0 4.5 4.5l1.3-1.7 3.6 1.3V15c0 1-.7 1.7-1.7 1.7"
    "C8.7 16.3 3.7 11.3 3.3 5.2 3.3 4.2 4 3.5 5 3.5Z",
}

STATES = {
    "signing_in": _("signing in"),
    "paused": pgettext_lazy("agent", "paused"),
    "ready": pgettext_lazy("agent", "ready"),
    "claimed": _("being connected"),
    "talking": _("talking"),
    "wrap_up": _("wrap-up"),
    "leaving": _("signing out"),
    "off": _("off"),
    "trouble": _("trouble"),
}

LEAD_STATES = (
    ("ready", _("callable now")),
    ("waiting", _("waiting")),
    ("talking", _("in a call")),
    ("finished", _("finished")),
)
LEAD_FILLS = ("fill--ready", "fill--paused", "fill--talking", "fill--off")


@dataclass(frozen=True, slots=True)
class RailItem:
    """A word of the rail: who sees it, and every address under `path` is its own."""

    icon: str
    word: Any
    url_name: str
    roles: tuple[User.Role, ...]


RAIL = (
    RailItem("campaigns", _("Campaigns"), "campaigns", permissions.SUPERVISE),
    RailItem("lists", _("Lists"), "lists", permissions.MANAGE),
    RailItem("person", _("People"), "people", permissions.SUPERVISE),
    RailItem("suppressions", _("Do not call"), "suppressions", permissions.SUPERVISE),
    RailItem("rules", _("Rules"), "rules", permissions.MANAGE),
    RailItem("wall", _("Wall"), "wall", permissions.SUPERVISE),
    RailItem("settings", _("Settings"), "admin:index", permissions.ADMINISTER),
)


@register.simple_tag
def icon(name: str) -> SafeString:
    """An inline drawing, hidden from screen readers: always next to a word or in something with a label."""
    return format_html(
        '<svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false"><path d="{}"/></svg>', ICONS[name]
    )


@register.simple_tag
def state(code: str, word: str = "") -> SafeString:
    """`{% state shift.state %}`, or `{% state list.state list.get_state_display %}` for words of another kind."""
    return format_html('<span class="state state--{}">{}</span>', code, word or STATES.get(code, code))


@register.inclusion_tag("campaigns/rail.html", takes_context=True)
def rail(context: Context) -> dict[str, Any]:
    """The rail's items this user may see, and which of them we are in."""
    request = context["request"]
    shown = [item for item in RAIL if permissions.may(request.user, *item.roles)]
    items = [(item, url := reverse(item.url_name), request.path.startswith(url)) for item in shown]
    return {"items": items, "request": request}


@register.simple_tag(takes_context=True)
def may(context: Context, group: str) -> bool:
    """`{% may "manage" as managing %}`: whether the reader belongs to this group of roles."""
    return permissions.may(context["request"].user, *permissions.GROUPS[group])


@register.simple_tag
def lead_state(rank: int) -> SafeString:
    """Where a lead or a group of leads stands: 0 callable now, 1 waiting, 2 in a call, 3 finished."""
    code, word = LEAD_STATES[rank]
    return state(code, str(word))


@register.simple_tag
def lead_fill(rank: int) -> str:
    """The bar's fill for such a group."""
    return LEAD_FILLS[rank]


@register.filter
def lead_rank(lead: Any) -> int:
    """Of a lead with its fate (selectors.lead_page)."""
    return LEAD_RANKS[lead.state, lead.later]


@register.filter
def reason_words(code: str) -> str:
    return words.of(words.LEAD_REASONS, code)


@register.filter
def outcome_words(code: str) -> str:
    return words.of(words.OUTCOMES, code)


@register.filter
def worded(count: int, code: str) -> str:
    """`3|worded:"ready"` → "3 ready"."""
    return f"{count} {STATES[code]}"


@register.filter
def on_calls(agents: dict[str, int]) -> int:
    """Agents who talk or are being connected."""
    return agents.get("talking", 0) + agents.get("claimed", 0)


@register.filter
def coming_or_going(agents: dict[str, int]) -> int:
    return agents.get("signing_in", 0) + agents.get("leaving", 0)


@register.filter
def grouped(number: int | None) -> str:
    """Thousands apart: 61,204 reads at a glance in both languages."""
    return "–" if number is None else f"{number:,}"


@register.filter
def percent(part: float | None, whole: float | None) -> str:
    """`{{ part|percent:whole }}` → "12.3 %"; a dash when there is nothing to divide by."""
    if not whole or part is None:
        return "–"
    return f"{100 * part / whole:.1f} %"


@register.simple_tag
def share(part: float | None, whole: float | None) -> str:
    """A bar segment's width, 0 to 100."""
    return f"{100 * (part or 0) / whole:.2f}" if whole else "0"


@register.filter
def of_all(found: Forecast, count: int) -> int:
    """What a count of those asked comes to for all leads."""
    return found.of_all(count)


@register.filter
def margin(found: Forecast, count: int) -> int:
    return found.margin(count)


@register.filter
def plain(number: float) -> str:
    """A number for a machine: a point, no grouping, whatever the language."""
    return f"{number:.3f}".rstrip("0").rstrip(".")


@register.filter
def boosted(link: CampaignList) -> bool:
    return is_boosted(link, timezone.now())


@register.filter
def seconds_words(seconds: float) -> str:
    return length(timedelta(seconds=round(seconds)))


@register.filter
def of_hundred(share: float) -> str:
    """A share of 1 as a machine reads per cents."""
    return f"{100 * share:.1f}"


@register.filter
def whole(number: float) -> int:
    return round(number)

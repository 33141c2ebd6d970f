"""Times that tick in the browser, and words of codes, for the desk and the wall."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from campaigns import words as campaign_words
from campaigns.models import Disposition
from campaigns.selectors import disposition_label
from dialer.desk.selectors import as_utc
from dialer.desk.words import reason

register = template.Library()
register.filter("pause_reason", reason)


@register.simple_tag
def since(moment: datetime | None) -> SafeString | str:
    """Seconds since then, ticking: clock.js fills it in on the server's clock."""
    if moment is None:
        return ""
    return format_html('<time class="num" data-since="{0}" datetime="{0}">–</time>', as_utc(moment))


@register.simple_tag
def until(moment: datetime | None) -> SafeString | str:
    """Seconds left until then, ticking down to 0."""
    if moment is None:
        return ""
    return format_html('<time class="num" data-until="{0}" datetime="{0}">–</time>', as_utc(moment))


@register.filter
def utc(moment: datetime | None) -> str:
    """For a data attribute."""
    return as_utc(moment) if moment else ""


@register.filter
def clock(seconds: float | None) -> str:
    """75 → 1:15, 3675 → 1:01:15."""
    whole = timedelta(seconds=int(seconds or 0))
    hours, minutes, rest = whole // timedelta(hours=1), whole.seconds // 60 % 60, whole.seconds % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@register.filter
def said(disposition: Disposition) -> str:
    """A disposition's label in the reader's language."""
    return disposition_label(disposition)


@register.filter
def outcome_word(code: str) -> str:
    """What an attempt came to, in words."""
    return campaign_words.of(campaign_words.LEAD_REASONS, code)

"""For the pages that answer "why?": rules as sentences, and times on the reader's and on the callee's clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import template
from django.template.context import Context
from django.utils import timezone

from campaigns import words
from campaigns.models import Campaign, Contact, PhoneEvidence
from campaigns.rules.policy import Policy
from campaigns.rules.validity import State
from campaigns.search import Field
from campaigns.sentences import validity as sentences
from campaigns.whys import telling
from campaigns.whys.leads import LeadWhy, Standing
from campaigns.whys.people import KnownPhone, Places

register = template.Library()

# The same marks as leads have on every page.
RANKS = {Standing.CALLABLE: 0, Standing.WAITING: 1, Standing.IN_CALL: 2, Standing.FINISHED: 3}


@register.simple_tag
def rule_words(policy: Policy | None, name: str, campaign: Campaign | None = None) -> str:
    """`{% rule_words policy refusal.rule campaign %}`: the rule as a sentence."""
    return telling.rule(policy, name, campaign)


@register.simple_tag(takes_context=True)
def rule_source(context: Context, name: str) -> str:
    """Who gave the rule; each is asked for once a page."""
    known = vars(context["request"]).setdefault("rule_sources", {})
    if name not in known:
        known[name] = telling.source(name)
    return known[name]


@register.inclusion_tag("campaigns/both_times.html")
def both_times(at: datetime, zones: Sequence[ZoneInfo]) -> dict[str, Any]:
    """The reader's time, and the callee's below it where their clocks differ."""
    reader = timezone.localtime(at)
    differs = any(at.astimezone(zone).utcoffset() != reader.utcoffset() for zone in zones)
    return {"at": at, "theirs": telling.short(at, zones, reader) if differs else ""}


@register.filter
def standing_rank(why: LeadWhy) -> int:
    return RANKS[why.standing]


@register.filter
def verdict(why: LeadWhy) -> str:
    return telling.verdict(why)


@register.filter
def because_words(why: LeadWhy) -> str:
    return telling.because(why)


@register.filter
def remarks(why: LeadWhy) -> list[str]:
    return telling.remarks(why)


@register.filter
def basis(inputs: Mapping[str, Any]) -> str:
    return telling.basis(inputs)


@register.simple_tag
def against(why: LeadWhy, number: int | None) -> Any:
    """What holds against this phone; without one, against all."""
    return why.against(number)


@register.filter
def status_holds(known: KnownPhone, now: datetime) -> bool:
    """Whether the phone's status still keeps it from being called."""
    return known.status_holds(now)


@register.filter
def kind_words(kind: str) -> str:
    return words.of(words.KINDS, kind)


@register.filter
def code_words(code: str) -> str:
    return words.of(words.CODES, code)


@register.filter
def source_words(row: PhoneEvidence) -> str:
    return sentences.source_words(row.kind, row.source)


@register.filter
def state_words(state: State) -> str:
    return sentences.state_sentence(state)


@register.filter
def weight_words(weight: str) -> str:
    return words.of(words.WEIGHTS, weight)


@register.filter
def run_look(state: str) -> str:
    """The mark of a lookup's state, as other long work has it."""
    return {"asking": "importing", "answers": "waiting"}.get(state, state)


@register.filter
def money(amount: Decimal) -> str:
    """Without zeros that say nothing."""
    return f"{amount.normalize():f}"


@register.simple_tag
def local_times(zones: Sequence[ZoneInfo], now: datetime) -> str:
    """What their clocks show now."""
    return telling.clock(now, zones)


@register.filter
def found_by(field: Field) -> str:
    """What matched, in words."""
    return words.of(words.FOUND_BY, field.name.lower())


@register.filter
def places(known: Mapping[int, Places], contact: Contact) -> Places:
    """`{% with here=all|places:contact %}`: the lists and leads of this person."""
    return known[contact.pk]

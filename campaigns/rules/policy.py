"""All rules of one campaign at one moment, as one value that can be written down and read back.

A policy is immutable: an edit makes a new version, and every decision names the version it was made with. Its JSON is
what the version keeps, what the independent audit reads and what screens read back in words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from campaigns.rules import abandons
from campaigns.rules.abandons import AbandonLimit
from campaigns.rules.cadence import Step
from campaigns.rules.caps import Calls, Cap, Gap, Period
from campaigns.rules.places import Place
from campaigns.rules.retries import Retry
from campaigns.rules.windows import Hours, Shut, Span


@dataclass(frozen=True, slots=True)
class Policy:
    """A campaign's rules. `version` names where they are written down; 0 is not yet.

    `consent`: the bases of which one must be on record, none asked for when empty; `excluded_products`: codes.
    `abandon`: the abandon budgets that hold, all of them; that of the house when empty.
    """

    hours: tuple[Hours, ...]
    caps: tuple[Cap, ...] = ()
    gaps: tuple[Gap, ...] = ()
    max_attempts: int = 6
    cadence: tuple[Step, ...] = ()
    spread: bool = False
    retries: Mapping[str, Retry] = field(default_factory=dict)
    min_ring_seconds: int = 0
    consent: tuple[str, ...] = ()
    excluded_products: tuple[str, ...] = ()
    abandon: tuple[AbandonLimit, ...] = ()
    version: int = 0
    # What the hours came to in the latest minute in which they were asked, by place and label: see eligibility.
    shut: dict[tuple[Place, str], tuple[datetime, tuple[Shut, ...]]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )


def dump(policy: Policy) -> dict[str, Any]:
    """The policy as JSON; hours are minutes of the local day, waits and windows are seconds.

    What asks for nothing (consent, products, abandon) is left out, as in versions written before there was such a rule.
    """
    asked = {
        "consent": list(policy.consent),
        "excluded_products": list(policy.excluded_products),
        "abandon": [abandons.dump(rule) for rule in policy.abandon],
    }
    return {
        **dump_rules(policy.hours, policy.caps, policy.gaps),
        "max_attempts": policy.max_attempts,
        "cadence": [{"label": s.label, "times": s.times, "week": s.week} for s in policy.cadence],
        "spread": policy.spread,
        "retries": {o: [int(r.wait.total_seconds()), r.limit] for o, r in sorted(policy.retries.items())},
        "min_ring_seconds": policy.min_ring_seconds,
        **{name: of for name, of in asked.items() if of},
    }


def load(data: Mapping[str, Any], version: int = 0) -> Policy:
    """What `dump` wrote."""
    hours, caps, gaps = load_rules(data)
    return Policy(
        hours=hours,
        caps=caps,
        gaps=gaps,
        max_attempts=data["max_attempts"],
        cadence=tuple(Step(s["label"], s["times"], _week(s["week"]) if s["week"] else None) for s in data["cadence"]),
        spread=data["spread"],
        retries={o: Retry(timedelta(seconds=wait), limit) for o, (wait, limit) in data["retries"].items()},
        min_ring_seconds=data["min_ring_seconds"],
        consent=tuple(data.get("consent", ())),
        excluded_products=tuple(data.get("excluded_products", ())),
        abandon=tuple(abandons.load(rule) for rule in data.get("abandon", ())),
        version=version,
    )


def dump_rules(hours: Sequence[Hours], caps: Sequence[Cap], gaps: Sequence[Gap]) -> dict[str, Any]:
    """The three kinds of rules that compliance profiles have too."""
    return {
        "hours": [_dump_hours(h) for h in hours],
        "caps": [_dump_cap(c) for c in caps],
        "gaps": [_dump_gap(g) for g in gaps],
    }


def load_rules(data: Mapping[str, Any]) -> tuple[tuple[Hours, ...], tuple[Cap, ...], tuple[Gap, ...]]:
    """What `dump_rules` wrote."""
    return (
        tuple(_load_hours(h) for h in data["hours"]),
        tuple(_load_cap(c) for c in data["caps"]),
        tuple(_load_gap(g) for g in data["gaps"]),
    )


def _dump_hours(hours: Hours) -> dict[str, Any]:
    return {
        "name": hours.name,
        "week": hours.week,
        "holiday": hours.holiday,
        "first_day": hours.first_day.isoformat() if hours.first_day else None,
        "last_day": hours.last_day.isoformat() if hours.last_day else None,
        "closed": sorted(day.isoformat() for day in hours.closed),
        "regions": sorted(hours.regions),
    }


def _load_hours(data: Mapping[str, Any]) -> Hours:
    return Hours(
        name=data["name"],
        week=_week(data["week"]),
        holiday=None if data["holiday"] is None else _spans(data["holiday"]),
        first_day=_day(data["first_day"]),
        last_day=_day(data["last_day"]),
        closed=frozenset(date.fromisoformat(day) for day in data["closed"]),
        regions=frozenset(data["regions"]),
    )


def _dump_cap(cap: Cap) -> dict[str, Any]:
    window = str(cap.window) if isinstance(cap.window, Period) else int(cap.window.total_seconds())
    return {
        "name": cap.name,
        "counts": cap.counts,
        "per": cap.per,
        "scope": cap.scope,
        "window": window,
        "limit": cap.limit,
        "calls": str(cap.calls),
    }


def _load_cap(data: Mapping[str, Any]) -> Cap:
    window = data["window"]
    return Cap(
        name=data["name"],
        counts=data["counts"],
        per=data["per"],
        scope=data["scope"],
        window=Period(window) if isinstance(window, str) else timedelta(seconds=window),
        limit=data["limit"],
        calls=Calls(data["calls"]),
    )


def _dump_gap(gap: Gap) -> dict[str, Any]:
    return {
        "name": gap.name,
        "after": gap.after,
        "per": gap.per,
        "scope": gap.scope,
        "wait": None if gap.wait is None else int(gap.wait.total_seconds()),
        "calls": str(gap.calls),
    }


def _load_gap(data: Mapping[str, Any]) -> Gap:
    wait = None if data["wait"] is None else timedelta(seconds=data["wait"])
    return Gap(data["name"], data["after"], data["per"], data["scope"], wait, Calls(data["calls"]))


def _week(data: Any) -> tuple[tuple[Span, ...], ...]:
    return tuple(_spans(spans) for spans in data)


def _spans(data: Any) -> tuple[Span, ...]:
    return tuple((start, end) for start, end in data)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None

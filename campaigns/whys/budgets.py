"""Who spent this person's budget: every cap that is used, even partly, by which calls, and when it frees.

Counted by the very function that refuses (rules.caps.spent), on the touches that the verdict was asked with, so the
two cannot differ. A cap that several campaigns of the person share, with the same subject, is told once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from campaigns.models import Campaign
from campaigns.rules import caps
from campaigns.rules.caps import Cap, Spent, Subject, Touch
from campaigns.rules.eligibility import MOMENT, PhoneFacts
from campaigns.rules.policy import Policy
from campaigns.whys import calls
from campaigns.whys.calls import Call
from campaigns.whys.leads import LeadWhy, zones_of

# More calls than any cap should allow are counted, but not told one by one.
MOST = 100
# What makes two uses one: the same cap, counting the same touches, with the same end.
Key = tuple[Cap, tuple[Touch, ...], datetime | None]


@dataclass(frozen=True, slots=True)
class Spender:
    """One counted touch: its call, once that has ended and while it is kept, and when it stops counting."""

    touch: Touch
    campaign: str
    call: Call | None
    leaves_at: datetime


@dataclass(frozen=True, slots=True)
class Use:
    """A cap that is used: how often, by what (newest first), in which campaigns it binds, until when it is full."""

    cap: Cap
    policy: Policy
    campaigns: tuple[Campaign, ...]
    zones: tuple[ZoneInfo, ...]
    phone: int | None  # of a cap per phone
    until: datetime | None
    used: int
    spenders: tuple[Spender, ...]

    @property
    def is_full(self) -> bool:
        return self.used >= self.cap.limit


@dataclass(slots=True)
class _Found:
    """A use on the way: which campaigns of the person it binds."""

    why: LeadWhy
    phone: PhoneFacts
    spent: Spent
    campaigns: dict[int, Campaign]


def of(whys: Sequence[LeadWhy]) -> list[Use]:
    """The used caps of these leads, which are all of one person; full ones first."""
    found: dict[Key, _Found] = {}
    for why, phone, spent in _spent(whys):
        key = (spent.cap, spent.touches, spent.until)
        known = found.setdefault(key, _Found(why, phone, spent, {}))
        known.campaigns[why.campaign.pk] = why.campaign
    ids = {touch.call_id for each in found.values() for touch in _newest(each.spent) if touch.call_id}
    ended = calls.by_id(ids)
    names = _names(touch.campaign_id for each in found.values() for touch in each.spent.touches)
    uses = [_use(each, ended, names) for each in found.values()]
    return sorted(uses, key=lambda use: (not use.is_full, use.cap.limit - use.used))


def _spent(whys: Sequence[LeadWhy]) -> Iterable[tuple[LeadWhy, PhoneFacts, Spent]]:
    for why in whys:
        for phone in why.phones:
            zones = zones_of(why.candidate, phone)
            subject = _subject(why, phone)
            for cap in why.policy.caps:
                spent = caps.spent(cap, subject, why.candidate.touches, zones, why.now)
                if spent and (spent.touches or spent.full):
                    yield why, phone, spent


def _subject(why: LeadWhy, phone: PhoneFacts) -> Subject:
    of = why.candidate
    return Subject(phone.number, of.contact_id, of.campaign_id, of.line_of_business_id, of.callback)


def _use(found: _Found, ended: Mapping[UUID, Call], names: dict[int, str]) -> Use:
    cap, zones = found.spent.cap, zones_of(found.why.candidate, found.phone)
    spenders = tuple(
        Spender(
            touch=touch,
            campaign=names.get(touch.campaign_id, ""),
            call=ended.get(touch.call_id) if touch.call_id else None,
            leaves_at=caps.leaves(cap, touch, zones, found.why.now),
        )
        for touch in _newest(found.spent)
    )
    return Use(
        cap=cap,
        policy=found.why.policy,
        campaigns=tuple(found.campaigns.values()),
        zones=zones,
        phone=found.phone.number if cap.per == "phone" else None,
        until=found.spent.until + MOMENT if found.spent.until else None,
        used=len(found.spent.touches),
        spenders=spenders,
    )


def _newest(spent: Spent) -> list[Touch]:
    return list(reversed(spent.touches[-MOST:]))


def _names(campaign_ids: Iterable[int]) -> dict[int, str]:
    return dict(Campaign.objects.order_by().filter(pk__in=set(campaign_ids)).values_list("pk", "name"))

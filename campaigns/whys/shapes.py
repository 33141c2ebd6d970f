"""The answers as JSON, as docs/api.md describes them: codes beside words, times in UTC, numbers in E.164.

What is here is a promise to whoever reads it: names are never changed, only added.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from campaigns import words
from campaigns.models import Campaign, Contact
from campaigns.rules.eligibility import Refuse
from campaigns.whys import telling
from campaigns.whys.budgets import Spender, Use
from campaigns.whys.calls import Call
from campaigns.whys.history import Event, Page, Said
from campaigns.whys.leads import Because, LeadWhy, Stored
from campaigns.whys.waterfall import Bar, Waterfall

Shape = dict[str, Any]
Source = Callable[[str], str]


def lead(why: LeadWhy, source: Source | None = None) -> Shape:
    """Why, for one lead: standing, the sentence, what binds, all that holds, the stored decision, when next."""
    source = source or sources()
    return {
        "lead": why.lead.pk,
        "campaign": campaign(why.campaign),
        "person": person(why.lead.contact),
        "state": why.lead.state,
        "attempts": why.lead.attempts,
        "max_attempts": why.policy.max_attempts,
        "standing": why.standing.value,
        "sentence": telling.verdict(why),
        "remarks": telling.remarks(why),
        "because": _because(why.because, source, why.campaign) if why.because else None,
        "next": _next(why),
        "reasons": [_refusal(refusal, why, source) for refusal in why.reasons],
        "decision": _stored(why.stored, source, why.campaign) if why.stored else None,
        "asked_at": time(why.now),
    }


def sources() -> Source:
    """Who gave a rule, asked for once each."""
    return cache(telling.source)


def campaign(of: Campaign) -> Shape:
    return {"id": of.pk, "name": of.name, "status": of.status}


def person(contact: Contact) -> Shape:
    return {"id": contact.pk, "customer_id": contact.customer_id, "name": contact.name}


def budget(uses: Iterable[Use]) -> list[Shape]:
    source = sources()
    return [_use(use, source) for use in uses]


def history(page: Page) -> Shape:
    """A page of history, and where the next one begins."""
    source = sources()
    return {"events": [_event(event, source) for event in page.events], "next_before": page.next or None}


def waterfall(of: Campaign, found: Waterfall) -> Shape:
    return {
        "campaign": campaign(of),
        "counted_at": time(found.at),
        "total": found.total,
        "callable": found.callable,
        "bars": [_bar(bar) for bar in found.bars],
    }


def time(at: datetime | None) -> str | None:
    """UTC, ISO 8601."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None


def number(phone: int | None) -> str | None:
    return f"+{phone}" if phone else None


def _because(because: Because, source: Source, of: Campaign | None = None) -> Shape:
    return _reason(because.code, because.rule, telling.rule_of(because, of), source)


def _reason(code: str, rule: str, rule_words: str, source: Source) -> Shape:
    given = {"name": rule, "words": rule_words, "source": source(rule)} if rule else None
    return {"code": code, "words": telling.reason(code), "rule": given}


def _refusal(refusal: Refuse, why: LeadWhy, source: Source) -> Shape:
    said = _reason(refusal.reason.value, refusal.rule, telling.rule(why.policy, refusal.rule, why.campaign), source)
    until = {"until": time(refusal.until), "for_good": refusal.until is None}
    return {**said, "phone": number(refusal.phone), **until, "inputs": dict(refusal.inputs)}


def _next(why: LeadWhy) -> Shape | None:
    if why.next_at is None:
        return None
    theirs = _local(why.next_at, why.next_zones)
    return {"at": time(why.next_at), "their_time": theirs, "phone": number(why.next_phone)}


def _local(at: datetime, zones: Sequence[ZoneInfo]) -> list[str]:
    """On the clocks of every zone they may be in, each once."""
    return list(dict.fromkeys(at.astimezone(zone).isoformat() for zone in zones))


def _stored(stored: Stored, source: Source, of: Campaign) -> Shape:
    return {
        **_because(stored.because, source, of),
        "since": time(stored.since),
        "until": time(stored.until),
        "times": stored.times,
        "phone": number(stored.phone),
        "policy_version": stored.version,
        "inputs": dict(stored.inputs),
    }


def _use(use: Use, source: Source) -> Shape:
    return {
        "rule": {"name": use.cap.name, "words": telling.rule(use.policy, use.cap.name), "source": source(use.cap.name)},
        "campaigns": [campaign(each) for each in use.campaigns],
        "phone": number(use.phone),
        "limit": use.cap.limit,
        "used": use.used,
        "full": use.is_full,
        "frees_at": time(use.until),
        "spent_by": [_spender(spender) for spender in use.spenders],
    }


def _spender(spender: Spender) -> Shape:
    touch, call = spender.touch, spender.call
    return {
        "at": time(touch.at),
        "call": str(touch.call_id) if touch.call_id else None,
        "lead": call.lead_id if call else None,
        "campaign": {"id": touch.campaign_id, "name": spender.campaign},
        "phone": number(touch.phone),
        "outcome": outcome(touch.outcome),
        "agent": call.agent if call else "",
        "disposition": call.result.disposition if call and call.result else "",
        "counts_until": time(spender.leaves_at),
    }


def outcome(code: str) -> Shape | None:
    """What a call came to; None where there was none."""
    return {"code": code, "words": words.of(words.OUTCOMES, code)} if code else None


def _event(event: Event, source: Source) -> Shape:
    of = {"id": event.campaign_id, "name": event.campaign} if event.campaign_id else None
    head = {"kind": event.kind.value, "at": time(event.at), "lead": event.lead_id, "campaign": of}
    return {**head, "phone": number(event.phone), **_details(event, source)}


def _details(event: Event, source: Source) -> Shape:
    if event.said:
        return _said(event.said, source)
    if event.call:
        return _call(event.call)
    if event.listed:
        return {"list": {"id": event.listed.list_id, "name": event.listed.list.name}, "row": event.listed.row_no}
    assert event.entry is not None
    line = event.entry.line_of_business.name if event.entry.line_of_business else None
    ended = {"ended_at": time(event.entry.ended_at), "ended_why": event.entry.ended_why}
    return {"line_of_business": line, "until": time(event.entry.expires_at), "reason": event.entry.reason, **ended}


def _said(said: Said, source: Source) -> Shape:
    return {
        **_because(said.because, source),
        "ended_at": time(said.ended_at),
        "until": time(said.until),
        "times": said.times,
        "policy_version": said.version,
        "inputs": dict(said.inputs),
    }


def _call(call: Call) -> Shape:
    result = call.result
    said = {"disposition": result.disposition, "callback_at": time(result.callback_at)} if result else None
    head = {"call": str(call.id), "ended_at": time(call.ended_at), "outcome": outcome(call.outcome)}
    return {**head, "talk_seconds": call.talk_seconds, "agent": call.agent, "result": said}


def _bar(bar: Bar) -> Shape:
    group = bar.group
    return {
        "state": group.state,
        "callable": bar.is_left,
        "code": group.reason,
        "words": bar.words,
        "rule": {"name": group.rule, "words": bar.rule} if group.rule else None,
        "count": group.count,
        "above": bar.above,
        "next_at": time(group.next_at),
    }

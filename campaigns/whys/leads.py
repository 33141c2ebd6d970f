"""What holds for a lead at this moment: asked of the same rules that dialling asks, without a lock.

A lead waits for whatever holds longest: the time it was set aside until (by a rule, an outcome or a promise), or what
the rules say of that time. So the answer is the one that the dialler will find, as far as it can be known today.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from campaigns import candidates as reading
from campaigns import policies
from campaigns.candidates import DueLead, Known
from campaigns.models import Campaign, Lead, PolicyVersion
from campaigns.rules import eligibility, places
from campaigns.rules.eligibility import Allow, Candidate, Moment, PhoneFacts, Reason, Refuse
from campaigns.rules.policy import Policy

# How far a next time is looked for.
HORIZON = timedelta(days=366)


class Standing(StrEnum):
    """Where a lead stands."""

    CALLABLE = "callable"
    WAITING = "waiting"
    IN_CALL = "in_call"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Because:
    """A reason (a code of words.LEAD_REASONS) and the rule it came from, which is one of `policy` if that is known."""

    code: str
    rule: str = ""
    policy: Policy | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """The decision on the lead: what set it aside, since when, how often it was found again, on what."""

    because: Because
    since: datetime
    times: int
    until: datetime | None
    phone: int | None
    version: int | None
    inputs: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LeadWhy:
    """The answer for one lead at `now`. `reasons` are all that hold, phone by phone; `because` the one that binds."""

    lead: Lead
    now: datetime
    policy: Policy
    candidate: Candidate
    standing: Standing
    because: Because | None
    reasons: tuple[Refuse, ...]
    next_at: datetime | None
    next_phone: int | None
    stored: Stored | None

    @property
    def campaign(self) -> Campaign:
        return self.lead.campaign

    @property
    def is_dialled(self) -> bool:
        """Whether its campaign calls anybody at all."""
        return self.campaign.status == Campaign.Status.RUNNING

    @property
    def is_stale(self) -> bool:
        """The rules would allow the call already, but the lead was set aside until later, or for good."""
        waits = self.standing in (Standing.WAITING, Standing.FINISHED)
        return waits and not self.reasons and self.because is not None and self.because.code in policies.RECHECKED

    @property
    def phones(self) -> tuple[PhoneFacts, ...]:
        return self.candidate.phones

    def zones(self, number: int | None) -> tuple[ZoneInfo, ...]:
        """Where they may be when this number is called; without a number, the first of their phones."""
        phone = next((p for p in self.phones if p.number == number), self.phones[0] if self.phones else None)
        return zones_of(self.candidate, phone) if phone else ()

    @property
    def next_zones(self) -> tuple[ZoneInfo, ...]:
        return self.zones(self.next_phone)

    def against(self, number: int | None) -> tuple[Refuse, ...]:
        """What holds against this phone; None: against all of them."""
        return tuple(reason for reason in self.reasons if reason.phone == number)


def zones_of(candidate: Candidate, phone: PhoneFacts) -> tuple[ZoneInfo, ...]:
    where = eligibility.place_of(candidate, phone)
    return places.known_zones(where.zones)


def of_lead(lead_id: int, now: datetime) -> LeadWhy:
    """Raises Lead.DoesNotExist."""
    return of_leads([Lead.objects.select_related("campaign__line_of_business", "contact").get(pk=lead_id)], now)[0]


def of_leads(leads: Sequence[Lead], now: datetime) -> list[LeadWhy]:
    """The answers for these leads (with their campaign and contact), in their order; a few queries per campaign."""
    by_campaign: dict[int, list[Lead]] = defaultdict(list)
    for lead in leads:
        by_campaign[lead.campaign_id].append(lead)
    versions = versions_of(lead.policy_id for lead in leads)
    found = {why.lead.pk: why for of_one in by_campaign.values() for why in _of_campaign(of_one, now, versions)}
    return [found[lead.pk] for lead in leads]


def versions_of(ids: Iterable[int | None]) -> dict[int, PolicyVersion]:
    """The versions that still exist; those of old decisions may be gone."""
    return PolicyVersion.objects.in_bulk({id for id in ids if id})


def policy_of(version: PolicyVersion | None) -> Policy | None:
    """Its rules; None when it is gone, or was written down in a way that is no longer read."""
    try:
        return policies.of_version(version.pk) if version else None
    except (PolicyVersion.DoesNotExist, KeyError, TypeError, ValueError):
        return None


def _of_campaign(leads: list[Lead], now: datetime, versions: dict[int, PolicyVersion]) -> list[LeadWhy]:
    campaign = leads[0].campaign
    policy = policies.of(campaign)
    due = [DueLead(each.pk, each.contact_id, each.attempts, each.callback, each.callback_expires_at) for each in leads]
    candidates, known = reading.look(campaign, policy, due, now)
    moments: dict[datetime, Moment] = {}
    return [_why(lead, candidates[lead.contact_id], policy, now, moments, known, versions) for lead in leads]


def _why(
    lead: Lead,
    candidate: Candidate,
    policy: Policy,
    now: datetime,
    moments: dict[datetime, Moment],
    known: Known,
    versions: dict[int, PolicyVersion],
) -> LeadWhy:
    moment = moments.setdefault(now, Moment(policy, now))
    first = reading.verdict(candidate, moment, known)
    in_call = lead.state != Lead.State.HELD and isinstance(first, Refuse) and first.reason == Reason.IN_CALL
    stored = _stored(lead, versions)
    standing, because, next_at, phone = _fate(lead, candidate, policy, moments, first if in_call else None, stored, now)
    reasons = eligibility.reasons(candidate, moment)
    return LeadWhy(
        lead=lead,
        now=now,
        policy=policy,
        candidate=candidate,
        standing=standing,
        because=because,
        reasons=(first, *reasons) if isinstance(first, Refuse) and in_call else tuple(reasons),
        next_at=next_at,
        next_phone=phone,
        stored=stored,
    )


Fate = tuple[Standing, Because | None, datetime | None, int | None]


def _fate(
    lead: Lead,
    candidate: Candidate,
    policy: Policy,
    moments: dict[datetime, Moment],
    in_call: eligibility.Verdict | None,
    stored: Stored | None,
    now: datetime,
) -> Fate:
    """Where it stands, what binds, and when and on which phone it may be called next."""
    if lead.state == Lead.State.HELD:
        return Standing.IN_CALL, None, None, lead.held_phone
    set_aside = stored.because if stored else Because(lead.reason)
    if lead.state == Lead.State.FINISHED:
        return Standing.FINISHED, set_aside, None, None
    at = max(now, lead.due_at)
    found = eligibility.next_allowed(candidate, policy, at, now + HORIZON, moments)
    next_at, phone = found if isinstance(found, tuple) else (found.until, found.phone)
    if isinstance(in_call, Refuse) and at == now:
        return Standing.WAITING, Because(in_call.reason), max(next_at or now, in_call.until or now), phone
    then = eligibility.verdict(candidate, moments.setdefault(at, Moment(policy, at)))
    if isinstance(then, Refuse):
        return Standing.WAITING, Because(then.reason, then.rule, policy), next_at, phone
    if at > now:
        waits_for = Because("callback") if lead.callback else set_aside
        return Standing.WAITING, waits_for, next_at, phone
    return Standing.CALLABLE, None, now, then.phone if isinstance(then, Allow) else phone


def _stored(lead: Lead, versions: dict[int, PolicyVersion]) -> Stored | None:
    """The decision that holds; a lead that was called since has none."""
    if lead.decided_at is None or lead.state == Lead.State.HELD:
        return None
    version = versions.get(lead.policy_id or 0)
    return Stored(
        because=Because(lead.reason, lead.rule, policy_of(version)),
        since=lead.decided_at,
        times=lead.decided_times,
        until=lead.due_at if lead.state == Lead.State.DUE else None,
        phone=lead.refused_phone,
        version=version.number if version else None,
        inputs=lead.inputs or {},
    )

"""Callbacks: may this person be promised a call at that time? Asked when it is booked, and by the rules when it is due.

A promise is checked against calling hours, do-not-call, consent and products only: caps and gaps have their own say on
callbacks when the call is made, and touches to come cannot be known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from campaigns import candidates, policies
from campaigns.candidates import DueLead
from campaigns.models import Campaign
from campaigns.rules import eligibility, windows
from campaigns.rules.eligibility import Candidate, Moment, PhoneFacts, Reason
from campaigns.rules.policy import Policy

# Of these nobody knows when they end.
KEPT = {Reason.DO_NOT_CALL, Reason.NO_CONSENT, Reason.EXCLUDING_PRODUCT}
ASKED = {*KEPT, Reason.UNKNOWN_ZONE, Reason.NO_COMMON_HOUR, *map(Reason, windows.Closed)}


@dataclass(frozen=True, slots=True)
class NotThen:
    """Why a call cannot be promised for that time, and the first lawful time after it, if there is one."""

    reason: Reason
    instead: datetime | None


def not_then(*, campaign: Campaign, contact_id: int, at: datetime) -> NotThen | None:
    """None when at least one of the person's phones may be called at `at`, as far as can be known today."""
    policy = policies.current(campaign.pk)
    person = _candidate(campaign, policy, contact_id, at)
    if person is None:
        return NotThen(Reason.NO_PHONE, None)
    found = [(phone, _against(person, phone, policy, at)) for phone in person.phones]
    if any(not reasons for _, reasons in found):
        return None
    later = [opens for phone, reasons in found if (opens := _instead(person, phone, policy, at, reasons))]
    return NotThen(found[0][1][0] if found else Reason.NO_PHONE, min(later, default=None))


def _candidate(campaign: Campaign, policy: Policy, contact_id: int, at: datetime) -> Candidate | None:
    lead = DueLead(0, contact_id, 0, callback=True)
    return candidates.look(campaign, policy, [lead], at)[0].get(contact_id)


def _against(person: Candidate, phone: PhoneFacts, policy: Policy, at: datetime) -> list[Reason]:
    alone = replace(person, phones=(phone,))
    return [found.reason for found in eligibility.reasons(alone, Moment(policy, at)) if found.reason in ASKED]


def _instead(
    person: Candidate, phone: PhoneFacts, policy: Policy, at: datetime, reasons: list[Reason]
) -> datetime | None:
    if KEPT & set(reasons):
        return None
    return windows.next_open(eligibility.hours_of(phone.label, policy), eligibility.place_of(person, phone), at)

"""One verdict: may this lead be called now, on which of its phones, and if not, why and until when?

Reasons in order of precedence: nothing left to try, a number's objective limit, do-not-call, calling hours, a
frequency cap. A lead with several phones is allowed as soon as one of them is; else the phone that frees first says
until when. `until` of None means never: the lead is finished with that reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from campaigns.rules import caps, windows
from campaigns.rules.caps import Cap, Subject, Touch
from campaigns.rules.windows import Hours

# On do-not-call with no end.
FOREVER = datetime.max.replace(tzinfo=UTC)


class Reason(StrEnum):
    """Why not. The words for people are in campaigns.words."""

    NO_PHONE = "no_phone"
    ATTEMPTS_USED = "attempts_used"
    VACANT = "vacant"
    SUSPENDED = "suspended"
    POWERED_OFF = "powered_off"
    UNREACHABLE = "unreachable"
    RISK_NUMBER = "risk_number"
    DO_NOT_CALL = "do_not_call"
    UNKNOWN_ZONE = "unknown_zone"
    NO_COMMON_HOUR = "no_common_hour"
    OUTSIDE_HOURS = "outside_calling_hours"
    CAP_REACHED = "frequency_cap_reached"
    IN_CALL = "in_call"


@dataclass(frozen=True, slots=True)
class PhoneFacts:
    """What is known of one phone. `suppressed_until`: None = not on do-not-call, FOREVER = without end."""

    number: int
    zones: tuple[str, ...] = ()
    status: str = ""
    status_expires_at: datetime | None = None
    suppressed_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A lead about to be called, with all that its verdict depends on; nothing else is looked at."""

    contact_id: int
    campaign_id: int
    line_of_business_id: int | None
    phones: tuple[PhoneFacts, ...]
    attempts: int
    contact_zone: str = ""
    touches: tuple[Touch, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Policy:
    """A campaign's rules at this moment."""

    hours: Hours
    caps: tuple[Cap, ...]
    max_attempts: int


@dataclass(frozen=True, slots=True)
class Allow:
    """Call this phone."""

    phone: int


@dataclass(frozen=True, slots=True)
class Refuse:
    """Do not call; look again at `until`, or never when it is None."""

    reason: Reason
    until: datetime | None


Verdict = Allow | Refuse


def verdict(candidate: Candidate, policy: Policy, now: datetime) -> Verdict:
    """The verdict for a lead, trying its phones in turn, beginning after the one tried last."""
    if not candidate.phones:
        return Refuse(Reason.NO_PHONE, None)
    if candidate.attempts >= policy.max_attempts:
        return Refuse(Reason.ATTEMPTS_USED, None)
    refusals = []
    for phone in _in_turn(candidate):
        refusal = _phone_refusal(candidate, phone, policy, now)
        if refusal is None:
            return Allow(phone.number)
        refusals.append(refusal)
    return min(refusals, key=_frees)


def _in_turn(candidate: Candidate) -> tuple[PhoneFacts, ...]:
    start = candidate.attempts % len(candidate.phones)
    return candidate.phones[start:] + candidate.phones[:start]


def _frees(refusal: Refuse) -> tuple[bool, datetime]:
    return (refusal.until is None, refusal.until or FOREVER)


def _phone_refusal(candidate: Candidate, phone: PhoneFacts, policy: Policy, now: datetime) -> Refuse | None:
    return next((found for check in CHECKS if (found := check(candidate, phone, policy, now))), None)


def _status(_: Candidate, phone: PhoneFacts, __: Policy, now: datetime) -> Refuse | None:
    if not phone.status or (phone.status_expires_at and phone.status_expires_at <= now):
        return None
    return Refuse(Reason(phone.status), phone.status_expires_at)


def _do_not_call(_: Candidate, phone: PhoneFacts, __: Policy, now: datetime) -> Refuse | None:
    until = phone.suppressed_until
    if until is None or until <= now:
        return None
    return Refuse(Reason.DO_NOT_CALL, None if until == FOREVER else until)


def _hours(candidate: Candidate, phone: PhoneFacts, policy: Policy, now: datetime) -> Refuse | None:
    zones = windows.known_zones((candidate.contact_zone,)) or windows.known_zones(phone.zones)
    if not zones:
        return Refuse(Reason.UNKNOWN_ZONE, None)
    opens = windows.next_open(policy.hours, zones, now)
    if opens is None:
        return Refuse(Reason.NO_COMMON_HOUR, None)
    return None if opens == now else Refuse(Reason.OUTSIDE_HOURS, opens)


def _caps(candidate: Candidate, phone: PhoneFacts, policy: Policy, now: datetime) -> Refuse | None:
    subject = Subject(phone.number, candidate.contact_id, candidate.campaign_id, candidate.line_of_business_id)
    waits = (caps.reached_until(cap, subject, candidate.touches, now) for cap in policy.caps)
    latest = max((until for until in waits if until), default=None)
    # Never the very instant a touch leaves the window: the next look must find the cap free.
    return Refuse(Reason.CAP_REACHED, latest + timedelta(milliseconds=1)) if latest else None


Check = Callable[[Candidate, PhoneFacts, Policy, datetime], Refuse | None]
CHECKS: tuple[Check, ...] = (_status, _do_not_call, _hours, _caps)

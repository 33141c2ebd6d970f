"""One verdict: may this lead be called now, on which of its phones, and if not, why and until when?

Every rule is asked, in the order of precedence below, so that a screen can list all reasons that hold. The verdict
names the one that binds: the first that is for good, else the one that holds longest. `until` is then moved on to the
next calling hour, so that nothing is looked at again before its time. A lead with several phones is allowed as soon
as one of them is; else the phone that frees first says until when. `until` of None means never.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from campaigns.rules import cadence, caps, consent, places, windows
from campaigns.rules.caps import Subject, Touch
from campaigns.rules.consent import CONSENT_RULE, PRODUCTS_RULE, Grant
from campaigns.rules.places import Place
from campaigns.rules.policy import Policy
from campaigns.rules.windows import Hours, Shut

# On do-not-call with no end.
FOREVER = datetime.max.replace(tzinfo=UTC)

# Never the very instant at which something ends: the next look must find it over.
MOMENT = timedelta(milliseconds=1)


class Reason(StrEnum):
    """Why not, in order of precedence. The words for people are in campaigns.words."""

    NO_PHONE = "no_phone"
    ATTEMPTS_USED = "attempts_used"
    CALLBACK_EXPIRED = "callback_expired"
    WRONG_LINE_TYPE = "wrong_line_type"
    VACANT = "vacant"
    SUSPENDED = "suspended"
    POWERED_OFF = "powered_off"
    UNREACHABLE = "unreachable"
    WRONG_NUMBER = "wrong_number"
    RISK_NUMBER = "risk_number"
    DO_NOT_CALL = "do_not_call"
    NO_CONSENT = "no_consent"
    EXCLUDING_PRODUCT = "excluding_product"
    UNKNOWN_ZONE = "unknown_zone"
    NO_COMMON_HOUR = "no_common_hour"
    NOT_BEGUN = "campaign_not_begun"
    OVER = "campaign_over"
    BLACKOUT = "blackout_date"
    HOLIDAY = "holiday"
    OUTSIDE_HOURS = "outside_calling_hours"
    CAP_REACHED = "frequency_cap_reached"
    TOO_SOON = "too_soon"
    SAME_PART_OF_DAY = "same_part_of_day"
    IN_CALL = "in_call"


PRECEDENCE = {reason: place for place, reason in enumerate(Reason)}


@dataclass(frozen=True, slots=True)
class PhoneFacts:
    """What is known of one phone. `suppressed_until`: None = not on do-not-call, FOREVER = without end."""

    number: int
    zones: tuple[str, ...] = ()
    status: str = ""
    status_expires_at: datetime | None = None
    suppressed_until: datetime | None = None
    country: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A lead about to be called, with all that its verdict depends on; nothing else is looked at."""

    contact_id: int
    campaign_id: int
    line_of_business_id: int | None
    phones: tuple[PhoneFacts, ...]
    attempts: int
    contact_zone: str = ""
    contact_region: str = ""
    touches: tuple[Touch, ...] = field(default=())
    callback: bool = False
    callback_expires_at: datetime | None = None
    grants: tuple[Grant, ...] = ()
    products: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Allow:
    """Call this phone."""

    phone: int


@dataclass(frozen=True, slots=True)
class Refuse:
    """Do not call; look again at `until`, or never when it is None.

    `rule` is the name of the cap, gap or hours within the policy (empty: the reason says it all); `inputs` are the
    few values it was decided on, fit for JSON; `phone` the number it was said of.
    """

    reason: Reason
    until: datetime | None
    rule: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    phone: int | None = None


Verdict = Allow | Refuse


@dataclass(frozen=True, slots=True)
class Moment:
    """A policy at an instant, with what has been found out about the hours in each place: shared by a batch."""

    policy: Policy
    now: datetime
    shut: dict[tuple[Place, str], tuple[Shut, ...]] = field(default_factory=dict)
    opens: dict[tuple[Place, str, datetime], datetime | None] = field(default_factory=dict)


def verdict(candidate: Candidate, moment: Moment) -> Verdict:
    """The verdict for a lead, trying its phones in the order of the cadence."""
    refusals = _of_lead(candidate, moment)
    if refusals:
        return refusals[0]
    found = []
    for phone in _in_turn(candidate, moment.policy):
        refusal = _first_obstacle(candidate, phone, moment)
        if refusal is None:
            return Allow(phone.number)
        found.append(refusal)
    return min(found, key=_frees)


def reasons(candidate: Candidate, moment: Moment) -> list[Refuse]:
    """Everything that holds against calling this lead now, phone by phone, each in order of precedence."""
    found = _of_lead(candidate, moment)
    for phone in candidate.phones:
        found += _of_phone(candidate, phone, moment)
    return found


def next_allowed(
    candidate: Candidate, policy: Policy, now: datetime, end: datetime, known: dict[datetime, Moment] | None = None
) -> tuple[datetime, int] | Refuse:
    """The first moment before `end` at which it may be called, and the phone; else what keeps it.

    Only time moves: touches and do-not-call stay as they are. `known` shares moments between candidates.
    """
    at, known = now, {} if known is None else known
    while True:
        found = verdict(candidate, known.setdefault(at, Moment(policy, at)))
        if isinstance(found, Allow):
            return at, found.phone
        if found.until is None or found.until >= end or found.until <= at:
            return found
        at = found.until


def _of_lead(candidate: Candidate, moment: Moment) -> list[Refuse]:
    """What holds against all of its phones, for good."""
    found = []
    if not candidate.phones:
        found.append(Refuse(Reason.NO_PHONE, None))
    if candidate.attempts >= moment.policy.max_attempts and not candidate.callback:
        found.append(Refuse(Reason.ATTEMPTS_USED, None, inputs={"attempts": candidate.attempts}))
    if candidate.callback and candidate.callback_expires_at and candidate.callback_expires_at <= moment.now:
        found.append(Refuse(Reason.CALLBACK_EXPIRED, None))
    return found


def _in_turn(candidate: Candidate, policy: Policy) -> list[PhoneFacts]:
    if len(candidate.phones) == 1:
        return [*candidate.phones]
    labels = [phone.label for phone in candidate.phones]
    order = cadence.in_turn(labels, candidate.attempts, policy.cadence)
    return [candidate.phones[index] for index in order]


def _frees(refusal: Refuse) -> tuple[bool, datetime]:
    return (refusal.until is None, refusal.until or FOREVER)


def _of_phone(candidate: Candidate, phone: PhoneFacts, moment: Moment) -> list[Refuse]:
    where = place_of(candidate, phone)
    found = [refusal for check in CHECKS for refusal in check(candidate, phone, where, moment)]
    return sorted(found, key=lambda refusal: PRECEDENCE[refusal.reason]) if len(found) > 1 else found


def _first_obstacle(candidate: Candidate, phone: PhoneFacts, moment: Moment) -> Refuse | None:
    """The refusal that binds; None when nothing holds against this phone."""
    found = _of_phone(candidate, phone, moment)
    if not found:
        return None
    binding = _binding(found)
    until = binding.until
    if until is not None:
        until = _next_hour(place_of(candidate, phone), phone.label, moment, until) or until
    return Refuse(binding.reason, until, binding.rule, binding.inputs, phone.number)


def _binding(found: Sequence[Refuse]) -> Refuse:
    """Of refusals in order of precedence: the first that is for good, else the one that holds longest."""
    never = next((refusal for refusal in found if refusal.until is None), None)
    return never or max(found, key=lambda r: (r.until or FOREVER, -PRECEDENCE[r.reason]))


def shut_there(where: Place, label: str, moment: Moment) -> Refuse | None:
    """What the hours say against calling a phone of this label there now: the one of them that binds."""
    found = sorted(_of_hours(where, label, moment), key=lambda refusal: PRECEDENCE[refusal.reason])
    return _binding(found) if found else None


def touches_since(policy: Policy, now: datetime) -> datetime:
    """From when on touches matter to these rules, but for refusals (caps.long_after)."""
    since = caps.since(policy.caps, policy.gaps, now)
    return min(since, now - timedelta(days=1)) if policy.spread else since


def place_of(candidate: Candidate, phone: PhoneFacts) -> Place:
    """Where they may be when this phone is called."""
    return places.place(candidate.contact_zone, candidate.contact_region, phone.zones, phone.country)


def hours_of(label: str, policy: Policy) -> tuple[Hours, ...]:
    """When phones of this label may be called: the cadence may give some of them hours of their own."""
    step = next((step for step in policy.cadence if step.label == label and step.week), None)
    return (*policy.hours, Hours(f"cadence.{label}", step.week)) if step and step.week else policy.hours


def _next_hour(where: Place, label: str, moment: Moment, at: datetime) -> datetime | None:
    """The first lawful instant from `at` on."""
    key = (where, label, at)
    if key not in moment.opens:
        moment.opens[key] = windows.next_open(hours_of(label, moment.policy), where, at)
    return moment.opens[key]


def _status(_: Candidate, phone: PhoneFacts, __: Place, moment: Moment) -> Iterator[Refuse]:
    if phone.status and not (phone.status_expires_at and phone.status_expires_at <= moment.now):
        yield Refuse(Reason(phone.status), phone.status_expires_at, phone=phone.number)


def _do_not_call(_: Candidate, phone: PhoneFacts, __: Place, moment: Moment) -> Iterator[Refuse]:
    until = phone.suppressed_until
    if until is not None and until > moment.now:
        yield Refuse(Reason.DO_NOT_CALL, None if until == FOREVER else until, phone=phone.number)


def _consent(who: Candidate, phone: PhoneFacts, _: Place, moment: Moment) -> Iterator[Refuse]:
    """For good as far as is known: whoever writes an agreement down has the lead due again."""
    bases = moment.policy.consent
    if bases:
        since = consent.agrees_from(who.grants, bases, who.line_of_business_id, moment.now)
        if since is None or since > moment.now:
            yield Refuse(Reason.NO_CONSENT, since, CONSENT_RULE, phone=phone.number)


def _products(who: Candidate, phone: PhoneFacts, _: Place, moment: Moment) -> Iterator[Refuse]:
    """For good as far as is known: whoever writes down that it was given up has the lead due again."""
    found = consent.excluding(who.products, moment.policy.excluded_products)
    if found:
        yield Refuse(Reason.EXCLUDING_PRODUCT, None, PRODUCTS_RULE, {"products": found}, phone.number)


def _hours(_: Candidate, phone: PhoneFacts, where: Place, moment: Moment) -> Iterator[Refuse]:
    for found in _of_hours(where, phone.label, moment):
        yield replace(found, phone=phone.number)


def _of_hours(where: Place, label: str, moment: Moment) -> Iterator[Refuse]:
    if not where.zones:
        yield Refuse(Reason.UNKNOWN_ZONE, None)
        return
    closed = _shut(where, label, moment)
    inputs = {"zones": list(where.zones)}
    if closed and _next_hour(where, label, moment, moment.now) is None:
        over = _over(where, label, moment)
        yield Refuse(Reason.OVER if over else Reason.NO_COMMON_HOUR, None, over, inputs)
        return
    for one in closed:
        yield Refuse(Reason(one.why), one.opens, one.hours.name, inputs)


def _shut(where: Place, label: str, moment: Moment) -> tuple[Shut, ...]:
    key = (where, label)
    if key not in moment.shut:
        moment.shut[key] = _shut_this_minute(where, label, moment)
    return moment.shut[key]


def _shut_this_minute(where: Place, label: str, moment: Moment) -> tuple[Shut, ...]:
    """Hours open and close at whole minutes: what held a moment ago in the same minute, holds now."""
    minute = moment.now.replace(second=0, microsecond=0)
    known = moment.policy.shut.get((where, label))
    if known is None or known[0] != minute:
        known = minute, tuple(windows.shut(hours_of(label, moment.policy), where, minute))
        moment.policy.shut[where, label] = known
    return known[1]


def _over(where: Place, label: str, moment: Moment) -> str:
    """The rule whose last day is why there is no lawful hour any more; empty when there would be none without it."""
    hours = hours_of(label, moment.policy)
    ends = [(rule.last_day, rule.name) for rule in hours if rule.last_day and windows.concerns(rule, where)]
    endless = [replace(rule, last_day=None) for rule in hours]
    return min(ends)[1] if ends and windows.next_open(endless, where, moment.now) else ""


def _caps(candidate: Candidate, phone: PhoneFacts, where: Place, moment: Moment) -> Iterator[Refuse]:
    subject, zones = _subject(candidate, phone), places.known_zones(where.zones)
    # Most have fewer touches than any cap allows, whatever it counts.
    for cap in (cap for cap in moment.policy.caps if cap.limit <= len(candidate.touches)):
        found = caps.reached(cap, subject, candidate.touches, zones, moment.now)
        if found:
            until = found.until + MOMENT if found.until else None
            inputs = {"n": len(found.touches), "limit": cap.limit}
            yield Refuse(Reason.CAP_REACHED, until, cap.name, inputs, phone.number)


def _gaps(candidate: Candidate, phone: PhoneFacts, _: Place, moment: Moment) -> Iterator[Refuse]:
    subject = _subject(candidate, phone)
    for gap in moment.policy.gaps if candidate.touches else ():
        found = caps.too_soon(gap, subject, candidate.touches, moment.now)
        if found:
            until = found.until + MOMENT if found.until else None
            inputs = {"after": gap.after, "at": found.touch.at.isoformat()}
            yield Refuse(Reason.TOO_SOON, until, gap.name, inputs, phone.number)


def _spread(candidate: Candidate, phone: PhoneFacts, where: Place, moment: Moment) -> Iterator[Refuse]:
    """Attempts are spread over the parts of the day; a callback is due when it was promised."""
    if moment.policy.spread and not candidate.callback:
        zones = places.known_zones(where.zones)
        until = cadence.tried_until(_subject(candidate, phone), candidate.touches, zones, moment.now)
        if until:
            yield Refuse(Reason.SAME_PART_OF_DAY, until, "spread", {}, phone.number)


def _subject(who: Candidate, phone: PhoneFacts) -> Subject:
    return Subject(phone.number, who.contact_id, who.campaign_id, who.line_of_business_id, who.callback)


Check = Callable[[Candidate, PhoneFacts, Place, Moment], Iterator[Refuse]]
CHECKS: tuple[Check, ...] = (_status, _do_not_call, _consent, _products, _hours, _caps, _gaps, _spread)

"""What managers do to the rules. Each act, its audit entry and the policy versions it makes are one transaction.

An act that changes nothing leaves no trail and no version. A refusal is a services.Refused whose text is a sentence.
Rules that end are kept, inactive: versions of policies name them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns import events, policies
from campaigns.models import (
    Campaign,
    CampaignList,
    ClosedDay,
    ComplianceProfile,
    Disposition,
    FrequencyCap,
    LineOfBusiness,
    MinimumGap,
    RetryRule,
    User,
)
from campaigns.rules import policy as policy_rules
from campaigns.rules import profiles
from campaigns.rules.profiles import Profile
from campaigns.services import Refused, audit

PROFILES = Path(__file__).parent / "data" / "compliance_profiles.json"
DAY_MINUTES = 1440
# Far from the ends of the calendar, where there is no next day to look for.
FIRST_YEAR, LAST_YEAR = 2000, 2099

# What a new installation begins with; each can be changed or ended.
FIRST_CAPS: tuple[dict[str, Any], ...] = (
    {"limit": 3, "counts": "attempts", "per": "contact", "scope": "all", "window": "rolling", "window_hours": 24},
)
FIRST_GAPS: tuple[dict[str, Any], ...] = (
    {"after": "busy", "minutes": 15, "per": "phone", "scope": "all"},
    {"after": "no_answer", "minutes": 120, "per": "phone", "scope": "all"},
    {"after": "abandoned", "minutes": 72 * 60, "per": "phone", "scope": "all"},
    {"after": "refusal", "minutes": None, "per": "contact", "scope": "campaign"},
)


class BadHours(Refused):
    """Hours that overlap, end before they begin, or leave no minute to call in."""


class BadRule(Refused):
    """A cap, gap or step that could not be kept."""


Owner = Campaign | LineOfBusiness | None


@transaction.atomic
def set_hours(
    *,
    campaign: Campaign,
    week: Sequence[Sequence[Sequence[int]]],
    calls_on_holidays: bool,
    starts_on: date | None,
    ends_on: date | None,
    by: User | None,
) -> bool:
    """When to call, on the callee's clock; `week` as in Campaign.week. False if that is how it is. Raises BadHours."""
    refuse_hours(week, starts_on, ends_on)
    plain = [[[start, end] for start, end in spans] for spans in week]
    return _set(
        campaign,
        by,
        "campaign.hours_set",
        week=plain,
        calls_on_holidays=calls_on_holidays,
        starts_on=starts_on,
        ends_on=ends_on,
    )


def refuse_hours(week: Sequence[Sequence[Sequence[int]]], starts_on: date | None, ends_on: date | None) -> None:
    """Raises BadHours, with a sentence, for hours that cannot be kept."""
    if len(week) != 7:
        raise BadHours(_("A week has seven days."))
    for spans in week:
        for start, end in spans:
            if not 0 <= start < end <= DAY_MINUTES:
                raise BadHours(_("Calls must end after they begin: choose a later time than “from”."))
        for earlier, later in zip(sorted(map(tuple, spans)), sorted(map(tuple, spans))[1:], strict=False):
            if later[0] < earlier[1]:
                raise BadHours(_("Two times of one day overlap. Make them one, or leave a break between them."))
    if not any(week):
        raise BadHours(_("No day has a time to call: fill in at least one."))
    if starts_on and ends_on and ends_on < starts_on:
        raise BadHours(_("The last day is before the first: choose a later one."))
    if any(day and not FIRST_YEAR <= day.year <= LAST_YEAR for day in (starts_on, ends_on)):
        raise BadHours(_("Choose first and last days of this century."))


@transaction.atomic
def set_profiles(*, campaign: Campaign, profiles: Iterable[ComplianceProfile], by: User | None) -> bool:
    """Which compliance profiles bind the campaign; all of them together. False if they are those it has."""
    wanted = sorted(profiles, key=lambda p: p.name)
    if set(campaign.profiles.all()) == set(wanted):
        return False
    campaign.profiles.set(wanted)
    _changed_rules(campaign, by, "campaign.profiles_set", {"profiles": [p.name for p in wanted]})
    return True


@transaction.atomic
def set_attempts(
    *, campaign: Campaign, max_attempts: int, cadence: Sequence[dict[str, Any]], spread: bool, by: User | None
) -> bool:
    """How often to try, which phone next, and whether attempts are spread over the day. Raises BadRule."""
    if not 1 <= max_attempts <= 20:
        raise BadRule(_("Between 1 and 20 attempts."))
    if any(not 1 <= step["times"] <= 9 for step in cadence):
        raise BadRule(_("Each kind of phone is tried 1 to 9 times in a turn."))
    if len({step["label"] for step in cadence}) != len(cadence):
        raise BadRule(_("Each kind of phone has one line in the order."))
    return _set(campaign, by, "campaign.attempts_set", max_attempts=max_attempts, cadence=list(cadence), spread=spread)


@transaction.atomic
def set_callbacks(*, campaign: Campaign, fallback_minutes: int, expires_hours: int, by: User | None) -> bool:
    """When a personal callback becomes anyone's, and when a callback expires; for promises made from now on."""
    if expires_hours * 60 <= fallback_minutes:
        raise BadRule(_("A callback must expire after it has become anyone's."))
    return _set(
        campaign,
        by,
        "campaign.callbacks_set",
        callback_fallback_minutes=fallback_minutes,
        callback_expires_hours=expires_hours,
    )


@transaction.atomic
def add_cap(*, owner: Owner, by: User | None, **fields: Any) -> FrequencyCap:
    """A frequency cap of a campaign, a line of business, or everyone (None). Raises BadRule."""
    cap = FrequencyCap(**_owned(owner), **fields)
    _save(cap)
    audit(by, "cap.added", cap, {"owner": _name(owner), **{k: str(v) for k, v in fields.items()}})
    _publish(owner, by)
    return cap


@transaction.atomic
def add_gap(*, owner: Owner, by: User | None, **fields: Any) -> MinimumGap:
    """A minimum gap of a campaign, a line of business, or everyone (None). Raises BadRule."""
    gap = MinimumGap(**_owned(owner), **fields)
    _save(gap)
    audit(by, "gap.added", gap, {"owner": _name(owner), **{k: str(v) for k, v in fields.items()}})
    _publish(owner, by)
    return gap


@transaction.atomic
def end_rule(*, rule: FrequencyCap | MinimumGap, by: User | None) -> bool:
    """It holds no more from the next tick on; False if it had ended already."""
    if not type(rule).objects.filter(pk=rule.pk, active=True).update(active=False):
        return False
    audit(by, f"{'cap' if isinstance(rule, FrequencyCap) else 'gap'}.ended", rule, {})
    _publish(rule.campaign or rule.line_of_business, by)
    return True


@transaction.atomic
def restore_rule(*, rule: FrequencyCap | MinimumGap, by: User | None) -> bool:
    """What ended holds again: the undo of `end_rule`; False if it holds."""
    if not type(rule).objects.filter(pk=rule.pk, active=False).update(active=True):
        return False
    audit(by, f"{'cap' if isinstance(rule, FrequencyCap) else 'gap'}.restored", rule, {})
    _publish(rule.campaign or rule.line_of_business, by)
    return True


@transaction.atomic
def close_day(*, campaign: Campaign | None, country: str, day: date, name: str, by: User | None) -> bool:
    """No calls on that local day: for a campaign or for all, everywhere or in one country. False if known already."""
    if country and len(country) != 2:
        raise BadRule(_("Write the country with its two letters, such as CN."))
    found, new = ClosedDay.objects.get_or_create(campaign=campaign, country=country, day=day, defaults={"name": name})
    if new:
        audit(by, "closed_day.added", found, {"day": day.isoformat(), "country": country, "campaign": _name(campaign)})
        _publish(campaign, by)
    return new


@transaction.atomic
def open_day(*, closed: ClosedDay, by: User | None) -> bool:
    """Take a day without calls back; False if it is gone already."""
    pk, campaign = closed.pk, closed.campaign
    deleted, _rows = ClosedDay.objects.filter(pk=pk).delete()
    if deleted:
        closed.pk = pk
        audit(by, "closed_day.removed", closed, {"day": closed.day.isoformat(), "country": closed.country})
        _publish(campaign, by)
    return bool(deleted)


@transaction.atomic
def set_retry(
    *, campaign: Campaign | None, outcome: str, wait_minutes: int | None, limit: int | None, by: User | None
) -> bool:
    """After this outcome: due again after so long, at most so often (0: never). None: as everyone's, or the default."""
    rules = RetryRule.objects.filter(campaign=campaign, outcome=outcome)
    if wait_minutes is None or limit is None:
        changed = bool(rules.delete()[0])
    else:
        wanted = {"wait_minutes": wait_minutes, "limit": limit}
        changed = not rules.filter(**wanted).exists()
        RetryRule.objects.update_or_create(campaign=campaign, outcome=outcome, defaults=wanted)
    if changed:
        trail = {"outcome": outcome, "wait_minutes": wait_minutes, "limit": limit}
        if campaign:
            audit(by, "campaign.retry_set", campaign, trail)
        _publish(campaign, by)
    return changed


@transaction.atomic
def set_disposition_retry(
    *, disposition: Disposition, after_hours: int | None, limit: int | None, by: User | None
) -> bool:
    """When a lead with this disposition is due again (None: it is finished), and at most how often (None: any)."""
    wanted = {"retry_after_hours": after_hours, "retry_limit": None if after_hours is None else limit}
    changes = {field: value for field, value in wanted.items() if getattr(disposition, field) != value}
    if not changes:
        return False
    Disposition.objects.filter(pk=disposition.pk).update(**changes)
    audit(by, "disposition.retry_set", disposition, {"code": disposition.code, **changes})
    return True


@transaction.atomic
def set_list_order(*, link: CampaignList, priority: int, weight: int, by: User | None) -> bool:
    """Where a list stands among the campaign's: higher priorities first, equal ones mixed by weight."""
    if not (0 <= priority <= 9 and 1 <= weight <= 100):
        raise BadRule(_("The priority is 0 to 9, the weight 1 to 100."))
    rows = CampaignList.objects.filter(pk=link.pk).exclude(priority=priority, weight=weight)
    if not rows.update(priority=priority, weight=weight):
        return False
    audit(by, "campaign.list_order_set", link.campaign, {"list": link.list_id, "priority": priority, "weight": weight})
    _tell(link.campaign)
    return True


@transaction.atomic
def boost_list(*, link: CampaignList, until: datetime | None, by: User | None) -> bool:
    """Before all other lists until then, from the next tick on; None ends it."""
    if not CampaignList.objects.filter(pk=link.pk).exclude(boosted_until=until).update(boosted_until=until) and until:
        return False
    until_text = until.isoformat() if until else ""
    audit(by, "campaign.list_boosted", link.campaign, {"list": link.list_id, "until": until_text})
    _tell(link.campaign)
    return True


def load_profiles(text: str, by: User | None) -> list[str]:
    """Keep the profiles of a file; returns the names of those that are new or changed. Raises profiles.BadProfile.

    A changed profile wants to be confirmed again, and binds its campaigns as it now is.
    """
    try:
        data = json.loads(text)
    except ValueError as error:
        raise profiles.BadProfile(_("The file is not JSON: %(error)s") % {"error": error}) from error
    return [profile.name for profile in profiles.parse(data) if _keep(profile, by)]


@transaction.atomic
def _keep(profile: Profile, by: User | None) -> bool:
    data = as_data(profile)
    row = ComplianceProfile.objects.select_for_update().filter(name=profile.name).first()
    if row and (row.data, row.title, row.title_zh) == (data, profile.title, profile.title_zh):
        return False
    said = {"title": profile.title, "title_zh": profile.title_zh, "country": profile.country, "data": data}
    row, _new = ComplianceProfile.objects.update_or_create(
        name=profile.name, defaults={**said, "confirmed_by": None, "confirmed_at": None}
    )
    audit(by, "profile.loaded", row, {"name": profile.name})
    policies.publish(Campaign.objects.filter(profiles=row).values_list("pk", flat=True), by)
    return True


def as_data(profile: Profile) -> Any:
    """What a ComplianceProfile keeps: its rules as in a policy, and where they come from."""
    rules = policy_rules.dump_rules(profile.hours, profile.caps, profile.gaps)
    about = {
        "min_ring_seconds": profile.min_ring_seconds,
        "abandon": dict(profile.abandon) if profile.abandon else None,
        "source": profile.source,
        "evidence": profile.evidence,
        "note": profile.note,
    }
    return json.loads(json.dumps({**rules, **about}))


@transaction.atomic
def confirm_profile(*, profile: ComplianceProfile, by: User) -> bool:
    """A compliance officer has read it and takes it for right; False if that had been done."""
    now = timezone.now()
    rows = ComplianceProfile.objects.filter(pk=profile.pk, confirmed_at=None)
    if not rows.update(confirmed_by=by, confirmed_at=now):
        return False
    audit(by, "profile.confirmed", profile, {"name": profile.name})
    return True


def install(by: User | None = None) -> None:
    """What a new installation begins with: the shipped profiles, and caps and gaps for everyone. Twice is once."""
    load_profiles(PROFILES.read_text(encoding="utf-8"), by)
    if not FrequencyCap.objects.exists() and not MinimumGap.objects.exists():
        for fields in FIRST_CAPS:
            add_cap(owner=None, by=by, **fields)
        for fields in FIRST_GAPS:
            add_gap(owner=None, by=by, **fields)


def _set(campaign: Campaign, by: User | None, action: str, **wanted: Any) -> bool:
    campaign.refresh_from_db()
    changes = {field: value for field, value in wanted.items() if getattr(campaign, field) != value}
    if not changes:
        return False
    Campaign.objects.filter(pk=campaign.pk).update(**changes)
    _changed_rules(
        campaign, by, action, {field: json.loads(json.dumps(v, default=str)) for field, v in changes.items()}
    )
    return True


def _changed_rules(campaign: Campaign, by: User | None, action: str, trail: dict[str, Any]) -> None:
    audit(by, action, campaign, trail)
    _publish(campaign, by)


def _publish(owner: Owner, by: User | None) -> None:
    """New versions for everyone the owner's rules bind, and the word to engines and pages."""
    if isinstance(owner, Campaign):
        changed = policies.publish([owner.pk], by)
        owner.refresh_from_db()
    elif isinstance(owner, LineOfBusiness):
        changed = policies.publish(Campaign.objects.filter(line_of_business=owner).values_list("pk", flat=True), by)
    else:
        changed = policies.publish_everyone(by)
    Campaign.objects.filter(pk__in=changed).update(version=F("version") + 1)
    for pk in changed:
        transaction.on_commit(lambda pk=pk: events.changed("campaign", pk), robust=True)  # type: ignore[misc]


def _tell(campaign: Campaign) -> None:
    transaction.on_commit(lambda: events.changed("campaign", campaign.pk), robust=True)


def _owned(owner: Owner) -> dict[str, Any]:
    if isinstance(owner, Campaign):
        return {"campaign": owner}
    return {"line_of_business": owner} if owner else {}


def _name(owner: Owner) -> str:
    return f"{owner._meta.model_name}:{owner.pk}" if owner else "everyone"


def _save(rule: FrequencyCap | MinimumGap) -> None:
    try:
        rule.full_clean()
    except ValidationError as flaw:
        raise BadRule(" ".join(flaw.messages)) from flaw
    rule.save()

"""A campaign's own rules: hours, profiles, attempts, callbacks, and what follows a disposition."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.models import Campaign, ComplianceProfile, Disposition, User
from campaigns.rulebook.publishing import BadHours, BadRule, changed_rules, set_fields
from campaigns.services import audit

DAY_MINUTES = 1440
# Far from the ends of the calendar, where there is no next day to look for.
FIRST_YEAR, LAST_YEAR = 2000, 2099


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
    return set_fields(
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
    changed_rules(campaign, by, "campaign.profiles_set", {"profiles": [p.name for p in wanted]})
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
    return set_fields(
        campaign, by, "campaign.attempts_set", max_attempts=max_attempts, cadence=list(cadence), spread=spread
    )


@transaction.atomic
def set_callbacks(*, campaign: Campaign, fallback_minutes: int, expires_hours: int, by: User | None) -> bool:
    """When a personal callback becomes anyone's, and when a callback expires; for promises made from now on."""
    if expires_hours * 60 <= fallback_minutes:
        raise BadRule(_("A callback must expire after it has become anyone's."))
    return set_fields(
        campaign,
        by,
        "campaign.callbacks_set",
        callback_fallback_minutes=fallback_minutes,
        callback_expires_hours=expires_hours,
    )


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

"""Rules that a campaign, a line of business or everyone has: caps, gaps, days without calls, retries."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.models import AbandonBudget, Campaign, ClosedDay, FrequencyCap, MinimumGap, RetryRule, User
from campaigns.rulebook.publishing import BadRule, Owner, publish
from campaigns.services import audit

Rule = FrequencyCap | MinimumGap | AbandonBudget
KINDS: dict[type[Rule], str] = {FrequencyCap: "cap", MinimumGap: "gap", AbandonBudget: "abandon"}


@transaction.atomic
def add_cap(*, owner: Owner, by: User | None, **fields: Any) -> FrequencyCap:
    """A frequency cap of a campaign, a line of business, or everyone (None). Raises BadRule."""
    cap = FrequencyCap(**_owned(owner), **fields)
    _save(cap)
    audit(by, "cap.added", cap, {"owner": _name(owner), **{k: str(v) for k, v in fields.items()}})
    publish(owner, by)
    return cap


@transaction.atomic
def add_gap(*, owner: Owner, by: User | None, **fields: Any) -> MinimumGap:
    """A minimum gap of a campaign, a line of business, or everyone (None). Raises BadRule."""
    gap = MinimumGap(**_owned(owner), **fields)
    _save(gap)
    audit(by, "gap.added", gap, {"owner": _name(owner), **{k: str(v) for k, v in fields.items()}})
    publish(owner, by)
    return gap


@transaction.atomic
def add_abandon_budget(*, owner: Owner, by: User | None, **fields: Any) -> AbandonBudget:
    """An abandon budget besides those of the profiles; the strictest of all decides. Raises BadRule."""
    budget = AbandonBudget(**_owned(owner), **fields)
    _save(budget)
    audit(by, "abandon.added", budget, {"owner": _name(owner), **{k: str(v) for k, v in fields.items()}})
    publish(owner, by)
    return budget


@transaction.atomic
def end_rule(*, rule: Rule, by: User | None) -> bool:
    """It holds no more from the next tick on; False if it had ended already."""
    if not type(rule).objects.filter(pk=rule.pk, active=True).update(active=False):
        return False
    audit(by, f"{KINDS[type(rule)]}.ended", rule, {})
    publish(rule.campaign or rule.line_of_business, by)
    return True


@transaction.atomic
def restore_rule(*, rule: Rule, by: User | None) -> bool:
    """What ended holds again: the undo of `end_rule`; False if it holds."""
    if not type(rule).objects.filter(pk=rule.pk, active=False).update(active=True):
        return False
    audit(by, f"{KINDS[type(rule)]}.restored", rule, {})
    publish(rule.campaign or rule.line_of_business, by)
    return True


@transaction.atomic
def close_day(*, campaign: Campaign | None, country: str, day: date, name: str, by: User | None) -> bool:
    """No calls on that local day: for a campaign or for all, everywhere or in one country. False if known already."""
    if country and len(country) != 2:
        raise BadRule(_("Write the country with its two letters, such as CN."))
    found, new = ClosedDay.objects.get_or_create(campaign=campaign, country=country, day=day, defaults={"name": name})
    if new:
        audit(by, "closed_day.added", found, {"day": day.isoformat(), "country": country, "campaign": _name(campaign)})
        publish(campaign, by)
    return new


@transaction.atomic
def open_day(*, closed: ClosedDay, by: User | None) -> bool:
    """Take a day without calls back; False if it is gone already."""
    pk, campaign = closed.pk, closed.campaign
    deleted, _rows = ClosedDay.objects.filter(pk=pk).delete()
    if deleted:
        closed.pk = pk
        audit(by, "closed_day.removed", closed, {"day": closed.day.isoformat(), "country": closed.country})
        publish(campaign, by)
    return bool(deleted)


@transaction.atomic
def set_retry(
    *, campaign: Campaign | None, outcome: str, wait_minutes: int | None, limit: int | None, by: User | None
) -> bool:
    """After this outcome: due again after so long, at most so often (0: never). None: as everyone's, or the default."""
    rules = RetryRule.objects.filter(campaign=campaign, outcome=outcome)
    rule, wanted = rules.first(), {"wait_minutes": wait_minutes, "limit": limit}
    if wait_minutes is None or limit is None:
        if rule is None:
            return False
        rules.delete()
    elif rules.filter(**wanted).exists():
        return False
    else:
        rule, _new = RetryRule.objects.update_or_create(campaign=campaign, outcome=outcome, defaults=wanted)
    audit(by, "campaign.retry_set" if campaign else "retry.set", campaign or rule, {"outcome": outcome, **wanted})
    publish(campaign, by)
    return True


def _owned(owner: Owner) -> dict[str, Any]:
    if isinstance(owner, Campaign):
        return {"campaign": owner}
    return {"line_of_business": owner} if owner else {}


def _name(owner: Owner) -> str:
    return f"{owner._meta.model_name}:{owner.pk}" if owner else "everyone"


def _save(rule: Rule) -> None:
    try:
        rule.full_clean()
    except ValidationError as flaw:
        raise BadRule(" ".join(flaw.messages)) from flaw
    rule.save()

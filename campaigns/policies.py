"""From rows that people edit to the one policy that decides: resolved, written down as a version, and pointed at.

An edit and the versions it makes are one transaction, so the next reservation decides by the new rules and names
them. A version is never changed, hence it may be remembered for as long as a process lives. Where rules became laxer,
leads that the old ones set aside are looked at again (`recheck`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from celery import current_app
from django.db import connection, transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from campaigns.locks import Work
from campaigns.models import (
    AbandonBudget,
    Campaign,
    ClosedDay,
    FrequencyCap,
    MinimumGap,
    PolicyVersion,
    RetryRule,
    User,
)
from campaigns.rules import abandons
from campaigns.rules import policy as rules
from campaigns.rules.abandons import AbandonLimit, Of, Start, Unit, Window
from campaigns.rules.abandons import Scope as Counted
from campaigns.rules.cadence import Step
from campaigns.rules.caps import Calls, Cap, Gap, Period
from campaigns.rules.consent import Basis
from campaigns.rules.policy import Policy
from campaigns.rules.retries import Retry
from campaigns.rules.windows import WHOLE_DAY, Hours, Span

EVERY_WEEKDAY = (WHOLE_DAY,) * 7

# What the rules say, not what a call came to: only these are taken back when rules change.
RECHECKED = (
    "attempts_used",
    "do_not_call",
    "no_consent",
    "excluding_product",
    "unknown_zone",
    "no_common_hour",
    "campaign_not_begun",
    "campaign_over",
    "blackout_date",
    "holiday",
    "outside_calling_hours",
    "frequency_cap_reached",
    "too_soon",
    "same_part_of_day",
)
RECHECK_BATCH = 20_000
# By contact, so that each batch goes on where the last one ended and none is looked at twice.
RECHECK = """
WITH page AS (
    SELECT id, contact_id, state, reason, due_at FROM campaigns_lead
    WHERE campaign_id = %(campaign)s AND contact_id > %(after)s ORDER BY contact_id LIMIT %(batch)s
), moved AS (
    UPDATE campaigns_lead l SET state = 'due', due_at = now() FROM page p
    WHERE l.id = p.id AND l.reason = ANY(%(reasons)s)
      AND (l.state = 'finished' OR (l.state = 'due' AND l.due_at > now()))
      AND l.policy_id IS DISTINCT FROM %(policy)s
)
SELECT max(contact_id) FROM page
"""


def current(campaign_id: int) -> Policy:
    """The policy in force, as far as this transaction can see; made first where there is none yet."""
    version = Campaign.objects.values_list("policy_id", flat=True).get(pk=campaign_id)
    if version is None:
        publish([campaign_id], by=None)
        version = Campaign.objects.values_list("policy_id", flat=True).get(pk=campaign_id)
        # Not remembered yet: a database that crashes before our commit may give the same number to another version.
        return _load(version)
    return of_version(version)


def of(campaign: Campaign) -> Policy:
    """The policy of this campaign as it was when it was read: for screens; to decide, ask `current`."""
    return of_version(campaign.policy_id) if campaign.policy_id else current(campaign.pk)


@lru_cache(maxsize=4096)
def of_version(version: int) -> Policy:
    """The policy that was written down as this version."""
    return _load(version)


def _load(version: int) -> Policy:
    return rules.load(PolicyVersion.objects.values_list("data", flat=True).get(pk=version), version)


def publish_everyone(by: User | None) -> list[int]:
    """After a change that may concern any campaign: those that are not over get a new version if theirs differs."""
    over = (Campaign.Status.STOPPED,)
    return publish(Campaign.objects.exclude(status__in=over).values_list("pk", flat=True), by)


@transaction.atomic
def publish(campaign_ids: Iterable[int], by: User | None) -> list[int]:
    """Write down what these campaigns' rules come to now; returns the campaigns for which it changed."""
    # Their rows are locked in one order, so that two edits at a time make two versions, one after the other.
    locked = Campaign.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=list(campaign_ids))
    changed = [campaign.pk for campaign in locked.select_related("policy").order_by("pk") if _publish(campaign, by)]
    for pk in changed:
        # Robust: without a broker the periodic task finds what is marked.
        transaction.on_commit(_looking_again(pk), robust=True)
    return changed


def _looking_again(campaign_id: int) -> Callable[[], None]:
    # No partial: Django logs a hook that failed by its name, which those don't have, and fails over that.
    def send() -> None:
        current_app.send_task("campaigns.tasks.recheck", [campaign_id], retry=False)

    return send


def _publish(campaign: Campaign, by: User | None) -> bool:
    data = rules.dump(resolve(campaign))
    if campaign.policy and campaign.policy.data == _as_json(data):
        return False
    versions = PolicyVersion.objects.filter(campaign=campaign)
    number = (versions.aggregate(last=Max("number"))["last"] or 0) + 1
    first = campaign.policy is None
    made = PolicyVersion.objects.create(campaign=campaign, number=number, data=data, created_by=by)
    Campaign.objects.filter(pk=campaign.pk).update(policy=made, recheck=not first)
    campaign.policy = made
    return True


def _as_json(value: Any) -> Any:
    """Tuples as the lists that they are in JSON."""
    if isinstance(value, dict):
        return {key: _as_json(each) for key, each in value.items()}
    return [_as_json(each) for each in value] if isinstance(value, (list, tuple)) else value


def recheck(campaign_id: int) -> None:
    """Leads that rules of older versions set aside are due again, to be decided on by those in force."""
    wait_for_sweeps(campaign_id)
    version = Campaign.objects.values_list("policy_id", flat=True).get(pk=campaign_id)
    values: dict[str, Any] = {
        "campaign": campaign_id,
        "batch": RECHECK_BATCH,
        "reasons": list(RECHECKED),
        "policy": version,
    }
    after: int | None = 0
    while after is not None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(RECHECK, {**values, "after": after})
            after = cursor.fetchone()[0]
    Campaign.objects.filter(pk=campaign_id, policy_id=version).update(recheck=False)


def wait_for_sweeps(campaign_id: int) -> None:
    """Until every chunk of a sweep that began under older rules has been committed."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [Work.SWEEPING, campaign_id])


def resolve(campaign: Campaign, **instead: Any) -> Policy:
    """What the rows come to for this campaign. `instead` replaces parts, to see what an edit would do:

    `profiles`, `caps`, `gaps`, `abandon` (iterables of rows); fields of the campaign are read from the object given.
    """
    profiles = [row.data for row in _rows(instead.get("profiles"), campaign, "profiles")]
    given = [rules.load_rules(data) for data in profiles]
    own_caps = tuple(cap_of(row) for row in _rows(instead.get("caps"), campaign, "caps"))
    own_gaps = tuple(gap_of(row) for row in _rows(instead.get("gaps"), campaign, "gaps"))
    own_abandon = tuple(abandon_of(row) for row in _rows(instead.get("abandon"), campaign, "abandon"))
    closed = _closed_days(campaign)
    return Policy(
        hours=(
            _own_hours(campaign, closed.pop("", set())),
            *_closed_abroad(closed),
            *(h for hours, _, _ in given for h in hours),
        ),
        caps=(*own_caps, *(c for _, caps, _ in given for c in caps)),
        gaps=(*own_gaps, *(g for _, _, gaps in given for g in gaps)),
        max_attempts=campaign.max_attempts,
        cadence=tuple(_step(step) for step in campaign.cadence),
        spread=campaign.spread,
        retries=_retries(campaign),
        min_ring_seconds=max((data["min_ring_seconds"] for data in profiles), default=0),
        consent=tuple(basis.value for basis in Basis if basis in campaign.consent_bases),
        excluded_products=tuple(sorted(campaign.excluded_products)),
        abandon=(*own_abandon, *(abandons.load(each) for data in profiles for each in data.get("abandon", ()))),
        version=0,
    )


def caps_of(campaign: Campaign) -> QuerySet[FrequencyCap]:
    """The rows that bind this campaign: everyone's, its line's, its own."""
    return FrequencyCap.objects.filter(_binding(campaign), active=True).order_by("pk")


def gaps_of(campaign: Campaign) -> QuerySet[MinimumGap]:
    return MinimumGap.objects.filter(_binding(campaign), active=True).order_by("pk")


def abandon_budgets_of(campaign: Campaign) -> QuerySet[AbandonBudget]:
    return AbandonBudget.objects.filter(_binding(campaign), active=True).order_by("pk")


def abandon_of(row: AbandonBudget) -> AbandonLimit:
    limit = float(row.limit) / 100
    return AbandonLimit(
        name=f"abandon-{row.pk}",
        limit=limit,
        aim=abandons.aim_for(limit) if row.aim is None else float(row.aim) / 100,
        threshold=timedelta(seconds=float(row.seconds)),
        start=Start(row.start),
        of=Of(row.of),
        window=Window(Unit(row.window), row.window_length),
        scope=Counted(row.scope),
        false_machines=row.false_machines,
    )


def cap_of(row: FrequencyCap) -> Cap:
    window = timedelta(hours=row.window_hours) if row.window == FrequencyCap.Window.ROLLING else Period(row.window)
    return Cap(f"cap-{row.pk}", row.counts, row.per, row.scope, window, row.limit, Calls(row.calls))


def gap_of(row: MinimumGap) -> Gap:
    wait = None if row.minutes is None else timedelta(minutes=row.minutes)
    return Gap(f"gap-{row.pk}", row.after, row.per, row.scope, wait, Calls(row.calls))


def retry_of(row: RetryRule) -> Retry:
    return Retry(timedelta(minutes=row.wait_minutes), row.limit)


def _binding(campaign: Campaign) -> Q:
    everyone = Q(campaign=None, line_of_business=None)
    own = Q(campaign=campaign.pk) if campaign.pk else Q(pk__in=[])
    return everyone | own | Q(line_of_business__isnull=False, line_of_business=campaign.line_of_business_id)


def _rows(instead: Iterable[Any] | None, campaign: Campaign, what: str) -> Iterable[Any]:
    if instead is not None:
        return instead
    if what == "profiles":
        return campaign.profiles.order_by("name") if campaign.pk else ()
    return {"caps": caps_of, "gaps": gaps_of, "abandon": abandon_budgets_of}[what](campaign)


def _own_hours(campaign: Campaign, closed: set[date]) -> Hours:
    return Hours(
        name="campaign.hours",
        week=tuple(tuple(_span(span) for span in spans) for spans in campaign.week),
        holiday=None if campaign.calls_on_holidays else (),
        first_day=campaign.starts_on,
        last_day=campaign.ends_on,
        closed=frozenset(closed),
    )


def _closed_days(campaign: Campaign) -> dict[str, set[date]]:
    """Days without calls by country ("": everywhere): everyone's and the campaign's own."""
    whose = Q(campaign=None) | (Q(campaign=campaign.pk) if campaign.pk else Q(pk__in=[]))
    recent = timezone.now().date() - timedelta(days=40)
    found: dict[str, set[date]] = defaultdict(set)
    for country, day in ClosedDay.objects.filter(whose, day__gte=recent).values_list("country", "day"):
        found[country].add(day)
    return found


def _closed_abroad(closed: dict[str, set[date]]) -> list[Hours]:
    return [
        Hours(f"closed.{country}", EVERY_WEEKDAY, closed=frozenset(days), regions=frozenset({country}))
        for country, days in sorted(closed.items())
    ]


def _retries(campaign: Campaign) -> dict[str, Retry]:
    whose = Q(campaign=None) | (Q(campaign=campaign.pk) if campaign.pk else Q(pk__in=[]))
    # Everyone's first, so that the campaign's own take their place.
    found = sorted(RetryRule.objects.filter(whose), key=lambda rule: rule.campaign_id is not None)
    return {rule.outcome: retry_of(rule) for rule in found}


def _step(data: dict[str, Any]) -> Step:
    week = data.get("week")
    return Step(data["label"], data["times"], tuple(tuple(_span(s) for s in spans) for spans in week) if week else None)


def _span(span: list[int]) -> Span:
    return (span[0], span[1])

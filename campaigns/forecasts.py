"""The dry run of a campaign: the same rules over its leads for the coming week, and what an edit would leave.

Small campaigns are asked lead by lead; of large ones a random sample is, and the figures say how far they may be off.
Nothing is locked and nothing is written: a forecast never disturbs dialling.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import sqrt
from random import getrandbits
from typing import Any

from django.db import connection
from django.db.models import Count, Q
from django.utils import timezone

from campaigns import candidates, policies
from campaigns.candidates import DueLead
from campaigns.models import Campaign, Lead
from campaigns.partitions import first_id
from campaigns.rules import forecast
from campaigns.rules.forecast import Z95, Asked, Outlook, Rate, Work
from campaigns.rules.policy import Policy

SAMPLE = 20_000
QUICK_SAMPLE = 4_000
CHUNK = 1_000
MEASURED_DAYS = 30
# Where nothing is known yet.
TALK_SECONDS = 120.0
RING_SECONDS = 18.0

COLUMNS = "contact_id, attempts, callback, callback_expires_at, state, reason, due_at"
ALL = f"SELECT {COLUMNS} FROM campaigns_lead WHERE campaign_id = %(campaign)s"
# Those with the lowest of their hashes: one pass over the index one_lead_per_contact_and_campaign, then as many probes
# as are asked. Every lead is as likely as any other, however its contact's id lies among those of other lists.
SOME = f"""
SELECT {COLUMNS} FROM campaigns_lead WHERE campaign_id = %(campaign)s AND contact_id IN (
    SELECT contact_id FROM campaigns_lead WHERE campaign_id = %(campaign)s
    ORDER BY hashint8extended(contact_id, %(seed)s) LIMIT %(sample)s)
"""
COUNT = "SELECT count(*) FROM campaigns_lead WHERE campaign_id = %s"


@dataclass(frozen=True, slots=True)
class Forecast:
    """The outlook of a campaign of `leads` leads: `outlook.asked` were asked, `settled` are over or in a call."""

    leads: int
    settled: int
    outlook: Outlook
    rate: Rate
    work: Work
    hours: tuple[float | None, float | None]

    @property
    def sampled(self) -> bool:
        return self.outlook.asked + self.settled < self.leads

    @property
    def scale(self) -> float:
        asked = self.outlook.asked + self.settled
        return self.leads / asked if asked else 1.0

    @property
    def talk_is_measured(self) -> bool:
        return self.work.talk_seconds != TALK_SECONDS

    def of_all(self, count: int) -> int:
        """What a count of those asked comes to for the whole campaign."""
        return round(count * self.scale)

    def margin(self, count: int) -> int:
        """How far `of_all(count)` may be off, 19 times of 20; 0 when every lead was asked."""
        asked = self.outlook.asked + self.settled
        if not self.sampled or not asked:
            return 0
        share = count / asked
        return round(Z95 * sqrt(max(share * (1 - share), 1 / asked) / asked) * self.leads)


def forecast_of(
    campaign: Campaign,
    *,
    policy: Policy | None = None,
    agents: int = 0,
    sample: int = SAMPLE,
    now: datetime | None = None,
) -> Forecast:
    """The coming week of this campaign; with `policy` as if those were its rules."""
    now = now or timezone.now()
    policy = policy or policies.current(campaign.pk)
    leads, rows = _rows(campaign.pk, sample)
    live = [row for row in rows if not _is_over(row)]
    outlook = forecast.look(policy, _asked(campaign, policy, live, now), now, _end_of_day(now))
    rate, work = measured(campaign, agents, now)
    scale = leads / len(rows) if rows else 1.0
    hours = forecast.range_to_end(outlook, work, rate, scale) if agents else (None, None)
    return Forecast(leads, len(rows) - len(live), outlook, rate, work, hours)


@dataclass(frozen=True, slots=True)
class Effect:
    """What an edit would leave callable, and what the rules in force do, of the same leads."""

    now: Forecast
    then: Forecast


def effect_of(campaign: Campaign, policy: Policy, *, sample: int = QUICK_SAMPLE, now: datetime | None = None) -> Effect:
    """The rules in force and `policy`, asked about the same leads, so that they differ by the edit alone."""
    now = now or timezone.now()
    leads, rows = _rows(campaign.pk, sample)
    live = [row for row in rows if not _is_over(row)]
    work = Work(0, TALK_SECONDS, campaign.wrap_up_seconds, RING_SECONDS)

    def under(these: Policy) -> Forecast:
        asked = _asked(campaign, these, live, now)
        outlook = forecast.look(these, asked, now, _end_of_day(now), by_hour=False)
        return Forecast(leads, len(rows) - len(live), outlook, forecast.ASSUMED, work, (None, None))

    return Effect(under(policies.of(campaign)), under(policy))


def measured(campaign: Campaign, agents: int, now: datetime) -> tuple[Rate, Work]:
    """Answer rate and talk time of the last 30 days, where there are enough calls; else what is usual."""
    recent = Q(attempt__id__gte=first_id(now - timedelta(days=MEASURED_DAYS)), attempt__placed_at__isnull=False)
    by_machine = Q(attempt__outcome__startswith="machine")
    answered, attempts = (
        Campaign.objects.filter(pk=campaign.pk)
        .order_by()
        .aggregate(
            answered=Count("attempt", filter=recent & Q(attempt__answered_at__isnull=False) & ~by_machine),
            attempts=Count("attempt", filter=recent),
        )
        .values()
    )
    work = Work(
        agents=agents,
        talk_seconds=_talk_seconds(campaign.pk, now) or TALK_SECONDS,
        wrap_up_seconds=campaign.wrap_up_seconds,
        ring_seconds=min(RING_SECONDS, campaign.ring_seconds),
        calls_per_agent=float(campaign.ratio) if campaign.dial_mode == Campaign.DialMode.RATIO else 1.0,
        max_attempts=campaign.max_attempts,
    )
    return forecast.answer_rate(answered, attempts), work


def _talk_seconds(campaign_id: int, now: datetime) -> float | None:
    """The average conversation of the last 30 days, in seconds."""
    talks = Campaign.objects.filter(pk=campaign_id, attempt__id__gte=first_id(now - timedelta(days=MEASURED_DAYS)))
    spans = talks.filter(attempt__bridged_at__isnull=False).values_list("attempt__bridged_at", "attempt__ended_at")
    seconds = [(ended - bridged).total_seconds() for bridged, ended in spans.order_by()[:5000] if bridged and ended]
    return sum(seconds) / len(seconds) if seconds else None


def _end_of_day(now: datetime) -> datetime:
    """Midnight that ends today where the reader is."""
    tomorrow = timezone.localtime(now).date() + timedelta(days=1)
    return timezone.make_aware(datetime.combine(tomorrow, datetime.min.time())).astimezone(UTC)


def _rows(campaign_id: int, sample: int) -> tuple[int, list[tuple[Any, ...]]]:
    """How many leads there are, and all of them or a sample."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [campaign_id])
        (count,) = cursor.fetchone()
        values = {"campaign": campaign_id, "sample": sample, "seed": getrandbits(63)}
        cursor.execute(ALL if count <= sample else SOME, values)
        return count, cursor.fetchall()


def _is_over(row: tuple[Any, ...]) -> bool:
    """In a call, or finished by what its calls came to, which no rule takes back."""
    state, reason = row[4], row[5]
    return state == Lead.State.HELD or (state == Lead.State.FINISHED and reason not in policies.RECHECKED)


def _asked(campaign: Campaign, policy: Policy, rows: list[tuple[Any, ...]], now: datetime) -> Iterator[Asked]:
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        leads = [DueLead(0, contact, tries, callback, expires) for contact, tries, callback, expires, *_ in chunk]
        found = candidates.look(campaign, policy, leads, now)[0]
        for contact, _tries, callback, _expires, _state, reason, due_at in chunk:
            # A time the rules had set is asked anew; one that a call's outcome or a promise set still holds.
            free = reason in policies.RECHECKED and not callback
            yield Asked(found[contact], now if free else due_at)

"""Millions of people for benchmarks: phones, touches of the last 35 days, do-not-call, and leads in every state.

Import it after Ground is entered. Everything is made by INSERT ... SELECT from running numbers, pseudo-random by a hash
of the number, so that two runs have the same people. Numbers are scattered: neighbours in a list are none by number.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from django.db import connection
from django.utils import timezone

from bench.ground import Ground
from campaigns import partitions, policies
from campaigns.models import (
    Campaign,
    CampaignList,
    ComplianceProfile,
    ContactList,
    FrequencyCap,
    LineOfBusiness,
    User,
)
from campaigns.rules import policy as rules
from campaigns.rules import profiles

PROFILES = ("us_tsr_tcpa_sales", "us_regf_collection", "us_state_hours_overrides")
DATA = Path(profiles.__file__).parent.parent / "data" / "compliance_profiles.json"
CAMPAIGNS = 4
ALIKE = "'Ada Example ' || i"
ALL_WEEK = [[[480, 1260]]] * 7
ZONES = ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles")
REGIONS = ("US-FL", "US-TX", "US-CO", "US-CA")
# limit, what, per, over, window, hours
CAPS: tuple[tuple[int, str, str, str, str, int], ...] = (
    (3, "attempts", "phone", "all", "rolling", 24),
    (2, "attempts", "contact", "all", "day", 24),
    (2, "answered", "contact", "campaign", "week", 24),
    (1, "conversations", "contact", "all", "month", 24),
    (7, "attempts", "contact", "line_of_business", "rolling", 168),
)


def die(of: str, seed: int, sides: int | str) -> str:
    """SQL for a number from 0 to `sides` - 1 that depends on `of` alone."""
    return f"((hashint8extended({of}, {seed}) & 1073741823) % {sides})"


def number(person: str, which: int = 0) -> str:
    """SQL for the person's first (0) or second (1) phone number."""
    return f"({12_000_000_000 + which * 1_000_000_000} + ({person})::bigint * 7919 % 100000007)"


PHONE = """
INSERT INTO campaigns_phone (number, country, line_type, zones, status, status_source, status_observed_at,
                             status_expires_at)
SELECT {number}, 'US', 'mobile',
       CASE WHEN i % 50 = 0 THEN ({zones})[1:2] ELSE ARRAY[({zones})[1 + {zone}]] END,
       CASE WHEN {vacant} = 7 THEN 'vacant' ELSE '' END, '', NULL,
       CASE WHEN {vacant} = 7 THEN timestamptz '{now}' + {hours} * interval '1 hour' END
FROM generate_series($first, $last) AS i {which}
"""
CONTACT = """
INSERT INTO campaigns_contact (id, customer_id, first_phone, name, language, time_zone, region, attributes, created_at,
                               updated_at)
SELECT i, 'B' || i, NULL, {name}, '', CASE WHEN i % 3 = 0 THEN ({zones})[1 + {zone}] ELSE '' END,
       CASE WHEN i % 2 = 0 THEN ({regions})[1 + {zone}] ELSE '' END,
       '{{"other": {{"branch": "0042", "segment": "silver"}}}}', now(), now()
FROM generate_series($first, $last) AS i
"""
CONTACT_PHONE = """
INSERT INTO campaigns_contactphone (id, contact_id, phone, label, position)
SELECT {id}, i, {number}, '{label}', {position} FROM generate_series($first, $last) AS i {which}
"""
SECOND = "WHERE i % 6 = 0"
SUPPRESSION = """
INSERT INTO campaigns_suppression (phone, reason, source, expires_at, created_at)
SELECT {number}, 'asked', 'bench', CASE WHEN i % 3 = 0 THEN timestamptz '{now}' + interval '90 days' END, now()
FROM (SELECT 1 + n * 48271 % {people} AS i FROM generate_series($first::bigint, $last::bigint) AS n) people
"""
TOUCH = """
INSERT INTO campaigns_touch (phone, at, call_id, contact_id, campaign_id, line_of_business_id, level, outcome, callback,
                             policy_id)
SELECT {number}, timestamptz '{now}' - {minute} * interval '1 minute' - j % 60 * interval '1 second', gen_random_uuid(),
       person, 1 + j % {campaigns}, 1, CASE WHEN {luck} < 70 THEN 1 WHEN {luck} < 90 THEN 2 ELSE 3 END,
       CASE WHEN {luck} < 70 THEN 1 WHEN {luck} < 90 THEN 9 WHEN {luck} < 98 THEN 11 ELSE 12 END, false, NULL
FROM (SELECT j, 1 + j * 48271 % {people} AS person FROM generate_series($first::bigint, $last::bigint) AS j) t
"""
# Every tenth lead is of a person who is in the neighbouring campaign too.
LEAD = """
INSERT INTO campaigns_lead (campaign_id, contact_id, list_id, state, due_at, attempts, score, callback,
                            callback_open_at, callback_expires_at, outcome_counts, last_outcome, last_attempt_at,
                            reason, decided_at, decided_times, rule, policy_id, inputs)
SELECT 1 + i % {campaigns}, i - (i % 10 = 0)::int, 1 + {list}, CASE WHEN {state} < 22 THEN 'finished' ELSE 'due' END,
       timestamptz '{now}' + CASE WHEN {state} < 45 THEN {minute} ELSE - {minute} END * interval '1 minute',
       {attempts}, {score}, {state} >= 45 AND {callback} = 0,
       CASE WHEN {state} >= 45 AND {callback} = 0 THEN timestamptz '{now}' END,
       CASE WHEN {state} >= 45 AND {callback} = 0 THEN timestamptz '{now}' + interval '2 days' END,
       '{{"no_answer": 1}}', 'no_answer', timestamptz '{now}' - interval '2 days',
       CASE WHEN {state} < 22 THEN 'talked' WHEN {state} < 44 THEN 'frequency_cap_reached' ELSE '' END,
       CASE WHEN {state} BETWEEN 22 AND 43 THEN timestamptz '{now}' - interval '1 day' END,
       ({state} BETWEEN 22 AND 43)::int, CASE WHEN {state} BETWEEN 22 AND 43 THEN 'cap-4' ELSE '' END, NULL, NULL
FROM generate_series($first + {before}, $last + {before}) AS i
"""


class Crowd:
    """People, their touches and do-not-call; leads are added by and by. `now` is a weekday noon, not long ago."""

    def __init__(
        self,
        ground: Ground,
        *,
        people: int,
        touches: int,
        suppressed: int,
        awake_now: bool = False,
        name: str = ALIKE,
    ) -> None:
        """`awake_now`: people live where it is daytime, and profiles, which know other days, are left out.

        `name` is SQL for the name of person number `i`.
        """
        self.ground, self.people, self.leads, self.name = ground, people, 0, name
        self.now = timezone.now() if awake_now else weekday_noon()
        self._make_partitions()
        self.campaigns = [_campaign(f"Campaign {n}") for n in range(CAMPAIGNS)]
        _rules(self.campaigns, () if awake_now else PROFILES)
        self._people(awake_zones() if awake_now else ZONES, ("",) * 4 if awake_now else REGIONS)
        if suppressed:
            self._suppressed(suppressed)
        if touches:
            self._touches(touches)

    def add_leads(self, until: int) -> None:
        """Leads number so many now, evenly over the campaigns: half due, the rest for later or finished."""
        statement = LEAD.format(
            now=self.now,
            campaigns=CAMPAIGNS,
            before=self.leads,
            state=die("i", 11, 100),
            callback=die("i", 16, 2000),
            list=die("i", 12, 3),
            minute=die("i", 13, 4320),
            attempts=f"{die('i', 14, 8)} / 2",
            score=die("i", 15, 101),
        )
        with self.ground.without_indexes("campaigns_lead"):
            self.ground.fill(statement, until - self.leads, "leads")
        self.leads = until

    def _make_partitions(self) -> None:
        for at in (self.now - timedelta(days=40), timezone.now()):
            partitions.ensure(connection, "campaigns_touch", by_id=False, now=at)

    def _people(self, zones: tuple[str, ...], regions: tuple[str, ...]) -> None:
        tables = ("campaigns_phone", "campaigns_contact", "campaigns_contactphone")
        values: dict[str, Any] = {"zones": _array(zones), "regions": _array(regions), "now": self.now}
        with self.ground.without_indexes(*tables):
            for which, of in enumerate(("", SECOND)):
                statement = PHONE.format(
                    number=number("i", which),
                    zone=die("i", 1, 4),
                    vacant=die("i", 2 + which, 100),
                    hours=die("i", 4, 48),
                    which=of,
                    **values,
                )
                self.ground.fill(statement, self.people, "people's phones")
                link = CONTACT_PHONE.format(
                    id=f"i + {which * self.people}",
                    number=number("i", which),
                    label=("mobile", "home")[which],
                    position=which,
                    which=of,
                )
                self.ground.fill(link, self.people, "links to them")
            contact = CONTACT.format(zone=die("i", 1, 4), name=self.name, **values)
            self.ground.fill(contact, self.people, "people")

    def _suppressed(self, count: int) -> None:
        with self.ground.without_indexes("campaigns_suppression"):
            statement = SUPPRESSION.format(number=number("i"), now=self.now, people=self.people)
            self.ground.fill(statement, count, "on do-not-call")

    def _touches(self, count: int) -> None:
        statement = TOUCH.format(
            number=number("person"),
            now=self.now,
            minute=die("j", 21, 35 * 1440),
            luck=die("j", 22, 100),
            campaigns=CAMPAIGNS,
            people=self.people,
        )
        with self.ground.without_indexes("campaigns_touch"):
            self.ground.fill(statement, count, "touches")


def weekday_noon() -> datetime:
    """18:00 UTC, daytime all over the United States, of the last Wednesday that is over."""
    today = timezone.now().date()
    wednesday = today - timedelta(days=(today.weekday() - 2) % 7 or 7)
    return datetime(wednesday.year, wednesday.month, wednesday.day, 18, tzinfo=UTC)


def awake_zones() -> tuple[str, ...]:
    """Four zones where it is between ten and three now; the sign of these names is that of the sea, west is +."""
    noon = timezone.now().hour - 12
    return tuple(f"Etc/GMT{(noon + shift + 11) % 24 - 11:+d}" for shift in (-2, -1, 0, 1))


def profile_data(name: str) -> dict[str, Any]:
    """The shipped profile as a row keeps it."""
    found = next(p for p in profiles.parse(orjson.loads(DATA.read_bytes())) if p.name == name)
    return {**rules.dump_rules(found.hours, found.caps, found.gaps), "min_ring_seconds": found.min_ring_seconds}


def _campaign(name: str) -> Campaign:
    line, _ = LineOfBusiness.objects.get_or_create(name="Cards")
    return Campaign.objects.create(
        name=name, line_of_business=line, status=Campaign.Status.RUNNING, week=ALL_WEEK, calls_on_holidays=True
    )


def _rules(campaigns: list[Campaign], names: tuple[str, ...]) -> None:
    """Five caps for everyone, these compliance profiles, three lists for each campaign."""
    lists = [ContactList.objects.create(name=f"List {n}", default_country="US") for n in range(3)]
    rows = [ComplianceProfile.objects.create(name=n, title=n, country="US", data=profile_data(n)) for n in names]
    for limit, counts, per, scope, window, hours in CAPS:
        FrequencyCap.objects.create(limit=limit, counts=counts, per=per, scope=scope, window=window, window_hours=hours)
    for campaign in campaigns:
        campaign.profiles.set(rows)
        for n, each in enumerate(lists):
            CampaignList.objects.create(campaign=campaign, list=each, priority=5 + n // 2, weight=1 + n)
    User.objects.create(username="clerk")
    policies.publish([campaign.pk for campaign in campaigns], by=None)


def _array(texts: tuple[str, ...]) -> str:
    return "ARRAY[" + ", ".join(f"'{text}'" for text in texts) + "]"

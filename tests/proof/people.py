"""Whom the race is for: people in many zones with shared and several phones, campaigns that all want them, and rules
that overlap: rolling and calendar, per person and number, of attempts, answers and conversations, gaps, hours of kinds
of phones, attempts that are few or spread over the day."""

from __future__ import annotations

import random
from datetime import timedelta

from campaigns.models import (
    Campaign,
    ComplianceProfile,
    Contact,
    ContactPhone,
    FrequencyCap,
    Lead,
    LineOfBusiness,
    MinimumGap,
    Phone,
    RetryRule,
    Suppression,
)
from campaigns.rules import policy as rules
from campaigns.rules.caps import Cap, Period
from campaigns.rules.retries import DEFAULTS
from campaigns.rules.windows import WHOLE_DAY, Hours
from dialer.models import PbxServer
from tests import build
from tests.proof.clock import BASE

LUNCH = [[540, 720], [780, 1200]]
HALF_DAY = [[600, 840]]
WEEKS = (
    [*[LUNCH] * 5, HALF_DAY, []],
    [LUNCH] * 7,
    [[[480, 1260]]] * 7,
    [*[[[540, 1020]]] * 4, [[540, 900]], HALF_DAY, HALF_DAY],
)
# Which phone comes next, some of them in hours of their own.
CADENCES = (
    [{"label": "mobile", "times": 2, "week": None}],
    [{"label": "mobile", "times": 1, "week": [[[660, 900], [1020, 1140]]] * 7}],
    [
        {"label": "mobile", "times": 2, "week": None},
        {"label": "home", "times": 1, "week": [*[[[1020, 1260]]] * 5, [[600, 1260]], []]},
        {"label": "office", "times": 1, "week": [*[[[540, 1020]]] * 5, [], []]},
    ],
    [],
)
# How often a lead is tried: as good as always, so that other rules are what stops it, or hardly.
MANY, FEW, ONE = 1000, 2, 1
# Some campaigns want every so many people only: these are tried again within the same part of the day.
SHORT_LIST = 8
ZONES = ("America/New_York", "America/Los_Angeles", "Europe/London", "Europe/Berlin", "Asia/Shanghai", "Asia/Kolkata")
COUNTRIES = {"America": "US", "Europe/London": "GB", "Europe/Berlin": "DE", "Asia/Shanghai": "CN", "Asia/Kolkata": "IN"}
REGIONS = ("US-FL", "US-CA", "US-TX", "US-NY")
LABELS = ("mobile", "home", "office")

# (what, per, over, window, hours, limit, of)
EVERYONES_CAPS = (
    ("attempts", "contact", "all", "day", 24, 3, "all"),
    ("attempts", "phone", "all", "rolling", 36, 4, "all"),
    ("answered", "contact", "all", "rolling", 30, 2, "all"),
    ("attempts", "contact", "all", "week", 24, 9, "unasked"),
    ("attempts", "contact", "all", "day", 24, 2, "callbacks"),
)
LINES_CAPS = (
    ("conversations", "contact", "line_of_business", "rolling", 24, 1, "unasked"),
    ("answered", "phone", "line_of_business", "month", 24, 5, "all"),
)
# (after, per, over, minutes, of); no minutes: never again
GAPS = (
    ("busy", "phone", "all", 60, "all"),
    ("no_answer", "contact", "campaign", 45, "unasked"),
    ("conversation", "contact", "all", 360, "unasked"),
    ("abandoned", "phone", "all", 1200, "unasked"),
    ("refusal", "contact", "line_of_business", 3 * 1440, "unasked"),
)


def make(people: int, campaigns: int, workers: int, seed: int) -> None:
    """Everything the race needs, in the database."""
    rng = random.Random(seed)
    _rules()
    made = _campaigns(campaigns)
    contacts = _people(people, rng)
    Lead.objects.bulk_create(
        [
            _lead(campaign, contact, rng)
            for number, campaign in enumerate(made)
            for contact in contacts[:: SHORT_LIST if number % 4 == 2 else 1]
        ],
        batch_size=4000,
    )
    for number in range(workers):
        server = build.server(name=f"engine{number}")
        build.trunk(server)
        for campaign in made:
            build.shift(campaign, server, since=BASE)
    for code, category, hours in (
        ("interested", "success", 20), ("sold", "success", None), ("later", "callback", 8), ("no", "refusal", 1),
        ("complained", "complaint", 2), ("never", "do_not_call", None), ("machine", "no_contact", 3),
    ):  # fmt: skip
        build.disposition(code, category, retry_after_hours=hours)


def _lead(campaign: Campaign, contact: Contact, rng: random.Random) -> Lead:
    """A few are callbacks, promised for some time: were they all due at once, nobody else would be called."""
    promised = rng.random() < 0.02
    due = BASE + timedelta(hours=rng.uniform(0, 60) if promised else -1)
    return Lead(campaign=campaign, contact=contact, due_at=due, callback=promised, score=10 * rng.randrange(8))


def _rules() -> None:
    for counts, per, scope, window, hours, limit, calls in EVERYONES_CAPS:
        FrequencyCap.objects.create(
            counts=counts, per=per, scope=scope, window=window, window_hours=hours, limit=limit, calls=calls
        )
    for after, per, scope, minutes, calls in GAPS:
        MinimumGap.objects.create(after=after, per=per, scope=scope, minutes=minutes, calls=calls)
    # Leads come back soon, so that it is caps and gaps that keep people from being called.
    for outcome in DEFAULTS:
        if outcome != "conversation":
            RetryRule.objects.create(outcome=outcome, wait_minutes=10, limit=1000)


def _campaigns(count: int) -> list[Campaign]:
    lines = [LineOfBusiness.objects.create(name=name) for name in ("cards", "loans")]
    for line in lines:
        for counts, per, scope, window, hours, limit, calls in LINES_CAPS:
            FrequencyCap.objects.create(
                line_of_business=line, counts=counts, per=per, scope=scope, window=window, window_hours=hours,
                limit=limit, calls=calls,
            )  # fmt: skip
    profile = _profile()
    made = []
    for number in range(count):
        campaign = build.campaign(
            line_of_business=(*lines, None)[number % 3], week=WEEKS[number % len(WEEKS)],
            max_attempts=(MANY, ONE, MANY, FEW)[number % 4],
            calls_on_holidays=number % 2 == 0, spread=number % 4 != 1, wrap_up_seconds=3600,
            cadence=CADENCES[number % len(CADENCES)],
        )  # fmt: skip
        if number % 2:
            campaign.profiles.add(profile)
        FrequencyCap.objects.create(
            campaign=campaign, counts="attempts", per="contact", scope="campaign", window="rolling",
            window_hours=20 + number, limit=2,
        )  # fmt: skip
        made.append(campaign)
    MinimumGap.objects.create(campaign=made[0], after="refusal", minutes=None, per="contact", scope="campaign")
    return made


def _profile() -> ComplianceProfile:
    """Florida has hours and a cap of its own, as some states do."""
    florida = Hours("florida", (((600, 1080),),) * 7, holiday=(), regions=frozenset({"US-FL"}))
    anywhere = Hours("anywhere", (WHOLE_DAY,) * 6 + (((720, 1440),),))
    cap = Cap("profile.month", "attempts", "phone", "line_of_business", Period.MONTH, 12)
    data = {**rules.dump_rules((florida, anywhere), (cap,), ()), "min_ring_seconds": 15}
    return ComplianceProfile.objects.create(name="proof", title="Proof", data=data)


def _people(count: int, rng: random.Random) -> list[Contact]:
    zones = [rng.choice(ZONES) for _ in range(count)]
    contacts = Contact.objects.bulk_create(
        [
            Contact(
                customer_id=f"P{n}", name="Ada Example", time_zone=zone if n % 2 else "",
                region=rng.choice(REGIONS) if zone.startswith("America") and n % 3 else "",
            )
            for n, zone in enumerate(zones)
        ]
    )  # fmt: skip
    phones: dict[int, Phone] = {}
    links = []
    for n, (contact, zone) in enumerate(zip(contacts, zones, strict=True)):
        # Every seventh shares the first number of the one before; every fifth has two or three.
        own = [
            _number(n - 1 if n % 7 == 6 else n, 0),
            *(_number(n, k) for k in range(1, 1 + (n % 5 == 0) + (n % 15 == 0))),
        ]
        for position, number in enumerate(own):
            several = [zone, rng.choice(ZONES)] if rng.random() < 0.1 else [zone]
            phones.setdefault(number, Phone(number=number, zones=sorted(set(several)), country=_country(zone)))
            links.append(ContactPhone(contact=contact, phone_id=number, position=position, label=LABELS[position % 3]))
    Phone.objects.bulk_create(phones.values())
    ContactPhone.objects.bulk_create(links)
    _do_not_call(rng.sample(sorted(phones), count // 30))
    return contacts


def _do_not_call(numbers: list[int]) -> None:
    """Some are on it since yesterday; the editor adds more."""
    Suppression.objects.bulk_create([Suppression(phone=number, reason="asked") for number in numbers])
    Suppression.objects.update(created_at=BASE - timedelta(days=1))


def _number(person: int, which: int) -> int:
    return 12_122_000_000 + which * 1_000_000 + person


def _country(zone: str) -> str:
    return COUNTRIES.get(zone) or COUNTRIES[zone.partition("/")[0]]


def servers() -> list[int]:
    return list(PbxServer.objects.order_by("pk").values_list("pk", flat=True))

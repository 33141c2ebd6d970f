"""What properties of rules are tried on: zones with every kind of clock, moments near changes and leap days, rules."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from campaigns.rules.abandons import AbandonLimit, Of, Scope, Start, Unit, Window
from campaigns.rules.caps import LEVELS, REFUSAL, Calls, Cap, Gap, Period, Subject, Touch
from campaigns.rules.consent import Basis, Grant
from campaigns.rules.places import Place
from campaigns.rules.windows import Hours

# No change; changes at night, of half an hour, at midnight both ways, and from 23:00; quarters; the ends of the world.
ZONES = (
    "Asia/Shanghai",
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Asia/Beirut",
    "America/Havana",
    "America/Nuuk",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Pacific/Chatham",
    "Pacific/Apia",
    "Pacific/Honolulu",
)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def local(zone: str, *parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def _changes() -> list[tuple[str, datetime]]:
    """Zones with the instants at which their clocks change, which are at full quarters of an hour."""
    found = []
    for name in ZONES:
        zone, days = ZoneInfo(name), [utc(2017, 1, 1) + n * DAY for n in range(12 * 365)]
        for day in days:
            if day.astimezone(zone).utcoffset() != (day + DAY).astimezone(zone).utcoffset():
                quarters = [day + n * 15 * MINUTE for n in range(1, 97)]
                offset = day.astimezone(zone).utcoffset()
                found.append((name, next(q for q in quarters if q.astimezone(zone).utcoffset() != offset)))
    return found


CHANGES = _changes()
changes = st.sampled_from(CHANGES)
anytime = st.datetimes(datetime(2017, 1, 1), datetime(2028, 12, 31)).map(lambda at: at.replace(tzinfo=UTC))
near_a_change = st.builds(
    lambda change, seconds: change[1] + timedelta(seconds=seconds), changes, st.integers(-2 * 86_400, 86_400)
)
near_a_leap_day = st.builds(
    lambda year, seconds: utc(year, 2, 29) + timedelta(seconds=seconds),
    st.sampled_from((2020, 2024, 2028)),
    st.integers(-2 * 86_400, 3 * 86_400),
)
moments = st.one_of(anytime, near_a_change, near_a_change, near_a_leap_day).map(lambda at: at.replace(microsecond=0))
zone_names = st.lists(st.sampled_from(ZONES), min_size=1, max_size=3, unique=True).map(tuple)


def _paired(marks: list[int]) -> tuple[tuple[int, int], ...]:
    ordered = sorted(marks)
    return tuple(zip(ordered[::2], ordered[1::2], strict=False))


ends = st.one_of(
    st.sampled_from((0, 30, 60, 90, 120, 150, 540, 720, 780, 1200, 1380, 1410, 1440)), st.integers(0, 1440)
)
spans = st.lists(ends, max_size=6, unique=True).map(_paired)
weeks = st.one_of(spans.map(lambda each: (each,) * 7), st.tuples(*[spans] * 7))
days_near = st.integers(-3, 12)


@st.composite
def hours(draw: st.DrawFn, now: datetime, name: str = "campaign") -> Hours:
    """Hours of any week, at times with an end, a beginning, holidays of their own and days without calls near `now`."""

    def near(chance: int) -> date | None:
        return now.date() + draw(days_near) * DAY if draw(st.integers(0, 9)) < chance else None

    return Hours(
        name,
        draw(weeks),
        holiday=draw(st.none() | spans),
        first_day=near(2),
        last_day=near(2),
        closed=frozenset(day for day in (near(3), near(3)) if day),
        regions=draw(st.sampled_from((frozenset(), frozenset(), frozenset({"US-FL"}), frozenset({"CN"})))),
    )


places = st.builds(
    Place, zone_names, st.sampled_from(("", "US", "CN", "GB")), st.sampled_from(("", "", "US-FL", "US-GA"))
)

CALLS = st.sampled_from(list(Calls))
OUTCOMES = ("no_answer", "busy", "abandoned", "conversation", REFUSAL, "")
PERS, SCOPES = ("phone", "contact"), ("campaign", "line_of_business", "all")
rolling = st.integers(1, 3 * 86_400).map(lambda seconds: timedelta(seconds=seconds))
caps = st.builds(
    Cap,
    name=st.just("cap"),
    counts=st.sampled_from(sorted(LEVELS)),
    per=st.sampled_from(PERS),
    scope=st.sampled_from(SCOPES),
    window=rolling | st.sampled_from(list(Period)),
    limit=st.integers(1, 4),
    calls=CALLS,
)
abandon_limits = st.builds(
    AbandonLimit,
    name=st.just("abandon"),
    limit=st.sampled_from((0.01, 0.03, 0.05)),
    aim=st.sampled_from((0.0, 0.01, 0.009333)),
    threshold=st.integers(0, 30_000).map(lambda ms: timedelta(milliseconds=ms)),
    start=st.sampled_from(Start),
    of=st.sampled_from(Of),
    window=st.builds(Window, st.sampled_from(Unit), st.integers(1, 60)),
    scope=st.sampled_from(Scope),
    false_machines=st.booleans(),
)
gaps = st.builds(
    Gap,
    name=st.just("gap"),
    after=st.sampled_from(OUTCOMES[:-1]),
    per=st.sampled_from(PERS),
    scope=st.sampled_from(SCOPES),
    wait=st.none() | rolling | st.integers(36, 400).map(lambda days: timedelta(days=days)),
    calls=CALLS,
)


def touch(at: datetime, **fields: object) -> Touch:
    known = {"phone": 1, "contact_id": 1, "campaign_id": 1, "line_of_business_id": None, "level": 1, **fields}
    return Touch(at=at, **known)  # type: ignore[arg-type]


def touches(now: datetime, most: int = 8) -> st.SearchStrategy[list[Touch]]:
    """Some history before `now`: mostly of the same person, of the last days."""
    few = st.sampled_from((1, 1, 1, 2))
    ago = st.integers(0, 40 * 86_400) | st.integers(0, 86_400) | st.integers(0, 86_400)
    one = st.builds(
        Touch,
        at=ago.map(lambda seconds: now - timedelta(seconds=seconds)),
        phone=few,
        contact_id=few,
        campaign_id=few,
        line_of_business_id=st.sampled_from((None, 1)),
        level=st.integers(1, 3),
        outcome=st.sampled_from(OUTCOMES),
        callback=st.booleans(),
    )
    return st.lists(one, max_size=most)


subjects = st.builds(Subject, st.just(1), st.just(1), st.just(1), st.sampled_from((None, 1)), st.booleans())


PRODUCTS = ("CASH PLAN", "GOLD CARD", "金卡")
some_products = st.lists(st.sampled_from(PRODUCTS), max_size=2, unique=True).map(sorted).map(tuple)
some_bases = st.lists(st.sampled_from([basis.value for basis in Basis]), max_size=3, unique=True).map(tuple)


def grants(now: datetime) -> st.SearchStrategy[list[Grant]]:
    """What somebody said near `now`: most of it before, a little a moment after."""
    given = st.integers(-10 * 86_400, 3600).map(lambda seconds: now + timedelta(seconds=seconds))
    one = st.builds(
        lambda at, lasts, **fields: Grant(given_at=at, expires_at=lasts and at + lasts, **fields),
        given,
        st.none() | st.integers(1, 20 * 86_400).map(lambda seconds: timedelta(seconds=seconds)),
        purpose=st.sampled_from((None, 1, 2)),
        basis=st.sampled_from(list(Basis)[:3]),
        without=st.sampled_from((frozenset(), frozenset({1}), frozenset({2}))),
    )
    return st.lists(one, max_size=3)

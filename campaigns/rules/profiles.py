"""Compliance profiles: what a jurisdiction asks of calls, read from data that anybody may have written.

A profile gives calling hours, caps, gaps and the least ring time as rules of campaigns.rules, and says where its
figures come from: `evidence` is the weakest that any of them rests on. What is not exactly as documented is refused
(BadProfile), because a rule that was read wrongly calls people at the wrong time.

`base` names a profile that stands before it. Its country, hours, caps, least ring time, abandon budget and consent hold
unless the profile gives its own, which then replace it as a whole. Its gaps hold too, but for those after an outcome
for which the profile has its own. Title, source, evidence, notes and caveat are never inherited.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any

from campaigns.rules import abandons
from campaigns.rules.abandons import AbandonLimit
from campaigns.rules.caps import LEVELS, LONG, REFUSAL, Calls, Cap, Gap, Period
from campaigns.rules.reading import Field, Must
from campaigns.rules.regions import ZONES_OF_REGION
from campaigns.rules.retries import DEFAULTS
from campaigns.rules.windows import Hours, Span, common_spans

EVIDENCE = ("seen in a public document", "secondary source", "general knowledge")
PERS = ("contact", "phone")
SCOPES = ("campaign", "line_of_business", "all")
OUTCOMES = (*DEFAULTS, REFUSAL)

# What holds when neither a profile nor its base says anything. All of these are inherited.
UNSAID: Mapping[str, Any] = {
    "country": "",
    "hours": None,
    "regional_hours": {},
    "caps": [],
    "gaps": [],
    "min_ring_seconds": 0,
    "abandon": [],
    "consent": "",
}
OWN = ("name", "title", "title_zh", "base", "notes", "source", "evidence", "evidence_detail", "caveat")

# Older touches are kept only where they came to a refusal, so nothing else may look further back; in hours.
LONGEST_WINDOW, LONGEST_GAP, LONGEST_AFTER_REFUSAL = 31 * 24, int(LONG / timedelta(hours=1)), 10 * 365 * 24

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_COUNTRY = re.compile(r"(?:[A-Z]{2})?")
_DAYS = re.compile(r"([1-7])(?:-([1-7]))?")
_SPAN = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Profile:
    """What one jurisdiction asks. `country` is empty where it holds for several."""

    name: str
    title: str
    title_zh: str
    country: str
    hours: tuple[Hours, ...]
    caps: tuple[Cap, ...]
    gaps: tuple[Gap, ...]
    min_ring_seconds: int
    abandon: tuple[AbandonLimit, ...]
    source: str
    evidence: str
    note: str


def parse(data: Any) -> tuple[Profile, ...]:
    """The profiles of a file's JSON, in its order; raises BadProfile."""
    listed = Field("", "", data).record(("profiles",)).at("profiles")
    known: dict[str, dict[str, Any]] = {}
    found = []
    for entry in listed.entries():
        name = _name(entry.record().at("name"), known)
        own = Field(name, "", entry.value).record((*OWN, *UNSAID))
        known[name] = _with_base(own, known)
        found.append(_profile(name, Field(name, "", known[name])))
    return tuple(found)


def min_ring(profiles: Iterable[Profile]) -> tuple[int, str]:
    """The longest of the least ring times, and the first profile that asks for it; (0, "") when none does."""
    asked = [(profile.min_ring_seconds, profile.name) for profile in profiles if profile.min_ring_seconds]
    return max(asked, key=lambda each: each[0], default=(0, ""))


def common_week(hours: Sequence[Hours]) -> tuple[tuple[tuple[Span, ...], tuple[str, ...]], ...]:
    """For Monday to Sunday: when all of them are open, and the names of those that set an end of it.

    On a day without a common hour those that are closed all day are named, else all that are not open all day.
    """
    return tuple(_common_day([(rule.name, _joined(rule.week[day])) for rule in hours]) for day in range(7))


def _common_day(rules: list[tuple[str, tuple[Span, ...]]]) -> tuple[tuple[Span, ...], tuple[str, ...]]:
    common = common_spans(spans for _, spans in rules)
    if common:
        binding = [name for name, spans in rules if _ends(common) & _ends(spans)]
    else:
        binding = [name for name, spans in rules if not spans] or [name for name, spans in rules if _ends(spans)]
    return common, tuple(binding)


def _joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same minutes, with spans that touch or overlap made one."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def _ends(spans: Iterable[Span]) -> set[tuple[str, int]]:
    """Where the spans begin and end within the day; midnight is set by nobody."""
    ends = {end for span in spans for end in zip(("opens", "closes"), span, strict=True)}
    return ends - {("opens", 0), ("closes", 1440)}


def _name(field: Field, known: Mapping[str, Any]) -> str:
    if not isinstance(field.value, str) or not _NAME.fullmatch(field.value):
        raise field.bad(Must.NAME)
    if field.value in known:
        raise field.bad(Must.NEW_NAME)
    return field.value


def _with_base(own: Field, known: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """What the profile says, filled up with what its base does."""
    base: Mapping[str, Any] = UNSAID
    if own.has("base"):
        base = known[own.at("base").choice(known)]
    gaps = own.at("gaps").entries() if own.has("gaps") else []
    replaced = [_after(gap.record()) for gap in gaps]
    kept = [gap for gap in base["gaps"] if gap["after"] not in replaced]
    return {key: base[key] for key in UNSAID} | own.value | {"gaps": [*kept, *(gap.value for gap in gaps)]}


def _profile(name: str, entry: Field) -> Profile:
    return Profile(
        name=name,
        title=entry.at("title").text(1, 120),
        title_zh=entry.at("title_zh").text(1, 120),
        country=_country(entry.at("country")),
        hours=_hours(name, entry),
        caps=tuple(_cap(f"{name}.cap-{n}", cap) for n, cap in enumerate(entry.at("caps").entries(), 1)),
        gaps=_gaps(name, entry.at("gaps")),
        min_ring_seconds=entry.at("min_ring_seconds").whole(0, 120),
        abandon=tuple(
            abandons.read(f"{name}.abandon-{n}", each) for n, each in enumerate(entry.at("abandon").entries(), 1)
        ),
        source=entry.at("source").text(1),
        evidence=_evidence(entry),
        note=_note(entry),
    )


def _country(field: Field) -> str:
    if not isinstance(field.value, str) or not _COUNTRY.fullmatch(field.value):
        raise field.bad(Must.COUNTRY)
    return field.value


def _evidence(entry: Field) -> str:
    kind, detail = entry.at("evidence").choice(EVIDENCE), _if_said(entry, "evidence_detail")
    return f"{kind}: {detail}" if detail else kind


def _note(entry: Field) -> str:
    """Everything a person should read, a line each: notes, consent and, last, the caveat."""
    notes = [note.text() for note in entry.at("notes").entries()] if entry.has("notes") else []
    return "\n".join(text for text in (*notes, _if_said(entry, "consent"), _if_said(entry, "caveat")) if text)


def _if_said(entry: Field, key: str) -> str:
    return entry.at(key).text() if entry.has(key) else ""


def _hours(name: str, entry: Field) -> tuple[Hours, ...]:
    """The profile's own hours, which hold for everybody it is used for, and those of single regions."""
    regional = entry.at("regional_hours").record()
    if entry.value["hours"] is None and not regional.value:
        raise entry.at("hours").bad(Must.HOURS)
    own = [] if entry.value["hours"] is None else [_week_of(f"{name}.hours", entry.at("hours"))]
    return (*own, *(_regional(name, regional, code, entry.value["country"]) for code in regional.value))


def _regional(name: str, regional: Field, code: str, country: str) -> Hours:
    if code not in ZONES_OF_REGION or not code.startswith(f"{country}-"):
        raise regional.bad_key(code, Must.REGION)
    return _week_of(f"{name}.hours-{code[3:]}", regional.at(code), frozenset({code}))


def _week_of(name: str, field: Field, regions: frozenset[str] = frozenset()) -> Hours:
    """The hours of {"1-5": [...], "6": [...], "7": [], "hol": []}: weekdays, and public holidays if they differ."""
    week: dict[int, tuple[Span, ...]] = {}
    for key in field.record().value:
        days = _days(key)
        if key != "hol" and (not days or any(day in week for day in days)):
            raise field.bad_key(key, Must.WEEKDAYS)
        week |= dict.fromkeys(days, _spans(field.at(key)))
    if len(week) < 7:
        raise field.bad(Must.WHOLE_WEEK)
    holiday = _spans(field.at("hol")) if field.has("hol") else None
    return Hours(name, tuple(week[day] for day in range(1, 8)), holiday, regions=regions)


def _days(key: str) -> range:
    written = _DAYS.fullmatch(key)
    return range(int(written[1]), int(written[2] or written[1]) + 1) if written else range(0)


def _spans(field: Field) -> tuple[Span, ...]:
    spans = tuple(_span(each) for each in field.entries())
    if any(later[0] <= earlier[1] for earlier, later in pairwise(spans)):
        raise field.bad(Must.ORDERED_SPANS)
    return spans


def _span(field: Field) -> Span:
    written = _SPAN.fullmatch(field.value) if isinstance(field.value, str) else None
    start, end = (int(written[n]) * 60 + int(written[n + 1]) for n in (1, 3)) if written else (0, 0)
    if not start < end <= 1440:
        raise field.bad(Must.SPAN)
    return start, end


def _cap(name: str, field: Field) -> Cap:
    field.record(("limit", "counts", "per", "scope", "window", "window_hours", "calls"))
    if field.has("window") == field.has("window_hours"):
        raise field.bad(Must.ONE_WINDOW)
    calendar = Period(field.at("window").choice(Period)) if field.has("window") else None
    return Cap(
        name=name,
        counts=field.at("counts").choice(LEVELS) if field.has("counts") else "attempts",
        per=field.at("per").choice(PERS),
        scope=field.at("scope").choice(SCOPES),
        window=calendar or _duration(field.at("window_hours"), 1 / 60, LONGEST_WINDOW),
        limit=field.at("limit").whole(0, 10_000),
        calls=_calls(field),
    )


def _gaps(name: str, field: Field) -> tuple[Gap, ...]:
    gaps = tuple(_gap(name, gap) for gap in field.entries())
    if len({gap.after for gap in gaps}) < len(gaps):
        raise field.bad(Must.ONE_GAP_EACH)
    return gaps


def _gap(name: str, field: Field) -> Gap:
    field.record(("after", "wait_hours", "per", "scope", "calls"))
    return Gap(
        name=f"{name}.gap-{_after(field)}",
        after=_after(field),
        per=field.at("per").choice(PERS),
        scope=field.at("scope").choice(SCOPES),
        wait=_wait(field),
        calls=_calls(field),
    )


def _wait(field: Field) -> timedelta | None:
    """The gap's wait; it has to be said that it is never (null)."""
    refused = _after(field) == REFUSAL
    if refused and field.has("wait_hours") and field.value["wait_hours"] is None:
        return None
    return _duration(field.at("wait_hours"), 0, LONGEST_AFTER_REFUSAL if refused else LONGEST_GAP)


def _after(field: Field) -> str:
    return field.at("after").choice(OUTCOMES)


def _calls(field: Field) -> Calls:
    return Calls(field.at("calls").choice(Calls)) if field.has("calls") else Calls.ALL


def _duration(field: Field, least: float, most: float) -> timedelta:
    """Hours as a time in whole seconds, which is how a policy keeps it."""
    return timedelta(seconds=round(field.number(least, most) * 3600))

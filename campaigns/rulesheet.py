"""What the pages of rules read: every rule that binds, in words, with who gave it; the week in force; what changed.

A sheet is made of a policy, so that a version of last month reads back the same way as the rules of now.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from campaigns import policies, sentences
from campaigns.models import (
    Campaign,
    ClosedDay,
    ComplianceProfile,
    Disposition,
    FrequencyCap,
    MinimumGap,
    PolicyVersion,
)
from campaigns.rulebook import Owner
from campaigns.rules import abandons, profiles
from campaigns.rules import policy as policy_rules
from campaigns.rules.consent import CONSENT_RULE, PRODUCTS_RULE
from campaigns.rules.policy import Policy
from campaigns.rules.retries import DEFAULTS, Retry
from campaigns.rules.windows import Hours, Span
from campaigns.selectors import disposition_label
from campaigns.sentences.parts import country_name, first_upper, listed, place_name, spans_words

VERSIONS = 20
FREQUENCY = "caps", "gaps"
Kind = type[FrequencyCap] | type[MinimumGap]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule in words. `pk` where it is a row that this page may end; `ended`: just now, so that it can be undone."""

    name: str
    sentence: str
    source: str = ""
    pk: int | None = None
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """Rules of one kind, under the heading that the pages give them; `more` are those of single regions."""

    key: str
    title: str
    rules: tuple[Rule, ...]
    more: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class DayInForce:
    """When calls are allowed on a weekday by all rules together, and by whom that is set."""

    name: str
    words: str
    bars: tuple[tuple[float, bool], ...]  # (share of the day in per cent, whether open)
    bound_by: str


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the rules, and what it changed of the one before."""

    row: PolicyVersion
    added: tuple[str, ...]
    removed: tuple[str, ...]
    first: bool = False


@dataclass(frozen=True, slots=True)
class ProfileCard:
    """A compliance profile as a manager reads it before choosing it."""

    row: ComplianceProfile
    title: str
    country: str
    asks: tuple[str, ...]
    source: str
    evidence: str
    notes: tuple[str, ...]


def sheet(policy: Policy, *, line: str | None) -> list[Section]:
    """Everything the policy says; `line` is the name of the campaign's line of business, empty where it has none."""
    sources = sentences.sources_of(
        [*(h.name for h in policy.hours), *(c.name for c in policy.caps), *(g.name for g in policy.gaps)]
    )
    hours = {h.name: Rule(h.name, first_upper(sentences.hours_sentence(h)), sources[h.name]) for h in policy.hours}
    far = {h.name for h in policy.hours if _is_regional(h)}
    caps = [Rule(c.name, sentences.cap_sentence(c, line=line), sources[c.name]) for c in policy.caps]
    gaps = [Rule(g.name, sentences.gap_sentence(g, line=line), sources[g.name]) for g in policy.gaps]
    return [
        Section(
            "hours",
            _("Calling hours"),
            tuple(rule for name, rule in hours.items() if name not in far),
            tuple(rule for name, rule in hours.items() if name in far),
        ),
        Section("caps", _("Frequency caps"), tuple(caps)),
        Section("gaps", _("Minimum gaps"), tuple(gaps)),
        Section("consent", _("Consent and products"), tuple(_agreed(policy))),
        Section("attempts", _("Attempts"), tuple(Rule("", said) for said in _attempts(policy))),
        Section("retries", _("After each outcome"), tuple(Rule("", said) for said in _retries(policy.retries))),
    ]


def in_force(campaign: Campaign) -> list[Section]:
    """The sheet of now, with what is no part of a policy: callbacks, and what follows a conversation."""
    fallback = timedelta(minutes=campaign.callback_fallback_minutes)
    expires = timedelta(hours=campaign.callback_expires_hours)
    callbacks = (Rule("", sentences.callbacks_sentence(fallback, expires)),)
    own = Disposition.objects.filter(Q(campaign=campaign) | Q(campaign=None), active=True)
    after = tuple(Rule("", _after_disposition(row)) for row in own)
    return [
        *sheet(policies.of(campaign), line=line_of(campaign)),
        Section("callbacks", _("Callbacks"), callbacks),
        Section("dispositions", _("After each disposition"), after),
    ]


def _after_disposition(row: Disposition) -> str:
    wait = None if row.retry_after_hours is None else timedelta(hours=row.retry_after_hours)
    return sentences.disposition_sentence(disposition_label(row), wait, row.retry_limit)


def line_of(campaign: Campaign) -> str:
    return campaign.line_of_business.name if campaign.line_of_business else ""


def frequency_rules(owner: Owner, kind: Kind, ended: int | None = None) -> list[Rule]:
    """Caps or gaps that bind the owner, its own first; of them the one that was just ended too."""
    shown = Q(active=True) | Q(pk=ended or 0)
    own: list[Any] = list(_own(owner, kind).filter(shown).select_related("line_of_business"))
    line = line_of(owner) if isinstance(owner, Campaign) else (owner.name if owner else None)
    here = isinstance(owner, Campaign)
    found = [Rule(*_in_words(row, line, here), pk=row.pk, ended=not row.active) for row in own]
    if isinstance(owner, Campaign):
        policy = policies.resolve(owner)
        rest = next(s for s in sheet(policy, line=line) if s.key == FREQUENCY[kind is MinimumGap])
        found += [rule for rule in rest.rules if rule.name not in {each.name for each in found}]
    return found


def closed_days(owner: Owner) -> list[tuple[ClosedDay, str]]:
    """Days without calls from today on, each with the country in words: the owner's own and everyone's."""
    whose = Q(campaign=None) | (Q(campaign=owner.pk) if isinstance(owner, Campaign) else Q(pk__in=[]))
    recent = timezone.localdate() - timedelta(days=1)
    rows = ClosedDay.objects.filter(whose, day__gte=recent).order_by("day", "country")
    return [(row, place_of(row)) for row in rows]


def place_of(day: ClosedDay) -> str:
    return country_name(day.country) if day.country else _("all countries")


def week_in_force(policy: Policy) -> list[DayInForce]:
    """Monday to Sunday: where all hours meet. Hours of single regions are said beside it (`regional`)."""
    everywhere = [h for h in policy.hours if not h.regions]
    days = profiles.common_week(everywhere)
    sources = sentences.sources_of({name for _spans, names in days for name in names})
    return [
        DayInForce(
            str(WEEKDAYS[n]),
            spans_words(spans) if spans else _("no calls"),
            _bars(spans),
            listed(list(dict.fromkeys(sources[name] for name in names))),
        )
        for n, (spans, names) in enumerate(days)
    ]


def common_hours(policy: Policy) -> tuple[tuple[Span, ...], ...]:
    """Monday to Sunday: where all hours that hold everywhere meet."""
    return tuple(spans for spans, _names in profiles.common_week([h for h in policy.hours if not h.regions]))


def regional(policy: Policy) -> list[Rule]:
    """Hours that hold for people in some regions only, in words."""
    found = [h for h in policy.hours if _is_regional(h)]
    sources = sentences.sources_of(h.name for h in found)
    return [
        Rule(
            ", ".join(place_name(code) for code in sorted(h.regions)),
            sentences.hours_sentence(replace(h, regions=frozenset())),
            sources[h.name],
        )
        for h in found
    ]


def profile_cards() -> list[ProfileCard]:
    rows = ComplianceProfile.objects.select_related("confirmed_by").order_by("country", "title")
    return [_card(row) for row in rows]


def versions(campaign: Campaign) -> list[Version]:
    """The latest versions, newest first, each with what it changed."""
    rows = PolicyVersion.objects.filter(campaign=campaign).select_related("created_by").order_by("-number")
    found = list(rows[: VERSIONS + 1])
    line = line_of(campaign)
    said = {row.pk: _said(policy_rules.load(row.data, row.pk), line) for row in found}
    made = []
    for row, older in zip(found, [*found[1:], None], strict=True):
        if older is None:
            made.append(Version(row, (), (), first=True))
            continue
        new, old = said[row.pk], said[older.pk]
        made.append(
            Version(row, tuple(s for s in new if s not in old), tuple(s for s in old if s not in new), row.number == 1)
        )
    return made[:VERSIONS]


def _said(policy: Policy, line: str) -> list[str]:
    """All that a version says; hours clause by clause, so that a change of one is seen."""
    sections = sheet(policy, line=line)
    clauses = {h.name: sentences.hours_clauses(h) for h in policy.hours}
    return [
        _("%(rule)s (%(source)s)") % {"rule": first_upper(said), "source": rule.source} if rule.source else said
        for section in sections
        for rule in (*section.rules, *section.more)
        for said in clauses.get(rule.name, [rule.sentence])
    ]


def _is_regional(hours: Hours) -> bool:
    """Of a profile, for people in some regions only; not the days without calls of a country."""
    return bool(hours.regions) and not hours.name.startswith("closed.")


def _agreed(policy: Policy) -> Iterable[Rule]:
    if policy.consent:
        yield Rule(CONSENT_RULE, sentences.consent_sentence(policy.consent))
    if policy.excluded_products:
        labels = sentences.product_labels(policy.excluded_products)
        yield Rule(PRODUCTS_RULE, sentences.products_sentence(labels))


def _attempts(policy: Policy) -> list[str]:
    said = [sentences.attempts_sentence(policy.max_attempts), sentences.cadence_sentence(policy.cadence)]
    if policy.spread:
        said.append(sentences.spread_sentence())
    if policy.min_ring_seconds:
        said.append(sentences.ring_sentence(policy.min_ring_seconds))
    return said


def _retries(own: Mapping[str, Retry]) -> list[str]:
    return [
        sentences.retry_sentence(outcome, own.get(outcome) or default)
        for outcome, default in DEFAULTS.items()
        if outcome not in ("released", "conversation")
    ]


def _own(owner: Owner, kind: Kind) -> QuerySet[FrequencyCap] | QuerySet[MinimumGap]:
    if isinstance(owner, Campaign):
        return kind.objects.filter(campaign=owner).order_by("pk")
    return kind.objects.filter(campaign=None, line_of_business=owner).order_by("pk")


def _in_words(row: FrequencyCap | MinimumGap, line: str | None, here: bool) -> tuple[str, str, str]:
    if isinstance(row, FrequencyCap):
        rule = policies.cap_of(row)
        return rule.name, sentences.cap_sentence(rule, line=line), sentences.owner_words(row)
    gap = policies.gap_of(row)
    return gap.name, sentences.gap_sentence(gap, line=line, here=here), sentences.owner_words(row)


def _bars(spans: Sequence[Span]) -> tuple[tuple[float, bool], ...]:
    bars: list[tuple[float, bool]] = []
    at = 0
    for start, end in spans:
        bars += [((start - at) / 14.4, False), ((end - start) / 14.4, True)]
        at = end
    return tuple(bar for bar in bars if bar[0])


def _card(row: ComplianceProfile) -> ProfileCard:
    return ProfileCard(
        row,
        sentences.profile_title(row),
        country_name(row.country) if row.country else _("several countries"),
        tuple(_asks(row)),
        row.data.get("source", ""),
        row.data.get("evidence", ""),
        tuple(line for line in row.data.get("note", "").splitlines() if line.strip()),
    )


def _asks(row: ComplianceProfile) -> Iterable[str]:
    hours, caps, gaps = policy_rules.load_rules(row.data)
    yield from (first_upper(sentences.hours_sentence(h)) for h in hours)
    yield from (sentences.cap_sentence(c) for c in caps)
    yield from (sentences.gap_sentence(g, here=False) for g in gaps)
    if row.data.get("min_ring_seconds"):
        yield sentences.ring_sentence(row.data["min_ring_seconds"])
    yield from (sentences.abandon_sentence(abandons.load(each)) for each in row.data.get("abandon", ()))

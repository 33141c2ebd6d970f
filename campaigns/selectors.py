"""What the screens read: campaigns with their figures of today, leads by state and reason, lists with their rejects.

Figures of dialling (pools, shifts, attempts) are reached through the reverse side of their foreign keys to Campaign:
the ORM knows them and campaigns imports nothing of the dialler. Each figure of a page costs one query for all of its
rows, never one per row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Case, Count, F, Max, Min, Q, QuerySet, Value, When
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import get_language

from campaigns import search, words
from campaigns.models import (
    Campaign,
    CampaignList,
    ContactList,
    Disposition,
    Lead,
    ListVersion,
    Reject,
    Suppression,
    SuppressionFile,
    SuppressionReject,
)
from campaigns.partitions import first_id
from campaigns.rules import searching
from campaigns.sentences.sharing import Rival

PAGE = 100
# An agent on a call works for its campaign alone; any other for all campaigns they serve.
ON_A_CALL = ("claimed", "talking", "wrap_up")
BETWEEN_CALLS = ("ready", "paused", "signing_in", "leaving")
# Reasons that many rules of a campaign give: told rule by rule.
RULED = ("frequency_cap_reached", "too_soon")
LEAD_RANKS = {("due", False): 0, ("due", True): 1, ("held", False): 2, ("finished", False): 3}


@dataclass(frozen=True, slots=True)
class Standing:
    """What a campaign's state sentence says: its state, whether engines have yet to see it, and what limits it."""

    state: str
    word: str
    limited_by: str = ""


@dataclass(slots=True)
class CampaignRow:
    """A campaign with its figures of today."""

    campaign: Campaign
    standing: Standing
    agents: dict[str, int] = field(default_factory=dict)
    attempts: int = 0
    connected: int = 0
    abandoned: int = 0
    callable: int = 0

    @property
    def agents_on(self) -> int:
        return sum(self.agents.values())

    @property
    def delivered(self) -> int:
        """Live answers that were to get an agent: what the abandoned are counted against."""
        return self.connected + self.abandoned


@dataclass(frozen=True, slots=True)
class LeadGroup:
    """Leads of a campaign that share a fate; `next_at` is when the first of them may be called again."""

    state: str
    later: bool
    reason: str  # a code of words.LEAD_REASONS
    count: int
    next_at: datetime | None = None
    rule: str = ""  # of the reasons in RULED: which cap or gap
    policy_id: int | None = None  # the newest policy that named the rule

    @property
    def rank(self) -> int:
        """0 callable now, 1 waiting, 2 in a call, 3 finished."""
        return LEAD_RANKS[self.state, self.later]

    @property
    def filters(self) -> dict[str, str]:
        """What selects exactly these leads on the page of leads."""
        when = {"when": "later" if self.later else "now"} if self.state == Lead.State.DUE else {}
        return {"state": self.state, "why": self.reason, **when, **({"rule": self.rule} if self.rule else {})}

    @property
    def query(self) -> str:
        return urlencode(self.filters)

    @property
    def why(self) -> str:
        return "" if self.state == Lead.State.HELD else words.of(words.LEAD_REASONS, self.reason)


def start_of_day(now: datetime) -> datetime:
    """Midnight of today in the reader's time zone."""
    return timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)


def campaign_rows(now: datetime) -> list[CampaignRow]:
    """All campaigns, running ones first."""
    campaigns = sorted(Campaign.objects.all(), key=lambda c: (c.status != Campaign.Status.RUNNING, c.name.casefold()))
    standings = _standings(campaigns)
    rows = {c.pk: CampaignRow(c, standings[c.pk]) for c in campaigns}
    for pk, state, count in (*_agents_on_calls(), *_agents_between_calls()):
        rows[pk].agents[state] = count
    for pk, attempts, connected, abandoned in attempts_since(start_of_day(now)):
        rows[pk].attempts, rows[pk].connected, rows[pk].abandoned = attempts, connected, abandoned
    for pk, count in _due_now(now):
        rows[pk].callable = count
    return list(rows.values())


def agent_rivals(campaign: Campaign) -> list[Rival]:
    """Campaigns that are not over and have agents in common with this one, by name."""
    over = (Campaign.Status.FINISHED, Campaign.Status.STOPPED)
    common = Campaign.objects.filter(pk=campaign.pk).values("agents")
    others = Campaign.objects.filter(agents__in=common).exclude(pk=campaign.pk).exclude(status__in=over)
    rows = others.order_by("name").values_list("name", "agent_priority", "agent_weight").distinct()
    return [Rival(*row) for row in rows]


def attempts_since(since: datetime) -> QuerySet[Campaign, Any]:
    """(campaign, attempts, connected, abandoned) since; by id, so that only today's partition is read."""
    today = Campaign.objects.order_by().filter(attempt__id__gte=first_id(since))
    counts = {
        "attempts": Count("attempt"),
        "connected": Count("attempt", filter=Q(attempt__bridged_at__isnull=False)),
        "abandoned": Count("attempt", filter=Q(attempt__outcome="abandoned")),
    }
    return today.values_list("pk").annotate(**counts)


def _agents_on_calls() -> QuerySet[Campaign, Any]:
    on = Campaign.objects.order_by().filter(shifts__state__in=ON_A_CALL)
    return on.values_list("pk", "shifts__state").annotate(n=Count("shifts"))


def _agents_between_calls() -> QuerySet[Campaign, Any]:
    """By every campaign they serve: an agent whom two share is one of the agents of each."""
    on = Campaign.objects.order_by().filter(serving_shifts__state__in=BETWEEN_CALLS)
    return on.values_list("pk", "serving_shifts__state").annotate(n=Count("serving_shifts"))


def _due_now(now: datetime) -> QuerySet[Lead, Any]:
    due = Lead.objects.order_by().filter(state=Lead.State.DUE, due_at__lte=now)
    return due.values_list("campaign_id").annotate(n=Count("pk"))


def standing(campaign: Campaign) -> Standing:
    """Where the campaign stands at this moment."""
    return _standings([campaign])[campaign.pk]


def _standings(campaigns: Sequence[Campaign]) -> dict[int, Standing]:
    these = Campaign.objects.order_by().filter(pk__in=[c.pk for c in campaigns])
    behind = set(these.filter(pools__seen_version__lt=F("version")).values_list("pk", flat=True))
    limits = _limits(these)
    return {c.pk: _standing(c, c.pk in behind, limits.get(c.pk, "")) for c in campaigns}


def _standing(campaign: Campaign, behind: bool, limited_by: str) -> Standing:
    status = Campaign.Status(campaign.status)
    if status == Campaign.Status.RUNNING:
        return Standing(status.value, str(status.label), words.of(words.LIMITS, limited_by) if limited_by else "")
    if behind and status == Campaign.Status.PAUSED:
        return Standing("pausing", str(words.PAUSING))
    if behind and status == Campaign.Status.STOPPED:
        return Standing("pausing", str(words.STOPPING))
    return Standing(status.value, str(status.label))


def _limits(campaigns: QuerySet[Campaign]) -> dict[int, str]:
    """What limits each campaign where it was decided on last; a server without a driver decides nothing."""
    decided = campaigns.filter(pools__decided_at__isnull=False).order_by("pools__decided_at")
    driven = Case(When(pools__server__lease_until__gt=Now(), then=True), default=False)
    rows = decided.annotate(driven=driven).values_list("pk", "pools__limited_by", "driven")
    return {pk: limited_by if driven else "pbx_down" for pk, limited_by, driven in rows}


def lead_groups(campaign: Campaign, now: datetime) -> list[LeadGroup]:
    """All leads of the campaign by state and reason: callable, waiting, in a call, finished; largest first in each."""
    leads = _with_fate(Lead.objects.order_by().filter(campaign=campaign), now)
    fates = leads.values_list("state", "later", "why", "by_rule")  # type: ignore[misc]
    rows = fates.annotate(n=Count("pk"), at=Min("due_at"), version=Max("policy_id"))
    groups = [
        LeadGroup(state, later, why, count, at if later else None, rule, version if rule else None)
        for state, later, why, rule, count, at, version in rows
    ]
    return sorted(groups, key=lambda g: (g.rank, -g.count))


def lead_page(campaign: Campaign, *, after: int, filters: dict[str, str], now: datetime) -> list[Lead]:
    """The next leads by contact after contact `after`; one more than a page when there is a next one."""
    leads = _with_fate(Lead.objects.filter(campaign=campaign, contact_id__gt=after), now)
    if filters.get("state") in Lead.State.values:
        leads = leads.filter(state=filters["state"])
    if "when" in filters:
        leads = leads.filter(later=filters["when"] == "later")  # type: ignore[misc]
    if "why" in filters:
        leads = leads.filter(why=filters["why"])  # type: ignore[misc]
    if "rule" in filters:
        leads = leads.filter(by_rule=filters["rule"])  # type: ignore[misc]
    return list(leads.select_related("contact").order_by("contact_id")[: PAGE + 1])


def _with_fate(leads: QuerySet[Lead], now: datetime) -> QuerySet[Lead]:
    """`later`: due, but not yet. `why`: the reason that holds now; one that has passed no longer counts. `by_rule`: the
    cap or gap it came from."""
    due = Q(state=Lead.State.DUE)
    later = Case(When(due & Q(due_at__gt=now), then=True), default=False)
    why = Case(
        When(due & Q(due_at__lte=now), then=Value("")),
        When(due & Q(callback=True), then=Value("callback")),
        default=F("reason"),
    )
    leads = leads.annotate(later=later, why=why)
    return leads.annotate(by_rule=Case(When(why__in=RULED, then=F("rule")), default=Value("")))


def dispositions_since(campaign: Campaign, since: datetime) -> list[tuple[str, str, int]]:
    """(label, category, how many) of what agents said since, most often first."""
    said = Q(attemptresult__campaign=campaign, attemptresult__at__gte=since)
    found = Disposition.objects.order_by().filter(said).annotate(n=Count("attemptresult"))
    rows = [(disposition_label(d), d.get_category_display(), d.n) for d in found]
    unsaid = Campaign.objects.filter(pk=campaign.pk, attemptresult__at__gte=since, attemptresult__disposition=None)
    if silent := unsaid.count():
        rows.append((str(words.NO_DISPOSITION), "", silent))
    return sorted(rows, key=lambda row: -row[2])


def disposition_label(disposition: Disposition) -> str:
    """Its label in the reader's language."""
    chinese = (get_language() or "").startswith("zh")
    return disposition.label_zh if chinese and disposition.label_zh else disposition.label


def lists(campaign: Campaign | None = None) -> QuerySet[ContactList]:
    found = ContactList.objects.order_by("-created_at").prefetch_related("campaigns")
    return found.filter(campaigns=campaign) if campaign else found


def campaign_links(campaign: Campaign) -> list[CampaignList]:
    """The lists of a campaign in the order they are called: boosted ones, then by priority."""
    now = timezone.now()
    links = CampaignList.objects.filter(campaign=campaign).select_related("list").order_by("-priority", "-pk")
    return sorted(links, key=lambda link: not is_boosted(link, now))


def is_boosted(link: CampaignList, now: datetime) -> bool:
    return bool(link.boosted_until and link.boosted_until > now)


def reject_groups(of: ContactList | ListVersion) -> list[tuple[str, str, int]]:
    """(code, words, how many) of the rejects of a list or a version, most frequent first."""
    rows = of.rejects.order_by().values_list("reason").annotate(n=Count("pk"))
    return sorted(((code, words.of(words.REJECT_REASONS, code), n) for code, n in rows), key=lambda row: -row[2])


def reject_page(of: ContactList | ListVersion, *, after: int, reason: str) -> list[Reject]:
    """Rejects after this row number; one more than a page when there is a next one."""
    rejects = of.rejects.filter(row_no__gt=after, **({"reason": reason} if reason else {}))
    return list(rejects.order_by("row_no")[: PAGE + 1])


def suppression_page(*, before: int | None, text: str = "") -> list[Suppression]:
    """Do-not-call entries, newest first; `text` is a whole number, in any spelling, whose entries are wanted.

    By its index: endings would have to be looked for in every one of millions of entries.
    """
    found = Suppression.objects.select_related("line_of_business", "campaign", "created_by", "contact")
    found = found.filter(ended_at=None).order_by("-pk")
    if before:
        found = found.filter(pk__lt=before)
    if text:
        found = found.filter(phone__in=searching.meaning(text, search.countries()).numbers)
    return list(found[: PAGE + 1])


def entries_like(entry: Suppression) -> list[Suppression]:
    """All entries there ever were of the same number, or the same person, newest first."""
    whose = {"contact": entry.contact_id} if entry.contact_id else {"phone": entry.phone}
    found = Suppression.objects.filter(**whose).order_by("-pk")
    return list(found.select_related("line_of_business", "campaign", "created_by", "ended_by")[:PAGE])


def suppression_sources() -> list[tuple[str, int]]:
    """(source, how many entries hold), most first."""
    holding = Suppression.objects.order_by().filter(ended_at=None)
    return sorted(holding.values_list("source").annotate(n=Count("pk")), key=lambda row: -row[1])


def suppression_files() -> list[SuppressionFile]:
    """The latest do-not-call files, newest first."""
    return list(SuppressionFile.objects.select_related("line_of_business", "campaign", "created_by")[:PAGE])


def suppression_rejects(file: SuppressionFile, *, after: int) -> list[SuppressionReject]:
    """Rejects after this row number; one more than a page when there is a next one."""
    return list(file.rejects.filter(row_no__gt=after).order_by("row_no")[: PAGE + 1])

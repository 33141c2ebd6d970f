"""The board in words: what each campaign is doing and why not more, and which agents want a look first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from campaigns.models import Campaign, Disposition
from campaigns.templatetags.fairdial import STATES
from campaigns.words import NO_DISPOSITION, PAUSING
from dialer.rules import kpi
from dialer.wall import board, words
from dialer.wall.attention import Attention, attention

STRIP = ("ready", "claimed", "talking", "wrap_up", "paused", "signing_in", "leaving")
IN_FLIGHT = ("placed", "dialing", "ringing", "answered", "machine", "waiting", "assigned", "talking")
ABANDON_BUDGET = 0.03


@dataclass(frozen=True, slots=True)
class Part:
    """A segment of a strip, or a figure with a word."""

    code: str
    word: str
    count: int
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """One campaign on the wall."""

    campaign: board.Campaign
    state: str
    word: str
    limits: str
    agents: list[Part]
    calls: list[Part]
    dispositions: list[Part]
    today: board.Today
    callable: int
    utilisation: float | None

    @property
    def agents_on(self) -> int:
        return sum(part.count for part in self.agents)

    @property
    def in_flight(self) -> int:
        return sum(part.count for part in self.calls)

    @property
    def over_budget(self) -> bool:
        return (self.today.abandon_rate or 0) > ABANDON_BUDGET


@dataclass(frozen=True, slots=True)
class AgentRow:
    """One agent on the wall: the campaign of their call or those they serve, and why a supervisor should look."""

    agent: board.Agent
    attention: Attention
    campaigns: str

    @property
    def why(self) -> str:
        return words.of(words.ATTENTION, self.attention.why) if self.attention.why else ""


@dataclass(frozen=True, slots=True)
class Wall:
    """Everything on the wall at one moment."""

    at: datetime
    campaigns: list[CampaignRow]
    agents: list[AgentRow]
    servers: list[board.Server]

    @property
    def troubles(self) -> int:
        return sum(row.attention.trouble for row in self.agents) + sum(
            not s.driven or bool(s.problem) for s in self.servers
        )


def wall(day_start: datetime) -> Wall:
    live, today, due = board.live(), board.today(day_start), board.callable_now()
    rows = [campaign_row(c, today.get(c.id, board.Today()), due.get(c.id, 0)) for c in live.campaigns]
    names = {c.id: c.name for c in live.campaigns}
    agents = sorted(
        (_agent_row(a, live.at, names) for a in live.agents), key=lambda r: (r.attention.rank, r.agent.since)
    )
    return Wall(live.at, rows, agents, [s for s in live.servers if s.enabled])


def one_campaign(campaign: Campaign, day_start: datetime) -> tuple[CampaignRow, datetime]:
    """The dialler's side of one campaign, and when it was read; a draft has none but is shown all the same."""
    live, today, due = board.live(), board.today(day_start), board.callable_now()
    found = next((c for c in live.campaigns if c.id == campaign.pk), None) or board.Campaign(
        campaign.pk, campaign.name, campaign.status, campaign.version, campaign.dial_mode, float(campaign.ratio)
    )
    return campaign_row(found, today.get(found.id, board.Today()), due.get(found.id, 0)), live.at


def campaign_row(found: board.Campaign, today: board.Today, due: int) -> CampaignRow:
    state, word = _standing(found)
    signed_in = sum(found.agents.values())
    return CampaignRow(
        campaign=found,
        state=state,
        word=word,
        limits=limits(found) if state == Campaign.Status.RUNNING else "",
        agents=_parts(STRIP, found.agents),
        calls=_call_parts(found.calls),
        dispositions=_dispositions(today.dispositions),
        today=today,
        callable=due,
        utilisation=kpi.utilisation(found.agents.get("talking", 0), found.agents.get("wrap_up", 0), signed_in),
    )


def _standing(found: board.Campaign) -> tuple[str, str]:
    """ "pausing…" until every engine that drives a pool of it has seen that it must stop."""
    behind = any(pool.driven and pool.seen_version < found.version for pool in found.pools)
    if found.status == Campaign.Status.PAUSED and behind:
        return "pausing", str(PAUSING)
    return found.status, str(Campaign.Status(found.status).label)


def limits(found: board.Campaign) -> str:
    """What keeps it from dialling more, in words: the reasons of all its servers, or why nobody decides at all."""
    driven = [pool for pool in found.pools if pool.driven]
    if not driven:
        return _("no PBX that is driven: start an engine worker")
    return _(", ").join(sorted({words.of(words.LIMITS, code) for pool in driven if (code := _limit(pool))}))


def _limit(pool: board.Pool) -> str:
    if pool.trouble:
        return "pbx_down"
    return pool.limited_by if pool.decided else "not_started"


def _parts(order: Iterable[str], counts: dict[str, int]) -> list[Part]:
    total = sum(counts.values())
    return [Part(c, str(STATES.get(c, c)), counts[c], 100 * counts[c] / total) for c in order if counts.get(c)]


def _call_parts(counts: dict[str, int]) -> list[Part]:
    """Reserved and placed are one thing to a supervisor."""
    merged = {**counts, "placed": counts.get("placed", 0) + counts.get("reserved", 0)}
    return [Part(c, words.of(words.CALL_STATES, c), merged[c]) for c in IN_FLIGHT if merged.get(c)]


def _dispositions(counts: dict[str, int]) -> list[Part]:
    total = sum(counts.values())
    labels = {category.value: str(category.label) for category in Disposition.Category} | {"": str(NO_DISPOSITION)}
    return [Part(code, labels[code], counts[code], 100 * counts[code] / total) for code in labels if counts.get(code)]


def _agent_row(agent: board.Agent, at: datetime, names: dict[int, str]) -> AgentRow:
    over = agent.wrap_up_until is not None and at > agent.wrap_up_until
    found = attention(agent.state, (at - agent.since).total_seconds(), over_wrap_up=over)
    return AgentRow(agent, found, _(", ").join(sorted(names[each] for each in agent.at_work_for if each in names)))

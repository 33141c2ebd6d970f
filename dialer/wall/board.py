"""The live board: a handful of grouped queries over what lives now and what happened today, the same for every viewer.

`live` is what changes by the second: calls, agents, pools, servers. `today` is what adds up since a midnight and is
therefore kept per time zone. Both are shared (see `shared`), so a hundred viewers cost what one does. A call of today
is counted once: it is live or it is history, and both are read in one statement.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from campaigns.partitions import first_id
from dialer.rules import kpi
from dialer.wall.shared import shared

ON_A_CALL = ("claimed", "talking", "wrap_up")
# Ids are made by the engine's clock, times by the database's: read a little before midnight, count by time.
CLOCKS_DIFFER = timedelta(minutes=5)


@dataclass(slots=True)
class Agent:
    """One signed-in agent; `campaign_id` is that of their call, `serves` are those whose calls they take."""

    id: int
    name: str
    campaign_id: int
    state: str
    since: datetime
    reason: str
    wrap_up_until: datetime | None
    then: str
    serves: list[int]

    @property
    def at_work_for(self) -> list[int]:
        """On a call: its campaign alone. Else every campaign that would get them."""
        return [self.campaign_id] if self.state in ON_A_CALL else self.serves


@dataclass(slots=True)
class Pool:
    """A campaign on a server: what its engine decided last."""

    server: str
    limited_by: str
    seen_version: int
    decided: bool
    driven: bool
    trouble: bool


@dataclass(slots=True)
class Campaign:
    """A campaign as it stands: `calls` in flight by state, customers who wait since when, agents who work for it now
    by state, and how many of them are `shared` with other campaigns, where they are counted too."""

    id: int
    name: str
    status: str
    version: int
    dial_mode: str
    ratio: float
    calls: dict[str, int] = field(default_factory=dict)
    waiting: list[datetime] = field(default_factory=list)
    agents: dict[str, int] = field(default_factory=dict)
    shared: int = 0
    pools: list[Pool] = field(default_factory=list)


@dataclass(slots=True)
class Server:
    """A PBX and who drives it."""

    id: int
    name: str
    owner: str
    driven: bool
    problem: str
    enabled: bool


@dataclass(slots=True)
class Live:
    """Everything that lives at `at`."""

    at: datetime
    campaigns: list[Campaign]
    agents: list[Agent]
    servers: list[Server]


@dataclass(slots=True)
class Today:
    """A campaign's counts since midnight, live calls included. Times in milliseconds."""

    attempts: int = 0
    answered: int = 0
    connected: int = 0
    abandoned: int = 0
    customers: int = 0
    machines: int = 0
    p50_ms: float | None = None
    p99_ms: float | None = None
    dispositions: dict[str, int] = field(default_factory=dict)

    @property
    def abandon_rate(self) -> float | None:
        return kpi.abandon_rate(self.abandoned, self.answered)

    @property
    def machine_rate(self) -> float | None:
        return kpi.machine_rate(self.machines, self.answered)

    @property
    def contact_rate(self) -> float | None:
        return kpi.contact_rate(self.connected, self.customers)


CAMPAIGNS = """
SELECT c.id, c.name, c.status, c.version, c.dial_mode, c.ratio::float, now() FROM campaigns_campaign c
WHERE c.status IN ('running', 'paused')
   OR EXISTS (SELECT 1 FROM dialer_shift s WHERE s.campaign_id = c.id AND s.state <> 'off')
   OR c.status = 'draft' AND EXISTS (SELECT 1 FROM dialer_shift s JOIN dialer_shiftcampaign v ON v.shift_id = s.id
                                     WHERE v.campaign_id = c.id AND s.state <> 'off')
   OR EXISTS (SELECT 1 FROM dialer_livecall l WHERE l.campaign_id = c.id)
ORDER BY c.status <> 'running', c.name
"""
CALLS = """
SELECT campaign_id, state, count(*), array_agg(waiting_at ORDER BY waiting_at) FILTER (WHERE state = 'waiting')
FROM dialer_livecall GROUP BY campaign_id, state
"""
AGENTS = """
SELECT s.agent_id, coalesce(nullif(trim(u.first_name || ' ' || u.last_name), ''), u.username), s.campaign_id, s.state,
       s.since, s.reason, s.wrap_up_until, s.then,
       ARRAY(SELECT v.campaign_id FROM dialer_shiftcampaign v WHERE v.shift_id = s.id)
FROM dialer_shift s JOIN dialer_agent a ON a.id = s.agent_id JOIN campaigns_user u ON u.id = a.user_id
WHERE s.state <> 'off'
"""
POOLS = """
SELECT p.campaign_id, v.name, p.limited_by, p.seen_version, p.decided_at IS NOT NULL,
       v.enabled AND coalesce(v.lease_until > now(), false), v.problem <> ''
FROM dialer_pool p JOIN dialer_pbxserver v ON v.id = p.server_id
"""
SERVERS = """
SELECT id, name, owner, coalesce(lease_until > now(), false), problem, enabled FROM dialer_pbxserver ORDER BY name
"""
TODAY = """
WITH calls AS (
    SELECT campaign_id, contact_id, placed_at, answered_at, bridged_at, ended_at, outcome = 'abandoned' AS dropped,
           verdict = 'machine' AND bridged_at IS NULL AS machine, detected_at
    FROM dialer_attempt WHERE id >= %(first)s AND reserved_at >= %(start)s
    UNION ALL
    SELECT campaign_id, contact_id, placed_at, answered_at, bridged_at, NULL, abandoned,
           verdict = 'machine' AND bridged_at IS NULL, detected_at
    FROM dialer_livecall WHERE reserved_at >= %(start)s
)
SELECT campaign_id, count(placed_at), count(answered_at) FILTER (WHERE NOT machine), count(bridged_at),
       count(*) FILTER (WHERE answered_at IS NOT NULL AND NOT machine
                        AND (bridged_at IS NOT NULL OR ended_at IS NOT NULL)
                        AND ((dropped AND bridged_at IS NULL)
                             OR coalesce(bridged_at, ended_at) - coalesce(detected_at, answered_at) > %(threshold)s)),
       count(*) FILTER (WHERE machine),
       count(DISTINCT contact_id) FILTER (WHERE placed_at IS NOT NULL),
       percentile_disc(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY extract(epoch FROM bridged_at - answered_at) * 1000)
           FILTER (WHERE bridged_at IS NOT NULL AND answered_at IS NOT NULL)
FROM calls GROUP BY campaign_id
"""
DISPOSITIONS = """
SELECT r.campaign_id, coalesce(d.category, ''), count(*)
FROM dialer_attemptresult r LEFT JOIN campaigns_disposition d ON d.id = r.disposition_id
WHERE r.at >= %s GROUP BY 1, 2
"""
CALLABLE = (
    "SELECT campaign_id, count(*) FROM campaigns_lead WHERE state = 'due' AND due_at <= now() GROUP BY campaign_id"
)


def live() -> Live:
    return shared("live", read_live)


def today(start: datetime) -> dict[int, Today]:
    """Counts by campaign since `start`, the midnight of the reader's zone."""
    return shared(f"today.{start.timestamp():.0f}", lambda: read_today(start))


def callable_now() -> dict[int, int]:
    """Leads that are due now, by campaign."""
    return shared("callable", lambda: dict(_rows(CALLABLE)))


def read_live() -> Live:
    rows = _rows(CAMPAIGNS)
    campaigns = {row[0]: Campaign(*row[:6]) for row in rows}
    agents = [Agent(*row) for row in _rows(AGENTS)]
    for agent in agents:
        _count(agent, campaigns)
    for campaign_id, state, count, waiting in _rows(CALLS):
        if campaign := campaigns.get(campaign_id):
            campaign.calls[state] = count
            campaign.waiting += waiting or []
    for campaign_id, *pool in _rows(POOLS):
        if campaign := campaigns.get(campaign_id):
            campaign.pools.append(Pool(*pool))
    at = rows[0][6] if rows else _rows("SELECT now()")[0][0]
    return Live(at=at, campaigns=list(campaigns.values()), agents=agents, servers=[Server(*r) for r in _rows(SERVERS)])


def _count(agent: Agent, campaigns: dict[int, Campaign]) -> None:
    for campaign in [campaigns[each] for each in agent.at_work_for if each in campaigns]:
        campaign.agents[agent.state] = campaign.agents.get(agent.state, 0) + 1
        campaign.shared += len(agent.at_work_for) > 1


def read_today(start: datetime) -> dict[int, Today]:
    arguments = {"first": first_id(start - CLOCKS_DIFFER), "start": start, "threshold": kpi.ABANDON_THRESHOLD}
    found: defaultdict[int, Today] = defaultdict(Today)
    for campaign_id, attempts, answered, connected, abandoned, machines, customers, percentiles in _rows(
        TODAY, arguments
    ):
        p50, p99 = percentiles or (None, None)
        counts = (attempts, answered, connected, abandoned, customers, machines)
        found[campaign_id] = Today(*counts, _float(p50), _float(p99))
    for campaign_id, category, count in _rows(DISPOSITIONS, [start]):
        found[campaign_id].dispositions[category] = count
    return dict(found)


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def _rows(sql: str, arguments: Any = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, arguments)
        return cursor.fetchall()

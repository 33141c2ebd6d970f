"""The one transaction that hands due leads to a dialler.

Locking, and its order (the half page to read before changing anything here):
1. Reserving: server lease (the dialler's, FOR SHARE) -> campaign advisory lock -> due leads -> their contacts -> their
   phones. A call's facts: live call -> its shift -> its held lead. They share no row that both wait for: one locks
   *due* leads, the other *held* ones.
2. Contact rows, then phone rows, are the person's mutex. Both are taken with SKIP LOCKED: a person somebody else is
   deciding on this instant is left for the next tick. So this transaction never waits for a row and can't deadlock.
   FOR NO KEY UPDATE, so that inserts elsewhere that only refer to a contact are not held up.
3. Held leads are read after the locks, by a new statement, hence with a fresh snapshot; touches and do-not-call after
   them. Whoever settles a call holds the lead, not these locks: what its call came to is there to be read before the
   lead is let go. The other way round a call that ended in between would be neither in progress nor counted.
   Locking queries filter only on the table they lock: a join under SKIP LOCKED would see an old one.
4. Every refusal moves the lead's `due_at` forward or finishes it, so the index of due leads stays clean. Where most
   are refused, a sweep (campaigns.sweep) does that for thousands at once; it too only refuses, and skips locked leads.
5. The policy is read under the campaign's advisory lock: an edit that was committed before is never overlooked.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from campaigns import candidates, decisions, exchange, ledger, policies, sweep
from campaigns.candidates import DueLead
from campaigns.exchange import Statement
from campaigns.locks import Work
from campaigns.models import Campaign
from campaigns.rules import order
from campaigns.rules.eligibility import Allow, Moment, Refuse
from campaigns.rules.order import Source
from campaigns.rules.policy import Policy

BATCH = 100
MAX_BATCHES = 4  # a tick looks at no more than so many leads, however many are refused
MANY = 250  # a tick that refuses so many asks for a sweep

# The time is told once the lock is ours: the transaction may have begun long before.
LOCK = "SELECT clock_timestamp() FROM (SELECT pg_advisory_xact_lock(%(kind)s, %(campaign)s) OFFSET 0) locked"
COLUMNS = "id, contact_id, attempts, callback, callback_expires_at, callback_by_id, callback_open_at, vetted"
CALLBACKS = f"""
SELECT {COLUMNS} FROM campaigns_lead
WHERE campaign_id = %(campaign)s AND state = 'due' AND callback AND due_at <= %(now)s AND id <> ALL(%(seen)s::bigint[])
      AND (callback_by_id IS NULL OR callback_open_at <= %(now)s OR callback_by_id = ANY(%(agents)s::bigint[]))
ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
"""
# Ranks are few: each is found by one step down the index lead_queue, and within it what became due last comes first.
# From the highest down, as each then begins with what is due last: what was taken lately has left dead entries before.
QUEUE = f"""
WITH RECURSIVE ranks AS (
    (SELECT rank FROM campaigns_lead WHERE {{these}} ORDER BY rank DESC, due_at DESC LIMIT 1)
    UNION ALL
    SELECT (SELECT rank FROM campaigns_lead WHERE {{these}} AND rank < r.rank ORDER BY rank DESC, due_at DESC LIMIT 1)
    FROM ranks r WHERE r.rank IS NOT NULL
)
SELECT due.* FROM (SELECT rank FROM ranks WHERE rank IS NOT NULL ORDER BY rank) r CROSS JOIN LATERAL (
    SELECT {COLUMNS} FROM campaigns_lead
    WHERE {{these}} AND rank = r.rank AND due_at <= %(now)s AND id <> ALL(%(seen)s::bigint[])
      AND due_at > CASE WHEN r.rank < 0 THEN '-infinity' ELSE %(since)s::timestamptz END
    ORDER BY due_at DESC LIMIT %(limit)s FOR UPDATE SKIP LOCKED
) due LIMIT %(limit)s
"""
THESE = "campaign_id = %(campaign)s AND state = 'due' AND NOT callback AND "
OF_LIST = QUEUE.format(these=THESE + "list_id = %(list)s")
OF_NO_LIST = QUEUE.format(these=THESE + "list_id IS NULL")
STANDING = """
SELECT c.policy_id, s.asked_at, l.list_id, l.priority, l.weight, l.boosted_until
FROM campaigns_campaign c LEFT JOIN campaigns_sweep s ON s.campaign_id = c.id
     LEFT JOIN campaigns_campaignlist l ON l.campaign_id = c.id
WHERE c.id = %(campaign)s ORDER BY l.list_id
"""


@dataclass(frozen=True, slots=True)
class Reserved:
    """A lead held for one call: the touch is counted, the person is ours until the call is settled."""

    call_id: UUID
    lead_id: int
    contact_id: int
    phone: int
    at: datetime
    callback: bool = False
    # The user who promised the callback, while it is theirs alone.
    wanted: int | None = None


@dataclass(slots=True)
class Queue:
    """The campaign's due leads in their order (rules.order), as far as they were looked at in this transaction."""

    campaign_id: int
    now: datetime
    agents: Sequence[int]
    tiers: list[list[Source]]
    # While a sweep is on: of those not vetted, only what became due since.
    since: datetime | None = None
    seen: list[int] = field(default_factory=list)
    unvetted: int = 0
    through: set[int | str | None] = field(default_factory=set)

    def next(self, limit: int) -> list[DueLead]:
        """Up to `limit` more leads, locked; none that others hold is waited for. Fewer: the queue is through."""
        found = [] if "callbacks" in self.through else self._fetch({"callbacks": limit})[0]
        for tier in self.tiers:
            while len(found) < limit and (left := [s for s in tier if s.id not in self.through]):
                asked = order.shares(left, limit - len(found), random.random)
                found += _mixed(self._fetch({source: share for source, share in asked.items() if share}))
        return found

    def _fetch(self, limits: Mapping[int | str | None, int]) -> list[list[DueLead]]:
        """So many leads of each source, in one exchange."""
        rows = exchange.execute(*(self._query(source, limit) for source, limit in limits.items()))
        found = [[DueLead(*row) for row in of_source] for of_source in rows]
        for (source, limit), leads in zip(limits.items(), found, strict=True):
            self.seen += [lead.id for lead in leads]
            self.unvetted += sum(not lead.vetted for lead in leads)
            if len(leads) < limit:
                self.through.add(source)
        return found

    def _query(self, source: int | str | None, limit: int) -> Statement:
        queries: dict[int | str | None, str] = {"callbacks": CALLBACKS, None: OF_NO_LIST}
        return queries.get(source, OF_LIST), {
            "campaign": self.campaign_id,
            "now": self.now,
            "agents": exchange.array(self.agents),
            "list": source,
            "seen": exchange.array(self.seen),
            "since": self.since or "-infinity",
            "limit": limit,
        }


def _mixed(parts: list[list[DueLead]]) -> list[DueLead]:
    """All of them, each part in its order: who takes only the first few gets them from every list."""
    turns = [number for number, part in enumerate(parts) for _ in part]
    random.shuffle(turns)
    ordered = [iter(part) for part in parts]
    return [next(ordered[turn]) for turn in turns]


def reserve(
    *,
    campaign: Campaign,
    want: int,
    new_call_id: Callable[[], UUID],
    agents: Sequence[int] = (),
    now: datetime | None = None,
) -> list[Reserved]:
    """Up to `want` leads of `campaign` that may be called now, held. Call it inside a transaction.

    `agents`: the users who are ready, for callbacks promised by one of them. `now` defaults to the database's clock.
    """
    started, policy, sources, swept_since = _lock(campaign.pk)
    now = now or started
    moment = Moment(policy, now)
    queue = Queue(campaign.pk, now, agents, order.tiers(sources, now), swept_since)
    reserved: list[Reserved] = []
    for _ in range(MAX_BATCHES):
        missing = want - len(reserved)
        if missing <= 0:
            break
        # A few more than are missing, since some are refused; if that was not enough, many are.
        limit = min(BATCH, missing + missing // 4 + 5) if not queue.seen else BATCH
        leads = queue.next(limit)
        reserved += _decide(campaign, moment, leads, missing, new_call_id)
        if len(leads) < limit:
            break
    if queue.unvetted - len(reserved) >= MANY:
        sweep.ask(campaign.pk, now)
    return reserved


def _lock(campaign_id: int) -> tuple[datetime, Policy, list[Source], datetime | None]:
    """Lock the campaign; the time, and as they stand from then on: the policy in force, where leads come from, and
    since when a sweep is on."""
    locked, rows = exchange.execute(
        (LOCK, {"kind": Work.RESERVING, "campaign": campaign_id}), (STANDING, {"campaign": campaign_id})
    )
    version, asked_at = rows[0][:2]
    policy = policies.of_version(version) if version else policies.current(campaign_id)
    sources = [*(Source(*row[2:]) for row in rows if row[2]), Source(None, priority=0)]
    return locked[0][0], policy, sources, asked_at


def _decide(
    campaign: Campaign, moment: Moment, leads: list[DueLead], want: int, new_call_id: Callable[[], UUID]
) -> list[Reserved]:
    people = candidates.people_of(leads, lock=True)
    known = candidates.known(campaign, moment.policy, people, moment.now)
    judged = candidates.judged(campaign, moment.policy, leads, people, known)
    refused: list[tuple[int, Refuse]] = []
    reserved: list[Reserved] = []
    for lead in leads:
        candidate = judged.get(lead.contact_id)
        if candidate is None or len(reserved) >= want:
            continue  # somebody is deciding on this person right now, or we have enough: next tick
        match candidates.verdict(candidate, moment, known):
            case Allow(phone):
                call = new_call_id()
                wanted = lead.wanted(moment.now)
                reserved.append(Reserved(call, lead.id, lead.contact_id, phone, moment.now, lead.callback, wanted))
                known.held_phones.add(phone)
            case Refuse() as refusal:
                refused.append((lead.id, refusal))
    _write(campaign, moment, reserved, refused)
    return reserved


def _write(campaign: Campaign, moment: Moment, reserved: list[Reserved], refused: Sequence[tuple[int, Refuse]]) -> None:
    held = [decisions.Held(r.lead_id, r.call_id, r.phone) for r in reserved]
    claims = [ledger.Claim(r.phone, r.call_id, r.contact_id, r.callback) for r in reserved]
    version, line = moment.policy.version, campaign.line_of_business_id
    statements = []
    if refused:
        statements.append(decisions.refusing(refused, policy_id=version, now=moment.now))
    if reserved:
        statements.append(decisions.holding(held, moment.now))
        statements.append(
            ledger.claiming(claims, campaign_id=campaign.pk, line_of_business_id=line, policy_id=version, at=moment.now)
        )
    exchange.execute(*statements)

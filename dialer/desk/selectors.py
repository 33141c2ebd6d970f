"""What the desk shows, read in few queries because a customer is already saying hello.

`who_is` is one query and tells whether anything changed at all; `desk` reads the rest only when it did. A call is a
`LiveCall` while it lives and an `Attempt` in wrap-up: both have the same id and the same times.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import blake2s
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import JSONObject
from django.utils.translation import get_language

from campaigns.models import Campaign, Contact, Disposition, Phone, User
from campaigns.rules.places import Place, known_zones, place
from dialer.desk.words import TAG_ROWS, tag_name
from dialer.models import Agent, Attempt, LiveCall, Shift
from dialer.rules.amd import Verdict

OFF = "off"
BUSY = frozenset({Shift.State.CLAIMED, Shift.State.TALKING, Shift.State.WRAP_UP})
OVER = (Campaign.Status.FINISHED, Campaign.Status.STOPPED)
RECENT = timedelta(minutes=10)
HISTORY_ROWS = 6
DISPOSITION_KEYS = 9


class NotAnAgent(Exception):
    """This user has no phone on the PBX: an administrator must make them an agent first."""


@dataclass(frozen=True, slots=True)
class Served:
    """A campaign whose calls a shift takes."""

    id: int
    name: str
    status: str
    version: int

    @property
    def word(self) -> str:
        return str(Campaign.Status(self.status).label)


@dataclass(frozen=True, slots=True)
class Day:
    """This agent's day so far; the call under way is not in it yet."""

    talk_s: int = 0
    idle_s: int = 0
    conversations: int = 0
    successes: int = 0


@dataclass(frozen=True, slots=True)
class Earlier:
    """One earlier attempt to reach this person, in any campaign."""

    at: datetime
    campaign: str
    outcome: str
    disposition: str
    category: str
    note: str


@dataclass(slots=True)
class Desk:
    """Everything on the agent's screen at one moment."""

    agent: Agent
    shift: Shift | None
    now: datetime
    call: LiveCall | Attempt | None = None
    zone: ZoneInfo | None = None
    # Signed out: what may be signed in to.
    campaigns: list[Campaign] = field(default_factory=list)
    dispositions: list[Disposition] = field(default_factory=list)
    history: list[Earlier] = field(default_factory=list)
    day: Day = Day()
    # Why the last shift ended, when that was a moment ago.
    ended: str = ""

    @property
    def state(self) -> str:
        return self.shift.state if self.shift else OFF

    @property
    def contact(self) -> Contact | None:
        return self.call.contact if self.call else None

    @property
    def checks_detector(self) -> bool:
        """The call was judged a machine, and is here for the agent to say whether it is one."""
        return self.call is not None and self.call.sampled and self.call.verdict == Verdict.MACHINE

    @property
    def local_time(self) -> datetime | None:
        return self.now.astimezone(self.zone) if self.zone else None

    @property
    def tags(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Three rows, always the same three, so that the eye finds them."""
        attributes = self.contact.attributes if self.contact else {}
        return [(str(word), list(_tags(attributes.get(row)))) for row, word in TAG_ROWS.items()]

    @property
    def serves(self) -> list[Served]:
        """Signed in: whose calls this shift takes."""
        return served(self.shift) if self.shift else []

    @property
    def ticked(self) -> list[int]:
        """The campaigns that sign-in proposes: those that run, or all when none does yet."""
        running = [c.pk for c in self.campaigns if c.status == Campaign.Status.RUNNING]
        return running or [c.pk for c in self.campaigns]

    @property
    def script(self) -> str:
        """The campaign's script with the customer's own words in it: {name}, {customer_id}, {agent}."""
        if self.shift is None:
            return ""
        words = {"{agent}": str(self.agent)}
        if self.contact:
            words |= {"{name}": self.contact.name, "{customer_id}": self.contact.customer_id or ""}
        text = self.shift.campaign.script
        for mark, value in words.items():
            text = text.replace(mark, value)
        return text

    @property
    def seen(self) -> str:
        return fingerprint(self.shift)


def _tags(row: Any) -> Iterator[tuple[str, str]]:
    if isinstance(row, dict):
        yield from ((tag_name(str(key)), str(value)) for key, value in row.items() if value not in (None, ""))


def who_is(user: User) -> tuple[Agent, Shift | None]:
    """The agent behind a user and their open shift, with what it serves: one query when there is one."""
    shift = (
        Shift.objects.select_related("agent", "campaign")
        .annotate(serves=_SERVES)
        .filter(agent__user=user)
        .exclude(state=Shift.State.OFF)
        .order_by()
        .first()
    )
    if shift is not None:
        shift.agent.user = user
        return shift.agent, shift
    agent = Agent.objects.filter(user=user).first()
    if agent is None:
        raise NotAnAgent
    agent.user = user
    return agent, None


_SERVES = ArraySubquery(
    Campaign.objects.filter(serving_shifts=OuterRef("pk"))
    .order_by("name")
    .values(json=JSONObject(id="pk", name="name", status="status", version="version"))
)


def served(shift: Shift) -> list[Served]:
    """The campaigns of a shift that `who_is` found, by name."""
    return [Served(**each) for each in shift.serves]  # type: ignore[attr-defined]


def fingerprint(shift: Shift | None) -> str:
    """Changes exactly when the desk would look different; the page sends it back to be told "nothing new"."""
    if shift is None:
        return OFF
    parts = (shift.id, shift.state, shift.since, shift.call_id, shift.wrap_up_until, shift.then, shift.reason)
    return blake2s(repr((parts, shift.campaign_id, served(shift))).encode(), digest_size=8).hexdigest()


def desk(user: User, now: datetime, day_start: datetime) -> Desk:
    """The whole screen. `day_start` is midnight where the agent is."""
    agent, shift = who_is(user)
    found = Desk(agent=agent, shift=shift, now=now, day=day_of(agent.pk, day_start, now))
    if shift is None:
        found.campaigns = campaigns_of(agent)
        found.ended = why_ended(agent, now)
        return found
    if shift.state in BUSY:
        found.call = call_of(shift)
        found.dispositions = dispositions_of(shift.campaign_id)
    if found.contact is not None:
        found.zone = zone_of(found.call)
        found.history = history_of(found.contact.pk, before=shift.call_id)
    return found


def campaigns_of(agent: Agent) -> list[Campaign]:
    """What this agent may sign in to, by name."""
    return list(agent.campaigns.exclude(status__in=OVER).order_by("name"))


def why_ended(agent: Agent, now: datetime) -> str:
    last = agent.shifts.filter(state=Shift.State.OFF, ended__gt=now - RECENT).order_by("-ended").first()
    return last.reason if last else ""


def call_of(shift: Shift) -> LiveCall | Attempt | None:
    """The call this shift is busy with, with its contact and (as `zones` and `country`) where its number may be."""
    number = Phone.objects.filter(number=OuterRef("phone"))
    where = {"zones": Subquery(number.values("zones")[:1]), "country": Subquery(number.values("country")[:1])}
    models = (Attempt, LiveCall) if shift.state == Shift.State.WRAP_UP else (LiveCall, Attempt)
    for model in models:
        call = model.objects.select_related("contact").annotate(**where).filter(pk=shift.call_id).first()  # type: ignore[misc]
        if call is not None:
            return call
    return None


def zone_of(call: LiveCall | Attempt | None) -> ZoneInfo | None:
    """The clock of where the customer is, or of the first place where they may be."""
    return next(iter(known_zones(place_of(call).zones)), None) if call else None


def place_of(call: LiveCall | Attempt) -> Place:
    """Where the customer may be, as the rules have it."""
    zones, country = getattr(call, "zones", None) or (), getattr(call, "country", None) or ""
    return place(call.contact.time_zone, call.contact.region, tuple(zones), country)


def dispositions_of(campaign_id: int) -> list[Disposition]:
    """The campaign's own and everyone's, a code once; each with its `key`, 1 to 9, or empty when that key is taken."""
    rows = Disposition.objects.filter(active=True).filter(Q(campaign_id=campaign_id) | Q(campaign=None))
    by_code: dict[str, Disposition] = {}
    for row in rows.order_by(F("campaign_id").asc(nulls_last=True), "position", "id"):
        by_code.setdefault(row.code, row)
    keys: dict[int, Disposition] = {}
    for row in by_code.values():
        row.key = row.position if 0 < row.position <= DISPOSITION_KEYS and row.position not in keys else ""  # type: ignore[attr-defined]
        keys.setdefault(row.position, row)
    return sorted(by_code.values(), key=lambda row: (row.position, row.campaign_id is None, row.pk))


HISTORY = """
SELECT a.reserved_at, c.name, a.outcome, coalesce(d.label, ''), coalesce(d.label_zh, ''),
       coalesce(d.category, ''), coalesce(r.note, '')
FROM dialer_attempt a
JOIN campaigns_campaign c ON c.id = a.campaign_id
LEFT JOIN dialer_attemptresult r ON r.attempt_id = a.id
LEFT JOIN campaigns_disposition d ON d.id = r.disposition_id
WHERE a.contact_id = %s AND a.id <> %s
ORDER BY a.id DESC LIMIT %s
"""


def history_of(contact_id: int, before: Any) -> list[Earlier]:
    label = 4 if (get_language() or "").startswith("zh") else 3
    with connection.cursor() as cursor:
        cursor.execute(HISTORY, [contact_id, before, HISTORY_ROWS])
        return [
            Earlier(row[0], row[1], row[2], row[label] or row[3], category=row[5], note=row[6])
            for row in cursor.fetchall()
        ]


DAY = """
WITH shifts AS MATERIALIZED (
    SELECT id, state, since FROM dialer_shift WHERE agent_id = %(agent)s AND (ended IS NULL OR ended > %(start)s)
), spans AS (
    SELECT p.state, p.call_id, p.began, p.ended FROM shifts JOIN dialer_shiftspan p ON p.shift_id = shifts.id
    WHERE p.ended > %(start)s
    UNION ALL
    SELECT state, NULL, since, %(now)s FROM shifts WHERE state IN ('ready', 'talking')
), lengths AS (
    SELECT state, call_id, extract(epoch FROM ended - greatest(began, %(start)s)) AS s FROM spans
)
SELECT coalesce(sum(s) FILTER (WHERE state = 'talking'), 0)::int,
       coalesce(sum(s) FILTER (WHERE state = 'ready'), 0)::int,
       count(DISTINCT call_id) FILTER (WHERE state = 'talking'),
       count(DISTINCT call_id) FILTER (WHERE state = 'talking' AND d.category = 'success')
FROM lengths
LEFT JOIN dialer_attemptresult r ON r.attempt_id = lengths.call_id AND lengths.state = 'talking'
LEFT JOIN campaigns_disposition d ON d.id = r.disposition_id
"""


def day_of(agent_id: int, start: datetime, now: datetime) -> Day:
    with connection.cursor() as cursor:
        cursor.execute(DAY, {"agent": agent_id, "start": start, "now": now})
        return Day(*cursor.fetchone())


def as_utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

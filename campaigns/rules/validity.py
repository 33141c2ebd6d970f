"""What evidence of a number comes to: the one state that keeps it from being called, or none.

Evidence is a word (a code) that a source said at a time. Newer words overrule older ones where they can know better:

- The same source always takes back what it said before.
- A person who answered our own call, whatever the source: the number is neither vacant nor suspended nor off.
- Another source of the same or a better class, about whether the number works. `unreachable` only overrules itself.
- That a number is a risk, of a wrong line type or somebody else's is taken back by the source that said so alone.

What was overruled stays so after the newer word has aged. Of all that still hold, the word that holds longest is the
state. A supervisor's word beats all others until it ends, and counts for nothing afterwards.

Nothing depends on the order in which evidence comes in. campaigns.validity.sql does the same for thousands at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

FOREVER = datetime.max.replace(tzinfo=UTC)


class Code(StrEnum):
    """What a source may say of a number. All but the last two keep it from being called; in order of precedence."""

    WRONG_LINE_TYPE = "wrong_line_type"
    VACANT = "vacant"
    SUSPENDED = "suspended"
    POWERED_OFF = "powered_off"
    UNREACHABLE = "unreachable"
    WRONG_NUMBER = "wrong_number"
    RISK_NUMBER = "risk_number"
    IN_SERVICE = "in_service"
    ANSWERED = "answered"


class Kind(StrEnum):
    """The classes of sources, the least trusted first."""

    LIST = "list"
    FEED = "feed"
    LOOKUP = "lookup"
    OWN_CALL = "own_call"
    DISPOSITION = "disposition"
    SUPERVISOR = "supervisor"


PRECEDENCE = {code: place for place, code in enumerate(Code)}
TRUST: Mapping[Kind, int] = MappingProxyType(
    {Kind.LIST: 1, Kind.FEED: 2, Kind.LOOKUP: 3, Kind.OWN_CALL: 4, Kind.DISPOSITION: 5, Kind.SUPERVISOR: 9}
)
AGAINST = tuple(code for code in Code if code not in (Code.IN_SERVICE, Code.ANSWERED))
# Whether the number works at all, which several sources can tell.
SERVICE = (Code.VACANT, Code.SUSPENDED, Code.POWERED_OFF, Code.UNREACHABLE)
# What each word overrules of what other sources said.
OVERRULES: Mapping[Code, tuple[Code, ...]] = MappingProxyType(
    {
        Code.WRONG_LINE_TYPE: (),
        Code.VACANT: SERVICE,
        Code.SUSPENDED: SERVICE,
        Code.POWERED_OFF: SERVICE,
        Code.UNREACHABLE: (Code.UNREACHABLE,),
        Code.WRONG_NUMBER: (),
        Code.RISK_NUMBER: (),
        Code.IN_SERVICE: SERVICE,
        Code.ANSWERED: SERVICE,
    }
)
# How long a word is believed whose source does not say; None: for good. Managers may change each.
AGES: Mapping[Code, timedelta | None] = MappingProxyType(
    {
        Code.WRONG_LINE_TYPE: timedelta(days=90),
        Code.VACANT: timedelta(hours=24),
        Code.SUSPENDED: timedelta(hours=72),
        Code.POWERED_OFF: timedelta(hours=12),
        Code.UNREACHABLE: timedelta(hours=12),
        Code.WRONG_NUMBER: timedelta(days=90),
        Code.RISK_NUMBER: timedelta(days=30),
        Code.IN_SERVICE: timedelta(days=30),
        Code.ANSWERED: timedelta(days=30),
    }
)
# One call that did not get through says little; so many in a row do.
UNREACHABLE_TIMES = 2
# As long as that apart, two calls are in a row.
IN_A_ROW = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A word of a source. `times`: how often it said so in a row; `observed_at`: the last time."""

    code: Code
    kind: Kind
    observed_at: datetime
    source: str = ""
    expires_at: datetime | None = None
    times: int = 1


@dataclass(frozen=True, slots=True)
class Ageing:
    """How long each word is believed; None: for good."""

    ages: Mapping[Code, timedelta | None] = field(default_factory=lambda: AGES)

    def until(self, evidence: Evidence) -> datetime:
        """When this word is believed no more; FOREVER for good."""
        if evidence.expires_at is not None:
            return evidence.expires_at
        age = self.ages[evidence.code]
        return FOREVER if age is None else evidence.observed_at + age


@dataclass(frozen=True, slots=True)
class State:
    """What keeps a number from being called: an empty code is nothing. `because` is the word it rests on."""

    code: str = ""
    source: str = ""
    observed_at: datetime | None = None
    expires_at: datetime | None = None
    because: Evidence | None = None


def resolve(evidence: Sequence[Evidence], now: datetime, ageing: Ageing) -> State:
    """The state at `now`, in whatever order the evidence is given."""
    ruled = max((e for e in evidence if e.kind == Kind.SUPERVISOR), key=place_in_time, default=None)
    if ruled and ageing.until(ruled) > now:
        return _state(ruled, ageing)
    found = holding(evidence, now, ageing)
    if not found:
        return State()
    return _state(max(found, key=lambda e: (ageing.until(e), place_in_time(e))), ageing)


def holding(evidence: Sequence[Evidence], now: datetime, ageing: Ageing) -> list[Evidence]:
    """What keeps the number from being called, a supervisor's word apart."""
    words = [e for e in evidence if e.kind != Kind.SUPERVISOR]
    return [
        e for e in words if _counts(e) and ageing.until(e) > now and not any(overrules(other, e) for other in words)
    ]


def overrules(newer: Evidence, older: Evidence) -> bool:
    """Whether the one word takes the place of the other."""
    if place_in_time(newer) <= place_in_time(older):
        return False
    if (newer.kind, newer.source) == (older.kind, older.source):
        return True
    knows_better = newer.code == Code.ANSWERED or TRUST[newer.kind] >= TRUST[older.kind]
    return knows_better and older.code in OVERRULES[newer.code]


def place_in_time(e: Evidence) -> tuple[datetime, int, int, str]:
    """The order in which words overrule; of one instant, the better source's and then the graver word comes last."""
    return (e.observed_at, TRUST[e.kind], -PRECEDENCE[e.code], e.source)


def _counts(e: Evidence) -> bool:
    once = e.kind == Kind.OWN_CALL and e.code == Code.UNREACHABLE and e.times < UNREACHABLE_TIMES
    return e.code in AGAINST and not once


def _state(e: Evidence, ageing: Ageing) -> State:
    until = ageing.until(e)
    code = e.code.value if e.code in AGAINST else ""
    return State(code, e.kind.value, e.observed_at, None if until == FOREVER else until, e)

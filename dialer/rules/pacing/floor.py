"""What a pacing rule is told of this second, read anew from the rows at every tick.

Ages are given, never times: a rule has no clock, so a step of the clock reaches it as odd ages at worst. A call counts
as in flight from the decision to dial it, not from the PBX's first word of it.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

# From the general to the special: list, local hour, attempt number, line type, what the number did before.
Stratum = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Budget:
    """The strictest abandon budget: of `live` answers in its window so far `abandoned` were, `cap` (0.028 of a legal
    0.03) is the share that may be, and the window lasts `seconds_left` more of dialling time."""

    cap: float
    live: int = 0
    abandoned: int = 0
    seconds_left: float = 8 * 3600.0


@dataclass(frozen=True, slots=True)
class Flying:
    """Calls placed and not answered yet, as columns of equal length.

    `ages`: seconds since the decision to dial; `ringing`: seconds they have rung, below 0 for those that don't yet.
    """

    ids: Sequence[Hashable] = ()
    ages: Sequence[float] = ()
    ringing: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Prospect:
    """A lead that would be dialled next: its stratum, or a score (its probability to answer) when there is one."""

    stratum: Stratum = ()
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What is allowed whatever the rule wishes: `trunk` channels still free, calls the calls-per-second limit admits
    now (`per_second`), and `channels` the campaign itself may still open."""

    trunk: int
    per_second: int
    channels: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Floor:
    """A campaign on one server at this second.

    `ready`: ready agents it may count on; `talking`, `wrapping`: seconds that each agent has talked to this campaign's
    callers, or has written up since; `flying`: its calls not answered yet; `screening`: answered, person or machine not
    known yet; `waiting`: people who wait for an agent; `connected`: calls with an agent or a message; `accepted`:
    previewed leads whose agent said "dial" and that are not dialled yet; `elsewhere`: ready agents who serve it and are
    promised to other campaigns; `prospects`: the next leads in their order, as far as known; `cancel_after`: seconds
    of ringing after which a call may be hung up, None where the profile forbids it; `audited`: the PBX's word on the
    calls is fresh; `elapsed`: seconds since the last decision.
    """

    ready: int
    limits: Limits
    flying: Flying = field(default_factory=Flying)
    talking: Sequence[float] = ()
    wrapping: Sequence[float] = ()
    screening: int = 0
    waiting: int = 0
    connected: int = 0
    accepted: int = 0
    elsewhere: int = 0
    prospects: Sequence[Prospect] = ()
    budget: Budget = field(default_factory=lambda: Budget(0.028))
    cancel_after: float | None = None
    audited: bool = True
    elapsed: float = 1.0

    @property
    def in_flight(self) -> int:
        """Calls that may still ask for an agent: not answered, being screened, or waiting."""
        return len(self.flying.ids) + self.screening + self.waiting

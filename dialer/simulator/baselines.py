"""How others pace, beside our rule: a self-tuning over-dial, the classic mean rule, the adaptive level.

None of them is ever used by the engine. What they need to know is counted in the simplest way that does it justice.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from dialer.rules.pacing import Decision, Floor, LimitedBy
from dialer.rules.pacing.modes import Deaf

MEMORY = 0.995  # of the answer rate, a call later
LOOK_AHEAD_S = 12.0


@dataclass(slots=True)
class Means:
    """The means that classic rules live on: answer rate, and how long talking and writing up last."""

    rate: float = 0.3
    talk: float = 120.0
    wrap: float = 25.0
    person: float = 1.0

    def ended(self, answered: bool) -> None:
        self.rate += (1 - MEMORY) * (answered - self.rate)

    def freed(self, floor: Floor) -> float:
        """Agents expected to come free while a call rings."""
        return (len(floor.talking) / (self.talk + self.wrap) + len(floor.wrapping) / self.wrap) * LOOK_AHEAD_S


@dataclass(slots=True)
class MeanRule(Deaf):
    """Calls in flight = over x (ready + expected to come free) / answer rate: means are matched, chance is not seen.

    `gain` above 0 moves `over` by itself, against the error of the abandon rate (a PI controller).
    """

    over: float = 1.0
    gain: float = 0.0
    means: Means = field(default_factory=Means)
    _sum: float = 0.0
    _start: float = 0.0
    _cap: float = 0.028

    def __post_init__(self) -> None:
        self._start = self.over

    def answered(self, call: Hashable, age: float) -> None:
        self.means.ended(True)

    def failed(self, call: Hashable, age: float) -> None:
        self.means.ended(False)

    def screened(self, *, person: bool) -> None:
        self.means.person += 0.005 * (person - self.means.person)

    def live(self, *, abandoned: bool) -> None:
        error = self._cap - abandoned
        self._sum += error
        self.over = min(max(self._start + self.gain * (error + 0.25 * self._sum), 0.2), 3.0)

    def talked(self, seconds: float) -> None:
        self.means.talk += 0.01 * (seconds - self.means.talk)

    def wrapped(self, seconds: float, *, ready: bool) -> None:
        self.means.wrap += 0.01 * (seconds - self.means.wrap)

    def decide(self, floor: Floor) -> Decision:
        self._cap = floor.budget.cap
        free = floor.ready - floor.waiting + self.means.freed(floor)
        wanted = self.over * free / max(self.means.rate * self.means.person, 0.02)
        return Decision(max(0, round(wanted - len(floor.flying.ids) - floor.screening)), LimitedBy.AGENTS)


@dataclass(slots=True)
class AdaptiveLevel(Deaf):
    """The usual open-source way: lines per agent by a level that is nudged every 15 s, with a brake on the day's drops.

    `tapered`: above the limit the level is cut by the hours left; else ("hard") it falls to 1.
    """

    limit: float
    tapered: bool = False
    level: float = 1.0
    _second: int = 0
    _sums: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    _minute: list[int] = field(default_factory=lambda: [0, 0])
    _day: list[int] = field(default_factory=lambda: [0, 0])

    def live(self, *, abandoned: bool) -> None:
        for counts in (self._minute, self._day):
            counts[0] += 1
            counts[1] += abandoned

    def decide(self, floor: Floor) -> Decision:
        """Asked every second; it places calls every 2.5 s, which here is every second and third second in turn."""
        self._second += 1
        agents = floor.ready + len(floor.talking) + len(floor.wrapping)
        for place, value in enumerate((floor.ready, floor.waiting, agents)):
            self._sums[place] += value
        if self._second % 15 == 0:
            self._nudge()
        if self._second % 60 == 0:
            self._brake(floor)
        if self._second % 5 not in (0, 2):
            return Decision(0, LimitedBy.AGENTS)
        lines = self.level * (floor.ready + len(floor.talking))
        return Decision(max(0, round(lines - len(floor.talking) - floor.in_flight)), LimitedBy.AGENTS)

    def _nudge(self) -> None:
        """level <- level (1 + (ready - waiting) / agents), on means of 15 s, kept in [1, 3]."""
        ready, waiting, agents = self._sums
        self._sums = [0.0, 0.0, 0.0]
        if agents:
            self.level = min(max(self.level * (1 + (ready - waiting) / agents), 1.0), 3.0)

    def _brake(self, floor: Floor) -> None:
        (minute_live, minute_drops), (live, drops) = self._minute, self._day
        self._minute = [0, 0]
        if live and drops / live > self.limit:
            hours = floor.budget.seconds_left / 3600.0
            self.level = max(1.0, self.level * hours / 10) if self.tapered else 1.0
        if minute_live > 20 and minute_drops > minute_live / 2:
            self.level = max(1.0, self.level / 2)

"""The dial modes that learn nothing: preview, progressive, power (a fixed ratio) and agentless.

Each is a function of the floor; `Unlearned` gives it the face of a pacer.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial
from math import floor as whole
from typing import Any

from dialer.rules.pacing.decision import Decision, LimitedBy
from dialer.rules.pacing.floor import Floor, Prospect
from dialer.rules.pacing.limits import within


def by_ratio(ratio: float, floor: Floor) -> Decision:
    """As many calls as fit `ratio` per ready agent; with 1.0 this is progressive dialling."""
    wanted = max(0, whole(floor.ready * ratio) - floor.in_flight)
    return within(floor, Decision(wanted, LimitedBy.AGENTS))


def by_preview(floor: Floor) -> Decision:
    """The leads that agents have looked at and want dialled; nobody else is called."""
    return within(floor, Decision(floor.accepted, LimitedBy.AGENTS))


def by_channels(channels: int, floor: Floor) -> Decision:
    """Without agents (an announcement or a menu): keep so many channels busy, talking ones included."""
    return within(floor, Decision(max(0, channels - floor.in_flight - floor.connected), LimitedBy.CHANNELS))


class Deaf:
    """A pacer that is told everything and learns nothing; whoever learns of some things hears those."""

    __slots__ = ()

    def dialled(self, call: Hashable, lead: Prospect) -> None:
        pass

    def answered(self, call: Hashable, age: float) -> None:
        pass

    def failed(self, call: Hashable, age: float) -> None:
        pass

    def cancelled(self, call: Hashable, age: float) -> None:
        pass

    def screened(self, *, person: bool) -> None:
        pass

    def live(self, *, abandoned: bool) -> None:
        pass

    def talked(self, seconds: float) -> None:
        pass

    def wrapped(self, seconds: float, *, ready: bool) -> None:
        pass

    def to_dict(self) -> dict[str, Any]:
        return {}


@dataclass(frozen=True, slots=True)
class Unlearned(Deaf):
    """A mode that looks at the floor alone."""

    rule: Callable[[Floor], Decision]

    def decide(self, floor: Floor) -> Decision:
        if not floor.audited:
            return Decision(0, LimitedBy.UNAUDITED)
        return self.rule(floor)


def progressive() -> Unlearned:
    return ratio(1.0)


def ratio(calls_per_agent: float) -> Unlearned:
    return Unlearned(partial(by_ratio, calls_per_agent))


def preview() -> Unlearned:
    return Unlearned(by_preview)


def agentless(channels: int) -> Unlearned:
    return Unlearned(partial(by_channels, channels))

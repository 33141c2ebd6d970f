"""The face that every dial mode shows the engine and the simulator.

What happens to calls and agents is told as it happens, late or twice or never; what is so now is read anew at every
decision. Modes that learn nothing ignore the former.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Protocol

from dialer.rules.pacing.decision import Decision
from dialer.rules.pacing.floor import Floor, Prospect


class Pacer(Protocol):
    """Decides for one campaign on one server."""

    def dialled(self, call: Hashable, lead: Prospect) -> None:
        """A call was started, for this lead."""

    def answered(self, call: Hashable, age: float) -> None:
        """It was answered, by a person or a machine, `age` seconds after it was started."""

    def failed(self, call: Hashable, age: float) -> None:
        """It ended unanswered: busy, invalid, not answered in time, refused."""

    def cancelled(self, call: Hashable, age: float) -> None:
        """We hung it up ourselves."""

    def screened(self, *, person: bool) -> None:
        """An answered call was judged: it goes to an agent, or it does not."""

    def live(self, *, abandoned: bool) -> None:
        """A person who answered got an agent in time, or did not."""

    def talked(self, seconds: float) -> None:
        """A conversation ended."""

    def wrapped(self, seconds: float, *, ready: bool) -> None:
        """A write-up ended; the agent was ready then, or went away."""

    def decide(self, floor: Floor) -> Decision:
        """What to start and to hang up in this second."""

    def to_dict(self) -> dict[str, Any]:
        """All that was learned, for JSON: at most some tens of kilobytes. Nothing for a mode that learns nothing."""

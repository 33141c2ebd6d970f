"""Far ends for the fake PBX: what a phone does when it is called."""

from __future__ import annotations

from dataclasses import dataclass

Outcome = tuple[int, str]


@dataclass(frozen=True, slots=True)
class FarEnd:
    """A phone. Seconds from the start of the call; `refuses` is (Q.850 cause, SIP code) instead of an answer."""

    rings_after: float | None = 0.0
    answers_after: float | None = 0.005
    refuses: Outcome | None = None
    talks_for: float | None = None
    exists: bool = True
    # What a detector says of it, and the milliseconds it takes.
    judged: tuple[str, int] = ("human", 5)


ANSWERS = FarEnd()
MACHINE = FarEnd(judged=("machine", 5))
BUSY = FarEnd(refuses=(17, "486"))
INVALID = FarEnd(refuses=(1, "404"))
REJECTS = FarEnd(refuses=(21, "603"))
CONGESTED = FarEnd(refuses=(34, "503"))
OUR_FAULT = FarEnd(rings_after=None, refuses=(0, ""))
NO_ANSWER = FarEnd(rings_after=None, answers_after=None)
UNKNOWN_TRUNK = FarEnd(exists=False)

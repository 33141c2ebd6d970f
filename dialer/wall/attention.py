"""Which agents a supervisor should look at first, and why. Pure: states and seconds in, a rank and a code out.

Trouble comes first (it stops calls), then what takes longer than people usually need, then everybody by what they do.
"""

from __future__ import annotations

from dataclasses import dataclass

PHONE_UP_WITHIN_S = 20
CONNECTED_WITHIN_S = 5
LONG_PAUSE_S = 15 * 60
LONG_CALL_S = 10 * 60
LONG_IDLE_S = 5 * 60

ORDER = ("signing_in", "claimed", "wrap_up", "talking", "ready", "paused", "leaving")


@dataclass(frozen=True, slots=True)
class Attention:
    """`rank` sorts, lowest first; `why` is a code of wall.words.ATTENTION, empty when all is well."""

    rank: int
    why: str = ""
    trouble: bool = False


def attention(state: str, seconds: float, *, over_wrap_up: bool = False) -> Attention:
    """How much this agent's state asks for a look."""
    if state in ("signing_in", "leaving") and seconds > PHONE_UP_WITHIN_S:
        return Attention(0, "phone", trouble=True)
    if state == "claimed" and seconds > CONNECTED_WITHIN_S:
        return Attention(0, "connecting", trouble=True)
    if state == "wrap_up" and over_wrap_up:
        return Attention(1, "wrap_up_over", trouble=True)
    if state == "paused" and seconds > LONG_PAUSE_S:
        return Attention(2, "long_pause")
    if state == "talking" and seconds > LONG_CALL_S:
        return Attention(3, "long_call")
    if state == "ready" and seconds > LONG_IDLE_S:
        return Attention(4, "long_idle")
    return Attention(5 + (ORDER.index(state) if state in ORDER else len(ORDER)))

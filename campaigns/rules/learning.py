"""What our own calls and our agents teach about a number; most teach nothing.

Causes are those of ITU-T Q.850 and of SIP (RFC 3398 sets one beside the other). What a call came to is an outcome of
the dialler. Busy, rejected and not answered say that the number works, which nobody doubted, or it had not been called.
"""

from __future__ import annotations

from campaigns.rules.validity import Code

# Not found, gone, address incomplete, does not exist anywhere.
NO_SUCH_NUMBER_SIP = ("404", "410", "484", "604")
# Subscriber absent, destination out of order; temporarily unavailable.
OUT_OF_REACH = (20, 27)
OUT_OF_REACH_SIP = ("480",)

SAID = {
    "success": Code.ANSWERED,
    "refusal": Code.ANSWERED,
    "callback": Code.ANSWERED,
    "do_not_call": Code.ANSWERED,
    "complaint": Code.ANSWERED,
    "invalid_number": Code.WRONG_NUMBER,
}


def of_call(outcome: str, cause: int | None, tech_cause: str, *, talked: bool) -> Code | None:
    """What the end of a call says of its number; `talked`: an agent did, and will not be asked what it came to."""
    if outcome == "conversation":
        return Code.ANSWERED if talked else None
    if outcome == "invalid_number" or (outcome == "unreachable" and tech_cause in NO_SUCH_NUMBER_SIP):
        return Code.VACANT
    return Code.UNREACHABLE if outcome == "unreachable" and _is_theirs(cause, tech_cause) else None


def of_disposition(category: str) -> Code | None:
    """What an agent's word says of the number: a person was there, or it is somebody else's. "" when none was said."""
    return SAID.get(category)


def detail(cause: int | None, tech_cause: str) -> str:
    """The causes, to be kept with what was learned: "Q.850 1, SIP 404"."""
    said = [f"Q.850 {cause}"] if cause else []
    return ", ".join([*said, f"SIP {tech_cause}"] if tech_cause else said)


def _is_theirs(cause: int | None, tech_cause: str) -> bool:
    """The number is out of reach, and not the way to it: no route (2, 3) says nothing of the number."""
    return cause in OUT_OF_REACH or tech_cause in OUT_OF_REACH_SIP

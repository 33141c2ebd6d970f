"""What the far end of a call does, chosen by the last two digits of the number dialled.

The carrier's dialplan, its README, the demo's lists and the tests all take their numbers from here.
Every ending that is not listed is `mixed`: drawn anew at each call, so that a list of made-up numbers looks
alive. Countries do not matter; `number_for` gives numbers that are kept for fiction (NANP 555-0100 to 0199).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Behaviour:
    """One way to behave: the ending that chooses it, and what our exchange's Hangup then says.

    `cause` and `sip` are what ends the call when nobody here hangs up first; None where that is drawn or never comes.
    """

    name: str
    ending: str
    does: str
    answers: bool
    cause: int | None
    sip: int | None


BEHAVIOURS = (
    Behaviour("answers", "01", "rings for a drawn time, answers, talks for a drawn time, hangs up", True, 16, None),
    Behaviour("stays", "02", "answers after 0.2 s and talks until hung up", True, None, None),
    Behaviour("rings_out", "03", "rings and never answers", False, None, None),
    Behaviour("busy", "04", "is busy: 486", False, 17, 486),
    Behaviour("unallocated", "05", "does not exist: 404", False, 1, 404),
    Behaviour("rejects", "06", "declines: 603", False, 21, 603),
    Behaviour("congestion", "07", "the network is full: 503", False, 34, 503),
    Behaviour("machine", "08", "an answering machine: greeting, beep, silence, hangs up", True, 16, None),
    Behaviour("early_unallocated", "09", "an announcement as early media (183), then 404", False, 1, 404),
    Behaviour("drops", "10", "answers and hangs up at once", True, 16, None),
    Behaviour("short", "11", "answers after 0.2 s, talks for a short fixed time, hangs up", True, 16, None),
    Behaviour("silent", "12", "answers after 0.2 s and says nothing until hung up", True, None, None),
    Behaviour("early_no_answer", "13", "its own ringing tone as early media (183), then 480", False, 19, 480),
    Behaviour("early_answers", "14", "its own ringing tone as early media (183), then as 02", True, None, None),
    Behaviour("person", "15", "says hello shortly, listens for 3 s, then as 02", True, None, None),
)
MIXED = Behaviour("mixed", "", "one of the others, drawn at each call", False, None, None)
# Of 100 calls to a `mixed` number. What is left of the 100 is `drops`.
MIX = {"answers": 35, "rings_out": 40, "busy": 10, "machine": 8, "unallocated": 3, "rejects": 2, "congestion": 1}

_AREAS = (212, 310, 312, 415, 512, 617, 702, 718, 786, 808, 907, 972)


def behaviour(name: str) -> Behaviour:
    """The behaviour of this name. Raises KeyError."""
    return {each.name: each for each in BEHAVIOURS}[name]


def behaviour_of(number: str) -> Behaviour:
    """What the far end does when this number is dialled, in any format."""
    return {each.ending: each for each in BEHAVIOURS}.get(number[-2:], MIXED)


def number_for(name: str, nth: int = 0) -> str:
    """The `nth` (0 to 11) fictional number with this behaviour: E.164 digits without +. Raises KeyError, IndexError."""
    return f"1{_AREAS[nth]}55501{behaviour(name).ending}"


def table() -> str:
    """The behaviours as the README shows them."""
    rows = ["| ends in | name | the far end | cause | SIP |", "|---|---|---|--:|--:|"]
    rows += [f"| {b.ending} | `{b.name}` | {b.does} | {b.cause or '–'} | {b.sip or '–'} |" for b in BEHAVIOURS]
    rest = 100 - sum(MIX.values())
    shares = ", ".join(f"`{name}` {share} %" for name, share in {**MIX, "drops": rest}.items())
    return "\n".join([*rows, f"| other | `mixed` | drawn at each call: {shares} | – | – |"])

"""Hangup cause and how far the call came -> outcome.

Only `Hangup` is believed: OriginateResponse.Reason was 0 even for busy on Asterisk 22. A SIP code comes along as
`TechCause`. Cause 0 without one is our own side's failure: the phone never rang, and the touch is refunded.
"""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """What a call came to. Words for people are in dialer.wall.words."""

    CONVERSATION = "conversation"
    ABANDONED = "abandoned"
    HUNG_UP = "hung_up"  # answered, and gone before an agent could be expected
    MACHINE = "machine"  # judged an answering machine, and nobody talked
    MACHINE_MESSAGE = "machine_message"  # the same, and our message was left after the beep
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    REJECTED = "rejected"
    INVALID_NUMBER = "invalid_number"
    UNREACHABLE = "unreachable"
    CONGESTION = "congestion"
    CANCELLED = "cancelled"  # we ended it before it was answered
    FAILED = "failed"  # our own side; it never rang
    RELEASED = "released"  # reserved and never sent
    UNKNOWN = "unknown"  # sent, and lost from sight: counted, to be safe


# The phone certainly did not ring: the person was not touched.
REFUNDED = frozenset({Outcome.FAILED, Outcome.RELEASED})

# Answered, but by no person as far as we know: no answered call of a person for caps, rates and budgets.
BY_MACHINE = frozenset({Outcome.MACHINE, Outcome.MACHINE_MESSAGE})

# Q.850 causes, as ITU-T Q.850 names them.
BY_CAUSE = {
    1: Outcome.INVALID_NUMBER,  # unallocated number (404)
    22: Outcome.INVALID_NUMBER,  # number changed (410)
    28: Outcome.INVALID_NUMBER,  # invalid number format (484)
    17: Outcome.BUSY,  # user busy (486, 600)
    18: Outcome.NO_ANSWER,  # no user responding (408)
    19: Outcome.NO_ANSWER,  # alerting, no answer; also our own ring time-out
    21: Outcome.REJECTED,  # call rejected (603, 403)
    2: Outcome.UNREACHABLE,  # no route to transit network
    3: Outcome.UNREACHABLE,  # no route to destination
    20: Outcome.UNREACHABLE,  # subscriber absent
    27: Outcome.UNREACHABLE,  # destination out of order (502)
    34: Outcome.CONGESTION,  # no circuit available (503)
    38: Outcome.CONGESTION,  # network out of order (500)
    41: Outcome.CONGESTION,  # temporary failure
    42: Outcome.CONGESTION,  # switching equipment congestion
    44: Outcome.CONGESTION,  # requested circuit not available
}


def unanswered(cause: int, tech_cause: str, *, ended_by_us: bool) -> Outcome:
    """The outcome of a call that was never answered; `tech_cause` is the SIP code, '' when there was none."""
    if ended_by_us:
        return Outcome.CANCELLED
    if cause == 0 and not tech_cause:
        return Outcome.FAILED
    if cause in BY_CAUSE:
        return BY_CAUSE[cause]
    if tech_cause.startswith("5"):
        return Outcome.CONGESTION
    return Outcome.NO_ANSWER if cause == 16 else Outcome.UNREACHABLE


def answered_without_agent(waited_seconds: float, threshold_seconds: float, *, message_played: bool) -> Outcome:
    """A live answer nobody took: abandoned once the person heard the message or waited past the threshold."""
    if message_played or waited_seconds >= threshold_seconds:
        return Outcome.ABANDONED
    return Outcome.HUNG_UP

"""Facts and effects: the words in which the PBX and the rules speak to each other.

A fact is something that happened to one channel; an effect is something to do on the PBX. Both are plain frozen
values without AMI in them, so that the rules never learn what a header is and a fake PBX can produce them.
A call's id is a UUID of version 7 and equals its channel's id; an agent leg (a shift) has one of version 4:
the version digit alone tells which of the two a channel is, and that it is ours at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from dialer.rules.amd import Verdict

CALL_ID_VERSION = 7
SHIFT_ID_VERSION = 4


@dataclass(frozen=True, slots=True)
class CallFact:
    """Something that happened to the customer's leg `id`, at the PBX's own time (aware, UTC)."""

    id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class ChannelSeen(CallFact):
    """The channel exists: from now on the phone may ring."""


@dataclass(frozen=True, slots=True)
class Ringing(CallFact):
    """The far end reported ringing; some carriers never do."""


@dataclass(frozen=True, slots=True)
class Answered(CallFact):
    """The far end answered; it may be a person, a machine or an announcement."""


@dataclass(frozen=True, slots=True)
class Screened(CallFact):
    """A detector has listened: its verdict, why, and the milliseconds it took (None where it did not say)."""

    verdict: Verdict
    cause: str = ""
    took_ms: int | None = None


@dataclass(frozen=True, slots=True)
class MessageLeft(CallFact):
    """The campaign's message was played to the machine, to its end."""


@dataclass(frozen=True, slots=True)
class Waiting(CallFact):
    """The answered call entered the holding bridge and may be matched with an agent."""


@dataclass(frozen=True, slots=True)
class Bridged(CallFact):
    """Customer and agent share one bridge: they hear each other."""

    shift_id: UUID


@dataclass(frozen=True, slots=True)
class NoAgent(CallFact):
    """The PBX's own timer ended the wait; the caller hears the abandon message."""


@dataclass(frozen=True, slots=True)
class HungUp(CallFact):
    """The channel is gone. `cause` is Q.850 (0 = our own failure), `tech_cause` the SIP code when there was one."""

    cause: int
    tech_cause: str = ""


@dataclass(frozen=True, slots=True)
class Refused(CallFact):
    """The Originate failed; only to be believed while no channel was seen (see rules.call)."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class Unsent(CallFact):
    """Written down, but its engine ended before telling the PBX: it certainly never rang."""


@dataclass(frozen=True, slots=True)
class Vanished(CallFact):
    """A snapshot of the PBX does not show this channel although we hold it as live."""


@dataclass(frozen=True, slots=True)
class AgentGone(CallFact):
    """The agent this call was assigned to is not there: match it again."""


@dataclass(frozen=True, slots=True)
class ShiftFact:
    """Something that happened to the agent's leg `id`, at the PBX's own time (aware, UTC)."""

    id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class PhoneSeen(ShiftFact):
    """The agent's leg exists and is being called."""


@dataclass(frozen=True, slots=True)
class PhoneWaiting(ShiftFact):
    """The agent's leg is up and in the agents' holding bridge: it can be bridged."""


@dataclass(frozen=True, slots=True)
class PhoneGone(ShiftFact):
    """The agent's leg ended, or could not be called at all."""

    cause: int = 0
    tech_cause: str = ""


Fact = CallFact | ShiftFact


@dataclass(frozen=True, slots=True)
class Originate:
    """Place a customer's call. `dial_string` e.g. ``PJSIP/12125550123@carrier``; `ring_seconds` bounds the ringing."""

    id: UUID
    dial_string: str
    caller_id: str
    ring_seconds: int
    max_wait_seconds: int
    variables: tuple[tuple[str, str], ...] = field(default=())


@dataclass(frozen=True, slots=True)
class CallAgent:
    """Call an agent's phone once; its leg then waits in the agents' bridge."""

    id: UUID
    dial_string: str
    ring_seconds: int


@dataclass(frozen=True, slots=True)
class Connect:
    """Bridge a waiting call with a waiting agent leg; marks the call as met first."""

    call_id: UUID
    shift_id: UUID


@dataclass(frozen=True, slots=True)
class HangUp:
    """End a channel of ours (a call or an agent leg)."""

    id: UUID
    cause: int = 16


Effect = Originate | CallAgent | Connect | HangUp


@dataclass(frozen=True, slots=True)
class ChannelState:
    """One channel of ours in a snapshot: `stage` is dialing | ringing | answered | waiting | talking | idle.

    For a call: dialing (channel exists), ringing, answered (up, in no bridge), waiting (in the waiting bridge),
    talking (shares a bridge with the agent leg `peer`). For an agent leg: dialing, ringing, idle (waits), talking.
    """

    id: UUID
    stage: str
    peer: UUID | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the PBX shows at `at`: our channels by id, and names of channels that are ours by shape but unknown kind."""

    at: datetime
    channels: dict[UUID, ChannelState]

"""What an AMI event means: a fact about one call, about one agent's leg, or nothing.

A channel is ours only when its `Uniqueid` is a UUID we could have given it: version 7 is a call, version 4 an agent's
leg. Holding bridges are known by their name, talking bridges by `BridgeType: basic`, never by technology, which turns
from `simple_bridge` into `native_rtp` during a talk. Events may be doubled, missing or out of order: a reader never
raises and never guesses; the rules decide what a fact is worth. One reader per AMI session, thrown away with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from uuid import UUID

from dialer.rules.amd import Verdict
from dialer.rules.facts import (
    CALL_ID_VERSION,
    SHIFT_ID_VERSION,
    AgentGone,
    Answered,
    Bridged,
    CallAgent,
    ChannelSeen,
    Connect,
    Effect,
    Fact,
    HungUp,
    MessageLeft,
    NoAgent,
    Originate,
    PhoneGone,
    PhoneSeen,
    PhoneWaiting,
    Refused,
    Ringing,
    Screened,
    Waiting,
)

WAITING_BRIDGE = "waiting"
AGENTS_BRIDGE = "agents"
RINGING, UP = "5", "6"
UNKNOWN_CAUSE = 127  # Q.850 "interworking, unspecified": not 0, which would refund the touch

VERDICTS = {verdict.value: verdict for verdict in Verdict}
LONGEST_CAUSE = 40

Event = Mapping[str, str]

EVENTS_READ = frozenset(
    {"Newchannel", "Newstate", "BridgeEnter", "BridgeLeave", "Hangup", "OriginateResponse", "UserEvent"}
)


@lru_cache(maxsize=8192)
def our_id(uniqueid: str) -> UUID | None:
    """The id when the channel can be ours: canonical lower-case text of a UUID of version 7 or 4, else None."""
    try:
        parsed = UUID(uniqueid)
    except ValueError:
        return None
    canonical = str(parsed) == uniqueid
    return parsed if canonical and parsed.version in (CALL_ID_VERSION, SHIFT_ID_VERSION) else None


def is_call(channel: UUID) -> bool:
    return channel.version == CALL_ID_VERSION


def happened_at(event: Event, now: datetime) -> datetime:
    """The PBX's own time of the event (UTC), or `now` where it gave none (needs `timestampevents = yes`)."""
    try:
        return datetime.fromtimestamp(float(event["Timestamp"]), UTC)
    except (KeyError, ValueError, OverflowError, OSError):
        return now


def refusal(effect: Effect, reason: str, at: datetime) -> list[Fact]:
    """What it means that the PBX answered `Response: Error` to this effect; `reason` is its `Message`.

    A refused Hangup means the channel is gone already, which its own Hangup event tells better: no fact.
    """
    match effect:
        case Originate():
            return [Refused(effect.id, at, reason)]
        case CallAgent():
            return [PhoneGone(effect.id, at)]
        case Connect() if reason.startswith("Channel2 does not exist"):
            return [PhoneGone(effect.shift_id, at), AgentGone(effect.call_id, at)]
        case Connect():
            return [AgentGone(effect.call_id, at)]
        case _:
            return []


class FactReader:
    """Reads events in the order they came; remembers who is in which talking bridge, and which agent legs were seen."""

    def __init__(self) -> None:
        self._bridge_of: dict[UUID, str] = {}
        self._members: dict[str, set[UUID]] = {}
        self._legs_seen: set[UUID] = set()
        self._readers = {
            "Newchannel": self._newchannel,
            "Newstate": self._newstate,
            "BridgeEnter": self._enter,
            "BridgeLeave": self._leave,
            "Hangup": self._hangup,
            "OriginateResponse": self._originate_response,
            "UserEvent": self._user_event,
        }

    def read(self, event: Event, now: datetime) -> list[Fact]:
        """The facts in one event; `now` (aware) stands in for a missing `Timestamp`."""
        reader = self._readers.get(event.get("Event", ""))
        channel = our_id(event.get("Uniqueid", ""))
        if reader is None or channel is None:
            return []
        return reader(channel, event, happened_at(event, now))

    def _newchannel(self, channel: UUID, _: Event, at: datetime) -> list[Fact]:
        if is_call(channel):
            return [ChannelSeen(channel, at)]
        self._legs_seen.add(channel)
        return [PhoneSeen(channel, at)]

    def _newstate(self, channel: UUID, event: Event, at: datetime) -> list[Fact]:
        if not is_call(channel):
            self._legs_seen.add(channel)
            return []
        step = {RINGING: Ringing, UP: Answered}.get(event.get("ChannelState", ""))
        return [step(channel, at)] if step else []

    def _enter(self, channel: UUID, event: Event, at: datetime) -> list[Fact]:
        if not is_call(channel):
            self._legs_seen.add(channel)
        if event.get("BridgeType") == "basic":
            return self._join(channel, event.get("BridgeUniqueid", ""), at)
        if is_call(channel):
            return [Waiting(channel, at)] if event.get("BridgeName") == WAITING_BRIDGE else []
        return [PhoneWaiting(channel, at)] if event.get("BridgeName") == AGENTS_BRIDGE else []

    def _join(self, channel: UUID, bridge: str, at: datetime) -> list[Fact]:
        if self._bridge_of.get(channel) == bridge:
            return []
        self._part(channel)
        self._bridge_of[channel] = bridge
        others = self._members.setdefault(bridge, set())
        pairs = [(channel, o) if is_call(channel) else (o, channel) for o in others if is_call(o) != is_call(channel)]
        others.add(channel)
        return [Bridged(call, at, shift) for call, shift in pairs]

    def _part(self, channel: UUID) -> None:
        bridge = self._bridge_of.pop(channel, None)
        if bridge is None:
            return
        self._members[bridge].discard(channel)
        if not self._members[bridge]:
            del self._members[bridge]

    def _leave(self, channel: UUID, event: Event, _: datetime) -> list[Fact]:
        if self._bridge_of.get(channel) == event.get("BridgeUniqueid"):
            self._part(channel)
        return []

    def _hangup(self, channel: UUID, event: Event, at: datetime) -> list[Fact]:
        self._part(channel)
        self._legs_seen.discard(channel)
        cause = event.get("Cause", "")
        number = int(cause) if cause.isascii() and cause.isdigit() and len(cause) <= 3 else UNKNOWN_CAUSE
        gone = HungUp if is_call(channel) else PhoneGone
        return [gone(channel, at, number, event.get("TechCause", ""))]

    def _originate_response(self, channel: UUID, event: Event, at: datetime) -> list[Fact]:
        """Only a failure says something, and it may carry a *live* channel's id: a second Originate of that id failed.

        For a call the rules know whether a channel was seen. An agent's leg has no such rule: while this session has
        seen it alive, its Hangup will tell; otherwise (unknown endpoint) this is the only sign that nobody will answer.
        A failure that comes after the leg's Hangup doubles PhoneGone, which changes nothing.
        """
        if event.get("Response") != "Failure":
            return []
        if is_call(channel):
            return [Refused(channel, at, event.get("Reason", ""))]
        return [] if channel in self._legs_seen else [PhoneGone(channel, at)]

    def _user_event(self, channel: UUID, event: Event, at: datetime) -> list[Fact]:
        if not is_call(channel):
            return []
        match event.get("UserEvent"):
            case "NoAgent":
                return [NoAgent(channel, at)]
            case "Screened":
                return [Screened(channel, at, _verdict(event), _shown(event.get("Cause", "")), _took(event))]
            case "MessageLeft":
                return [MessageLeft(channel, at)]
            case _:
                return []


def _verdict(event: Event) -> Verdict:
    """A word nobody knows is no reason to hang up on a person."""
    return VERDICTS.get(event.get("Verdict", ""), Verdict.UNSURE)


def _shown(cause: str) -> str:
    return "".join(c for c in cause if c.isprintable())[:LONGEST_CAUSE]


def _took(event: Event) -> int | None:
    said = event.get("Took", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) <= 6 else None

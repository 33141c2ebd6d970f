"""What the PBX shows right now, and what that means for what we hold as live.

Start-up, reconnect and the audit share these two functions: rows of `CoreShowChannels` become a Snapshot, and the
difference between a Snapshot and the database becomes ordinary facts for the ordinary rules. A snapshot is a little
old by the time it is read, so whatever changed after it was asked for is left alone. Who talks with whom is told by
a `BridgeId` shared between a call and an agent's leg: every channel up keeps `BridgeWait` as its application.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from dialer.pbx.facts import RINGING, UP, Event, is_call, our_id
from dialer.rules.facts import (
    AgentGone,
    Answered,
    Bridged,
    ChannelSeen,
    ChannelState,
    Fact,
    HangUp,
    NoAgent,
    PhoneGone,
    PhoneWaiting,
    Ringing,
    Snapshot,
    Vanished,
    Waiting,
)

ABSENT_AFTER = timedelta(seconds=5)
UNSETTLED_AFTER = timedelta(seconds=1)

_PROGRESS = ("reserved", "placed", "dialing", "ringing", "answered", "waiting", "assigned", "talking", "machine")
_NEVER_SEEN = ("reserved", "placed", "signing_in")


@dataclass(frozen=True, slots=True)
class Held:
    """What the database holds as live: a call's or shift's `state`, and when it entered it (aware)."""

    state: str
    since: datetime


def snapshot_of(rows: Iterable[Event], at: datetime) -> Snapshot:
    """Our channels among the rows of a complete CoreShowChannels list asked for at `at`."""
    ours = {channel: row for row in rows if (channel := our_id(row.get("Uniqueid", "")))}
    bridges: dict[str, list[UUID]] = defaultdict(list)
    for channel, row in ours.items():
        bridges[row.get("BridgeId", "")].append(channel)
    return Snapshot(at, {channel: _channel(channel, row, bridges) for channel, row in ours.items()})


def _channel(channel: UUID, row: Event, bridges: Mapping[str, list[UUID]]) -> ChannelState:
    bridge = row.get("BridgeId", "")
    others = [o for o in bridges[bridge] if is_call(o) != is_call(channel)] if bridge else []
    if row.get("ChannelState") != UP:
        return ChannelState(channel, "ringing" if row.get("ChannelState") == RINGING else "dialing")
    if others:
        return ChannelState(channel, "talking", others[0])
    if is_call(channel):
        return ChannelState(channel, "waiting" if bridge else "answered")
    return ChannelState(channel, "idle")


def missed(
    snapshot: Snapshot,
    calls: Mapping[UUID, Held],
    shifts: Mapping[UUID, Held],
    *,
    absent_after: timedelta = ABSENT_AFTER,
    unsettled_after: timedelta = UNSETTLED_AFTER,
) -> tuple[list[Fact], list[HangUp]]:
    """What we did not hear, and which channels of ours nobody knows any more.

    Read `calls` and `shifts` after the snapshot was taken: a channel is always in the database before it is on the
    PBX, so an unknown one has really been given up. Queue the facts behind those already heard (`Session.put`), so
    that a Hangup on its way wins over Vanished.

    `absent_after`: how long something sent (or about to be) may take to become a channel. `unsettled_after`: how long
    an assigned call may take to be bridged, and a channel to reach its next bridge.
    """
    facts = [
        fact
        for held, read in ((calls, _missed_by_call), (shifts, _missed_by_shift))
        for channel, view in held.items()
        if view.since <= snapshot.at
        for fact in read(channel, view, snapshot, absent_after, unsettled_after)
    ]
    unknown = [HangUp(channel) for channel in snapshot.channels if channel not in calls and channel not in shifts]
    return facts, unknown


def _missed_by_call(
    call: UUID, held: Held, snapshot: Snapshot, absent_after: timedelta, unsettled_after: timedelta
) -> Iterator[Fact]:
    seen, age = snapshot.channels.get(call), snapshot.at - held.since
    if seen is None:
        if held.state not in _NEVER_SEEN or age >= absent_after:
            yield Vanished(call, snapshot.at)
    elif (held.state, seen.stage) == ("assigned", "waiting") and age >= unsettled_after:
        yield AgentGone(call, snapshot.at)
    elif (held.state, seen.stage) == ("waiting", "answered") and age >= unsettled_after:
        yield NoAgent(call, snapshot.at)
    else:
        yield from _ahead(seen, held.state, snapshot.at)


def _ahead(seen: ChannelState, state: str, at: datetime) -> Iterator[Fact]:
    """The steps between what we know and what is there; Waiting is left out of a talk: it would ask for an agent."""
    known = _PROGRESS.index(state)
    if known < _PROGRESS.index("dialing"):
        yield ChannelSeen(seen.id, at)
    if seen.stage == "ringing" and known < _PROGRESS.index("ringing"):
        yield Ringing(seen.id, at)
    if seen.stage in ("answered", "waiting", "talking") and known < _PROGRESS.index("answered"):
        yield Answered(seen.id, at)
    if seen.stage == "waiting" and known < _PROGRESS.index("waiting"):
        yield Waiting(seen.id, at)
    if seen.peer is not None and known < _PROGRESS.index("talking"):
        yield Bridged(seen.id, at, seen.peer)


def _missed_by_shift(
    shift: UUID, held: Held, snapshot: Snapshot, absent_after: timedelta, unsettled_after: timedelta
) -> Iterator[Fact]:
    """A leg that idles during `claimed` is normal: its Bridge is on the way, and the call's own facts end it."""
    seen, age = snapshot.channels.get(shift), snapshot.at - held.since
    if seen is None:
        if held.state not in _NEVER_SEEN or age >= absent_after:
            yield PhoneGone(shift, snapshot.at)
    elif seen.stage == "idle" and (held.state == "signing_in" or _still_talking(held, age, unsettled_after)):
        yield PhoneWaiting(shift, snapshot.at)


def _still_talking(held: Held, age: timedelta, unsettled_after: timedelta) -> bool:
    return held.state == "talking" and age >= unsettled_after

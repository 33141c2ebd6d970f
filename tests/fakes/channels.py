"""The fake PBX's channels and bridges, and the header lines the real one writes about them (see tests/transcripts)."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from uuid import uuid4

from tests.fakes.phones import FarEnd

HeaderLines = list[tuple[str, str]]


@dataclass
class Bridge:
    type: str
    technology: str
    name: str = "<unknown>"
    creator: str = "<unknown>"
    id: str = field(default_factory=lambda: str(uuid4()))
    members: list[Channel] = field(default_factory=list)


@dataclass(eq=False)
class Channel:
    id: str
    name: str
    number: str
    dial_string: str
    context: str
    far_end: FarEnd
    action_id: str
    caller_id: str = ""
    variables: dict[str, str] = field(default_factory=dict)
    placed_at: float = field(default_factory=time.time)
    state: int = 0
    bridge: Bridge | None = None
    answered: bool = False
    reported: bool = False
    timers: list[asyncio.TimerHandle] = field(default_factory=list)


def event_lines(name: str, privilege: str = "call,all") -> HeaderLines:
    return [("Event", name), ("Privilege", privilege), ("Timestamp", f"{time.time():.6f}")]


def channel_lines(channel: Channel, caller_name: str) -> HeaderLines:
    words = {0: "Down", 5: "Ringing", 6: "Up"}
    return [
        ("Channel", channel.name),
        ("ChannelState", str(channel.state)),
        ("ChannelStateDesc", words[channel.state]),
        ("CallerIDNum", "<unknown>"),
        ("CallerIDName", caller_name),
        ("ConnectedLineNum", "<unknown>"),
        ("ConnectedLineName", "<unknown>"),
        ("Language", "en"),
        ("AccountCode", ""),
        ("Context", channel.context if channel.answered else "default"),
        ("Exten", "s"),
        ("Priority", "2" if channel.bridge else "1"),
        ("Uniqueid", channel.id),
        ("Linkedid", channel.id),
    ]


def bridge_lines(bridge: Bridge) -> HeaderLines:
    return [
        ("BridgeUniqueid", bridge.id),
        ("BridgeType", bridge.type),
        ("BridgeTechnology", bridge.technology),
        ("BridgeCreator", bridge.creator),
        ("BridgeName", bridge.name),
        ("BridgeNumChannels", str(len(bridge.members))),
        ("BridgeVideoSourceMode", "none"),
    ]


def row_lines(channel: Channel, caller_name: str) -> HeaderLines:
    application = "BridgeWait" if channel.answered else "AppDial2"
    bridge = channel.bridge.id if channel.bridge else ""
    return [*channel_lines(channel, caller_name), ("Application", application), ("BridgeId", bridge)]

"""A fake Asterisk on loopback: places calls, keeps bridges, times the wait, and enforces what the real one enforces.

Its far ends follow a script by number; its events carry the headers and come in the order recorded in
tests/transcripts. Like the real one it answers "successfully queued" to a live id and then fails it under the live
call's id, accepts the id again afterwards, and takes a call that nobody connects through the abandon message by
itself. Far ends are in phones.py, misbehaviour in wire.Faults: `async with FakePbx({"12125550123": BUSY}) as pbx`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from uuid import UUID, uuid4

from tests.fakes.channels import Bridge, Channel, bridge_lines, channel_lines, event_lines, row_lines
from tests.fakes.phones import ANSWERS, FarEnd
from tests.fakes.wire import Action, AmiServer, Client, Faults, Lines


class FakePbx(AmiServer):
    """`calls` and `agent_legs`: every leg ever placed, in order; `channels`: those alive by id; `ended`: id → cause.

    `second` is how long its second lasts, for MAX_WAIT and ring time-outs only, so that tests need not wait.
    """

    def __init__(
        self,
        script: Mapping[str, FarEnd] | Callable[[str], FarEnd] | None = None,
        *,
        username: str = "dialer",
        secret: str = "a-secret",
        faults: Faults | None = None,
        second: float = 1.0,
        abandon_message_seconds: float = 0.01,
    ) -> None:
        super().__init__(username=username, secret=secret, faults=faults)
        known = script or {}
        self._far_end = known if callable(known) else lambda number: known.get(number, ANSWERS)
        self._second, self._message_seconds = second, abandon_message_seconds
        self.calls: list[Channel] = []
        self.agent_legs: list[Channel] = []
        self.channels: dict[str, Channel] = {}
        self.ended: dict[str, int] = {}
        self.reloads: list[str] = []
        self._holding: dict[str, Bridge] = {}

    async def __aexit__(self, *_: object) -> None:
        self.crash()
        await super().__aexit__()

    def crash(self) -> None:
        """Every channel and connection is gone without a word; it can be logged in to again at once."""
        for channel in self.channels.values():
            self._stop_timers(channel)
        self.channels.clear()
        self._holding.clear()
        self.drop()

    def hang_up(self, channel_id: str | UUID, cause: int = 16, tech_cause: str = "") -> None:
        """The far end hangs up."""
        self._finish(self.channels[str(channel_id)], cause, tech_cause)

    # Actions

    def carry_out(self, client: Client, name: str, action: Action) -> None:
        handler = getattr(self, f"_on_{name.lower()}", None)
        if handler is None:
            super().carry_out(client, name, action)
        else:
            handler(client, action)

    def _on_originate(self, client: Client, action: Action) -> None:
        self.answer(client, action, "Success", "Originate successfully queued")
        channel = self._new_channel(action)
        (self.calls if channel.context == "customer" else self.agent_legs).append(channel)
        if channel.id in self.channels or not channel.far_end.exists:
            self._report(channel, "Failure", 0)
            return
        self.channels[channel.id] = channel
        self._channel_event("Newchannel", channel)
        self._call_far_end(channel, int(str(action["Timeout"])) / 1000 * self._second)

    def _new_channel(self, action: Action) -> Channel:
        dial_string = str(action["Channel"])
        number, _, trunk = dial_string.partition("/")[2].partition("@")
        given = action.get("Variable", [])
        return Channel(
            id=str(action.get("ChannelId") or uuid4()),
            name=f"PJSIP/{trunk}-{len(self.calls) + len(self.agent_legs):08x}",
            number=number,
            dial_string=dial_string,
            context=str(action["Context"]),
            far_end=self._far_end(number),
            action_id=str(action.get("ActionID", "")),
            caller_id=str(action.get("CallerID", "")),
            variables=dict(line.split("=", 1) for line in ([given] if isinstance(given, str) else given)),
        )

    def _call_far_end(self, channel: Channel, timeout: float) -> None:
        phone = channel.far_end
        if phone.rings_after is not None and not self.faults.never_ringing:
            self._later(channel, phone.rings_after, self._rings)
        if phone.answers_after is not None:
            self._later(channel, phone.answers_after, self._refuses if phone.refuses else self._answers)
        self._later(channel, timeout, self._times_out)

    def _on_bridge(self, client: Client, action: Action) -> None:
        legs = [self.channels.get(str(action[f"Channel{n}"])) for n in (1, 2)]
        for number, leg in enumerate(legs, 1):
            if leg is None or not leg.answered:
                message = f"Channel{number} does not exist: {action[f'Channel{number}']}"
                self.answer(client, action, "Error", message)
                return
        self.answer(client, action, "Success", "Channels have been bridged")
        self._bridge(*[leg for leg in legs if leg])

    def _on_setvar(self, client: Client, action: Action) -> None:
        channel = self.channels.get(str(action["Channel"]))
        if channel is None:
            self.answer(client, action, "Error", "No such channel")
        else:
            channel.variables[str(action["Variable"])] = str(action["Value"])
            self.answer(client, action, "Success", "Variable Set")

    def _on_hangup(self, client: Client, action: Action) -> None:
        channel = self.channels.get(str(action["Channel"]))
        if channel is None:
            self.answer(client, action, "Error", "No such channel")
        else:
            self.answer(client, action, "Success", "Channel Hungup")
            self._finish(channel, int(str(action.get("Cause", "16" if channel.answered else "0"))), "")

    def _on_coreshowchannels(self, client: Client, action: Action) -> None:
        told = ("ActionID", str(action["ActionID"]))
        self.answer(client, action, "Success", "Channels will follow", ("EventList", "start"))
        rows = list(self.channels.values())
        for channel in rows[self.faults.rows_missing :]:
            client.send([("Event", "CoreShowChannel"), told, *row_lines(channel, self.faults.caller_name)])
        end = [("EventList", "Complete"), ("ListItems", str(len(rows)))]
        client.send([("Event", "CoreShowChannelsComplete"), told, *end])

    def _on_reload(self, client: Client, action: Action) -> None:
        self.reloads.append(str(action["Module"]))
        self.answer(client, action, "Success", "Module Reloaded")

    # The life of a channel

    def _rings(self, channel: Channel) -> None:
        channel.state = 5
        self._channel_event("Newstate", channel)

    def _answers(self, channel: Channel) -> None:
        self._stop_timers(channel)
        channel.state, channel.answered = 6, True
        self._channel_event("Newstate", channel)
        if not self.faults.response_after_bridge:
            self._report(channel, "Success", 4)
        self._run_dialplan(channel)
        if self.faults.response_after_bridge:
            self._report(channel, "Success", 4)

    def _refuses(self, channel: Channel) -> None:
        cause, code = channel.far_end.refuses or (0, "")
        self._finish(channel, cause, code)

    def _times_out(self, channel: Channel) -> None:
        self._finish(channel, 19, "480", reason=3)

    def _run_dialplan(self, channel: Channel) -> None:
        if channel.context == "agent":
            self._hold(channel, "agents")
        elif channel.variables.get("DETECTOR"):
            self._later(channel, channel.far_end.judged[1] / 1000, self._screened)
        else:
            self._wait(channel)

    def _screened(self, channel: Channel) -> None:
        verdict, took = channel.far_end.judged
        said = [("UserEvent", "Screened"), ("Verdict", verdict), ("Cause", "MAXWORDS-4-4"), ("Took", str(took))]
        self._channel_event("UserEvent", channel, said, privilege="user,all")
        on_machine = channel.variables.get("ON_MACHINE")
        if verdict != "machine" or on_machine == "agent":
            self._wait(channel)
            return
        if on_machine == "message":
            self._channel_event("UserEvent", channel, [("UserEvent", "MessageLeft")], privilege="user,all")
        self._finish(channel, 16, "")

    def _wait(self, channel: Channel) -> None:
        self._hold(channel, "waiting")
        self._later(channel, float(channel.variables.get("MAX_WAIT", "0")) * self._second, self._wait_is_over)

    def _wait_is_over(self, channel: Channel) -> None:
        self._leave(channel)
        self._go_on(channel)

    def _go_on(self, channel: Channel) -> None:
        """What the dialplan does after a bridge."""
        if channel.context == "agent":
            self._hold(channel, "agents")
        elif channel.variables.get("MET") == "1":
            self._finish(channel, 16, "")
        else:
            self._channel_event("UserEvent", channel, [("UserEvent", "NoAgent")], privilege="user,all")
            self._later(channel, self._message_seconds, lambda told: self._finish(told, 16, ""))

    def _finish(self, channel: Channel, cause: int, tech_cause: str, reason: int = 0) -> None:
        self._stop_timers(channel)
        partners = [other for other in channel.bridge.members if other is not channel] if channel.bridge else []
        talking = channel.bridge is not None and channel.bridge.type == "basic"
        if channel.bridge:
            self._leave(channel)
        for partner in partners if talking else []:
            self._leave(partner)
        del self.channels[channel.id]
        self.ended[channel.id] = cause
        gone = [("Cause", str(cause)), ("Cause-txt", "Text"), *([("TechCause", tech_cause)] if tech_cause else [])]
        late = self.faults.hangup_before_response or reason == 3
        if not late:
            self._report_once(channel, reason)
        self._channel_event("Hangup", channel, gone)
        self._report_once(channel, reason)
        for partner in partners if talking else []:
            self._go_on(partner)

    def _report_once(self, channel: Channel, reason: int) -> None:
        if not channel.reported:
            self._report(channel, "Failure", reason)

    # Bridges

    def _hold(self, channel: Channel, name: str) -> None:
        bridge = self._holding.get(name) or Bridge("base", "holding_bridge", name, "BridgeWait")
        self._holding[name] = bridge
        self._enter(channel, bridge)

    def _bridge(self, call: Channel, agent: Channel) -> None:
        bridge = Bridge("basic", "simple_bridge")
        for leg in (call, agent):
            self._stop_timers(leg)
            if leg.bridge:
                self._leave(leg)
            self._enter(leg, bridge)
        bridge.technology = "native_rtp"
        if call.far_end.talks_for is not None:
            self._later(call, call.far_end.talks_for, lambda told: self._finish(told, 16, ""))

    def _enter(self, channel: Channel, bridge: Bridge) -> None:
        channel.bridge = bridge
        bridge.members.append(channel)
        self._channel_event("BridgeEnter", channel, before=bridge_lines(bridge))

    def _leave(self, channel: Channel) -> None:
        bridge, channel.bridge = channel.bridge, None
        if bridge is None:
            return
        bridge.members.remove(channel)
        if not bridge.members:
            self._holding = {name: held for name, held in self._holding.items() if held is not bridge}
        self._channel_event("BridgeLeave", channel, before=bridge_lines(bridge))

    # Telling

    def _report(self, channel: Channel, response: str, reason: int) -> None:
        channel.reported = True
        shown = channel.name if response == "Success" else channel.dial_string
        said = [("ActionID", channel.action_id), ("Response", response), ("Channel", shown)]
        tail = [("Context", channel.context), ("Exten", "s"), ("Reason", str(reason)), ("Uniqueid", channel.id)]
        names = [("CallerIDNum", "<unknown>"), ("CallerIDName", self.faults.caller_name)]
        self.emit([*event_lines("OriginateResponse"), *said, *tail, *names])

    def _channel_event(
        self, name: str, channel: Channel, after: Lines = (), before: Lines = (), privilege: str = "call,all"
    ) -> None:
        told = channel_lines(channel, self.faults.caller_name)
        self.emit([*event_lines(name, privilege), *before, *told, *after])

    # Time

    def _later(self, channel: Channel, seconds: float, step: Callable[[Channel], None]) -> None:
        channel.timers.append(asyncio.get_running_loop().call_later(seconds, step, channel))

    def _stop_timers(self, channel: Channel) -> None:
        for timer in channel.timers:
            timer.cancel()
        channel.timers.clear()

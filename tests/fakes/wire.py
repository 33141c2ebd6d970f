"""The socket side of the fake Asterisk: banner, login, actions in, events out, and every way a peer can misbehave.

It reads actions as the real one does: a bare line feed ends a line, so an injected line is really carried out. One
driver at a time may be logged in. Misbehaviour is switched on and off in `faults` while it runs.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Self

Lines = Iterable[tuple[str, str]]
Action = dict[str, str | list[str]]

BANNER = b"Asterisk Call Manager/11.0.0\r\n"


@dataclass
class Faults:
    """`stalled`: takes bytes, says nothing any more (a half-open peer). `mute`: actions never answered. `refuse`: an
    action's name → the error it is answered with. `chunk`: every write leaves in pieces of so many bytes."""

    banner: bytes = BANNER
    booted: bool = True
    stalled: bool = False
    login_seconds: float = 0.0
    mute: set[str] = field(default_factory=set)
    refuse: dict[str, str] = field(default_factory=dict)
    chunk: int | None = None
    double_events: bool = False
    hangup_before_response: bool = False
    response_after_bridge: bool = False
    never_ringing: bool = False
    caller_name: str = "<unknown>"
    rows_missing: int = 0


class Client(asyncio.Protocol):
    """One AMI connection."""

    def __init__(self, server: AmiServer) -> None:
        self.server = server
        self.logged_in = False
        self._buffer = b""
        self._action: Action = {}
        self._outbox: deque[bytes] = deque()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.server.clients.append(self)
        self.server.connections += 1
        self.write(self.server.faults.banner)
        self.server.changed()

    def connection_lost(self, exc: Exception | None) -> None:
        self.server.clients.remove(self)
        self.server.changed()

    def data_received(self, data: bytes) -> None:
        if self.server.faults.stalled:
            return
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            self._line(line.rstrip(b"\r").decode())

    def _line(self, line: str) -> None:
        name, _, value = line.partition(": ")
        if not line:
            action, self._action = self._action, {}
            if action:
                self.server.act(self, action)
        elif name in self._action:
            said = self._action[name]
            self._action[name] = [*([said] if isinstance(said, str) else said), value]
        else:
            self._action[name] = value

    def send(self, lines: Lines) -> None:
        self.write("".join(f"{name}: {value}\r\n" for name, value in lines).encode() + b"\r\n")

    def write(self, data: bytes) -> None:
        size = self.server.faults.chunk
        if self.server.faults.stalled or self.transport.is_closing():
            return
        if size is None and not self._outbox:
            self.transport.write(data)
            return
        size = size or len(data)
        self._outbox.extend(data[i : i + size] for i in range(0, len(data), size))
        asyncio.get_running_loop().call_later(0, self._pump)

    def _pump(self) -> None:
        """One piece per turn of the loop, so that the other side really reads pieces."""
        if self._outbox and not self.transport.is_closing():
            self.transport.write(self._outbox.popleft())
            asyncio.get_running_loop().call_later(0, self._pump)


class AmiServer:
    """Listens on loopback while entered. `actions`: all received, logins included; `logins`: how each went."""

    def __init__(self, *, username: str = "dialer", secret: str = "a-secret", faults: Faults | None = None) -> None:
        self.username, self.secret = username, secret
        self.faults = faults or Faults()
        self.host, self.port = "127.0.0.1", 0
        self.clients: list[Client] = []
        self.actions: list[Action] = []
        self.logins: list[str] = []
        self.connections = 0
        self._changed = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.get_running_loop().create_server(lambda: Client(self), self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.drop()
        self._server.close()
        await self.until(lambda: not self.clients)

    def changed(self) -> None:
        self._changed.set()

    async def until(self, condition: Callable[[], object], seconds: float = 60.0) -> None:
        """Waits for a condition on this fake, looked at after everything it does; TimeoutError after `seconds`."""
        async with asyncio.timeout(seconds):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    # Misbehaving

    def drop(self) -> None:
        """Cut every connection, as a crash does."""
        for client in list(self.clients):
            client.transport.abort()

    async def drop_mid_message(self) -> None:
        """Half an event, then the end."""
        for client in self.clients:
            client.transport.write(b"Event: Hangup\r\nPrivilege: call,all\r\nUniq")
        await asyncio.sleep(0.01)
        for client in self.clients:
            client.transport.close()

    def half_close(self) -> None:
        """Says it will send no more, and keeps listening."""
        for client in self.clients:
            client.transport.write_eof()

    def say(self, raw: bytes) -> None:
        """Raw bytes to every driver, well-formed or not."""
        for client in self.clients:
            client.write(raw)

    # Answering

    def act(self, client: Client, action: Action) -> None:
        self.actions.append(action)
        name = str(action.get("Action", ""))
        if name == "Login":
            asyncio.get_running_loop().call_later(self.faults.login_seconds, self._login, client, action)
        elif name in self.faults.refuse or not client.logged_in:
            self.answer(client, action, "Error", self.faults.refuse.get(name, "Permission denied"))
        elif name not in self.faults.mute:
            self.carry_out(client, name, action)
        self.changed()

    def carry_out(self, client: Client, name: str, action: Action) -> None:
        """Overridden by what has channels."""
        if name == "Ping":
            self.answer(client, action, "Success", None, ("Ping", "Pong"))
        else:
            self.answer(client, action, "Error", f"Invalid/unknown command: {name}.")

    def answer(
        self, client: Client, action: Action, response: str, message: str | None, *more: tuple[str, str]
    ) -> None:
        told = [("ActionID", str(action["ActionID"]))] if "ActionID" in action else []
        client.send([("Response", response), *told, *([("Message", message)] if message else []), *more])

    def _login(self, client: Client, action: Action) -> None:
        refusal = self._login_refusal(client, action)
        self.logins.append(refusal or "accepted")
        if refusal:
            self.answer(client, action, "Error", refusal)
            client.transport.close()
        else:
            client.logged_in = True
            self.answer(client, action, "Success", "Authentication accepted")
            if self.faults.booted:
                client.send([("Event", "FullyBooted"), ("Privilege", "system,all"), ("Status", "Fully Booted")])
        self.changed()

    def _login_refusal(self, client: Client, action: Action) -> str | None:
        if any(other.logged_in for other in self.clients if other is not client):
            return "Login Already In Use"
        if (action.get("Username"), action.get("Secret")) != (self.username, self.secret):
            return "Authentication failed"
        return None

    def emit(self, lines: Lines) -> None:
        told = list(lines)
        for client in self.clients:
            if client.logged_in:
                for _ in range(2 if self.faults.double_events else 1):
                    client.send(told)
        self.changed()

"""panoramisk, tamed: the one module that imports it. Bytes become events and answers; actions become bytes.

We keep its actions, messages and manager, not its habits: it replays an Originate after a reconnect (a second call to
a person), reconnects on its own, trusts a silent peer, loses UTF-8 characters at read boundaries, swallows
OriginateResponse, parses events nobody reads and buffers without limit. Here a connection ends once, an event is
never mistaken for an answer, and a message that contradicts itself is dropped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import structlog
from panoramisk import Manager
from panoramisk.actions import Action
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.message import Message as Message

from dialer.pbx import Garbled, LinkLost
from dialer.pbx.actions import Headers
from dialer.pbx.facts import EVENTS_READ, Event
from dialer.rules.facts import Effect

log = structlog.get_logger(__name__)

BANNER = b"Asterisk Call Manager/"
EOL, END = b"\r\n", b"\r\n\r\n"
LONGEST_BANNER = 200  # bytes
LONGEST_MESSAGE = 1 << 20  # bytes; real ones are below 64 kB
_ROWS = frozenset({"CoreShowChannel", "CoreShowChannelsComplete"})
_EVENTS_KEPT = frozenset(name.encode() for name in EVENTS_READ | _ROWS | {"FullyBooted"})
_MAY_REPEAT = ("ChanVariable", "Variable", "Output")


class Ask(Action):
    """An action under way: its future resolves with the response or, for a list, when the list is complete."""

    def __init__(self, headers: Headers, effect: Effect | None = None) -> None:
        super().__init__(headers)
        self.effect = effect
        self.sent_at = asyncio.get_running_loop().time()
        self.rows: list[Event] = []

    def add_row(self, row: Event) -> bool:
        """True when `row` was the end of the list; a list with rows missing ends as an error."""
        if row.get("EventList") != "Complete":
            self.rows.append(row)
            return False
        complete = row.get("ListItems") == str(len(self.rows))
        self.settle(Message({"Response": "Success" if complete else "Error", "Message": "rows are missing"}))
        return True

    def settle(self, message: Message) -> None:
        if not self.future.done():
            self.future.set_result(message)


class Link(AMIProtocol):
    """One connection: frames bytes, drops unread events before parsing them, pairs responses with asks."""

    def __init__(
        self,
        on_event: Callable[[Event], None],
        on_answer: Callable[[Ask, Message], None],
        on_end: Callable[[LinkLost], None],
    ) -> None:
        self.transport: asyncio.Transport | None = None
        self.responses: dict[str, Ask] = {}
        self.gone = asyncio.Event()
        self._on_event, self._on_answer, self._on_end = on_event, on_answer, on_end
        self._greeted = False
        self._rest = b""

    def send(self, data: Any, as_list: bool | None = False) -> asyncio.Future[Message]:
        """As panoramisk's, but never logs an action (a login holds the secret), and after the end sends nothing."""
        ask = data if isinstance(data, Ask) else Ask(data)
        if self.transport is None or self.transport.is_closing():
            ask.future.cancel()
        else:
            self.responses[ask.id] = ask
            self.transport.write(str(ask).encode())
        future: asyncio.Future[Message] = ask.future
        return future

    def data_received(self, data: bytes) -> None:
        self._rest += data
        if not self._greeted and not self._greet():
            return
        *messages, self._rest = self._rest.split(END)
        for raw in messages:
            self._message(raw.lstrip())
        if len(self._rest) > LONGEST_MESSAGE:
            self._on_end(Garbled(f"sent a message longer than {LONGEST_MESSAGE} bytes"))

    def _greet(self) -> bool:
        line, eol, rest = self._rest.partition(EOL)
        if line[: len(BANNER)] != BANNER[: None if eol else len(line)] or len(line) > LONGEST_BANNER:
            self._on_end(Garbled("does not speak AMI: check the port"))
        elif eol:
            self._greeted, self._rest = True, rest
        return self._greeted

    def _message(self, raw: bytes) -> None:
        kind, _, rest = raw.partition(b": ")
        if kind == b"Event" and rest.partition(EOL)[0] in _EVENTS_KEPT:
            self._event(headers_of(raw))
        elif kind == b"Response":
            self._response(Message(headers_of(raw)))

    def _event(self, event: Event) -> None:
        if event.get("Event") not in _ROWS:
            self._on_event(event)
            return
        ask = self.responses.get(event.get("ActionID", ""))
        if ask is not None and ask.add_row(event):
            del self.responses[ask.id]

    def _response(self, message: Message) -> None:
        ask = self.responses.get(message.actionid)
        if ask is None or (message.success and message.eventlist.lower() == "start"):
            return
        del self.responses[ask.id]
        ask.settle(message)
        self._on_answer(ask, message)

    def connection_lost(self, exc: BaseException | None) -> None:
        self.gone.set()
        self._on_end(LinkLost("closed the connection"))

    def close(self) -> None:
        """Ends every wait and closes the connection once what was written has left."""
        for ask in self.responses.values():
            ask.future.cancel()
        self.responses.clear()
        if self.transport is not None:
            self.transport.close()

    def abort(self) -> None:
        """As close, for a peer that may never take what was written."""
        self.close()
        if self.transport is not None:
            self.transport.abort()


def headers_of(raw: bytes) -> dict[str, str]:
    """One message's headers, or none at all when it says the same header twice: a line break in a name can do that."""
    pairs = [line.partition(":")[::2] for line in raw.decode("utf-8", "replace").split("\r\n")]
    headers = {name: value.strip() for name, value in pairs}
    if len(headers) != len(pairs) and _contradicts(pairs):
        log.warning("ami message dropped", reason="it says a header twice")
        return {}
    return headers


def _contradicts(pairs: list[tuple[str, str]]) -> bool:
    names = [name for name, _ in pairs if not name.startswith(_MAY_REPEAT)]
    return len(names) != len(set(names))


class OnceManager(Manager):
    """panoramisk's Manager without second tries: no reconnect, no replay, no unchecked ping."""

    def connection_made(self, connecting: asyncio.Task[Any]) -> None:
        if not connecting.cancelled() and connecting.exception() is None:
            super().connection_made(connecting)

    def login(self, future: asyncio.Future[Message]) -> None:
        """The session reads the answer itself."""

    def ping(self) -> None:
        """The session pings, and minds the answer."""

"""A blocking AMI client of a few lines, for the launcher and its tests: log in, act, wait for an event.

The dialer has its own, asynchronous and hardened (dialer/pbx/); this one only speaks to an Asterisk
that we started on loopback. Every wait has a time-out.
"""

import itertools
import socket
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

Message = dict[str, str]


class ManagerError(Exception):
    """The AMI link is refused, late or over; the text says which."""


class Manager:
    """One logged-in AMI connection. Use it in a `with` block; keep it to one thread."""

    def __init__(self, port: int, user: str, secret: str, *, host: str = "127.0.0.1", timeout: float = 5.0) -> None:
        """Connect and log in; `timeout` in seconds holds for this and each action. Raises ManagerError."""
        self.timeout = timeout
        self.events: list[Message] = []
        self._numbers = itertools.count(1)
        self._buffer = b""
        try:
            self._socket = socket.create_connection((host, port), timeout=timeout)
        except OSError as error:
            raise ManagerError(f"nobody answers at AMI port {port}: {error}") from error
        try:
            self._read_until(b"\r\n", time.monotonic() + timeout)  # the greeting
            self.act("Login", Username=user, Secret=secret)
        except BaseException:
            self._socket.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up on the manager interface."""
        self._socket.close()

    def act(self, action: str, variables: Message | None = None, **headers: str | int) -> Message:
        """Send an action and return its response. Raises ManagerError when it is refused or late."""
        number = str(next(self._numbers))
        lines = [f"Action: {action}", f"ActionID: {number}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += [f"Variable: {name}={value}" for name, value in (variables or {}).items()]
        if any("\r" in line or "\n" in line for line in lines):
            raise ManagerError("a header holds a line break")
        self._socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        deadline = time.monotonic() + self.timeout
        while True:
            message = self._next(deadline)
            if "Response" in message and message.get("ActionID") == number:
                break
            self.events.append(message)
        if message["Response"] not in ("Success", "Goodbye"):
            raise ManagerError(
                f"{action} was refused: {message.get('Message', '')} {message.get('Output', '')}".strip()
            )
        return message

    def command(self, line: str) -> str:
        """What Asterisk's command line answers. Needs the right `command`. Raises ManagerError."""
        return self.act("Command", Command=line).get("Output", "")

    def wait_for(self, wanted: Callable[[Message], bool], timeout: float) -> Message:
        """The first event, already seen or to come within `timeout` seconds, that is wanted; it is taken out.

        Raises ManagerError when there is none.
        """
        deadline = time.monotonic() + timeout
        seen = 0
        while True:
            for index in range(seen, len(self.events)):
                if wanted(self.events[index]):
                    return self.events.pop(index)
            seen = len(self.events)
            self.events.append(self._next(deadline))

    def _next(self, deadline: float) -> Message:
        return _parse(self._read_until(b"\r\n\r\n", deadline))

    def _read_until(self, end: bytes, deadline: float) -> str:
        while end not in self._buffer:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise ManagerError("the PBX did not answer in time")
            self._socket.settimeout(remaining)
            try:
                part = self._socket.recv(65536)
            except TimeoutError:
                continue
            except OSError as error:
                raise ManagerError(f"the AMI link broke: {error}") from error
            if not part:
                raise ManagerError("the PBX closed the AMI link")
            self._buffer += part
        text, _, self._buffer = self._buffer.partition(end)
        return text.decode(errors="replace")


def _parse(text: str) -> Message:
    message: Message = {}
    for line in text.split("\r\n"):
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        message[name] = f"{message[name]}\n{value}" if name == "Output" and name in message else value
    return message

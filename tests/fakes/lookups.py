"""A provider of number lookups on a real socket, as good or as bad as a test wants it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Respond = Callable[["Handler", list[str]], None]


@dataclass
class Seen:
    """A request as it came in."""

    numbers: list[str]
    headers: dict[str, str]


class Handler(BaseHTTPRequestHandler):
    """Answers with the script's next line; the last one goes on for ever."""

    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append(Seen(body["numbers"], dict(self.headers)))
        script = self.server.script
        respond = script.pop(0) if len(script) > 1 else script[0]
        respond(self, body["numbers"])

    def reply(self, code: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Tests read what was seen instead."""


class Server(ThreadingHTTPServer):
    """`until` ends answers that never end by themselves."""

    daemon_threads = True
    seen: list[Seen]
    script: list[Respond]
    until: threading.Event

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1/status"


@dataclass
class States:
    """Answers with these states; numbers without one are not answered."""

    of: dict[str, str] = field(default_factory=dict)
    else_: str | None = None

    def __call__(self, handler: Handler, numbers: list[str]) -> None:
        known = {number: self.of.get(number, self.else_) for number in numbers}
        results = [{"number": number, "status": status} for number, status in known.items() if status]
        handler.reply(200, json.dumps({"results": results}).encode())


def fails(code: int, **headers: str) -> Respond:
    return lambda handler, _: handler.reply(code, b"", **headers)


def says(body: bytes) -> Respond:
    return lambda handler, _: handler.reply(200, body)


def hangs(handler: Handler, _: list[str]) -> None:
    handler.server.until.wait()


def trickles(handler: Handler, _: list[str]) -> None:
    """A byte now and then, for ever."""
    handler.send_response(200)
    handler.end_headers()
    while not handler.server.until.wait(0.05):
        handler.wfile.write(b" ")
        handler.wfile.flush()


def cut_off(handler: Handler, _: list[str]) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"results": [')


@contextmanager
def serving(*script: Respond) -> Iterator[Server]:
    """A server that answers with this script."""
    server = Server(("127.0.0.1", 0), Handler)
    server.seen, server.script, server.until = [], list(script), threading.Event()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.until.set()
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)

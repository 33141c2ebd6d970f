"""Decides which loopback port a service gets: the one asked for, else the one it had, else a free one.

A port asked for by an environment variable is never silently replaced; a remembered one is, when
another program took it meanwhile. Free ports are drawn below the kernel's own range for outgoing
connections, so that a client's passing socket cannot sit on a service's port at the next start, and above the
media ports (asterisk/addresses.py), which calls take and give back all the time.
"""

import os
import random
import socket

from deploy.problems import BadSetting, PortTaken

LOWEST, HIGHEST = 28000, 31999


def is_free(port: int, kind: socket.SocketKind, host: str = "127.0.0.1") -> bool:
    """Whether a service could bind this port now; `kind` is SOCK_STREAM or SOCK_DGRAM."""
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind is socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def choose(variable: str, remembered: int | None, kind: socket.SocketKind, host: str = "127.0.0.1") -> int:
    """The port to use. Raises PortTaken or BadSetting, naming the environment variable."""
    asked = os.environ.get(variable)
    if asked:
        port = _number(variable, asked)
        if not is_free(port, kind, host):
            raise PortTaken(f"Port {port} is taken by another program: set {variable} to a free one.")
        return port
    if remembered and is_free(remembered, kind, host):
        return remembered
    return free_port(kind, host)


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM, host: str = "127.0.0.1") -> int:
    """A port nobody holds at this moment, never a well-known one. Raises PortTaken when 200 draws fail."""
    for _ in range(200):
        port = random.randint(LOWEST, HIGHEST)
        if is_free(port, kind, host):
            return port
    raise PortTaken(f"No free port was found between {LOWEST} and {HIGHEST}: stop some programs.")


def _number(variable: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise BadSetting(f"{variable}={text!r} is not a port: set it to a number from 1 to 65535.")
    return int(text)

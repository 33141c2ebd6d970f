"""The one thing campaigns tell the rest of the system: "this changed, look again".

Whoever drives calls listens by registering here; campaigns never knows who does. Best effort: a lost word costs the
listener its next poll, never correctness.
"""

from __future__ import annotations

from collections.abc import Callable

Listener = Callable[[str, int], None]
_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Be told of every change; called once, when the listening app starts."""
    _listeners.append(listener)


def changed(kind: str, id: int) -> None:
    """Say that the object `kind` (campaign, list) with this id changed. Call it after the commit."""
    for listener in _listeners:
        listener(kind, id)

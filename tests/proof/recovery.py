"""Whoever comes after the dead: takes their servers over, by the lease, and settles what they left behind.

As an engine does that finds its PBX empty: what it holds and the PBX does not show has vanished. Then the server is
given back, for the next engine in that place.
"""

from __future__ import annotations

import os
from datetime import timedelta

from deploy import processes
from dialer import calls, leases
from dialer.engine import chores
from dialer.models import PbxServer
from dialer.pbx.snapshot import missed
from dialer.rules import facts as f
from tests.proof.clock import Clock
from tests.proof.process import Place


class Recovery:
    def __init__(self, place: Place) -> None:
        self.place, self.rng = place, place.rng()

    def turn(self) -> None:
        for server_id, owner in PbxServer.objects.exclude(owner="").order_by("pk").values_list("pk", "owner"):
            if is_dead(owner):
                self._take_over(server_id, owner)
        self.place.add("strays", chores.release_stray_leads())

    def come_back(self) -> None:
        """Nothing is remembered: the next turn looks again."""

    def _take_over(self, server_id: int, owner: str) -> None:
        lease = leases.take(server_id=server_id, owner=f"recovery:{os.getpid()}", dead_owner=owner)
        if lease:
            self.place.add("recovered", settle(server_id, self.place.clock))
            leases.release(lease)


def is_dead(owner: str) -> bool:
    pid = owner.rpartition(":")[2]
    return pid.isdigit() and not processes.is_alive(int(pid))


def settle(server_id: int, clock: Clock) -> int:
    """Every call of a server whose PBX shows none; returns how many ended."""
    now = clock()
    facts, _strays = missed(
        f.Snapshot(now, {}), chores.held_calls(server_id), {}, absent_after=timedelta(0), unsettled_after=timedelta(0)
    )
    return calls.hear([fact for fact in facts if isinstance(fact, f.CallFact)], now).ended

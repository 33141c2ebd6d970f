"""What the racing processes have in common: an end, a seed, and a database that may go away under their hands."""

from __future__ import annotations

import logging
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import structlog
from django.conf import settings
from django.db import Error, IntegrityError, connection, connections

from campaigns import policies
from dialer import nudge
from dialer.leases import LeaseLost
from tests.proof import breaks
from tests.proof.clock import Clock
from tests.proof.tally import Tally

DATABASE_PATIENCE = 60.0  # seconds
# A lease is renewed by an engine's own loop; here it lasts for the whole race, and only a death passes it on.
LEASE_SECONDS = 10**9


class DatabaseGone(Exception):
    """It did not come back."""


class Racer(Protocol):
    """One process of the race: `turn` is one bit of work, `come_back` what to do when the database was gone."""

    def turn(self) -> None: ...

    def come_back(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Place:
    """Where a process stands in the race."""

    slot: int
    clock: Clock
    tally: Tally
    seed: str
    broken: bool
    parent: int

    def rng(self) -> random.Random:
        return random.Random(self.seed)

    @property
    def over(self) -> bool:
        """The race, or whoever started it, is."""
        return self.tally.stopped or os.getppid() != self.parent

    def complain(self, text: str) -> None:
        """For whoever looks into a race that failed."""
        print(f"slot {self.slot}: {' '.join(text.split())[:300]}", file=sys.stderr, flush=True)

    def add(self, word: str, n: int = 1) -> None:
        self.tally.add(self.slot, word, n)


def settle_in(clock: Clock, *, broken: bool) -> None:
    """Make this process one that lives in simulated time and tells no page."""
    clock.install_here()
    settings.LEASE_SECONDS = LEASE_SECONDS
    nudge.publish_all = lambda topics: None
    policies._look_again = lambda campaign_id: None  # engines do it in their chores
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    if broken:
        breaks.apply()


def run(place: Place, begin: Callable[[Place], Racer]) -> None:
    """Turns until the race is over."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to tell
    random.seed(place.seed)
    settle_in(place.clock, broken=place.broken)
    racer, lost = None, False
    while not place.over:
        try:
            racer = racer or begin(place)
            if lost:
                racer.come_back()
                lost = False
            racer.turn()
            place.add("turns")
        except (LeaseLost, Error) as error:
            lost = True
            _note(place, error)
    connections.close_all()


def _note(place: Place, error: Exception) -> None:
    """A lost database is expected here; that two transactions clash is what locks are there to prevent."""
    clash = isinstance(error, IntegrityError) or "deadlock" in str(error)
    if clash:
        place.add("conflicts")
        place.complain(f"{type(error).__name__}: {error}")
    elif not isinstance(error, LeaseLost):
        place.add("database_lost")
        await_database(lambda: place.over)


def await_database(give_up: Callable[[], bool] = lambda: False) -> None:
    """Until a new connection answers; raises DatabaseGone when it does not for DATABASE_PATIENCE."""
    deadline = time.monotonic() + DATABASE_PATIENCE
    while not give_up():
        connection.close()
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            return
        except Error as error:
            if time.monotonic() > deadline:
                raise DatabaseGone(str(error)) from error
            time.sleep(0.05)

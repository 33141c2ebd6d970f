"""Advisory locks of the database: what only one process does at a time.

PostgreSQL knows such a lock by two numbers: which kind of work, and of what. All kinds are here, since two that shared
a number would wait for each other whenever their second ones were the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum, unique

from django.db import connection


@unique
class Work(IntEnum):
    """The first number: what is done. The second is the id of what it is done to."""

    RESERVING = 7301  # a campaign
    LEADING_A_SWEEP = 7302  # a campaign
    SWEEPING = 7303  # a campaign; shared by every chunk, from reading the policy to its commit
    DO_NOT_CALL_FILE = 7304
    LOOKUP = 7305
    IMPORTING = 7306  # a version of a list; shared by everybody who works at it
    STATUS_FEED = 7307


@contextmanager
def alone(work: Work, of: int) -> Iterator[bool]:
    """Whether nobody else does this now, and nobody will until the end; it ends with the database session too."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [work, of])
        alone = bool(cursor.fetchone()[0])
        try:
            yield alone
        finally:
            if alone and connection.connection and not connection.connection.closed:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [work, of])


def is_taken(work: Work, of: int) -> bool:
    """Whether some process does this at this moment."""
    with alone(work, of) as nobody:
        return not nobody

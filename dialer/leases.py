"""Who drives which server: a lease on its row, renewed by the database's clock, fenced by an epoch.

A row and not a session lock: that would free at once on kill -9, but breaks silently behind a pooler. Every
reservation reads the row with the epoch it was given, so a paused engine that has been outlived reserves nothing; the
PBX itself admits one driver at a time.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from dialer.models import PbxServer

TAKE = """
UPDATE dialer_pbxserver SET owner = %(owner)s, epoch = epoch + 1, lease_until = now() + %(seconds)s * interval '1 s'
WHERE id = %(server)s AND enabled
  AND (lease_until IS NULL OR lease_until < now() - %(after)s * interval '1 s' OR owner = %(dead_owner)s)
RETURNING epoch
"""
RENEW = """
UPDATE dialer_pbxserver SET lease_until = now() + %s * interval '1 s'
WHERE id = %s AND epoch = %s AND enabled AND lease_until > now()
"""


class LeaseLost(Exception):
    """Somebody else drives this server now, or it was switched off: stop at once."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to drive a server until it is lost."""

    server_id: int
    owner: str
    epoch: int


def take(*, server_id: int, owner: str, after_seconds: float = 0, dead_owner: str | None = None) -> Lease | None:
    """The lease, if nobody has held it for `after_seconds`, or `dead_owner` holds it; None while somebody drives."""
    values = {"owner": owner, "seconds": settings.LEASE_SECONDS, "server": server_id, "after": after_seconds}
    with connection.cursor() as cursor:
        cursor.execute(TAKE, {**values, "dead_owner": dead_owner})
        row = cursor.fetchone()
    return Lease(server_id, owner, row[0]) if row else None


def renew(lease: Lease) -> None:
    """Keep it for another LEASE_SECONDS; raises LeaseLost."""
    with connection.cursor() as cursor:
        cursor.execute(RENEW, [settings.LEASE_SECONDS, lease.server_id, lease.epoch])
        if not cursor.rowcount:
            raise LeaseLost(f"server {lease.server_id} is driven by another engine, or switched off")


def release(lease: Lease) -> None:
    """Give it back, so that the next engine need not wait for it to run out."""
    PbxServer.objects.filter(pk=lease.server_id, epoch=lease.epoch).update(lease_until=None, owner="")


def guard(lease: Lease) -> None:
    """Within a transaction: hold the lease's row against a take-over until it commits; raises LeaseLost."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM dialer_pbxserver WHERE id = %s AND epoch = %s FOR SHARE", [lease.server_id, lease.epoch]
        )
        if cursor.fetchone() is None:
            raise LeaseLost(f"server {lease.server_id} has a newer epoch")

"""Find a server nobody drives, drive it, and start again when that ends.

One task per server. A worker takes its home server at once and another's only after it has been left alone for a
while, so that a restarted worker gets its own back. Why a server is not driven is written on its row, in a sentence.
"""

from __future__ import annotations

import asyncio
import os
import socket

import structlog
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connections

from dialer import leases
from dialer.engine.engine import Engine, Server
from dialer.engine.faults import describe
from dialer.engine.lanes import Lane
from dialer.leases import Lease, LeaseLost
from dialer.models import PbxServer
from dialer.pbx import PbxError
from dialer.pbx.actions import UnsafeValue

log = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0
LONGEST_BACK_OFF = 10.0
OTHERS_AFTER_SECONDS = 3.0


def owner_name() -> str:
    """Who we are, for people and for the lease's row."""
    return f"{socket.gethostname()}:{os.getpid()}"


async def drive_all() -> None:
    """Drive every enabled server that needs a driver, until cancelled."""
    lane = Lane("servers")
    tasks: dict[int, asyncio.Task[None]] = {}
    try:
        while True:
            for server_id in await _enabled(lane):
                if server_id not in tasks or tasks[server_id].done():
                    tasks[server_id] = asyncio.create_task(drive(server_id))
            await asyncio.sleep(LOOK_SECONDS)
    finally:
        for task in tasks.values():
            task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
        await asyncio.to_thread(lane.close)


async def drive(server_id: int) -> None:
    """Take the lease whenever it is free and drive; back off while that fails."""
    lane = Lane("driver")
    back_off = LOOK_SECONDS
    try:
        while True:
            started = asyncio.get_running_loop().time()
            drove = await _drive_once(lane, server_id)
            lasted = asyncio.get_running_loop().time() - started
            back_off = (
                LOOK_SECONDS if not drove or lasted > 2 * LONGEST_BACK_OFF else min(back_off * 2, LONGEST_BACK_OFF)
            )
            await asyncio.sleep(back_off)
    finally:
        await asyncio.to_thread(lane.close)


async def _drive_once(lane: Lane, server_id: int) -> bool:
    """One try; False when somebody else drives it, or nobody can tell."""
    try:
        taken = await lane.call(_take, server_id)
    except DatabaseError as error:
        log.error("the database does not answer; no call can be placed", error=type(error).__name__)
        await lane.call(_forget_connection)
        return False
    if taken is None:
        return False
    server, lease = taken
    log.info("driving", server=server.name, epoch=lease.epoch)
    try:
        await Engine(server, lease).run()
    except (LeaseLost, PbxError, UnsafeValue) as error:
        log.error("stopped driving", server=server.name, reason=str(error))
        await _note(lane, lease, str(error))
    except DatabaseError as error:
        log.error("stopped driving: the database failed", server=server.name, fault=describe(error))
    except Exception as fault:  # ours; whatever it is, the server must be driven again
        log.error("stopped driving: a fault of our own", server=server.name, fault=describe(fault))
        await _note(lane, lease, f"The engine met a fault of its own and starts again ({describe(fault)}).")
    finally:
        await asyncio.shield(_release(lane, lease))
    return True


def _take(server_id: int) -> tuple[Server, Lease] | None:
    home = settings.ENGINE_SERVER
    row = PbxServer.objects.get(pk=server_id)
    after = 0.0 if home in ("", row.name) else OTHERS_AFTER_SECONDS
    # Our own, of a drive that ended without a database to give it back to, or that of a process that is no more.
    dead = row.owner if row.owner == owner_name() or _is_dead(row.owner) else None
    lease = leases.take(server_id=server_id, owner=owner_name(), after_seconds=after, dead_owner=dead)
    return (Server.of(row), lease) if lease else None


def _is_dead(owner: str) -> bool:
    """Whether the owner was a process of this very host that is no more: then its lease need not run out."""
    host, _, pid = owner.rpartition(":")
    if host != socket.gethostname() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


async def _enabled(lane: Lane) -> list[int]:
    try:
        return await lane.call(lambda: list(PbxServer.objects.filter(enabled=True).values_list("pk", flat=True)))
    except DatabaseError as error:
        log.error("the database does not answer; looking again", error=type(error).__name__)
        await lane.call(_forget_connection)
        return []


async def _note(lane: Lane, lease: Lease, problem: str) -> None:
    try:
        mine = PbxServer.objects.filter(pk=lease.server_id, epoch=lease.epoch)
        await lane.call(lambda: mine.update(problem=problem[:300]))
    except DatabaseError:
        await lane.call(_forget_connection)


async def _release(lane: Lane, lease: Lease) -> None:
    try:
        await lane.call(leases.release, lease)
    except DatabaseError:  # it runs out by itself
        await lane.call(_forget_connection)


def _forget_connection() -> None:
    connections.close_all()

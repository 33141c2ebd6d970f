"""The only bridge between Celery and the engine: a thread of the engine's own worker.

`celery -A config worker -Q engine -P threads` runs it; a worker of any other queue does not. SIGTERM stops it first,
so that the lease is given back and the next engine need not wait.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import Any

from celery import bootsteps

QUEUE = "engine"
STOP_SECONDS = 15.0


class EngineStep(bootsteps.StartStopStep):
    """Drives every server that needs it while the worker lives."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, worker: Any, **kwargs: Any) -> None:
        super().__init__(worker, **kwargs)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._thread: threading.Thread | None = None

    def include_if(self, worker: Any) -> bool:
        return QUEUE in worker.app.amqp.queues.consume_from

    def start(self, worker: Any) -> None:
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._thread.start()

    def stop(self, worker: Any) -> None:
        if self._loop and self._task and self._thread:
            with contextlib.suppress(RuntimeError):  # the loop may have ended by itself
                self._loop.call_soon_threadsafe(self._task.cancel)
            self._thread.join(STOP_SECONDS)

    def terminate(self, worker: Any) -> None:
        self.stop(worker)

    def _run(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(self._drive())

    async def _drive(self) -> None:
        from dialer.engine import pauses  # Django must be set up first
        from dialer.engine.drive import drive_all

        pauses.shorten()
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        await drive_all()

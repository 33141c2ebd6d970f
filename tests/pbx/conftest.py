"""After a test on a real socket nothing may be left: no task, no unheard exception, no error of the event loop."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import AsyncIterator

import pytest


@pytest.fixture
async def nothing_left(caplog: pytest.LogCaptureFixture) -> AsyncIterator[None]:
    before = asyncio.all_tasks()
    yield
    left = asyncio.all_tasks() - before - {asyncio.current_task()}
    gc.collect()
    errors = [record for record in caplog.records if record.name == "asyncio" and record.levelno >= logging.WARNING]
    assert not left
    assert not errors

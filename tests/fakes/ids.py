"""Fresh ids as the product gives them: version 7 for a call, version 4 for an agent's leg."""

from __future__ import annotations

import secrets
import time
from uuid import UUID, uuid4


def new_call_id() -> UUID:
    milliseconds = time.time_ns() // 1_000_000
    return UUID(int=milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62))


def new_shift_id() -> UUID:
    return uuid4()

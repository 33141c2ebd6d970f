"""Call ids: UUIDs of version 7 (RFC 9562), so that they sort by time and a month of them is a partition."""

from __future__ import annotations

import os
import time
from uuid import UUID


def new_call_id() -> UUID:
    """A new id: 48 bits of milliseconds since 1970, then 74 random bits. Fixed length, as Asterisk needs it."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    value = (value & ~(0xF << 76)) | (7 << 76)
    return UUID(int=(value & ~(0x3 << 62)) | (0x2 << 62))

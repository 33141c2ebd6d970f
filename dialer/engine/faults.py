"""What went wrong, in words that may be logged: the kind of fault and where in our code it came up.

An exception's own text is left out: the database quotes the row it refuses, and rows hold people's numbers and names.
"""

from __future__ import annotations

import traceback
from pathlib import Path

OURS = Path(__file__).resolve().parents[2]


def describe(fault: BaseException) -> str:
    """For example ``IntegrityError 23505 at dialer/calls/hearing.py:180 in _end``."""
    state = getattr(fault.__cause__, "sqlstate", None)
    kind = " ".join(filter(None, (type(fault).__name__, state)))
    ours = [frame for frame in traceback.extract_tb(fault.__traceback__) if _is_ours(frame.filename)]
    if not ours:
        return kind
    frame = ours[-1]
    return f"{kind} at {Path(frame.filename).relative_to(OURS)}:{frame.lineno} in {frame.name}"


def _is_ours(filename: str) -> bool:
    path = Path(filename)
    return path.is_relative_to(OURS / "dialer") or path.is_relative_to(OURS / "campaigns")

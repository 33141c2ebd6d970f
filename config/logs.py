"""One way to log: structlog's events become lines of Python's own logging, which alone decides where they go.

A line is the event and what belongs to it as key=value. Tracebacks are plain: a pretty one would print local
variables, and those hold people's numbers.
"""

from __future__ import annotations

import logging

import structlog


class DatabaseAway(logging.Filter):
    """One line for a page that failed because the database is away: its traceback is always the same."""

    def filter(self, record: logging.LogRecord) -> bool:
        fault = record.exc_info[1] if record.exc_info else None
        if type(fault).__name__ in ("OperationalError", "InterfaceError"):
            record.exc_info, record.exc_text = None, None
            record.msg = f"{record.msg} (the database does not answer)"
        return True


def configure() -> None:
    """Once, when the settings are read."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(key_order=["event"], bool_as_flag=False),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )

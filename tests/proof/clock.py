"""One simulated clock for all: Python's and PostgreSQL's.

The product's SQL asks the database for the time, so the database gets the simulated one: a schema before pg_catalog
in the search path has its own now() and clock_timestamp(), and not a word of the product need change.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.utils import timezone

# Good Friday before Europe's clocks change, with the end of a month and of a week ahead.
BASE = datetime(2027, 3, 26, 6, tzinfo=UTC)

SCHEMA = """
DROP SCHEMA IF EXISTS simulated CASCADE;
CREATE SCHEMA simulated;
CREATE FUNCTION simulated.at(timestamptz) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT timestamptz '{base}' + ($1 - timestamptz '{began}') * {factor}::float8 $$;
CREATE FUNCTION simulated.now() RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT simulated.at(pg_catalog.now()) $$;
CREATE FUNCTION simulated.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
    SELECT simulated.at(pg_catalog.clock_timestamp()) $$;
ALTER DATABASE fairdial SET search_path = simulated, pg_catalog, public;
"""


@dataclass(frozen=True, slots=True)
class Clock:
    """BASE when the race began (seconds since 1970), and `factor` times as fast as the world since."""

    began: float
    factor: float

    def __call__(self) -> datetime:
        return BASE + timedelta(seconds=(time.time() - self.began) * self.factor)

    def install_in_database(self) -> None:
        """For every connection made from now on."""
        began = datetime.fromtimestamp(self.began, UTC)
        with connection.cursor() as cursor:
            cursor.execute(SCHEMA.format(base=BASE.isoformat(), began=began.isoformat(), factor=self.factor))
        connection.close()

    def install_here(self) -> None:
        """For this process: the product asks Django for the time."""
        timezone.now = self

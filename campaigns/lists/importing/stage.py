"""Where the people of a version wait between being read and being applied: two unlogged tables of its own.

They cost no write-ahead log, need no clean-up but DROP, and are empty after a crash of the database: whoever uses them
counts first. Text is written as COPY takes it; csv and JSON quoting in Python would cost more than the reading.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
from django.db import connection

from campaigns.lists.copying import NULL, copy, text
from campaigns.lists.rows import Person
from campaigns.lists.said import tables as said

TABLES = """
CREATE UNLOGGED TABLE IF NOT EXISTS import_row_{id} (
    row_no int NOT NULL, customer_id text, first_phone bigint, name text NOT NULL, language text NOT NULL,
    time_zone text NOT NULL, region text NOT NULL, attributes jsonb NOT NULL
);
CREATE UNLOGGED TABLE IF NOT EXISTS import_phone_{id} (
    row_no int NOT NULL, number bigint NOT NULL, position smallint NOT NULL, label text NOT NULL, country text NOT NULL,
    line_type text NOT NULL, zones text[] NOT NULL
);
TRUNCATE import_row_{id}, import_phone_{id}
"""
DROP = "DROP TABLE IF EXISTS import_row_{id}, import_phone_{id}"
# Parts are found by their rows; the planner knows nothing of a table filled a moment ago.
SETTLE = """
CREATE INDEX IF NOT EXISTS import_row_{id}_no ON import_row_{id} USING brin (row_no) WITH (pages_per_range = 32);
CREATE INDEX IF NOT EXISTS import_phone_{id}_no ON import_phone_{id} USING brin (row_no) WITH (pages_per_range = 32);
ANALYZE import_row_{id};
ANALYZE import_phone_{id}
"""
COPY_ROWS = (
    "COPY import_row_{id} (row_no, customer_id, first_phone, name, language, time_zone, region, attributes) FROM STDIN"
)
COPY_PHONES = "COPY import_phone_{id} (row_no, number, position, label, country, line_type, zones) FROM STDIN"
COUNT = "SELECT count(*) FROM import_row_{id} WHERE row_no BETWEEN %s AND %s"
EXISTS = "SELECT to_regclass('import_row_{id}') IS NOT NULL"


def make(version_id: int) -> None:
    """Empty tables for this version."""
    _execute(f"{TABLES};{said.TABLES}", version_id)


def drop(version_id: int) -> None:
    _execute(f"{DROP};{said.DROP}", version_id)


def settle(version_id: int) -> None:
    """All people are here."""
    _execute(f"{SETTLE};{said.SETTLE}", version_id)


def count(version_id: int, first_row: int, last_row: int) -> int:
    """How many people of these rows are here; none after a crash of the database."""
    with connection.cursor() as cursor:
        cursor.execute(EXISTS.format(id=int(version_id)))
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(COUNT.format(id=int(version_id)), [first_row, last_row])
        return int(cursor.fetchone()[0])


class Writer:
    """People on their way to the stage, written down as they come: text is what takes least room and least care."""

    def __init__(self) -> None:
        self.people = 0
        self._rows: list[str] = []
        self._phones: list[str] = []

    def add(self, no: int, person: Person) -> None:
        """Take in the person of this row."""
        self.people += 1
        self._rows.append(_row(no, person))
        self._phones += _phones(no, person)

    def write(self, version_id: int) -> None:
        """Put them on the version's stage."""
        copy(COPY_ROWS.format(id=int(version_id)), self._rows)
        copy(COPY_PHONES.format(id=int(version_id)), self._phones)


def _execute(statement: str, version_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement.format(id=int(version_id)))


def _row(no: int, p: Person) -> str:
    customer = NULL if p.customer_id is None else text(p.customer_id)
    first = NULL if p.first_phone is None else p.first_phone
    attributes = text(orjson.dumps(_attributes(p)).decode())
    return (
        f"{no}\t{customer}\t{first}\t{text(p.name)}\t{text(p.language)}\t{text(p.time_zone)}\t{p.region}\t"
        f"{attributes}\n"
    )


def _attributes(p: Person) -> dict[str, dict[str, Any]]:
    """With what the list says of how promising and how urgent they are, which their leads are ordered by."""
    said = {name: value for name, value in (("score", p.score), ("priority", p.priority)) if value is not None}
    return {**p.attributes, "other": {**p.attributes.get("other", {}), **said}} if said else dict(p.attributes)


def _phones(no: int, person: Person) -> Iterator[str]:
    for position, phone in enumerate(person.phones):
        n = phone.number
        zones = ",".join(n.zones)
        yield f"{no}\t{n.phone}\t{position}\t{text(phone.label)}\t{n.country}\t{n.line_type.value}\t{{{zones}}}\n"

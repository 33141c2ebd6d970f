"""A PostgreSQL of its own for benchmarks that need no PBX: empty, loaded in a hurry, then as durable as in production.

Tables are filled without their indexes, which are made afterwards, as a restore does. Foreign keys come back without
looking at the rows, which fit by construction; from then on they are checked as always.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

from bench.problems import BenchFailed
from deploy import places
from deploy.embedded.postgres import Postgres

SESSION = "SET session_replication_role = replica; SET maintenance_work_mem = '768MB'; SET work_mem = '128MB'"
CONSTRAINTS = """
SELECT conrelid::regclass::text, conname, contype, pg_get_constraintdef(oid) FROM pg_constraint
WHERE (conrelid = ANY(%(tables)s::regclass[]) OR confrelid = ANY(%(tables)s::regclass[]))
  AND contype IN ('p', 'u', 'f') AND conparentid = 0
ORDER BY contype = 'f' DESC
"""
INDEXES = """
SELECT i.indexrelid::regclass::text, replace(pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON ') FROM pg_index i
WHERE i.indrelid = ANY(%s::regclass[])
  AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u'))
"""


class Ground:
    """`with Ground("reserve") as ground:` the schema is there, Django may be used, and nothing is durable yet."""

    def __init__(self, name: str) -> None:
        self._folder = places.var_folder() / "bench" / name

    def __enter__(self) -> Self:
        """Raises BenchFailed when the environment names a server of its own, DeployError when ours does not start."""
        if "DATABASE_URL" in os.environ:
            raise BenchFailed("This benchmark brings its own database: unset DATABASE_URL.")
        shutil.rmtree(self._folder, ignore_errors=True)
        self._server = Postgres(self._folder, durable=False)
        self.url = self._server.start()
        try:
            _use_django(self.url)
        except BaseException:
            self._clean()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        from django.db import connections

        connections.close_all()
        self._clean()

    def _clean(self) -> None:
        self._server.stop()
        shutil.rmtree(self._server.folder, ignore_errors=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def folder(self) -> Path:
        """Where a benchmark may keep its files."""
        return self._folder

    def settle_down(self) -> None:
        """Vacuum, then go on as durable as in production, with as warm a cache as after a day of work."""
        from django.db import connections

        with psycopg.connect(self.url, autocommit=True) as session:
            session.execute("VACUUM (ANALYZE)")
            session.execute("CHECKPOINT")
        connections.close_all()
        self._server.stop()
        self._server = Postgres(self._folder, durable=True)
        self.url = self._server.start()
        _read_once(self._server.folder / "data" / "base")

    def fill(self, statement: str, rows: int, what: str) -> None:
        """Run an INSERT for the numbers $first to $last, split over two connections."""
        began, half = time.monotonic(), rows // 2
        with ThreadPoolExecutor(2) as both:
            list(both.map(lambda part: self._run(statement, *part), [(1, half), (half + 1, rows)]))
        say(f"{rows:,} {what} in {time.monotonic() - began:.0f} s")

    def _run(self, statement: str, first: int, last: int) -> None:
        with psycopg.connect(self.url, autocommit=True) as session:
            session.execute(SESSION)
            session.execute(statement.replace("$first", str(first)).replace("$last", str(last)))

    @contextmanager
    def without_indexes(self, *tables: str) -> Iterator[None]:
        """These tables have neither keys nor indexes within."""
        with psycopg.connect(self.url, autocommit=True) as session:
            constraints = session.execute(CONSTRAINTS, {"tables": list(tables)}).fetchall()
            indexes = session.execute(INDEXES, [list(tables)]).fetchall()
            for table, name, _, _ in constraints:
                session.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
            for name, _ in indexes:
                session.execute(f"DROP INDEX {name}")
        yield
        began = time.monotonic()
        keys = [(t, n, d) for t, n, kind, d in constraints if kind != b"f" and kind != "f"]
        self._all(
            [*(f'ALTER TABLE {t} ADD CONSTRAINT "{n}" {d}' for t, n, d in keys), *(made for _, made in indexes)], keys
        )
        foreign = [(t, n, d) for t, n, kind, d in constraints if kind in (b"f", "f")]
        for table, name, made in foreign:
            self._execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {made} NOT VALID')
        say(f"{len(keys) + len(indexes)} indexes in {time.monotonic() - began:.0f} s")

    def _all(self, statements: Sequence[str], keys: Sequence[object]) -> None:
        """Keys one by one, since each locks its table; plain indexes two at a time."""
        for statement in statements[: len(keys)]:
            self._execute(statement)
        with ThreadPoolExecutor(2) as both:
            list(both.map(self._execute, statements[len(keys) :]))

    def _execute(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as session:
            session.execute(SESSION)
            session.execute(statement)


def _read_once(folder: Path) -> None:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with open(path, "rb", buffering=0) as file:
                while file.read(1 << 22):
                    pass


def say(text: str) -> None:
    print(f"  {text}", flush=True)


def _use_django(url: str) -> None:
    """As the engine does: statements are planned once per connection."""
    import django
    from django.core.management import call_command

    os.environ |= {
        "DATABASE_URL": url,
        "DATABASE_PREPARE": "1",
        "REDIS_URL": "memory://localhost",  # what is sent to workers is for nobody
        "SECRET_KEY": "bench",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    django.setup()
    call_command("migrate", verbosity=0)

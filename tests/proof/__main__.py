"""Race, judge, print a table; exit 1 when anything is wrong. See the package's own words."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.embedded import postgres

# Ten minutes are two weeks, a quarter of one is a day and a half.
DAYS = 14.0


def main() -> int:
    options = _options()
    with _database(options.folder):
        import django

        django.setup()
        return _race(options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.proof", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--workers", type=int, default=16, help="engines that race")
    parser.add_argument("--campaigns", type=int, default=8)
    parser.add_argument("--people", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--days", type=float, default=DAYS, help="of simulated time, altogether")
    parser.add_argument("--pace", type=float, default=1, help="how much more often than usual somebody is killed")
    parser.add_argument("--break", dest="broken", choices=["all"], help="take rules and locks away: it must be seen")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--folder", type=Path, help="keep the database here; without it is forgotten")
    return parser.parse_args()


@contextmanager
def _database(wanted: Path | None) -> Iterator[None]:
    """A PostgreSQL of this race alone, as durable as the product's own: it will have to recover from its log."""
    memory = Path("/dev/shm")
    folder = wanted or Path(
        tempfile.mkdtemp(prefix="fairdial-proof-", dir=memory if os.access(memory, os.W_OK) else None)
    )
    folder.chmod(0o755)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    os.environ["FAIRDIAL_VAR"] = str(folder)
    os.environ["REDIS_URL"] = "redis://127.0.0.1:1/0"  # nobody listens
    try:
        with postgres.running(folder) as url:
            os.environ["DATABASE_URL"] = url
            yield
    finally:
        if not wanted:
            shutil.rmtree(folder, ignore_errors=True)


def _race(options: argparse.Namespace) -> int:
    from django.core.management import call_command
    from django.db import connection

    from tests.proof import breaks, people, process, report, verdict
    from tests.proof.clock import Clock
    from tests.proof.race import Plan, Race

    call_command("migrate", verbosity=0)
    people.make(options.people, options.campaigns, options.workers, options.seed)
    if options.broken:
        breaks.drop_constraints()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    seconds = options.minutes * 60
    clock = Clock(time.time(), options.days * 86400 / seconds)
    clock.install_in_database()
    process.settle_in(clock, broken=False)
    plan = Plan(seconds, options.seed, broken=bool(options.broken))
    plan = Plan(seconds, options.seed, plan.broken, {kind: every / options.pace for kind, every in plan.every.items()})
    race = Race(plan, clock, people.servers())
    race.run()
    process.await_database()
    found = verdict.reach(race, clock)
    connection.close()
    print(json.dumps(report.as_data(race, found)) if options.json else report.table(race, found))
    return 1 if found.faults else 0


if __name__ == "__main__":
    sys.exit(main())

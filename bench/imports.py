"""How long a list takes from the stored file until its people can be dialled, and what that does to dialling meanwhile.

A list as a bank sends it (bench.banklist), into a database of five million people and a million numbers on do-not-call,
by as many processes as there are cores. The baseline is PostgreSQL's own COPY of the same file into one table of text
columns without an index, in the same run. Dialling: reservations of 50 leads in another campaign, alone and beside the
import.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

from bench import banklist
from bench.figures import Figure, percentile
from bench.ground import Ground, say

if TYPE_CHECKING:
    from bench.crowd import Crowd

ROWS = (1_000_000,)
PEOPLE_PER_ROW, SUPPRESSED_PER_ROW, LEADS_PER_ROW = 5, 1, 0.2
XLSX_PER_ROW = 10  # rows of the CSV for one of the XLSX
SECONDS_PER_MILLION, RATIO, XLSX_SECONDS_PER_100K, DIAL_RATIO = 30.0, 6.0, 10.0, 2.0
WANT = 50
POLL = 0.05
PAUSE = 0.1  # between two reservations of an engine that ticks
COPY = "COPY"


@dataclass
class Run:
    """One import: seconds in all and by state, the most memory a process had, what came of it."""

    seconds: float
    states: dict[str, float] = field(default_factory=dict)
    megabytes: float = 0.0
    rows: int = 0
    good: int = 0


def measure(seconds: float | None, rows: tuple[int, ...] = ROWS) -> list[Figure]:
    """Rows a second, seconds, memory; reservations beside the import. `seconds` does not apply."""
    count = max(rows)
    with Ground("imports") as ground:
        from bench.crowd import Crowd

        crowd = Crowd(ground, people=PEOPLE_PER_ROW * count, touches=0, suppressed=SUPPRESSED_PER_ROW * count)
        crowd.add_leads(int(LEADS_PER_ROW * count))
        file = _file(ground.folder / "list.csv", count, crowd.people)
        _go_on_counting()
        ground.settle_down()
        copied = _copy(ground, file)
        alone = _dialling(crowd, 15.0)
        _set_running(False)
        run = _import(crowd, file, "Alone")
        _report(run)
        _set_running(True)
        beside = _import_while_dialling(crowd, _file(ground.folder / "next.csv", count, crowd.people, seed=5))
        _set_running(False)
        sheet = _import(crowd, _xlsx(ground.folder / "list.xlsx", file, count // XLSX_PER_ROW), "Sheet")
        _report(sheet)
    return _figures(count, run, copied, sheet, alone, beside)


def _go_on_counting() -> None:
    """The crowd was made with ids of its own; and nobody is there to be told of changes."""
    from django.db import connection

    from campaigns import events
    from campaigns.models import Contact, ContactPhone, Lead

    events._listeners.clear()
    with connection.cursor() as cursor:
        for model in (Contact, ContactPhone, Lead):
            table = model._meta.db_table
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")


def _set_running(running: bool) -> None:
    """Campaigns that run have a core left to them by imports."""
    from campaigns.models import Campaign

    Campaign.objects.update(status=Campaign.Status.RUNNING if running else Campaign.Status.PAUSED)


def _file(path: Path, rows: int, people: int, seed: int = 4) -> Path:
    banklist.write(path, rows, people, seed)
    say(f"{path.name}: {rows:,} rows, {path.stat().st_size / 1e6:.0f} MB")
    return path


def _xlsx(path: Path, source: Path, rows: int) -> Path:
    import csv
    from itertools import islice

    import xlsxwriter

    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet = book.add_worksheet()
    with source.open(newline="", encoding="utf-8") as file:
        for number, cells in enumerate(islice(csv.reader(file), rows + 1)):
            sheet.write_row(number, 0, cells)
    book.close()
    return path


def _copy(ground: Ground, file: Path) -> float:
    """Seconds of COPY into a table without an index, then of the better of two."""
    columns = ", ".join(f"c{n} text" for n in range(len(banklist.HEADER)))
    with psycopg.connect(ground.url, autocommit=True) as session:
        session.execute(f"CREATE TABLE plain ({columns})")
        took = []
        for _ in range(2):
            session.execute("TRUNCATE plain")
            began = time.perf_counter()
            with file.open("rb") as source, session.cursor().copy("COPY plain FROM STDIN CSV HEADER") as copy:
                while block := source.read(1 << 18):
                    copy.write(block)
            took.append(time.perf_counter() - began)
        session.execute("DROP TABLE plain")
    say(f"COPY: {min(took):.2f} s")
    return min(took)


def _import(crowd: Crowd, file: Path, name: str) -> Run:
    """From the stored file to leads that may be dialled, by as many processes as may share it now."""
    from django.core.files import File
    from django.db import connections

    from campaigns import services

    with file.open("rb") as opened:
        made = services.upload_list(
            name=name,
            file=File(opened, name=file.name),
            default_country="CN",
            by=None,
            campaign=crowd.campaigns[1],
            read_later=False,
        )
    connections.close_all()
    context = multiprocessing.get_context("spawn")
    processes = services.import_processes()
    start, results = context.Barrier(processes + 1), context.Queue()
    workers = [context.Process(target=_worker, args=(made.pk, start, results)) for _ in range(processes)]
    for worker in workers:
        worker.start()
    start.wait()
    began = time.perf_counter()
    states = _watch(made.versions.get().pk, began)
    took = time.perf_counter() - began
    megabytes = [results.get(timeout=600) for _ in workers]
    for worker in workers:
        worker.join()
    version = made.versions.get()
    if version.state != "ready":
        raise RuntimeError(f"The import did not come to an end: {version.state} {version.error}")
    return Run(took, states, max(megabytes), version.rows_total, version.rows_good)


def _worker(list_id: int, start: Any, results: Any) -> None:
    os.environ["DATABASE_PREPARE"] = "0"
    import django

    django.setup()
    from campaigns import events
    from campaigns.lists import importing
    from campaigns.models import ListVersion

    events._listeners.clear()
    start.wait()
    version = ListVersion.objects.get(list=list_id)
    while ListVersion.objects.filter(pk=version.pk, state__in=importing.RUNNING).exists():
        if not importing.step(version.pk):
            time.sleep(POLL)
    results.put(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def _watch(version_id: int, began: float) -> dict[str, float]:
    """Seconds in each state, until it is over."""
    from campaigns.models import ListVersion

    states: dict[str, float] = {}
    at, last = began, "waiting"
    while True:
        state = ListVersion.objects.values_list("state", flat=True).get(pk=version_id)
        now = time.perf_counter()
        states[last] = states.get(last, 0.0) + now - at
        at, last = now, state
        if state in ("ready", "failed", "cancelled"):
            return states
        time.sleep(POLL)


def _dialling(crowd: Crowd, seconds: float) -> list[float]:
    """Milliseconds of each reservation of an engine that ticks for so long."""
    from bench.reserve import _reserving, _undo

    reserve = _reserving(crowd.campaigns[0].pk, crowd.now)
    for _ in range(5):
        reserve()
    took: list[float] = []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        at = time.perf_counter()
        reserve()
        took.append(1000 * (time.perf_counter() - at))
        time.sleep(PAUSE)
    _undo(crowd)
    say(f"reservations: p50 {percentile(took, 50):.1f} ms, p99 {percentile(took, 99):.1f} ms of {len(took)}")
    return took


def _import_while_dialling(crowd: Crowd, file: Path) -> list[float]:
    from django.db import connections

    connections.close_all()
    context = multiprocessing.get_context("spawn")
    stop, results = context.Event(), context.Queue()
    engine = context.Process(target=_engine, args=(crowd.campaigns[0].pk, crowd.now, stop, results))
    engine.start()
    run = _import(crowd, file, "Beside")
    stop.set()
    took: list[float] = results.get(timeout=600)
    engine.join()
    say(f"{run.rows:,} rows beside dialling in {run.seconds:.1f} s")
    say(f"reservations beside: p50 {percentile(took, 50):.1f} ms, p99 {percentile(took, 99):.1f} ms of {len(took)}")
    return took


def _engine(campaign_id: int, now: Any, stop: Any, results: Any) -> None:
    import django

    django.setup()
    from bench.reserve import _reserving

    reserve = _reserving(campaign_id, now)
    took: list[float] = []
    while not stop.is_set():
        at = time.perf_counter()
        reserve()
        took.append(1000 * (time.perf_counter() - at))
        time.sleep(PAUSE)
    results.put(took[5:])


def _report(run: Run) -> None:
    states = ", ".join(f"{state} {seconds:.1f}" for state, seconds in run.states.items())
    say(f"{run.rows:,} rows in {run.seconds:.1f} s ({states}), {run.good:,} good, {run.megabytes:.0f} MB")


def _figures(rows: int, run: Run, copied: float, sheet: Run, alone: list[float], beside: list[float]) -> list[Figure]:
    aim = SECONDS_PER_MILLION * rows / 1e6
    sheet_aim = XLSX_SECONDS_PER_100K * sheet.rows / 1e5
    p50, p99 = ((percentile(beside, share), percentile(alone, share)) for share in (50, 99))
    met = run.seconds <= aim and run.seconds <= RATIO * copied
    name = f"{rows:,} rows of CSV"
    within = f"≤ {aim:g} s, ≤ {RATIO:g} ×"
    return [
        Figure(f"{name}, until they can be dialled", run.seconds, "s", COPY, copied, within, met),
        Figure(name, rows / run.seconds, "rows/s", COPY, rows / copied),
        Figure(f"{name}, memory of a process at most", run.megabytes, "MB", aim="≤ 300 MB", met=run.megabytes <= 300),
        *(Figure(f"{name}, {state}", seconds, "s") for state, seconds in run.states.items()),
        Figure(
            f"{sheet.rows:,} rows of XLSX", sheet.seconds, "s", aim=f"≤ {sheet_aim:g} s", met=sheet.seconds <= sheet_aim
        ),
        Figure(f"reserving {WANT} beside an import, p50", p50[0], "ms", "without", p50[1]),
        Figure(
            f"reserving {WANT} beside an import, p99",
            p99[0],
            "ms",
            "without",
            p99[1],
            f"≤ {DIAL_RATIO:g} ×",
            p99[0] <= DIAL_RATIO * p99[1],
        ),
    ]

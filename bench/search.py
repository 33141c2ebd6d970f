"""How long the search box takes to find somebody among millions, by what is typed.

People have names as they have them, half Chinese and half Latin, a number or two, and a customer id. Each text is made
of people picked at random, and looked for by the very function that the box calls. The baseline is the simplest
question that finds the same, LIKE over all rows, at a tenth of the people. What the index of names costs an import is
measured by inserting people with and without it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bench.figures import Figure, percentile
from bench.ground import Ground, say

LEADS = (10_000_000,)  # people
QUESTIONS, QUICK_QUESTIONS = 400, 60
BASELINE_QUESTIONS = 12
TENTH = 10
AIM_MS = 100.0
INSERTED = 100_000
LIKE = "SELECT id FROM bench_tenth WHERE {column} LIKE %s LIMIT 51"
SAMPLE = """
SELECT c.customer_id, c.name, p.phone FROM campaigns_contact c JOIN campaigns_contactphone p ON p.contact_id = c.id
WHERE c.id = ANY(%s) AND p.position = 0
"""
COPY = """
CREATE TABLE bench_tenth AS
SELECT c.id, c.customer_id, c.name, p.phone::text AS phone
FROM campaigns_contact c JOIN campaigns_contactphone p ON p.contact_id = c.id AND p.position = 0 WHERE c.id <= %s
"""
INSERT = """
INSERT INTO campaigns_contact (customer_id, name, language, time_zone, region, attributes, created_at, updated_at)
SELECT 'N' || %(first)s + i, {name}, '', '', '', '{{}}', now(), now() FROM generate_series(1, %(count)s) i
"""


@dataclass(frozen=True)
class Person:
    """Somebody who is looked for."""

    customer_id: str
    name: str
    phone: str


@dataclass(frozen=True)
class Kind:
    """A kind of text: whom it suits, what is typed of them, and the LIKE of the baseline."""

    what: str
    column: str
    suits: Callable[[Person], bool]
    typed: Callable[[Person], str]
    like: Callable[[str], str]


def _any(_: Person) -> bool:
    return True


def _chinese(person: Person) -> bool:
    return len(person.name) == 3


def _latin(person: Person) -> bool:
    return " " in person.name


KINDS = (
    Kind("a customer id", "customer_id", _any, lambda p: p.customer_id, lambda t: t),
    Kind("the beginning of a customer id", "customer_id", _any, lambda p: p.customer_id[:5], lambda t: f"{t}%"),
    Kind("a number, with its country", "phone", _any, lambda p: f"+{p.phone}", lambda t: t[1:]),
    Kind("a number as it is dialled there", "phone", _any, lambda p: p.phone[1:], lambda t: f"%{t}"),
    Kind("the beginning of a number", "phone", _any, lambda p: p.phone[:6], lambda t: f"{t}%"),
    Kind("the last 4 digits", "phone", _any, lambda p: p.phone[-4:], lambda t: f"%{t}"),
    Kind("the last 7 digits", "phone", _any, lambda p: p.phone[-7:], lambda t: f"%{t}"),
    Kind("a rare name", "name", lambda p: "-Q" in p.name, lambda p: p.name.split("-")[-1], lambda t: f"%{t}%"),
    Kind("a whole Latin name", "name", _latin, lambda p: p.name, lambda t: f"%{t}%"),
    Kind("a common first name", "name", _latin, lambda p: p.name.split(" ")[0], lambda t: f"%{t}%"),
    Kind("two letters of a name", "name", _latin, lambda p: p.name[:2], lambda t: f"%{t}%"),
    Kind("a Chinese name", "name", _chinese, lambda p: p.name, lambda t: f"%{t}%"),
    Kind("a Chinese given name", "name", _chinese, lambda p: p.name[1:], lambda t: f"%{t}%"),
    Kind("a Chinese surname", "name", _chinese, lambda p: p.name[0], lambda t: f"%{t}%"),
    Kind("a name that nobody has", "name", _chinese, lambda p: p.name[1] + p.name[0] * 2, lambda t: f"%{t}%"),
)


def measure(seconds: float | None, leads: tuple[int, ...] = LEADS) -> list[Figure]:
    """p99 of each kind of text; `seconds` asks for fewer questions, for a quick look."""
    people = leads[0]
    with Ground("search") as ground:
        from bench.crowd import Crowd
        from bench.names import name

        Crowd(ground, people=people, touches=0, suppressed=0, name=name())
        _execute("SELECT setval(pg_get_serial_sequence('campaigns_contact', 'id'), %s)", people)
        _execute("UPDATE campaigns_contactlist SET default_country = 'US'")
        _execute(COPY, people // TENTH)
        ground.settle_down()
        known = _people(people)
        asked = QUESTIONS if seconds is None else QUICK_QUESTIONS
        figures = [figure for kind in KINDS for figure in _measured(kind, known, asked)]
        return [*figures, *_sizes(people), _insertion(people)]


def _measured(kind: Kind, known: Sequence[Person], asked: int) -> list[Figure]:
    from campaigns import search

    texts = [kind.typed(person) for person in known if kind.suits(person)][: asked + 5]
    for text in texts[:5]:
        search.find(text)
    took = [_milliseconds(lambda text=text: search.find(text)) for text in texts[5:]]  # type: ignore[misc]
    like = LIKE.format(column=kind.column)
    scans = [_milliseconds(lambda text=text: _execute(like, kind.like(text))) for text in texts[:BASELINE_QUESTIONS]]  # type: ignore[misc]
    p50, p99 = percentile(took, 50), percentile(took, 99)
    scan = percentile(scans, 50)
    say(f"{kind.what}: {p50:.1f} / {p99:.1f} ms of {len(took)}; LIKE at a tenth {scan:.0f} ms")
    baseline = "LIKE over a tenth of the people, p50"
    return [
        Figure(f"{kind.what}, p50", p50, "ms", baseline, scan),
        Figure(f"{kind.what}, p99", p99, "ms", baseline, scan, aim=f"<= {AIM_MS:.0f}", met=p99 <= AIM_MS),
    ]


def _people(count: int) -> list[Person]:
    """People picked at random, the same in every run."""
    chosen = random.Random(7).sample(range(1, count + 1), min(count, 40_000))
    return [Person(customer_id, name, str(phone)) for customer_id, name, phone in _execute(SAMPLE, chosen)]


def _sizes(people: int) -> list[Figure]:
    rows = _execute(
        "SELECT relname, pg_relation_size(oid) FROM pg_class WHERE relname IN"
        " ('contact_name_words', 'contact_phone_last_digits', 'one_contact_per_customer_id') ORDER BY relname"
    )
    return [Figure(f"index {name}", size / people, "B a person") for name, size in rows]


def _insertion(people: int) -> Figure:
    """Seconds to insert so many people; the index of names is dropped for the baseline."""
    from bench.names import name

    insert = INSERT.format(name=name().replace("%", "%%"))
    first = {"first": people, "count": INSERTED}
    with_index = _milliseconds(lambda: _execute(insert, first)) / 1000
    _execute("DROP INDEX contact_name_words")
    without = _milliseconds(lambda: _execute(insert, {**first, "first": people + INSERTED})) / 1000
    return Figure(f"{INSERTED:,} people inserted", with_index, "s", "without the index of names", without)


def _milliseconds(what: Callable[[], object]) -> float:
    began = time.perf_counter()
    what()
    return (time.perf_counter() - began) * 1000


def _execute(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    from django.db import connection

    with connection.cursor() as cursor:
        given: Any = values[0] if values and isinstance(values[0], dict) else values
        cursor.execute(statement, given or None)
        return cursor.fetchall() if cursor.description else []

"""One box finds a person among millions by customer id, number or name, whole or in part, in the time of a blink.

Each meaning of what was typed (campaigns.rules.searching) is looked up in an index of its own that stops at the first
page of people, so that common answers cost as little as rare ones:

- customer ids are compared by code points, so the unique index finds their beginnings too;
- numbers are whole numbers, so what begins alike is a range of the index of a person's phones; the last four digits
  have a small index, whose few thousand numbers are then compared with the digits that were typed;
- names are cut into words by the database (campaigns_name_words) for an index of PostgreSQL's text search. It gives all
  that match before the first can be read, a million for a common name. So every word is indexed together with its block
  of 65,536 contacts: the newest block is asked first, then as many again each time until a page is full.

An index of words costs an import about what one more ordinary index does. Trigrams were measured four times as dear,
are not part of every server, and find nothing of two characters, as long as many Chinese names are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import chain
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Max

from campaigns.models import Contact, ContactList, ContactPhone
from campaigns.rules import searching
from campaigns.rules.searching import Ending, Meaning, Range, Word

# As many people as are shown at once.
MOST = 50
BLOCK_BITS = 16
ENDINGS = 10_000  # of the index of last digits

# One look at an index for each range, and none of them reads more than a page.
IN_RANGES = """
SELECT found.contact_id, found.phone
FROM unnest(%(firsts)s::bigint[], %(lasts)s::bigint[]) WITH ORDINALITY AS range(first, last, place)
CROSS JOIN LATERAL (
    SELECT contact_id, phone FROM campaigns_contactphone
    WHERE phone BETWEEN range.first AND range.last ORDER BY phone LIMIT %(most)s
) found
ORDER BY range.place LIMIT %(most)s
"""
BY_ENDING = f"""
SELECT contact_id, phone FROM campaigns_contactphone
WHERE mod(phone, {ENDINGS}) = %(last)s AND mod(phone, %(tens)s) = %(typed)s LIMIT %(most)s
"""
# The words are in the lower case of the database, as those of the index are. In no order: for one, the planner would
# rather cut up the names of all people from the newest on.
BY_WORDS = """
SELECT id FROM campaigns_contact WHERE campaigns_name_words(id, name) @@ lower(%(words)s)::tsquery LIMIT %(most)s
"""


class Field(IntEnum):
    """What matched; what comes first tells most."""

    CUSTOMER_ID = 1
    NUMBER = 2
    ID_BEGINS = 3
    NUMBER_BEGINS = 4
    NUMBER_ENDS = 5
    NAME = 6

    @property
    def is_whole(self) -> bool:
        """Nobody else can be meant but those who share it."""
        return self in (Field.CUSTOMER_ID, Field.NUMBER)


@dataclass(frozen=True, slots=True)
class Hit:
    """A person and what matched; `phone` is the number that did."""

    contact: Contact
    field: Field
    phone: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The best hits, each person once; `more`: there are others that are not among them."""

    hits: tuple[Hit, ...]
    more: bool

    @property
    def only(self) -> Contact | None:
        """Whom to open at once: the only hit, or the only one with exactly this id or number."""
        whole = [hit for hit in self.hits if hit.field.is_whole]
        meant = whole or self.hits
        return meant[0].contact if len(meant) == 1 and not (self.more and not whole) else None


# A person's id, what matched, and the number that did.
Match = tuple[int, Field, int | None]


def find(text: str, country: str = "", most: int = MOST) -> Found:
    """Whom the text may mean, best first; `country` is how to read national numbers before any other."""
    meant = searching.meaning(text, [country, *countries()] if country else countries())
    matches: dict[int, Match] = {}
    for match in _matches(meant, most + 1):
        matches.setdefault(match[0], match)
        if len(matches) > most:
            break
    known = Contact.objects.in_bulk(list(matches))
    hits = [Hit(known[id], field, phone) for id, field, phone in matches.values() if id in known]
    return Found(tuple(sorted(hits, key=lambda hit: _rank(hit, meant))[:most]), len(hits) > most)


def countries() -> list[str]:
    """Where numbers without a prefix are likely to be from: those of the lists, the most used first."""
    used = ContactList.objects.order_by().values("default_country").annotate(n=Count("pk"), last=Max("pk"))
    return [row["default_country"] for row in used.order_by("-n", "-last")[: searching.MOST_COUNTRIES]]


def _rank(hit: Hit, meant: Meaning) -> tuple[Field, bool]:
    return hit.field, hit.contact.name.casefold() != meant.text.casefold()


def _matches(meant: Meaning, most: int) -> Iterator[Match]:
    """Best first, looked up as far as they are asked for."""
    if meant.is_empty:
        return iter(())
    return chain(
        _by_whole_id(meant.ids),
        _by_number(meant.numbers, most),
        _by_beginning_of_id(meant.ids, most),
        _by_beginning(meant.beginnings, most),
        _by_ending(meant.ending, most),
        _by_name(meant.words, most),
    )


def _by_whole_id(ids: Sequence[str]) -> Iterator[Match]:
    for pk in Contact.objects.filter(customer_id__in=ids).values_list("pk", flat=True):
        yield pk, Field.CUSTOMER_ID, None


def _by_number(numbers: Sequence[int], most: int) -> Iterator[Match]:
    if numbers:
        rows = ContactPhone.objects.order_by("contact").filter(phone__in=numbers).values_list("contact", "phone")
        yield from ((contact, Field.NUMBER, phone) for contact, phone in rows[:most])


def _by_beginning_of_id(ids: Iterable[str], most: int) -> Iterator[Match]:
    for first, end in map(searching.ids_beginning, ids):
        rows = Contact.objects.filter(customer_id__gte=first, customer_id__lt=end).order_by("customer_id")
        yield from ((pk, Field.ID_BEGINS, None) for pk in rows.values_list("pk", flat=True)[:most])


def _by_beginning(ranges: Sequence[Range], most: int) -> Iterator[Match]:
    if ranges:
        bounds = {"firsts": [each.first for each in ranges], "lasts": [each.last for each in ranges]}
        yield from ((contact, Field.NUMBER_BEGINS, phone) for contact, phone in _rows(IN_RANGES, bounds, most))


def _by_ending(ending: Ending | None, most: int) -> Iterator[Match]:
    if ending:
        typed = {"last": ending.digits % ENDINGS, "typed": ending.digits, "tens": 10**ending.length}
        yield from ((contact, Field.NUMBER_ENDS, phone) for contact, phone in _rows(BY_ENDING, typed, most))


def _by_name(words: Sequence[Word], most: int) -> Iterator[Match]:
    newest = Contact.objects.aggregate(newest=Max("pk"))["newest"] if words else None
    last, asked = (newest or 0) >> BLOCK_BITS, 0
    while newest and last >= 0:
        size = max(asked, 1)
        text = _query(words, range(last, max(last - size, -1), -1))
        yield from ((contact, Field.NAME, None) for (contact,) in _rows(BY_WORDS, {"words": text}, most))
        last, asked = last - size, asked + size


def _query(words: Sequence[Word], blocks: Iterable[int]) -> str:
    """As PostgreSQL's text search wants it: all of the words, within any one of these blocks."""
    return " | ".join(f"({' & '.join(_lexeme(word, block) for word in words)})" for block in blocks)


def _lexeme(word: Word, block: int) -> str:
    text = word.text.replace("\\", "\\\\").replace("'", "''")
    return f"'{block}|{text}'{':*' if word.begun else ''}"


def _rows(statement: str, values: dict[str, Any], most: int) -> list[tuple[Any, ...]]:
    """Read by the indexes that the statement is made for: the planner takes words it can't see for common ones."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(statement, {**values, "most": most})
        return cursor.fetchall()

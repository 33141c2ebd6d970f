"""What a part of a list says of its people → consents, products and evidence, each by its only writer.

It runs in the transaction that applies the part, so that it is done once however often that is tried, and before the
list comes into force: nobody is called by what is known of them until then. What is news is counted on the part.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns import consents, products
from campaigns.consents import Given
from campaigns.lists.columns import Layout
from campaigns.lists.mapping import Mapping
from campaigns.lists.said.keeping import says_anything
from campaigns.models import Contact, ImportPart, ListVersion
from campaigns.products import Holds
from campaigns.rules.consent import read_grants
from campaigns.rules.validity import Code, Kind
from campaigns.validity import clearing, recording
from campaigns.validity.recording import Heard

LONGEST_SOURCE = 64
COUNTS = ("consents", "holdings", "statuses")
# `import_person` tells who the part's rows are; rows that turned out to be duplicates are not among them.
SAID = """
SELECT r.contact_id, s.products, s.basis, s.consented_on, s.consent_source
FROM import_said_{id} s JOIN import_person r USING (row_no)
WHERE s.row_no BETWEEN %(first)s AND %(last)s AND (r.made OR %(of_known)s) ORDER BY r.contact_id
"""
STATUSES = """
SELECT DISTINCT s.number, s.code FROM import_status_{id} s JOIN import_person r USING (row_no)
WHERE s.row_no BETWEEN %(first)s AND %(last)s ORDER BY s.number
"""


@dataclass(frozen=True, slots=True)
class Said:
    """What a row says of a person; a basis of "" is that they do not agree, None is no word about it."""

    contact_id: int
    products: list[str]
    basis: str | None
    on: date | None
    source: str


def give(version: ListVersion, part: ImportPart) -> None:
    """Of the part's people, which were applied before in this transaction."""
    layout = Mapping.from_json(version.mapping).layout()
    if says_anything(layout):
        _of_people(version, part, layout)
    if layout.statuses:
        part.statuses = _record_statuses(version, part)
    if says_anything(layout) or layout.statuses:
        part.save(update_fields=COUNTS)


def total(version: ListVersion) -> None:
    """The version's counts are those of its parts."""
    for count in COUNTS:
        setattr(version, count, 0)
    doubts: dict[str, int] = defaultdict(int)
    for part in version.parts.all():
        for count in COUNTS:
            setattr(version, count, getattr(version, count) + getattr(part, count))
        for column, times in part.doubts.items():
            doubts[column] += times
    version.doubts = dict(doubts)
    version.save(update_fields=[*COUNTS, "doubts"])


def _of_people(version: ListVersion, part: ImportPart, layout: Layout) -> None:
    said = [Said(*row) for row in _rows(SAID, version, part)]
    part.consents = _record_consents(version, said)
    if layout.products:
        source, reason = source_of(version), reason_of(version)
        holds = [Holds(s.contact_id, s.products, source) for s in said if s.products]
        part.holdings = products.hold_many(holds, by=version.created_by, reason=reason, version=version.pk)


def _record_consents(version: ListVersion, said: Sequence[Said]) -> int:
    source = source_of(version)
    given = [Given(s.contact_id, s.basis, _moment(version, s.on), source=s.source or source) for s in said if s.basis]
    news = consents.record_many(given, by=version.created_by, reason=reason_of(version), version=version.pk)
    return news + _take_back(version, [s for s in said if s.basis == ""])


def _take_back(version: ListVersion, refused: Sequence[Said]) -> int:
    """Those who agreed once, and do not any more, as the list says; who never did took nothing back."""
    agreed = _agreed_since({s.contact_id for s in refused})
    groups: dict[tuple[datetime, str], list[int]] = defaultdict(list)
    for s in refused:
        at = _moment(version, s.on)
        if any(given_at <= at for given_at in agreed.get(s.contact_id, ())):
            groups[at, s.source or source_of(version)].append(s.contact_id)
    for (at, source), people in sorted(groups.items()):
        said: dict[str, Any] = {"at": at, "source": source, "reason": reason_of(version), "version": version.pk}
        consents.withdraw_many(people, by=version.created_by, **said)
    return sum(map(len, groups.values()))


def _agreed_since(people: set[int]) -> dict[int, list[datetime]]:
    known = Contact.objects.filter(pk__in=people).exclude(consents=[]).values_list("pk", "consents") if people else ()
    return {contact: [grant.given_at for grant in read_grants(data)] for contact, data in known}


def _record_statuses(version: ListVersion, part: ImportPart) -> int:
    heard = [
        Heard(
            number,
            Code(code),
            Kind.LIST,
            version.created_at,
            source=source_of(version),
            origin=version.list_id,
            by_id=version.created_by_id,
        )
        for number, code in _rows(STATUSES, version, part)
    ]
    applied = recording.record(heard, timezone.now()).applied
    clearing.soon()
    return applied


def source_of(version: ListVersion) -> str:
    """Who says so."""
    return version.list.name[:LONGEST_SOURCE]


def reason_of(version: ListVersion) -> str:
    """Where it is written."""
    said = {"list": version.list.name, "number": version.number}
    return _("list “%(list)s”, version %(number)s") % said


def _moment(version: ListVersion, on: date | None) -> datetime:
    """The beginning of the day that the row names, else when the list was uploaded."""
    if on is None:
        return version.created_at
    return datetime.combine(on, time.min, tzinfo=timezone.get_default_timezone())


def _rows(statement: str, version: ListVersion, part: ImportPart) -> list[tuple[Any, ...]]:
    of_known = version.known != ListVersion.Known.KEEP
    values = {"first": part.first_row, "last": part.last_row, "of_known": of_known}
    with connection.cursor() as cursor:
        cursor.execute(statement.format(id=int(version.pk)), values)
        return cursor.fetchall()

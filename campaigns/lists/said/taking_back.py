"""What a version of a list said of its people is taken back with it, in the transaction that undoes the import.

Consent and products are kept for good: each of its words gets one against it. Evidence of numbers is marked, and counts
no more. What somebody else has said since stays.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns import consents, products
from campaigns.lists import applying
from campaigns.lists.mapping import Mapping
from campaigns.lists.said.giving import source_of
from campaigns.lists.said.keeping import says_anything
from campaigns.models import ContactPhone, ListVersion
from campaigns.validity import clearing, recording

CHUNK = 10_000


def take_back(version: ListVersion) -> None:
    """Of everybody on the version, as long as that is known."""
    if not version.mapping:
        return
    layout = Mapping.from_json(version.mapping).layout()
    if not (says_anything(layout) or layout.statuses):
        return
    for people in _people(version):
        if says_anything(layout):
            _of_people(version, people)
        if layout.statuses:
            _of_numbers(version, people)


def _of_people(version: ListVersion, people: list[int]) -> None:
    reason = _("import undone")
    consents.undo_version(people, version=version.pk, reason=reason, by=None)
    products.undo_version(people, version=version.pk, source=source_of(version), reason=reason, by=None)


def _of_numbers(version: ListVersion, people: list[int]) -> None:
    numbers = ContactPhone.objects.filter(contact__in=people).values_list("phone", flat=True)
    before = version.previous.created_at if version.previous else None
    recording.withdraw_list(numbers, version.list_id, version.created_at, before, timezone.now())
    clearing.soon()


def _people(version: ListVersion) -> Iterator[list[int]]:
    entries, values = applying.entries_of(version)
    after = 0
    while True:
        with connection.cursor() as cursor:
            statement = f"SELECT contact_id FROM {entries} AND contact_id > %(after)s ORDER BY 1 LIMIT %(most)s"
            cursor.execute(statement, {**values, "after": after, "most": CHUNK})
            people = [contact for (contact,) in cursor.fetchall()]
        if not people:
            return
        yield people
        after = people[-1]

"""A stretch of staged people → contacts, their phones, and who is on the version, by set-based statements.

It runs once per part, inside the transaction that says the part is applied. Parts have no person in common (duplicates
were taken off the stage), so what is new is found once and inserted without looking again. Should another import make
the same person in that instant, a unique index ends one of the two transactions, which is done again and then finds
the person. Whoever is known already and says nothing new is not written at all.

Locks are taken in one order (contacts, then phones, each sorted), so that two imports and the reservation never wait
for each other in a circle; of contacts only those that are about to change.
"""

from __future__ import annotations

from typing import Any

from django.db import connection

from campaigns.lists.applying import sql
from campaigns.models import ImportPart, ListVersion


def apply(version: ListVersion, part: ImportPart) -> None:
    """Apply the part's people, which are on the stage. Raises IntegrityError when another import was faster."""
    _run(version, part, _statements(version))


def add_phones(version: ListVersion, part: ImportPart) -> None:
    """The numbers of the part's people; one that is known already stays as it is."""
    _run(version, part, [sql.PHONES])


def _run(version: ListVersion, part: ImportPart, statements: list[str]) -> None:
    rows = {"first_row": part.first_row, "last_row": part.last_row}
    values = {"list": version.list_id, "version": version.pk, **rows}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '64MB'")
        for statement in statements:
            cursor.execute(statement.format(id=int(version.pk)), values if "%(" in statement else None)


def _statements(version: ListVersion) -> list[str]:
    changes = [] if version.known == ListVersion.Known.KEEP else sql.CHANGE
    entries = sql.VERSION_ENTRIES if version.list.current_id else sql.LIST_ENTRIES
    return [*sql.FIND, *changes, *sql.ADD, entries]


def entries_of(version: ListVersion) -> tuple[str, dict[str, Any]]:
    """(table and condition, values) of who this version has, while it is imported or in force."""
    if version.list.current_id in (None, version.pk):
        return "campaigns_listentry e WHERE e.list_id = %(list)s", {"list": version.list_id}
    return "campaigns_versionentry e WHERE e.version_id = %(version)s", {"version": version.pk}

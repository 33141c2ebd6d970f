"""One part of a version's file → its people on the stage and its rejects, in the transaction that says it is read."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection

from campaigns.lists import copying
from campaigns.lists.importing import source, stage
from campaigns.lists.rows import Person, Refused
from campaigns.lists.said import keeping
from campaigns.models import ImportPart, ListVersion

LONGEST_VALUE = 200
State = ImportPart.State
COPY_REJECTS = """
COPY campaigns_reject (list_id, version_id, row_no, reason, "column", value, row) FROM STDIN
"""


def claim(version: ListVersion, state: str) -> ImportPart | None:
    """The next part in this state that nobody works at, locked to the end of the transaction."""
    waiting = ImportPart.objects.select_for_update(skip_locked=True).filter(version=version, state=state)
    return waiting.order_by("number").first()


def read(version: ListVersion, part: ImportPart) -> None:
    """Read the claimed part."""
    good, said = stage.Writer(), keeping.Keeper(version)
    refused: list[tuple[int, Refused]] = []
    for no, found in source.people(version, part):
        if isinstance(found, Person):
            good.add(no, found)
            said.add(no, found)
        else:
            refused.append((no, found))
    good.write(version.pk)
    said.write(version.pk)
    _reject(version, refused)
    part.state, part.rows, part.doubts = State.READ, good.people + len(refused), dict(said.doubts)
    part.rows_good, part.rows_rejected, part.rows_duplicate = good.people, len(refused), 0
    part.save(update_fields=["state", "rows", "rows_good", "rows_rejected", "rows_duplicate", "doubts"])


def _reject(version: ListVersion, refused: Sequence[tuple[int, Refused]]) -> None:
    """Rejects of a first version are the list's at once; those of a later one when it is in force."""
    of_list = copying.NULL if version.list.current_id else version.list_id
    with connection.cursor() as cursor, cursor.copy(COPY_REJECTS) as copy:
        for no, why in refused:
            column, value = copying.text(why.column[:100]), copying.text(why.value[:LONGEST_VALUE])
            copy.write(f"{of_list}\t{version.pk}\t{no}\t{why.reason}\t{column}\t{value}\t{{}}\n")

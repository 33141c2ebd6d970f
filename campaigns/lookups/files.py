"""A provider that is asked by files: a request is written into a folder, its answer is read when it lies beside it.

`<key>.request.csv` has one number a row. `<key>.answer.csv` is read as a status feed is: a column with the number and
one with the state, in any words a feed may use. Whoever writes it writes it under another name first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from campaigns.feeds import columns, rows
from campaigns.feeds.rows import Defaults, Said
from campaigns.lists import reading
from campaigns.lists.columns import Unreadable
from campaigns.lookups import Answer, Later


@dataclass(frozen=True, slots=True)
class FileProvider:
    """Requests go to `folder`, to be taken from there, and answers come there."""

    folder: Path
    name: str = "file"
    batch_size: int = 100_000
    cost: Decimal = Decimal(0)
    resumes: bool = True

    def look_up(self, numbers: Sequence[int], key: UUID) -> Sequence[Answer]:
        """Raises Later until there is an answer that can be read."""
        answer = self.folder / f"{key}.answer.csv"
        if answer.exists():
            return _read(answer, set(numbers))
        self._request(numbers, key)
        raise Later

    def _request(self, numbers: Sequence[int], key: UUID) -> None:
        path = self.folder / f"{key}.request.csv"
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_suffix(".part")
            unfinished.write_text("phone\n" + "".join(f"+{number}\n" for number in numbers), encoding="ascii")
            unfinished.rename(path)


def _read(path: Path, asked: set[int]) -> list[Answer]:
    now = datetime.now(UTC)
    written = min(datetime.fromtimestamp(path.stat().st_mtime, UTC), now)
    defaults = Defaults("", written, None, UTC, now)
    try:
        sheet = reading.open_sheet(path)
        layout = columns.understand(sheet.layout)
        said = [rows.read(layout, row.cells, defaults) for row in sheet.rows()]
    except Unreadable as flaw:
        raise Later(str(flaw)) from flaw
    return [
        Answer(s.number.phone, s.code, s.observed_at, s.expires_at, s.detail)
        for s in said
        if isinstance(s, Said) and s.number.phone in asked
    ]

"""Files of a few rows that are read in several parts, as large ones are."""

from __future__ import annotations

import pytest

from campaigns.lists.reading import index


def small_parts(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    """Parts of about so many rows."""
    monkeypatch.setattr(index, "BLOCK", 8)
    monkeypatch.setattr(index, "ROWS_OF_A_PART", rows)

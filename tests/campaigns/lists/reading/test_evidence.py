"""What is shown of a file's characters again, once the sheet was kept without people's data."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaigns.lists.reading import Sheet
from tests.campaigns.lists.reading.making import HEADER, SIMPLIFIED, read, text_of


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "utf-8-sig"])
def test_a_kept_sheet_shows_the_same_pieces_and_other_readings(tmp_path: Path, encoding: str):
    sheet = read(tmp_path, text_of([HEADER, *SIMPLIFIED]).encode(encoding))

    again = Sheet.from_json(sheet.path, sheet.as_json()).shown_evidence()

    assert again == sheet.evidence
    assert "王芳" in again.samples[1].text
    assert again.alternatives


def test_what_was_converted_from_utf_16_is_shown_as_it_is_read(tmp_path: Path):
    sheet = read(tmp_path, text_of([HEADER, *SIMPLIFIED]).encode("utf-16"))

    again = Sheet.from_json(sheet.path, sheet.as_json()).shown_evidence()

    assert again == sheet.evidence


def test_plain_letters_and_digits_have_no_other_reading(tmp_path: Path):
    sheet = read(tmp_path, "name,phone\nAnn,13800138000\n")

    assert Sheet.from_json(sheet.path, sheet.as_json()).shown_evidence().alternatives == ()

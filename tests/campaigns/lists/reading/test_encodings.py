"""Which encoding a file is in is told by what people write, shown, and may be overruled."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaigns import words
from campaigns.lists.reading import Unreadable, Why
from tests.campaigns.lists.reading.making import HEADER, SIMPLIFIED, TRADITIONAL, cells, in_parts, read, text_of

NAMES = ("姓名,手机", "王芳,13800138000", "李娜,13800138001", "张伟,13800138002")
LATIN = text_of([("name", "phone"), ("José Müller", "+34612345678"), ("Renée Noël", "+33612345678")])
TAIWAN = text_of([("姓名", "手機"), *((row[1], row[2]) for row in TRADITIONAL)])


@pytest.mark.parametrize(
    ("text", "encoding", "found"),
    [
        (text_of([HEADER, *SIMPLIFIED]), "utf-8", "utf-8"),
        (text_of([HEADER, *SIMPLIFIED]), "utf-8-sig", "utf-8"),
        (text_of([HEADER, *SIMPLIFIED]), "gb18030", "gb18030"),
        (text_of([HEADER, *SIMPLIFIED]), "gbk", "gb18030"),
        ("\n".join(NAMES), "gb18030", "gb18030"),
        ("\n".join(NAMES[:2]), "gb18030", "gb18030"),
        ("phone,name\n13800138000,陈晓\n", "gb18030", "gb18030"),
        ("phone,name\n13800138000,谢霆\n", "gb18030", "gb18030"),
        (TAIWAN, "big5", "big5hkscs"),
        (TAIWAN, "utf-8", "utf-8"),
        (TAIWAN, "gb18030", "gb18030"),
        ("phone,name\n0912345678,林志玲\n0912345679,蔡依婷\n", "big5", "big5hkscs"),
        (LATIN, "cp1252", "cp1252"),
        (LATIN, "latin-1", "cp1252"),
        (LATIN, "utf-8", "utf-8"),
        ("phone,name\n+4915112345678,Jürgen Groß\n", "cp1252", "cp1252"),
        ("phone,name\n+33612345678,François\n+33612345679,Ann\n", "cp1252", "cp1252"),
        ("phone,name\n+33612345678,D’Angelo\n", "cp1252", "cp1252"),
        ("phone,name\n+12125550123,Ann 😀\n", "utf-8", "utf-8"),
        ("phone,name\n+79123456789,Иван Петров\n", "utf-8", "utf-8"),
        ("phone,name\n+12125550123,Ann\n", "ascii", "utf-8"),
    ],
)
def test_an_encoding_is_told_by_what_people_write(tmp_path: Path, text: str, encoding: str, found: str) -> None:
    sheet = read(tmp_path, text.encode(encoding))

    assert sheet.encoding == found
    assert cells(sheet) == [line.cells for line in read(tmp_path, text.encode(), encoding="utf-8").rows()]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_converted_once_and_read_in_parts(tmp_path: Path, encoding: str) -> None:
    sheet = read(tmp_path, text_of([HEADER, *SIMPLIFIED]).encode(encoding))

    assert sheet.evidence.encoding.startswith("utf-16")
    assert [row.cells for row in in_parts(sheet)] == [list(row) for row in SIMPLIFIED]
    assert sheet.path.exists()
    converted = sheet.path
    del sheet
    assert not converted.exists()


def test_the_only_name_beyond_ascii_may_be_in_the_last_row(tmp_path: Path) -> None:
    rows = "name,phone\n" + "Ann,13800138000\n" * 100_000 + "王芳,13800138000\n"

    assert read(tmp_path, rows.encode("gb18030")).encoding == "gb18030"
    assert read(tmp_path, rows.encode()).encoding == "utf-8"


def test_the_evidence_shows_the_same_pieces_in_other_encodings(tmp_path: Path) -> None:
    evidence = read(tmp_path, TAIWAN.encode("big5")).evidence

    assert (evidence.encoding, evidence.why) == ("big5hkscs", Why.COMMON_CHARACTERS)
    assert evidence.samples[1].line == 2
    assert evidence.samples[1].text == "陳美麗,0912345678"
    others = {other.encoding: other for other in evidence.alternatives}
    assert others["gb18030"].samples[1].text != "陳美麗,0912345678"
    assert all(other.plausible < evidence.plausible for other in evidence.alternatives)


def test_a_person_may_know_better(tmp_path: Path) -> None:
    sheet = read(tmp_path, TAIWAN.encode("big5"), encoding="gb18030")

    assert (sheet.encoding, sheet.evidence.why) == ("gb18030", Why.CHOSEN)
    assert cells(sheet)[0][0] != "陳美麗"
    assert any(other.encoding == "big5hkscs" for other in sheet.evidence.alternatives)


def test_an_encoding_that_nobody_offers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="“idna” is no encoding"):
        read(tmp_path, "name,phone\n", encoding="idna")


def test_a_few_damaged_rows_do_not_make_another_encoding_of_it(tmp_path: Path) -> None:
    rows = [f"王芳,1380013{n:04d}\n".encode() for n in range(200)]
    rows[7] = b"\xff\xfe,13800138000\n"

    sheet = read(tmp_path, "姓名,手机\n".encode() + b"".join(rows))

    assert sheet.encoding == "utf-8"
    assert [row.no for row in sheet.rows() if row.flaw] == [9]
    assert next(row for row in sheet.rows() if row.flaw) == (9, ["\ufffd\ufffd,13800138000"], "undecodable")


def test_every_reason_for_an_encoding_has_words() -> None:
    assert set(Why) == set(words.ENCODING_EVIDENCE)

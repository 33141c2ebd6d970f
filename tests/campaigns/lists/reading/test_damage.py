"""A damaged row costs itself and no other; only what is no list at all is refused whole, with what to do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from campaigns.lists.reading import Sheet, Unreadable
from tests.campaigns.lists.reading.making import cells, fates, read, written


@pytest.mark.parametrize(
    ("content", "fate"),
    [
        ('n,p\n"Ann,1\nBob,2\n', [(2, "broken_quote"), (3, "")]),
        ('n,p\nAnn,1\n"Bo"b,2\nCid,3\n', [(2, ""), (3, "broken_quote"), (4, "")]),
        ('n,p\n"Ann,1\nBob,2\n"Cid",3\n', [(2, "broken_quote"), (3, ""), (4, "")]),
        ('n,p\n"A\nn\nn",1\nBob,2\n', [(2, ""), (3, "")]),
        (
            'n,p\n"' + "A\n" * 200 + '",1\nBob,2\n',
            [(2, "broken_quote"), *((n, "") for n in range(3, 202)), (202, "broken_quote"), (203, "")],
        ),
        ("n,p\nAnn," + "1" * 200_000 + "\nBob,2\n", [(2, "cell_too_long"), (3, "")]),
        ('n,p\n"Ann","' + "1" * 200_000 + '"\nBob,2\n', [(2, "cell_too_long"), (3, "")]),
        (b"n,p\nAn\0n,1\nBob,2\n", [(2, "nul_bytes"), (3, "")]),
        ("n,p,c\nAnn,1,x\nBob,2", [(2, ""), (3, "cut_off")]),
        ("n,p,c\nAnn,1,x\nBob,2,", [(2, ""), (3, "")]),
        ("n,p,c\nAnn,1,x\nBob,2\n", [(2, ""), (3, "")]),
        ('n,p\nAnn,1\nBob,"2', [(2, ""), (3, "broken_quote")]),
        ("n,p\nAnn,1\n王".encode()[:-1], [(2, ""), (3, "undecodable")]),
        ("n,p\nAnn,1\n王".encode("utf-16") + b"\0", [(2, ""), (3, "undecodable")]),
        ("n,p\n,\n\nAnn,1\n \n", [(4, "")]),
        ("n,p\r\nAnn,1\nBob,2\rCid,3\r\n", [(2, ""), (3, ""), (4, "")]),
    ],
)
def test_a_damaged_row_costs_itself_and_no_other(
    tmp_path: Path, content: bytes | str, fate: list[tuple[int, str]]
) -> None:
    sheet = read(tmp_path, content)

    assert fates(sheet) == fate
    assert sheet.rows_total == len(fate)


def test_a_file_that_ends_in_a_row_says_so(tmp_path: Path) -> None:
    assert read(tmp_path, "n,p,c\nAnn,1,x\nBob,2").cut_off_no == 3
    assert read(tmp_path, 'n,p\nAnn,1\nBob,"2').cut_off_no == 3
    assert read(tmp_path, "n,p,c\nAnn,1,x\nBob,2\n").cut_off_no == 0


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty (0 bytes)"),
        (b"\r\n\r\n", "no rows"),
        ("name,phone\n", "a header but no rows"),
        (b"%PDF-1.7\n1 0 obj", "is a .pdf file"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is a .png file"),
        (b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0", "is a .bmp file"),
        (b"  <!DOCTYPE html><table>", "web page (HTML)"),
        (b"<?xml version='1.0'?><a/>", "XML file"),
        (bytes(range(32)) * 20, "binary data"),
        (b"name,phone\nAnn,\xff\xff\n", "can't be read as UTF-8"),
        (b"name,phone\nAnn," + b"1" * 3_000_000 + b"\n", "more than a million characters"),
        (",".join(f"c{n}" for n in range(100_000)) + "\n1\n", "has 100000 columns"),
        ('"name,phone\nAnn,1\n', "first rows of the file are damaged"),
        ("name,phone\n" + '"Ann,1\n' * 5_000, "Most rows have a quotation mark"),
    ],
)
def test_what_is_no_list_is_refused_with_what_to_do(tmp_path: Path, content: bytes | str, sentence: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(tmp_path, content)

    assert sentence in str(refused.value)


def test_a_bmw_is_no_picture(tmp_path: Path) -> None:
    assert read(tmp_path, "BMW dealer,phone\nAnn,13800138000\n").rows_total == 1


def test_a_file_that_changed_since_it_was_looked_through_is_refused_before_its_first_row(tmp_path: Path) -> None:
    sheet = read(tmp_path, "name,phone\nAnn,13800138000\n")
    known = sheet.as_json()
    before = os.stat(sheet.path)
    written(sheet.path, "name,phone\nAnn,13800138001\n")
    os.utime(sheet.path, ns=(before.st_atime_ns, before.st_mtime_ns))

    for changed in (sheet, Sheet.from_json(sheet.path, known)):
        with pytest.raises(Unreadable, match="changed while it was being read"):
            list(changed.rows())


def test_a_file_that_grows_while_it_is_looked_through_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from campaigns.lists.reading import index

    path = written(tmp_path / "list", "name,phone\nAnn,13800138000\n")
    count = index.count_plain

    def grow(*args: object) -> object:
        with path.open("a") as file:
            file.write("Bob,13800138001\n")
        return count(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(index, "count_plain", grow)
    with pytest.raises(Unreadable, match="changed while it was being read"):
        read(tmp_path, path.read_bytes())


def test_cells_in_quotation_marks_keep_what_is_in_them(tmp_path: Path) -> None:
    sheet = read(tmp_path, 'name,phone,note\n"Lee, Ann",138,"say ""hi"""\nBob, "139","two\r\nlines"\n')

    assert cells(sheet) == [["Lee, Ann", "138", 'say "hi"'], ["Bob", "139", "two\nlines"]]

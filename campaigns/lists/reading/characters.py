"""Which encoding a file of text is in.

A byte order mark says it, zero bytes give UTF-16 away, and what is valid UTF-8 over more than a few characters is
UTF-8. Everything else is decided by plausibility: the encoding in which the characters of the file are those that
people use. The whole file is looked at, as the only name beyond ASCII may be in its last row.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from django.utils.translation import gettext as _

from campaigns.lists.columns import Unreadable
from campaigns.lists.reading.blocks import LONGEST_LINE, whole_lines
from campaigns.lists.reading.evidence import ENCODINGS, Alternative, Evidence, Sample, Why
from campaigns.lists.reading.kinds import utf16_order
from campaigns.lists.reading.plausible import plausibility
from campaigns.lists.reading.records import decode, readable

CHUNK = 1 << 20
HEAD = 4096
MOST_SAMPLED = 100_000  # bytes
SAMPLED_OF_A_BLOCK = 20_000
SHOWN = 5
LONGEST_SHOWN = 80
LEAST_PLAUSIBLE = 0.35
BOMS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
BY_PLAUSIBILITY = ("gb18030", "big5hkscs", "cp1252", "latin-1")
UTF16 = ("utf-16-le", "utf-16-be")


@dataclass(frozen=True, slots=True)
class Text:
    """A file of text in an encoding whose line ends are those of ASCII, from byte `start` on."""

    path: Path
    encoding: str
    start: int
    evidence: Evidence


@dataclass(slots=True)
class Scan:
    """What was seen of the characters beyond ASCII: some lines that have them, and how well they are UTF-8."""

    samples: list[tuple[int, bytes]] = field(default_factory=list)
    sampled: int = 0
    valid: int = 0
    invalid: int = 0


def find(path: Path, folder: Path, chosen: str | None) -> Text:
    """The file as text in its encoding, or in the `chosen` one. Raises Unreadable."""
    head = _head(path)
    bom = next((bom for bom in BOMS if head.startswith(bom)), b"")
    encoding = chosen or BOMS.get(bom) or utf16_order(head)
    if encoding not in (None, *ENCODINGS):
        raise Unreadable(_("“%(encoding)s” is no encoding that lists are read in.") % {"encoding": encoding})
    start = len(bom) if BOMS.get(bom) == encoding else 0
    if encoding in UTF16:
        return _from_utf16(path, folder, encoding, start, _why(chosen, start))
    scan = _scan(path, start)
    if encoding:
        return Text(path, encoding, start, _evidence(scan, encoding, _why(chosen, start)))
    evidence = _by_plausibility(scan)
    return Text(path, evidence.encoding, start, evidence)


def shown_again(path: Path, encoding: str, kept: Evidence) -> Evidence:
    """The evidence that was kept, with pieces of the file and its other readings, which are not kept.

    `encoding` is what the file at `path` is read in: UTF-8 where it was converted from UTF-16.
    """
    bom = next((len(bom) for bom in BOMS if _head(path).startswith(bom)), 0)
    scan, line = Scan(), 1
    with path.open("rb") as file:
        file.seek(bom)
        while scan.sampled < MOST_SAMPLED and (data := whole_lines(file, CHUNK)):
            if not data.isascii():
                _take_samples(scan, data, line)
            line += data.count(b"\n") or data.count(b"\r")
    if kept.encoding in UTF16:
        return replace(kept, samples=_shown(scan, encoding))
    return _evidence(scan, encoding, kept.why) if scan.samples else kept


def _why(chosen: str | None, start: int) -> Why:
    if chosen:
        return Why.CHOSEN
    return Why.BYTE_ORDER_MARK if start else Why.ZERO_BYTES


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD)


def _scan(path: Path, start: int) -> Scan:
    scan, line = Scan(), 1
    with path.open("rb") as file:
        file.seek(start)
        while data := whole_lines(file, CHUNK):
            if not data.isascii():
                _look(scan, data, line)
            line += data.count(b"\n") or data.count(b"\r")
    return scan


def _look(scan: Scan, data: bytes, first: int) -> None:
    try:
        scan.valid += len(data) - len(data.decode())
    except UnicodeDecodeError:
        _count_invalid(scan, data)
    if scan.sampled < MOST_SAMPLED:
        _take_samples(scan, data, first)


def _count_invalid(scan: Scan, data: bytes) -> None:
    for line in data.splitlines(keepends=True):
        if scan.invalid > scan.valid + 1000:
            return
        try:
            scan.valid += len(line) - len(line.decode())
        except UnicodeDecodeError as error:
            # A file that was cut off may end in the middle of a character: its last line is still what it was.
            is_cut_off = error.reason == "unexpected end of data" and error.end == len(line)
            scan.valid, scan.invalid = scan.valid + is_cut_off, scan.invalid + (not is_cut_off)


def _take_samples(scan: Scan, data: bytes, first: int) -> None:
    taken = 0
    for line, text in enumerate(data.splitlines(), first):
        if not text.isascii():
            scan.samples.append((line, text[: LONGEST_LINE // 100]))
            taken += len(text)
        if taken > SAMPLED_OF_A_BLOCK:
            break
    scan.sampled += taken


def _by_plausibility(scan: Scan) -> Evidence:
    if not scan.samples:
        return Evidence("utf-8", Why.ASCII)
    scores = {encoding: _plausible(scan, encoding) for encoding in BY_PLAUSIBILITY}
    best = max(scores, key=lambda encoding: scores[encoding])
    nothing_fits = scores[best] < LEAST_PLAUSIBLE
    if _is_utf8(scan, scores[best]) or (nothing_fits and not scan.invalid):
        return _evidence(scan, "utf-8", Why.VALID_UTF8)
    if nothing_fits:
        raise Unreadable(
            _(
                "The characters can't be read as UTF-8, UTF-16, GB18030, Big5 or Latin-1. Save the list as “CSV UTF-8” "
                "and upload it again."
            )
        )
    return _evidence(scan, best, Why.COMMON_CHARACTERS)


def _is_utf8(scan: Scan, rival: float) -> bool:
    """A few characters may be valid UTF-8 by chance, when they are rare ones in it and common ones in another."""
    if scan.invalid * 50 > scan.valid:
        return False
    certainty = min(scan.valid, 20) / 20
    return bool(scan.valid) and _plausible(scan, "utf-8") + certainty + 0.2 > rival


def _plausible(scan: Scan, encoding: str) -> float:
    return plausibility(_joined(scan, encoding), encoding)


def _joined(scan: Scan, encoding: str) -> str:
    return "\n".join(decode(text, encoding) for _line, text in scan.samples)


def _evidence(scan: Scan, encoding: str, why: Why) -> Evidence:
    others = [other for other in ("utf-8", *BY_PLAUSIBILITY) if other != encoding and _decodes(scan, other)]
    alternatives = [Alternative(o, _plausible(scan, o), _shown(scan, o)) for o in others]
    ranked = tuple(sorted(alternatives, key=lambda other: -other.plausible))
    return Evidence(encoding, why, _plausible(scan, encoding), _shown(scan, encoding), ranked)


def _decodes(scan: Scan, encoding: str) -> bool:
    try:
        return all(text.decode(encoding) is not None for _line, text in scan.samples)
    except UnicodeDecodeError:
        return False


def _shown(scan: Scan, encoding: str) -> tuple[Sample, ...]:
    return tuple(Sample(line, _piece(decode(text, encoding))) for line, text in scan.samples[:SHOWN])


def _piece(text: str) -> str:
    """The part of the line that has the characters beyond ASCII."""
    at = next((at for at, char in enumerate(text) if char > "\x7f"), 0)
    begin = max(0, min(at - 10, len(text) - LONGEST_SHOWN))
    return readable(text[begin : begin + LONGEST_SHOWN].strip())


def _from_utf16(path: Path, folder: Path, encoding: str, start: int, why: Why) -> Text:
    """The same text as UTF-8, whose rows can be found by their bytes."""
    converted = folder / "utf8.csv"
    with path.open("rb") as source, converted.open("wb") as target:
        source.seek(start)
        for text in _decoded(source, encoding):
            target.write(text)
    head = _head(converted).decode(errors="ignore").splitlines()
    samples = tuple(Sample(line, _piece(text)) for line, text in enumerate(head, 1) if not text.isascii())
    return Text(converted, "utf-8", 0, Evidence(encoding, why, samples=samples[:SHOWN]))


def _decoded(source: BinaryIO, encoding: str) -> Iterator[bytes]:
    """UTF-8, not valid exactly where the text was not."""
    decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
    while chunk := source.read(CHUNK):
        yield decoder.decode(chunk).encode("utf-8", "surrogatepass")
    if decoder.getstate()[0]:
        yield b"\xff"

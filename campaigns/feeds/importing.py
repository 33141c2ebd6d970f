"""A status feed from the stored file to evidence: once, however often it is started.

A batch of rows and how far the feed has come are one transaction, so that a run goes on where the last one was killed
and counts no row twice. Batches are small: while one is applied nobody with a number in it is called, and who settles
a call of theirs waits. One run at a time holds an advisory lock of the feed.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from django.db import connection, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from campaigns import events, locks, services
from campaigns.feeds import columns, rows
from campaigns.feeds.columns import FeedLayout
from campaigns.feeds.rows import Defaults, Refused, Said
from campaigns.lists import reading
from campaigns.lists.columns import Unreadable
from campaigns.lists.reading import Row
from campaigns.locks import Work
from campaigns.models import StatusFeed, StatusReject
from campaigns.rules import places
from campaigns.rules.numbers import Number
from campaigns.rules.validity import Kind
from campaigns.validity import clearing, recording
from campaigns.validity.recording import Heard, Recorded

BATCH = 10_000
LONGEST_VALUE = 200
COUNTERS = ("rows_applied", "rows_unchanged", "rows_outdated", "rows_rejected", "row_done")
State = StatusFeed.State
UNFINISHED = (State.WAITING, State.APPLYING)
STAGE_PHONES = """
CREATE TEMP TABLE IF NOT EXISTS heard_phone (number bigint, country text, line_type text, zones text[])
ON COMMIT DELETE ROWS;
TRUNCATE heard_phone
"""
COPY_PHONES = "COPY heard_phone (number, country, line_type, zones) FROM STDIN"
# Numbers that no list has named yet: what is known of them is there when one does.
INSERT_PHONES = """
INSERT INTO campaigns_phone (number, country, line_type, zones, status, status_source)
SELECT DISTINCT ON (number) number, country, line_type, zones, '', '' FROM heard_phone h
WHERE NOT EXISTS (SELECT 1 FROM campaigns_phone p WHERE p.number = h.number) ORDER BY number
ON CONFLICT DO NOTHING
"""

logger = logging.getLogger(__name__)


class BooksDoNotBalance(Exception):
    """Rows were lost or counted twice; the feed stays unfinished and is run again."""


@dataclass
class _Read:
    """What a batch of rows says."""

    heard: list[Heard] = field(default_factory=list)
    numbers: list[Number] = field(default_factory=list)
    refused: list[tuple[Row, Refused]] = field(default_factory=list)
    nothing: int = 0  # rows that say that nothing is known


def run(feed_id: int) -> bool:
    """Apply the feed; False when there was nothing to do or somebody else is at it."""
    with locks.alone(Work.STATUS_FEED, feed_id) as alone:
        feed = StatusFeed.objects.filter(pk=feed_id, state__in=UNFINISHED).select_related("created_by").first()
        if not alone or feed is None:
            return False
        with translation.override(feed.created_by.language if feed.created_by else "en"):
            try:
                _apply(feed)
            except Unreadable as flaw:
                _fail(feed, str(flaw))
    clearing.wake()
    return True


def is_running(feed_id: int) -> bool:
    """Whether some process applies this feed at this moment."""
    return locks.is_taken(Work.STATUS_FEED, feed_id)


def _apply(feed: StatusFeed) -> None:
    sheet = reading.open_sheet(_path(feed))
    layout = columns.understand(sheet.layout)
    feed.rows_total, feed.header, feed.state = sheet.rows_total, list(layout.header), State.APPLYING
    feed.save(update_fields=["rows_total", "header", "state"])
    defaults = _defaults(feed)
    lines = (row for row in sheet.rows() if row.no > feed.row_done)
    while batch := list(islice(lines, BATCH)):
        _apply_batch(feed, layout, batch, defaults)
        events.changed("status feed", feed.pk)
    _finish(feed)


def _path(feed: StatusFeed) -> Path:
    try:
        path = Path(feed.file.path)
    except ValueError:
        path = Path()
    if not path.is_file():
        raise Unreadable(_("The uploaded file is no longer on this machine. Upload it again."))
    return path


def _defaults(feed: StatusFeed) -> Defaults:
    zone = places.zone(feed.created_by.time_zone) if feed.created_by else None
    return Defaults(
        country=feed.default_country,
        observed_at=feed.observed_at,
        expires_at=feed.expires_at,
        zone=zone or timezone.get_default_timezone(),
        now=timezone.now(),
    )


def _apply_batch(feed: StatusFeed, layout: FeedLayout, batch: Sequence[Row], defaults: Defaults) -> None:
    found = _read(feed, layout, batch, defaults)
    with transaction.atomic():
        _keep_numbers(found.numbers)
        done = recording.record(found.heard, defaults.now)
        _reject(feed, layout, found.refused)
        _count(feed, batch[-1].no, done, found)
        feed.save(update_fields=COUNTERS)


def _read(feed: StatusFeed, layout: FeedLayout, batch: Sequence[Row], defaults: Defaults) -> _Read:
    found = _Read()
    for row in batch:
        match rows.read(layout, row.cells, defaults):
            case Refused() as why:
                found.refused.append((row, why))
            case Said(code=None):
                found.nothing += 1
            case Said() as said:
                found.heard.append(_heard(feed, said))
                found.numbers.append(said.number)
    return found


def _heard(feed: StatusFeed, said: Said) -> Heard:
    assert said.code is not None
    return Heard(
        said.number.phone,
        said.code,
        Kind.FEED,
        said.observed_at,
        source=feed.source,
        expires_at=said.expires_at,
        detail=said.detail,
        origin=feed.pk,
    )


def _keep_numbers(found: Sequence[Number]) -> None:
    if not found:
        return
    with connection.cursor() as cursor:
        cursor.execute(STAGE_PHONES)
        with cursor.copy(COPY_PHONES) as copy:
            for n in found:
                copy.write_row((n.phone, n.country, n.line_type.value, list(n.zones)))
        cursor.execute("ANALYZE heard_phone")
        cursor.execute(INSERT_PHONES)


def _reject(feed: StatusFeed, layout: FeedLayout, refused: Sequence[tuple[Row, Refused]]) -> None:
    StatusReject.objects.bulk_create(
        StatusReject(
            feed=feed,
            row_no=row.no,
            reason=why.reason,
            column=why.column[:100],
            value=why.value[:LONGEST_VALUE],
            row=[cell[:LONGEST_VALUE] for cell in row.cells[: len(layout.header)]],
        )
        for row, why in refused
    )


def _count(feed: StatusFeed, row_no: int, done: Recorded, found: _Read) -> None:
    feed.rows_applied += done.applied
    feed.rows_unchanged += done.unchanged + found.nothing
    feed.rows_outdated += done.outdated
    feed.rows_rejected += len(found.refused)
    feed.row_done = row_no


@transaction.atomic
def _finish(feed: StatusFeed) -> None:
    if feed.rows_applied + feed.rows_unchanged + feed.rows_outdated + feed.rows_rejected != feed.rows_total:
        raise BooksDoNotBalance(f"status feed {feed.pk}: {books(feed)}")
    feed.state, feed.finished_at = State.READY, timezone.now()
    feed.save(update_fields=["state", "finished_at"])
    services.audit(None, "status_feed.applied", feed, books(feed))
    transaction.on_commit(lambda: events.changed("status feed", feed.pk), robust=True)
    logger.info("status feed %s applied: %s", feed.pk, books(feed))


def books(feed: StatusFeed) -> dict[str, int]:
    """What became of its rows."""
    return {
        "rows": feed.rows_total,
        "applied": feed.rows_applied,
        "unchanged": feed.rows_unchanged,
        "outdated": feed.rows_outdated,
        "rejected": feed.rows_rejected,
    }


@transaction.atomic
def _fail(feed: StatusFeed, sentence: str) -> None:
    feed.state, feed.error, feed.finished_at = State.FAILED, sentence, timezone.now()
    feed.save(update_fields=["state", "error", "finished_at"])
    services.audit(None, "status_feed.failed", feed, {"error": sentence})
    logger.info("status feed %s refused", feed.pk)

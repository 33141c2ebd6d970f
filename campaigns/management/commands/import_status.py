"""Apply a status feed from the command line, as an upload would, and say what became of its rows.

Exit code 0: applied; 1: refused as a whole (the sentence is on stderr); 2: applied, but every row was rejected.
"""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count
from django.utils import timezone

from campaigns import services, words
from campaigns.feeds import importing, uploading
from campaigns.feeds.rows import parse_time
from campaigns.models import StatusFeed


def _time(text: str) -> datetime:
    found = parse_time(text, timezone.get_default_timezone())
    if found is None:
        raise ArgumentTypeError(f"“{text}” is no time such as 2026-11-01T09:00+08:00")
    return found


class Command(BaseCommand):
    help = "Apply a CSV file of numbers and their states, and report what became of its rows."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--source", required=True, help="whoever says so of these numbers")
        parser.add_argument("--country", default="CN", help="where numbers without a prefix are (two letters)")
        parser.add_argument("--observed", type=_time, help="when it was observed, for rows that do not say; else now")
        parser.add_argument(
            "--expires", type=_time, help="until when it holds; else as long as such words are believed"
        )
        parser.add_argument("--json", action="store_true", help="report as JSON")

    def handle(self, *, file: Path, **options: Any) -> None:
        began = time.monotonic()
        feed = self._upload(file, options)
        importing.run(feed.pk)
        feed.refresh_from_db()
        if feed.state == StatusFeed.State.FAILED:
            raise CommandError(feed.error)
        report = self._report(feed, time.monotonic() - began)
        self.stdout.write(json.dumps(report, ensure_ascii=False) if options["json"] else self._text(report))
        if feed.rows_rejected == feed.rows_total:
            sys.exit(2)

    def _upload(self, path: Path, options: dict[str, Any]) -> StatusFeed:
        try:
            with path.open("rb") as opened:
                return uploading.upload_feed(
                    source=options["source"],
                    file=File(opened, name=path.name),
                    default_country=options["country"],
                    observed_at=options["observed"],
                    expires_at=options["expires"],
                    by=None,
                    read_later=False,
                )
        except OSError as error:
            raise CommandError(f"{path} can't be read: {error.strerror}.") from error
        except services.Refused as refusal:
            raise CommandError(str(refusal)) from refusal

    def _report(self, feed: StatusFeed, seconds: float) -> dict[str, Any]:
        reasons = feed.rejects.order_by().values_list("reason").annotate(n=Count("pk"))
        return {
            "feed": feed.pk,
            "source": feed.source,
            **importing.books(feed),
            "reasons": dict(sorted(reasons, key=lambda pair: -pair[1])),
            "seconds": round(seconds, 2),
            "rows_per_second": round(feed.rows_total / seconds),
        }

    def _text(self, report: dict[str, Any]) -> str:
        lines = [
            f"Status feed {report['feed']}: {report['rows']:,} rows, {report['applied']:,} applied, "
            f"{report['unchanged']:,} unchanged, {report['outdated']:,} outdated, {report['rejected']:,} rejected, "
            f"in {report['seconds']} s ({report['rows_per_second']:,} rows/s)."
        ]
        for reason, count in report["reasons"].items():
            lines.append(f"{count:>10,}  {words.of(words.FEED_REASONS, reason)}")
        return "\n".join(lines)

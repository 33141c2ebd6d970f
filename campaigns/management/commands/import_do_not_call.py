"""Read a do-not-call file from the command line, as an upload would, and say what became of its rows.

Exit code 0: read; 1: refused as a whole (the sentence is on stderr).
"""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count

from campaigns import services, words
from campaigns.do_not_call import files, importing
from campaigns.models import Campaign, LineOfBusiness, SuppressionFile


class Command(BaseCommand):
    help = "Read a do-not-call file (a number a row) and report what became of its rows."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--scope", default="everywhere", help="everywhere, line:NAME or campaign:NAME")
        parser.add_argument("--source", required=True, help="who says so, such as a register's name")
        parser.add_argument("--reason", help="why; else the file's name")
        parser.add_argument("--until", type=date.fromisoformat, help="its entries expire when this day begins (UTC)")
        parser.add_argument("--country", default="CN", help="where numbers without a prefix are (two letters)")
        parser.add_argument("--replace", action="store_true", help="take off what the source names no more")
        parser.add_argument("--compare", action="store_true", help="with --replace: only say what it would do")
        parser.add_argument("--json", action="store_true", help="report as JSON")

    def handle(self, *, file: Path, scope: str, **options: Any) -> None:
        began = time.monotonic()
        made = self._upload(file, self._scope(scope), options)
        importing.run(made.pk)
        made.refresh_from_db()
        if made.state == SuppressionFile.State.FAILED:
            raise CommandError(made.error)
        if options["compare"]:
            files.cancel(file=made, by=None)
        report = self._report(made, time.monotonic() - began)
        self.stdout.write(json.dumps(report, ensure_ascii=False) if options["json"] else self._text(report))

    def _scope(self, text: str) -> dict[str, Any]:
        kind, _, name = text.partition(":")
        if text == "everywhere":
            return {}
        known: Any = {"line": LineOfBusiness, "campaign": Campaign}.get(kind)
        found = known.objects.filter(name=name).first() if known else None
        if found is None:
            raise CommandError(f"“{text}” is no scope. Write everywhere, line:NAME or campaign:NAME.")
        return {"line_of_business" if kind == "line" else "campaign": found}

    def _upload(self, path: Path, scope: dict[str, Any], options: dict[str, Any]) -> SuppressionFile:
        day = options["until"]
        said = {
            "source": options["source"][:32],
            "reason": options["reason"] or path.name,
            "expires_at": datetime(day.year, day.month, day.day, tzinfo=UTC) if day else None,
            "default_country": options["country"],
            "replaces": options["replace"] or options["compare"],
            "confirmed": options["replace"] and not options["compare"],
        }
        try:
            with path.open("rb") as opened:
                return files.upload(file=File(opened, name=path.name), by=None, read_later=False, **scope, **said)
        except OSError as error:
            raise CommandError(f"{path} can't be read: {error.strerror}.") from error
        except services.Refused as refusal:
            raise CommandError(str(refusal)) from refusal

    def _report(self, made: SuppressionFile, seconds: float) -> dict[str, Any]:
        reasons = made.rejects.order_by().values_list("reason").annotate(n=Count("pk"))
        return {
            "file": made.pk,
            "state": made.state,
            **importing.books(made),
            "reasons": dict(sorted(reasons, key=lambda pair: -pair[1])),
            "seconds": round(seconds, 2),
            "rows_per_second": round(made.rows_total / seconds),
        }

    def _text(self, report: dict[str, Any]) -> str:
        lines = [
            "{rows_total:,} rows: {numbers:,} numbers, {rows_duplicate:,} duplicate, {rows_rejected:,} rejected, "
            "in {seconds} s ({rows_per_second:,} rows/s).",
            "Entries: {added:,} new, {prolonged:,} prolonged, {kept:,} as they were, {gone:,} gone.",
        ]
        text = "\n".join(lines).format(**report)
        return "\n".join(
            [text, *(f"{n:>10,}  {words.of(words.REJECT_REASONS, r)}" for r, n in report["reasons"].items())]
        )

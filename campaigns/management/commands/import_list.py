"""Read a list from the command line, as an upload would, and say what became of its rows.

Exit code 0: read; 1: refused as a whole (the sentence is on stderr); 2: read, but not one row was good.
"""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count

from campaigns import services, words
from campaigns.lists import importing
from campaigns.models import Campaign, ContactList


class Command(BaseCommand):
    help = "Read a CSV list and report what became of its rows."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--name", help="the list's name; else the file's")
        parser.add_argument("--campaign", help="the name of the campaign whose leads its contacts become")
        parser.add_argument("--country", default="CN", help="where numbers without a prefix are (two letters)")
        parser.add_argument("--json", action="store_true", help="report as JSON")

    def handle(self, *, file: Path, name: str | None, campaign: str | None, country: str, **options: Any) -> None:
        began = time.monotonic()
        contact_list = self._upload(file, name or file.stem, self._campaign(campaign), country)
        importing.run(contact_list.pk)
        contact_list.refresh_from_db()
        if contact_list.state == ContactList.State.FAILED:
            raise CommandError(contact_list.error)
        report = self._report(contact_list, time.monotonic() - began)
        self.stdout.write(json.dumps(report, ensure_ascii=False) if options["json"] else self._text(report))
        if not contact_list.rows_good:
            sys.exit(2)

    def _campaign(self, name: str | None) -> Campaign | None:
        if not name:
            return None
        campaign = Campaign.objects.filter(name=name).first()
        if campaign is None:
            raise CommandError(f"There is no campaign named “{name}”.")
        return campaign

    def _upload(self, path: Path, name: str, campaign: Campaign | None, country: str) -> ContactList:
        try:
            with path.open("rb") as opened:
                file = File(opened, name=path.name)
                return services.upload_list(
                    name=name, file=file, default_country=country, by=None, campaign=campaign, read_later=False
                )
        except OSError as error:
            raise CommandError(f"{path} can't be read: {error.strerror}.") from error
        except services.Refused as refusal:
            raise CommandError(str(refusal)) from refusal

    def _report(self, contact_list: ContactList, seconds: float) -> dict[str, Any]:
        reasons = contact_list.rejects.order_by().values_list("reason").annotate(n=Count("pk"))
        return {
            "list": contact_list.pk,
            "rows": contact_list.rows_total,
            "good": contact_list.rows_good,
            "duplicate": contact_list.rows_duplicate,
            "rejected": contact_list.rows_rejected,
            "reasons": dict(sorted(reasons, key=lambda pair: -pair[1])),
            "seconds": round(seconds, 2),
            "rows_per_second": round(contact_list.rows_total / seconds),
        }

    def _text(self, report: dict[str, Any]) -> str:
        lines = [
            f"List {report['list']}: {report['rows']:,} rows, {report['good']:,} good, "
            f"{report['duplicate']:,} duplicate, {report['rejected']:,} rejected, "
            f"in {report['seconds']} s ({report['rows_per_second']:,} rows/s)."
        ]
        for reason, count in report["reasons"].items():
            lines.append(f"{count:>10,}  {words.of(words.REJECT_REASONS, reason)}")
        return "\n".join(lines)

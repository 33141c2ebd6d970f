"""Read a list from the command line, as an upload would, and say what became of its rows.

It is read by as many processes as IMPORT_PROCESSES says, one fewer while campaigns are dialled; with --list it becomes
the next version of that list.

Exit code 0: read; 1: refused as a whole (the sentence is on stderr); 2: read, but not one row was good.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count

from campaigns import services, words
from campaigns.lists import importing, versions
from campaigns.models import Campaign, ContactList, ListVersion

WORTH_HELP = 4 << 20  # bytes from which on starting another process pays


class Command(BaseCommand):
    help = "Read a CSV list and report what became of its rows."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--name", help="the list's name; else the file's")
        parser.add_argument("--campaign", help="the name of the campaign whose leads its contacts become")
        parser.add_argument("--country", default="CN", help="where numbers without a prefix are (two letters)")
        parser.add_argument("--list", type=int, help="the number of the list that this file is a new version of")
        parser.add_argument("--known", choices=ListVersion.Known.values, default="update", help="people of other lists")
        parser.add_argument("--shared", choices=ListVersion.Shared.values, default="different", help="shared numbers")
        parser.add_argument("--gone", choices=ListVersion.Gone.values, default="keep", help="people no longer in it")
        parser.add_argument("--json", action="store_true", help="report as JSON")

    def handle(self, *, file: Path, campaign: str | None, **options: Any) -> None:
        began = time.monotonic()
        version = self._upload(file, self._campaign(campaign), options)
        self._import(version)
        version.refresh_from_db()
        if version.state != ListVersion.State.READY:
            raise CommandError(version.error or f"The import was not finished: it is {version.get_state_display()}.")
        report = self._report(version, time.monotonic() - began)
        self.stdout.write(json.dumps(report, ensure_ascii=False) if options["json"] else self._text(report))
        if not version.rows_good:
            sys.exit(2)

    def _import(self, version: ListVersion) -> None:
        """Small files alone; large ones with processes that have nothing of ours but the version's number."""
        helpers = []
        if version.size > WORTH_HELP:
            command = [sys.executable, "-m", "django", "import_list_help", str(version.pk)]
            helpers = [subprocess.Popen(command) for _ in range(services.import_processes() - 1)]
        importing.run(version.list_id)
        for helper in helpers:
            helper.wait()
        importing.run(version.list_id)

    def _campaign(self, name: str | None) -> Campaign | None:
        if not name:
            return None
        campaign = Campaign.objects.filter(name=name).first()
        if campaign is None:
            raise CommandError(f"There is no campaign named “{name}”.")
        return campaign

    def _upload(self, path: Path, campaign: Campaign | None, options: dict[str, Any]) -> ListVersion:
        try:
            with path.open("rb") as opened:
                version = self._version(File(opened, name=path.name), campaign, options)
        except OSError as error:
            raise CommandError(f"{path} can't be read: {error.strerror}.") from error
        except services.Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        versions.start(
            version=version,
            by=None,
            tell_workers=False,
            known=options["known"],
            shared=options["shared"],
            gone=options["gone"],
        )
        return version

    def _version(self, file: File, campaign: Campaign | None, options: dict[str, Any]) -> ListVersion:
        if options["list"] is None:
            name = options["name"] or Path(file.name or "").stem
            country = options["country"]
            made = services.upload_list(
                name=name, file=file, default_country=country, by=None, campaign=campaign, ask_first=True
            )
            return made.versions.get()
        older = ContactList.objects.filter(pk=options["list"]).first()
        if older is None:
            raise CommandError(f"There is no list {options['list']}.")
        if campaign:
            services.attach_list(campaign=campaign, list=older, by=None)
        return versions.add(list=older, file=file, by=None, default_country=options["country"])

    def _report(self, version: ListVersion, seconds: float) -> dict[str, Any]:
        reasons = version.rejects.order_by().values_list("reason").annotate(n=Count("pk"))
        return {
            "list": version.list_id,
            "version": version.number,
            "rows": version.rows_total,
            "good": version.rows_good,
            "duplicate": version.rows_duplicate,
            "rejected": version.rows_rejected,
            "new": version.rows_new,
            "changed": version.rows_changed,
            "unchanged": version.rows_unchanged,
            "gone": version.rows_gone,
            "leads": version.leads_added,
            "consents": version.consents,
            "products": version.holdings,
            "statuses": version.statuses,
            "doubts": version.doubts,
            "reasons": dict(sorted(reasons, key=lambda pair: -pair[1])),
            "seconds": round(seconds, 2),
            "rows_per_second": round(version.rows_total / seconds),
        }

    def _text(self, report: dict[str, Any]) -> str:
        lines = [
            f"List {report['list']}: {report['rows']:,} rows, {report['good']:,} good, "
            f"{report['duplicate']:,} duplicate, {report['rejected']:,} rejected, "
            f"in {report['seconds']} s ({report['rows_per_second']:,} rows/s)."
        ]
        if report["consents"] or report["products"] or report["statuses"]:
            lines.append(
                f"It brought {report['consents']:,} consents, products of {report['products']:,} people and "
                f"{report['statuses']:,} states of numbers."
            )
        for column, count in report["doubts"].items():
            lines.append(f"{count:>10,}  values of “{column}” could not be read and count for nothing")
        for reason, count in report["reasons"].items():
            lines.append(f"{count:>10,}  {words.of(words.REJECT_REASONS, reason)}")
        return "\n".join(lines)

"""Take a do-not-call file back from the command line, as a manager would in the browser.

Exit code 0: undone; 1: refused (the sentence is on stderr).
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from campaigns.do_not_call import files, importing
from campaigns.models import SuppressionFile


class Command(BaseCommand):
    help = "End the entries of a do-not-call file, and enter again those that it had ended."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=int, help="the number of the file, as import_do_not_call reports it")
        parser.add_argument("--reason", required=True, help="why: it is kept with every entry")
        parser.add_argument("--json", action="store_true", help="report as JSON")

    def handle(self, *, file: int, reason: str, **options: Any) -> None:
        found = SuppressionFile.objects.filter(pk=file).first()
        if found is None:
            raise CommandError(f"There is no do-not-call file {file}.")
        if not files.undo(file=found, reason=reason, by=None, read_later=False):
            raise CommandError(f"File {file} is {found.get_state_display()}: there is nothing to undo.")
        importing.run(found.pk)
        found.refresh_from_db()
        report = {"file": file, "state": found.state, "ended": found.taken_back, "entered_again": found.entered_again}
        text = "Entries: {ended:,} ended, {entered_again:,} entered again.".format(**report)
        self.stdout.write(json.dumps(report) if options["json"] else text)

"""Was any rule broken? A second opinion on the history of calls, in plain SQL (dialer.audit).

    manage.py audit_rules --since 2026-11-01 [--details] [--json]

Exits 1 when something is found. Operators may run it in production at any time: it changes nothing.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dialer.audit import Finding, findings


class Command(BaseCommand):
    help = "Count rule violations in the call history; exit 1 if there are any."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", help="ISO date or time (UTC); default: everything")
        parser.add_argument("--details", action="store_true", help="print the first calls of each kind, and why")
        parser.add_argument("--json", action="store_true", help="print JSON and exit 0")

    def handle(self, *, since: str | None, **options: Any) -> None:
        found = findings(_moment(since))
        if options["json"]:
            self.stdout.write(json.dumps({rule: finding.count for rule, finding in found.items()}))
            return
        for rule, finding in found.items():
            self._show(rule, finding, details=options["details"])
        if any(finding.count for finding in found.values()):
            sys.exit(1)

    def _show(self, rule: str, finding: Finding, *, details: bool) -> None:
        self.stdout.write(f"{rule.replace('_', ' '):<36}{finding.count:>8}")
        for call, why in finding.examples if details else ():
            self.stdout.write(f"    {call}  {why}")


def _moment(text: str | None) -> datetime:
    if text is None:
        return datetime(2000, 1, 1, tzinfo=UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(
            f"--since {text!r} is not a date or time: write it like 2026-11-01 or 2026-11-01T09:00."
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

"""Was any rule broken? Plain SQL over the history, written apart from the rules, so that it is a second opinion.

    manage.py audit_rules --since 2026-11-01 [--json]

Exits 1 when something is found. Operators may run it in production at any time: it only reads.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

# Each query counts violations since %(since)s. What was never sent touched nobody.
RANG = "placed_at IS NOT NULL AND outcome NOT IN ('failed', 'released')"
CHECKS = {
    "two_calls_to_one_person_at_once": f"""
        SELECT count(*) FROM (
            SELECT placed_at, lag(ended_at) OVER (PARTITION BY contact_id ORDER BY placed_at) AS before
            FROM dialer_attempt WHERE reserved_at >= %(since)s AND {RANG}) a WHERE placed_at < before""",
    "two_calls_to_one_number_at_once": f"""
        SELECT count(*) FROM (
            SELECT placed_at, lag(ended_at) OVER (PARTITION BY phone ORDER BY placed_at) AS before
            FROM dialer_attempt WHERE reserved_at >= %(since)s AND {RANG}) a WHERE placed_at < before""",
    "frequency_caps": f"""
        SELECT count(*) FROM dialer_attempt a
        JOIN campaigns_campaign g ON g.id = a.campaign_id
        JOIN campaigns_frequencycap k ON k.active AND (k.campaign_id IS NULL OR k.campaign_id = a.campaign_id)
        WHERE a.reserved_at >= %(since)s AND a.{RANG} AND k.counts = 'attempts' AND k."limit" < (
            SELECT count(*) FROM dialer_attempt b
            JOIN campaigns_campaign h ON h.id = b.campaign_id
            WHERE b.placed_at IS NOT NULL AND b.outcome NOT IN ('failed', 'released')
              AND b.reserved_at <= a.reserved_at AND b.reserved_at > a.reserved_at - k.window_hours * interval '1 h'
              AND CASE k.per WHEN 'phone' THEN b.phone = a.phone ELSE b.contact_id = a.contact_id END
              AND CASE k.scope WHEN 'campaign' THEN b.campaign_id = a.campaign_id
                               WHEN 'line_of_business'
                               THEN h.line_of_business_id IS NOT DISTINCT FROM g.line_of_business_id
                               ELSE true END)""",
    "do_not_call": f"""
        SELECT count(*) FROM dialer_attempt a JOIN campaigns_campaign g ON g.id = a.campaign_id
        WHERE a.reserved_at >= %(since)s AND a.{RANG} AND EXISTS (
            SELECT 1 FROM campaigns_suppression s WHERE s.phone = a.phone AND s.created_at < a.reserved_at
              AND (s.expires_at IS NULL OR s.expires_at > a.reserved_at)
              AND (s.campaign_id IS NULL OR s.campaign_id = a.campaign_id)
              AND (s.line_of_business_id IS NULL OR s.line_of_business_id = g.line_of_business_id))""",
    "calls_without_a_touch": f"""
        SELECT count(*) FROM dialer_attempt a WHERE a.reserved_at >= %(since)s AND {RANG}
          AND NOT EXISTS (SELECT 1 FROM campaigns_touch t WHERE t.phone = a.phone AND t.at = a.reserved_at
                          AND t.call_id = a.id)""",
}


class Command(BaseCommand):
    help = "Count rule violations in the call history; exit 1 if there are any."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--since", help="ISO date or time (UTC); default: everything")
        parser.add_argument("--json", action="store_true", help="print JSON and exit 0")

    def handle(self, *, since: str | None, **options: Any) -> None:
        found = audit(_moment(since))
        if options["json"]:
            self.stdout.write(json.dumps(found))
            return
        for rule, count in found.items():
            self.stdout.write(f"{rule.replace('_', ' '):<36}{count:>8}")
        if any(found.values()):
            sys.exit(1)


def audit(since: datetime) -> dict[str, int]:
    """Violations by rule since then."""
    found = {}
    with connection.cursor() as cursor:
        for rule, query in CHECKS.items():
            cursor.execute(query, {"since": since})
            found[rule] = cursor.fetchone()[0]
    return found


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

"""Leads that a reason kept for good are due again when the reason has gone: every rule is asked anew when dialling.

Whoever takes a reason away has locked the person (or the number) first, so a reservation has decided before or decides
after. A sweep locks leads alone: what it is judging by what it read before is waited for, by locking the leads that are
due; else it would finish them a moment after they were looked at here, and nobody would look again.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import connection

# The index is by campaign first: so those are named that can have refused for this reason.
THEIRS = """
unnest(%(contacts)s::bigint[]) who(id), campaigns_campaign g
WHERE l.campaign_id = g.id AND l.contact_id = who.id
  AND CASE %(reason)s WHEN 'no_consent' THEN g.consent_bases <> '{}'
                      WHEN 'excluding_product' THEN g.excluded_products <> '{}' ELSE true END
"""
WAIT = f"""
SELECT count(*) FROM (
    SELECT 1 FROM campaigns_lead l, {THEIRS} AND l.state = 'due' ORDER BY l.id FOR UPDATE OF l
) theirs
"""
DUE = f"""
UPDATE campaigns_lead l SET state = 'due', due_at = now() FROM {THEIRS} AND l.reason = %(reason)s AND l.state <> 'held'
"""


def due_again(contacts: Collection[int], reason: str) -> int:
    """These people's leads that were refused for this reason; how many. In the transaction that takes it away."""
    if not contacts:
        return 0
    values: dict[str, Any] = {"contacts": sorted(contacts), "reason": reason}
    with connection.cursor() as cursor:
        cursor.execute(WAIT, values)
        cursor.execute(DUE, values)
        return cursor.rowcount

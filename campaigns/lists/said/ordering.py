"""How promising and how urgent a person is, as lists say: the score of their leads, which are called in its order.

New leads are given it as they are added (campaigns.services). Where a list says something new of somebody who is a lead
already, or that is taken back, the lead follows. The rule is rules.order.standing_within.
"""

from __future__ import annotations

from typing import Any

from django.db import connection

from campaigns.lists.mapping import Mapping
from campaigns.models import ListVersion
from campaigns.services import SCORE

# Of people whom the version has changed; others stand where they stood.
ORDER_AGAIN = f"""
WITH moved AS MATERIALIZED (
    SELECT l.id, {SCORE} AS score
    FROM campaigns_contactbefore b JOIN campaigns_contact c ON c.id = b.contact_id
    JOIN campaigns_lead l ON l.contact_id = c.id AND l.campaign_id IN (SELECT id FROM campaigns_campaign)
    WHERE b.version_id = %(version)s AND b.contact_id BETWEEN %(first)s AND %(last)s AND b.changes ? 'attributes'
      AND l.state <> 'finished'
    ORDER BY l.id FOR UPDATE OF l
)
UPDATE campaigns_lead l SET score = m.score FROM moved m WHERE l.id = m.id AND l.score <> m.score::smallint
"""
LAST_ID = 2**63 - 1


def order_again(version: ListVersion, between: tuple[int, int] = (0, LAST_ID)) -> int:
    """Leads of people whom the version changed, or has changed back; how many moved."""
    if not version.mapping or not Mapping.from_json(version.mapping).layout().fields.keys() & {"priority", "score"}:
        return 0
    values: dict[str, Any] = {"version": version.pk, "first": between[0], "last": between[1]}
    with connection.cursor() as cursor:
        cursor.execute(ORDER_AGAIN, values)
        return cursor.rowcount

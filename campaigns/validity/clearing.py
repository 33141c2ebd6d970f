"""Leads of numbers of which less is held than before are due again; every rule is asked anew when dialling.

Numbers are noted in the transaction that clears them and taken off in the one that wakes their leads, so none is
forgotten whatever is killed in between. Two transactions, because leads are locked before phones everywhere.
"""

from __future__ import annotations

from typing import Any

from celery import current_app
from django.db import connection, transaction

from campaigns import policies
from campaigns.models import Campaign, ClearedPhone, Sweep
from campaigns.rules.validity import AGAINST

BATCH = 5_000
# A lead of several phones names the rule of the one that frees first, so all that rules decide may have to give way.
WOKEN = [*(code.value for code in AGAINST), *policies.RECHECKED]
WAKE = """
WITH gone AS (
    DELETE FROM campaigns_clearedphone WHERE phone IN (
        SELECT phone FROM campaigns_clearedphone ORDER BY phone LIMIT %(batch)s FOR UPDATE
    ) RETURNING phone
), who AS MATERIALIZED (
    SELECT DISTINCT c.contact_id FROM gone JOIN campaigns_contactphone c ON c.phone = gone.phone
)
UPDATE campaigns_lead l SET state = 'due', due_at = now() FROM who
WHERE l.campaign_id = ANY(%(campaigns)s) AND l.contact_id = who.contact_id AND (
    (l.reason = ANY(%(reasons)s) AND l.decided_at IS NOT NULL
     AND (l.state = 'finished' OR (l.state = 'due' AND l.due_at > now())))
    -- A call found that the number does not exist.
    OR (l.state = 'finished' AND l.reason = 'invalid_number')
)
"""


def soon() -> None:
    """Have the leads of what this transaction clears looked at once it is committed."""
    # Robust: without a broker the periodic task finds what is noted.
    transaction.on_commit(_send, robust=True)


def _send() -> None:
    current_app.send_task("campaigns.tasks.wake_cleared", retry=False)


def wake() -> int:
    """Make the leads due again that numbers cleared since had set aside; returns how many."""
    if not ClearedPhone.objects.exists():
        return 0
    for campaign_id in Sweep.objects.values_list("pk", flat=True):
        policies.wait_for_sweeps(campaign_id)
    values: dict[str, Any] = {
        "batch": BATCH,
        "campaigns": list(Campaign.objects.values_list("pk", flat=True)),
        "reasons": WOKEN,
    }
    woken = 0
    while ClearedPhone.objects.exists():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(WAKE, values)
            woken += cursor.rowcount
    return woken

"""Why a pool can not dial although it has agents: a trunk that fails, an hour at which nobody may be called, a list at
its end.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.utils import timezone

from campaigns.models import Campaign, Lead
from campaigns.partitions import first_id
from dialer.rules.pacing import LimitedBy

# This many calls in a row that failed on our own side mean that the trunk does not work; it is tried again later.
FAILING_CALLS = 5
TRY_AGAIN = timedelta(seconds=60)
SAMPLE = 50
HOURS_REASONS = ("outside_calling_hours", "holiday", "blackout_date", "campaign_not_begun", "no_common_hour")
FAILING = """
SELECT count(*) = %(calls)s AND bool_and(outcome = 'failed') FROM (
    SELECT outcome FROM dialer_attempt WHERE id >= %(first)s AND trunk_id = %(trunk)s ORDER BY id DESC LIMIT %(calls)s
) latest
"""


def is_failing(trunk_id: int) -> bool:
    """Whether every one of its latest calls failed on our own side, all within the last minute."""
    with connection.cursor() as cursor:
        first = first_id(timezone.now() - TRY_AGAIN)
        cursor.execute(FAILING, {"calls": FAILING_CALLS, "first": first, "trunk": trunk_id})
        return bool(cursor.fetchone()[0])


def why_no_leads(campaign: Campaign) -> LimitedBy:
    """Fewer leads than wanted: because of the hour, where that is what set most of the next ones aside."""
    waiting = Lead.objects.filter(campaign=campaign, state=Lead.State.DUE, callback=False)
    reasons = list(waiting.values_list("reason", flat=True)[:SAMPLE])
    shut = sum(reason in HOURS_REASONS for reason in reasons)
    return LimitedBy.HOURS if reasons and shut * 2 > len(reasons) else LimitedBy.CALLABLE_LEADS


def finish_if_done(campaign: Campaign) -> None:
    """A campaign without a lead that could still be called is finished; one conditional UPDATE, harmless to race."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE campaigns_campaign SET status = 'finished', version = version + 1, status_changed_at = now()
               WHERE id = %s AND status = 'running'
                 AND NOT EXISTS (SELECT 1 FROM campaigns_lead WHERE campaign_id = %s AND state = 'due' AND NOT callback)
                 AND NOT EXISTS (SELECT 1 FROM campaigns_lead WHERE campaign_id = %s AND state = 'due' AND callback)
                 AND NOT EXISTS (SELECT 1 FROM campaigns_lead WHERE campaign_id = %s AND state = 'held')""",
            [campaign.pk] * 4,
        )

"""What a conversation came to: the agent says it, or the wrap-up limit says that nobody did.

One transaction: the shift's row, then the lead it holds. The result is insert-only and there is one per attempt, so
two browser windows, or the agent and the limit racing, record it once.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns import leads
from campaigns.models import Disposition, User
from dialer import nudge, shifts
from dialer.models import Attempt, AttemptResult
from dialer.rules import shift as rules

EXPIRED = """
SELECT id FROM dialer_shift WHERE server_id = %s AND state = 'wrap_up' AND wrap_up_until < clock_timestamp()
FOR UPDATE SKIP LOCKED
"""


class NothingToDisposition(Exception):
    """The agent has no call to write up (any more)."""


def record_disposition(
    *,
    shift_id: UUID,
    disposition: Disposition,
    note: str,
    callback_at: datetime | None,
    by: User,
    personal: bool = False,
) -> None:
    """Write up the call this shift wraps up; the agent is then ready, or what they asked for before.

    Raises NothingToDisposition, with a sentence for the agent.
    """
    with transaction.atomic():
        changes, server_id = _write_up(shift_id, disposition, note, callback_at, by, personal)
    nudge.publish_all({*changes.topics, nudge.engine(server_id)})


def expire_wrap_ups(server_id: int) -> shifts.Changes:
    """Close the wrap-ups whose limit has passed, with no disposition; these agents are paused, not made ready."""
    everything = shifts.Changes()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(EXPIRED, [server_id])
            ids = [shift_id for (shift_id,) in cursor.fetchall()]
        for shift_id in ids:
            changes, _server = _write_up(shift_id, None, "", None, None)
            everything.effects += changes.effects
            everything.topics |= changes.topics
            everything.became |= changes.became
    return everything


def _write_up(
    shift_id: UUID,
    disposition: Disposition | None,
    note: str,
    callback_at: datetime | None,
    by: User | None,
    personal: bool = False,
) -> tuple[shifts.Changes, int]:
    row = shifts.lock({shift_id}).get(shift_id)
    if row is None or row.shift.state != rules.State.WRAP_UP or row.shift.call_id is None:
        raise NothingToDisposition(_("There is no call to write up: it has been recorded already."))
    now = timezone.now()
    attempt = Attempt.objects.get(pk=row.shift.call_id)
    AttemptResult.objects.create(
        attempt_id=attempt.pk,
        campaign_id=attempt.campaign_id,
        disposition=disposition,
        note=note,
        callback_at=callback_at,
        by=by,
        at=now,
    )
    leads.settle_disposition(
        lead_id=attempt.lead_id,
        call_id=attempt.pk,
        phone=attempt.phone,
        reserved_at=attempt.reserved_at,
        disposition=disposition,
        callback_at=callback_at,
        by=by,
        now=now,
        personal=personal,
    )
    event = rules.Dispositioned(now, attempt.pk, expired=disposition is None)
    return shifts.apply([(shift_id, event)]), row.server_id

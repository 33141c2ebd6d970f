"""What `--break all` takes away, in the racing processes alone: to see that the proof can fail."""

from __future__ import annotations

from django.db import connection

from campaigns import candidates
from campaigns.rules import eligibility

FORGOTTEN = ("_caps", "_gaps", "_hours", "_do_not_call", "_spread")
CONSTRAINTS = """
DROP INDEX one_held_lead_per_contact; DROP INDEX one_held_lead_per_phone;
ALTER TABLE dialer_livecall DROP CONSTRAINT one_live_call_per_contact, DROP CONSTRAINT one_live_call_per_phone
"""


def apply() -> None:
    """No rules, and neither rows nor held leads keep two campaigns apart."""
    eligibility.CHECKS = tuple(check for check in eligibility.CHECKS if check.__name__ not in FORGOTTEN)
    eligibility._of_lead = lambda candidate, moment: []  # however often they were tried
    candidates.PEOPLE = candidates.UNLOCKED
    candidates.HELD = f"SELECT * FROM ({candidates.HELD}) held WHERE false"


def drop_constraints() -> None:
    """The database itself would refuse two calls to one person: its last line of defence goes too."""
    with connection.cursor() as cursor:
        cursor.execute(CONSTRAINTS)

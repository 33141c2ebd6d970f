"""A call is live or it is history. Live rows are few and change; attempts are inserted once and never change.

`LiveCall` and `Attempt` are written by `dialer.calls` only. Ending is one statement that deletes the one and inserts
the other, so a call settles exactly once however many try.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, Contact, Disposition, Lead
from dialer.models.pbx import PbxServer, Trunk
from dialer.models.people import Shift


class LiveCall(models.Model):
    """A call while it lives; its id is the id of its channel on the PBX.

    Few and often changed: the foreign keys have no indexes beyond the unique ones that carry the invariants.
    """

    class State(models.TextChoices):
        RESERVED = "reserved", _("reserved")
        PLACED = "placed", _("placed")
        DIALING = "dialing", _("dialling")
        RINGING = "ringing", _("ringing")
        ANSWERED = "answered", _("answered")
        MACHINE = "machine", _("answering machine")
        WAITING = "waiting", _("waiting for an agent")
        ASSIGNED = "assigned", _("being connected")
        TALKING = "talking", _("talking")

    id = models.UUIDField(primary_key=True)
    server = models.ForeignKey(PbxServer, on_delete=models.PROTECT, db_index=False)
    trunk = models.ForeignKey(Trunk, on_delete=models.PROTECT, db_index=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, db_index=False)
    lead = models.ForeignKey(Lead, on_delete=models.PROTECT, db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, db_index=False)
    phone = models.BigIntegerField()
    caller_id = models.CharField(max_length=20, blank=True)
    # Who promised this callback, while it is theirs alone.
    wanted_user_id = models.BigIntegerField(null=True)
    state = models.CharField(max_length=10, choices=State, default=State.RESERVED)
    shift = models.ForeignKey(Shift, null=True, blank=True, on_delete=models.PROTECT, db_index=False)
    abandoned = models.BooleanField(default=False)
    hangup_by = models.CharField(max_length=16, blank=True, help_text="who asked us to end it: agent, stop, …")
    hangup_sent = models.BooleanField(default=False)
    # Which detector listens (empty: none), and what is done with a machine: hang_up, message or agent.
    detector = models.CharField(max_length=16, blank=True, db_default="")
    on_machine = models.CharField(max_length=8, blank=True, db_default="")
    # It goes to an agent even if it is judged machine, who then says whether that was right.
    sampled = models.BooleanField(default=False, db_default=False)
    verdict = models.CharField(max_length=8, blank=True, db_default="")
    verdict_cause = models.CharField(max_length=40, blank=True, db_default="")
    took_ms = models.IntegerField(null=True)
    message_left = models.BooleanField(default=False, db_default=False)
    reserved_at = models.DateTimeField()
    placed_at = models.DateTimeField(null=True)
    dialing_at = models.DateTimeField(null=True)
    ringing_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    # The detector's verdict came: the other moment from which abandonment may be counted.
    detected_at = models.DateTimeField(null=True)
    waiting_at = models.DateTimeField(null=True)
    assigned_at = models.DateTimeField(null=True)
    bridged_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # Never two calls to one person, one number, or for one lead; an agent has one call.
            models.UniqueConstraint(name="one_live_call_per_contact", fields=["contact"]),
            models.UniqueConstraint(name="one_live_call_per_phone", fields=["phone"]),
            models.UniqueConstraint(name="one_live_call_per_lead", fields=["lead"]),
            models.UniqueConstraint(name="one_live_call_per_shift", fields=["shift"]),
        ]
        indexes = [
            models.Index(name="live_call_by_server", fields=["server", "state"]),
            models.Index(name="live_call_by_pool", fields=["campaign", "server", "state"]),
        ]


class Attempt(models.Model):
    """One ended call: the immutable record of its times, cause and outcome. Partitioned by month of its id (v7)."""

    id = models.UUIDField(primary_key=True)
    server_id = models.BigIntegerField()
    trunk_id = models.BigIntegerField()
    campaign = models.ForeignKey(Campaign, on_delete=models.DO_NOTHING, db_constraint=False)
    lead = models.ForeignKey(Lead, on_delete=models.DO_NOTHING, db_constraint=False, related_name="attempt_set")
    contact = models.ForeignKey(Contact, on_delete=models.DO_NOTHING, db_constraint=False)
    phone = models.BigIntegerField()
    caller_id = models.CharField(max_length=20)
    shift = models.ForeignKey(Shift, null=True, on_delete=models.DO_NOTHING, db_constraint=False)
    agent_id = models.BigIntegerField(null=True)
    outcome = models.CharField(max_length=24)
    cause = models.SmallIntegerField(null=True)
    tech_cause = models.CharField(max_length=40)
    hangup_by = models.CharField(max_length=16)
    # See rules.amd: who listened, what it ended in and why, and how long it took. `sampled`: judged machine, and sent
    # to an agent to learn the truth.
    detector = models.CharField(max_length=16)
    verdict = models.CharField(max_length=8)
    verdict_cause = models.CharField(max_length=40)
    took_ms = models.IntegerField(null=True)
    sampled = models.BooleanField(default=False)
    reserved_at = models.DateTimeField()
    placed_at = models.DateTimeField(null=True)
    dialing_at = models.DateTimeField(null=True)
    ringing_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    # The detector's verdict came: the other moment from which abandonment may be counted.
    detected_at = models.DateTimeField(null=True)
    waiting_at = models.DateTimeField(null=True)
    assigned_at = models.DateTimeField(null=True)
    bridged_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "dialer_attempt"


class AttemptResult(models.Model):
    """What the agent, or the wrap-up limit, said of a conversation. One per attempt, never changed."""

    attempt_id = models.UUIDField(primary_key=True)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT)
    # Empty: the agent said nothing within the wrap-up limit.
    disposition = models.ForeignKey(Disposition, null=True, on_delete=models.PROTECT)
    note = models.TextField(blank=True)
    callback_at = models.DateTimeField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(name="result_by_disposition", fields=["campaign", "disposition", "at"])]

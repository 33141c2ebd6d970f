"""What may not be done, and what was done: do-not-call, the touch ledger, past decisions, the audit trail."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaigns import Campaign, LineOfBusiness


class Suppression(models.Model):
    """Do not call this number: everywhere, for a line of business, or for one campaign."""

    phone = models.BigIntegerField(_("number"))
    line_of_business = models.ForeignKey(LineOfBusiness, null=True, blank=True, on_delete=models.CASCADE)
    campaign = models.ForeignKey(Campaign, null=True, blank=True, on_delete=models.CASCADE)
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    source = models.CharField(_("source"), max_length=32, blank=True)
    expires_at = models.DateTimeField(_("until"), null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("do-not-call entry")
        constraints = [
            # One entry per number and scope, so that removing it removes it.
            models.UniqueConstraint(
                name="suppression_once_per_scope",
                fields=["phone", "line_of_business", "campaign"],
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="suppression_has_one_scope",
                condition=Q(line_of_business__isnull=True) | Q(campaign__isnull=True),
            ),
        ]


class Touch(models.Model):
    """One counted contact with a person. Written by campaigns.ledger only, in the transaction that reserves.

    The table is partitioned by month of `at` (see the first migration), so Django does not manage it.
    """

    class Level(models.IntegerChoices):
        ATTEMPT = 1
        ANSWERED = 2
        CONVERSATION = 3

    pk = models.CompositePrimaryKey("phone", "at", "call_id")
    phone = models.BigIntegerField()
    at = models.DateTimeField()
    call_id = models.UUIDField()
    contact_id = models.BigIntegerField()
    campaign_id = models.BigIntegerField()
    line_of_business_id = models.BigIntegerField(null=True)
    level = models.SmallIntegerField(choices=Level)
    # A code of campaigns.ledger.OUTCOMES; 0 until the call has ended.
    outcome = models.SmallIntegerField(default=0)
    # The person had asked for this call.
    callback = models.BooleanField(default=False)
    # The rules it was allowed by.
    policy_id = models.BigIntegerField(null=True)

    class Meta:
        managed = False
        db_table = "campaigns_touch"


class Decision(models.Model):
    """A decision not to call that no longer holds: what it said of a lead, from when to when, and how often.

    The one that holds is on the lead itself; it comes here when another takes its place, so that storage grows with
    changes, not with looks. Partitioned by month of `ended_at`, written by campaigns.decisions only.
    """

    pk = models.CompositePrimaryKey("lead_id", "ended_at")
    lead_id = models.BigIntegerField()
    ended_at = models.DateTimeField()
    decided_at = models.DateTimeField()
    until = models.DateTimeField(null=True)
    phone = models.BigIntegerField(null=True)
    policy_id = models.BigIntegerField(null=True)
    times = models.IntegerField()
    reason = models.CharField(max_length=32)
    rule = models.CharField(max_length=64)
    inputs: models.JSONField[Any, Any] = models.JSONField(null=True)

    class Meta:
        managed = False
        db_table = "campaigns_decision"


class AuditEntry(models.Model):
    """Who did what to what, when. Append-only: the database refuses changes and deletions."""

    at = models.DateTimeField(auto_now_add=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.DO_NOTHING, db_constraint=False
    )
    action = models.CharField(max_length=64)
    object_type = models.CharField(max_length=32)
    object_id = models.CharField(max_length=64)
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(name="audit_of_object", fields=["object_type", "object_id", "-id"])]

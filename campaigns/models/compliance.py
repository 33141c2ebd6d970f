"""What may not be done, and what was done: do-not-call, consent, the touch ledger, past decisions, the audit trail."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaigns import Campaign, LineOfBusiness
from campaigns.models.people import Contact


class Suppression(models.Model):
    """Do not call this number, or this person on any number: everywhere, for a line of business, or for one campaign.

    An entry is never changed, only ended; what lasts longer is a new one. So the rows of a number are its history.
    Written by campaigns.do_not_call only.
    """

    # One of the two; who asked on one number may mean all of theirs, those of later lists too.
    phone = models.BigIntegerField(_("number"), null=True, blank=True)
    contact = models.ForeignKey(Contact, null=True, blank=True, on_delete=models.CASCADE, db_index=False)
    line_of_business = models.ForeignKey(
        LineOfBusiness, null=True, blank=True, on_delete=models.CASCADE, db_index=False
    )
    campaign = models.ForeignKey(Campaign, null=True, blank=True, on_delete=models.CASCADE, db_index=False)
    reason = models.CharField(_("reason"), max_length=200, blank=True, db_default="")
    source = models.CharField(_("source"), max_length=32, blank=True, db_default="")
    expires_at = models.DateTimeField(_("until"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # The database does not check these: for a million entries that would take longer than all else.
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, db_index=False, db_constraint=False
    )
    file = models.ForeignKey(
        "SuppressionFile", null=True, on_delete=models.DO_NOTHING, db_index=False, db_constraint=False, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        db_index=False,
        db_constraint=False,
        related_name="+",
    )
    # Empty where an entry that lasts longer took its place.
    ended_why = models.CharField(max_length=200, blank=True, default="", db_default="")
    # The file that ended it, by what it names or no longer names: an undo of that file enters it again.
    ended_file_id = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("do-not-call entry")
        constraints = [
            # One entry per number, scope and source: what a register drops may still be what the person asked us.
            # Also how the entries of a number that hold are found when dialling.
            models.UniqueConstraint(
                name="suppression_once_per_scope",
                fields=["phone", "line_of_business", "campaign", "source"],
                condition=Q(phone__isnull=False, ended_at__isnull=True),
                nulls_distinct=False,
            ),
            models.UniqueConstraint(
                name="suppression_of_person_once_per_scope",
                fields=["contact", "line_of_business", "campaign", "source"],
                condition=Q(contact__isnull=False, ended_at__isnull=True),
                nulls_distinct=False,
            ),
            # An entry of nobody would look like one of everybody.
            models.CheckConstraint(
                name="suppression_of_number_or_person",
                condition=Q(phone__isnull=False, contact__isnull=True) | Q(phone__isnull=True, contact__isnull=False),
            ),
            models.CheckConstraint(
                name="suppression_has_one_scope",
                condition=Q(line_of_business__isnull=True) | Q(campaign__isnull=True),
            ),
        ]
        indexes = [
            # The history of a number, and what the audit looks back at.
            models.Index(
                name="suppression_ended", fields=["phone"], condition=Q(phone__isnull=False, ended_at__isnull=False)
            ),
            models.Index(
                name="suppression_of_person_ended",
                fields=["contact"],
                condition=Q(contact__isnull=False, ended_at__isnull=False),
            ),
        ]


class SuppressionFile(models.Model):
    """A do-not-call file and the account of its rows: rows = numbers + duplicates + rejected.

    Of its numbers so many were `added`, so many `prolonged` and so many `kept` as they were; `gone` are entries of its
    source that it no longer names.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting to be read")
        READING = "reading", _("being read")
        COMPARED = "compared", _("waiting for your word")
        APPLYING = "applying", _("being applied")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")
        UNDOING = "undoing", _("being undone")
        UNDONE = "undone", _("undone")

    upload = models.FileField(_("file"), upload_to="do-not-call/", blank=True)
    original_name = models.CharField(max_length=255, blank=True)
    default_country = models.CharField(_("country of numbers without a prefix"), max_length=2, default="CN")
    line_of_business = models.ForeignKey(LineOfBusiness, null=True, blank=True, on_delete=models.CASCADE)
    campaign = models.ForeignKey(Campaign, null=True, blank=True, on_delete=models.CASCADE)
    source = models.CharField(_("source"), max_length=32)
    reason = models.CharField(_("reason"), max_length=200)
    expires_at = models.DateTimeField(_("until"), null=True, blank=True)
    # It is the whole of its source: what it does not name is taken off.
    replaces = models.BooleanField(default=False)
    confirmed = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    error = models.TextField(blank=True)
    rows_total = models.PositiveIntegerField(default=0)
    rows_duplicate = models.PositiveIntegerField(default=0)
    rows_rejected = models.PositiveIntegerField(default=0)
    numbers = models.PositiveIntegerField(default=0)
    # What it would do, while it is compared; what it has done, from then on.
    added = models.PositiveIntegerField(default=0)
    prolonged = models.PositiveIntegerField(default=0)
    kept = models.PositiveIntegerField(default=0)
    gone = models.PositiveIntegerField(default=0)
    # What an undo has ended of its entries, and entered again of those it had ended.
    taken_back = models.PositiveIntegerField(default=0, db_default=0)
    entered_again = models.PositiveIntegerField(default=0, db_default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    undone_why = models.CharField(max_length=200, blank=True, default="", db_default="")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="suppression_file_has_one_scope",
                condition=Q(line_of_business__isnull=True) | Q(campaign__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.original_name


class SuppressionReject(models.Model):
    """A row of a do-not-call file that names no number, and why."""

    file = models.ForeignKey(SuppressionFile, on_delete=models.CASCADE, related_name="rejects", db_index=False)
    row_no = models.PositiveIntegerField()
    reason = models.CharField(max_length=32)
    value = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["row_no"]
        constraints = [
            # Every row is accounted for once, however often the file is read.
            models.UniqueConstraint(name="suppression_reject_once_per_row", fields=["file", "row_no"]),
        ]


class ConsentEvent(models.Model):
    """A person agreed, or took it back; what counts now is on the contact. Append-only, as the database sees to it.

    `at` is when it was so, `recorded_at` when we knew. Without a line of business it is for every purpose.
    An import that is undone takes its words back by events that name them: those count as never said.
    Written by campaigns.consents only.
    """

    class Kind(models.TextChoices):
        GIVEN = "given", _("given")
        WITHDRAWN = "withdrawn", _("withdrawn")
        UNDONE = "undone", _("undone")

    # No constraints: history outlives what it names.
    contact_id = models.BigIntegerField()
    line_of_business_id = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=10, choices=Kind)
    # A code of rules.consent.Basis; withdrawals take back every basis.
    basis = models.CharField(max_length=24, blank=True, db_default="")
    at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    source = models.CharField(max_length=64, db_default="")
    reason = models.CharField(max_length=200, blank=True, db_default="")
    by_id = models.BigIntegerField(null=True)
    recorded_at = models.DateTimeField()
    # The version of a list that said so.
    version_id = models.BigIntegerField(null=True)
    # The event that this one takes back.
    undoes_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            # Nobody can agree later than it was written down.
            models.CheckConstraint(name="consent_known_after_it_was_so", condition=Q(at__lte=F("recorded_at"))),
            models.CheckConstraint(
                name="consent_given_on_a_basis",
                condition=Q(kind="given", basis__gt="")
                | Q(kind="withdrawn", basis="", expires_at=None)
                | Q(kind="undone", expires_at=None),
            ),
            # What is undone names what it undoes, or it would undo nothing; nothing else undoes.
            models.CheckConstraint(
                name="consent_undone_names_what",
                condition=Q(kind="undone", undoes_id__isnull=False) | (~Q(kind="undone") & Q(undoes_id__isnull=True)),
            ),
        ]
        indexes = [
            # What counts is worked out from all that a person ever said.
            models.Index(name="consent_of_contact", fields=["contact_id"]),
        ]


class ProductEvent(models.Model):
    """A person got a product or gave it up; what they hold now is on the contact. Append-only.

    Written by campaigns.products only.
    """

    contact_id = models.BigIntegerField()
    product = models.CharField(max_length=64)
    held = models.BooleanField()
    source = models.CharField(max_length=64, db_default="")
    reason = models.CharField(max_length=200, blank=True, db_default="")
    by_id = models.BigIntegerField(null=True)
    recorded_at = models.DateTimeField()
    # The version of a list that said so.
    version_id = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            # A person's history, and what the audit asks of it.
            models.Index(name="product_event_of_contact", fields=["contact_id", "product"]),
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

"""What is known of numbers over time: evidence, the files and lookups it came with, and how long it is believed.

Phone.status and its three neighbours are what the evidence comes to (rules.validity), and all that dialling reads.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaigns import Campaign
from campaigns.models.lists import ContactList


class PhoneEvidence(models.Model):
    """What a source said of a number, from `since` to `observed_at`. Append-only, but for saying the same again.

    Written by campaigns.validity only, under the lock of the phone's row. No foreign key on the number: a million rows
    come at a time, and phones are never deleted.
    """

    phone = models.BigIntegerField()
    code = models.CharField(max_length=16)
    kind = models.CharField(max_length=16)
    # Which list, feed or provider; empty where the kind says it all.
    source = models.CharField(max_length=64, blank=True, default="")
    since = models.DateTimeField()
    observed_at = models.DateTimeField()
    # As the source said; empty: as long as such words are believed (StatusAge).
    expires_at = models.DateTimeField(null=True, blank=True)
    times = models.PositiveIntegerField(default=1)
    # The SIP and Q.850 causes, or a supervisor's reason.
    detail = models.CharField(max_length=200, blank=True, default="")
    recorded_at = models.DateTimeField()
    # The list, the feed or the lookup run it came with, by its kind.
    origin = models.BigIntegerField(null=True, blank=True)
    attempt_id = models.UUIDField(null=True, blank=True)
    # The import that brought it was undone: it is shown, and counts for nothing.
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    class Meta:
        constraints = [
            # A word that ended before it began would have no place among the others.
            models.CheckConstraint(name="evidence_since_before_last", condition=Q(observed_at__gte=F("since"))),
        ]
        indexes = [
            # All that is known of a number is read together. No time in it, so that saying the same again is cheap.
            models.Index(name="evidence_of_phone", fields=["phone"]),
            # Supervisors' words that end, after which what others said counts again: few among millions.
            models.Index(name="evidence_override_ends", fields=["expires_at"], condition=Q(kind="supervisor")),
            # What is old enough to be pruned; rows lie in the order in which they came.
            BrinIndex(name="evidence_by_age", fields=["observed_at"]),
        ]


class ClearedPhone(models.Model):
    """A number of which less is held than before: leads that it set aside are still to be looked at again."""

    phone = models.BigIntegerField(primary_key=True)


class StatusAge(models.Model):
    """How long a word of evidence is believed, where managers changed it (rules.validity.AGES)."""

    code = models.CharField(max_length=16, primary_key=True)
    # Empty: for good.
    hours = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(87_600)]
    )
    # Numbers of which that was said are still to be judged by it.
    pending = models.BooleanField(default=False)

    class Meta:
        constraints = [
            # Believed for no time at all is not believed: such a source is not to be read instead.
            models.CheckConstraint(name="status_age_at_least_1_hour", condition=Q(hours=None) | Q(hours__gte=1)),
        ]


class StatusFeed(models.Model):
    """An uploaded file of numbers and their states. Every row is accounted for:
    total = applied + unchanged + outdated + rejected."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting to be read")
        APPLYING = "importing", _("being applied")
        READY = "ready", _("ready")
        FAILED = "failed", _("failed")

    source = models.CharField(_("source"), max_length=64)
    file = models.FileField(_("file"), upload_to="status/", blank=True)
    original_name = models.CharField(max_length=255, blank=True)
    default_country = models.CharField(_("country of numbers without a prefix"), max_length=2, default="CN")
    observed_at = models.DateTimeField(_("observed"))
    expires_at = models.DateTimeField(_("holds until"), null=True, blank=True)
    header: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    error = models.TextField(blank=True)
    rows_total = models.PositiveIntegerField(default=0)
    rows_applied = models.PositiveIntegerField(default=0)
    rows_unchanged = models.PositiveIntegerField(default=0)
    rows_outdated = models.PositiveIntegerField(default=0)
    rows_rejected = models.PositiveIntegerField(default=0)
    # How far it has come: written with the rows themselves, so that a run goes on where the last one was killed.
    row_done = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            # A word that holds no longer when it is observed says nothing.
            models.CheckConstraint(
                name="feed_holds_after_observed", condition=Q(expires_at=None) | Q(expires_at__gt=F("observed_at"))
            ),
        ]

    def __str__(self) -> str:
        return self.source


class StatusReject(models.Model):
    """A row of a status feed that said nothing, with the value that caused it and its cells in the feed's order."""

    feed = models.ForeignKey(StatusFeed, on_delete=models.CASCADE, related_name="rejects", db_index=False)
    row_no = models.PositiveIntegerField()
    reason = models.CharField(max_length=32)
    column = models.CharField(max_length=100, blank=True)
    value = models.CharField(max_length=200, blank=True)
    row: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["row_no"]
        constraints = [
            # Every row is accounted for once.
            models.UniqueConstraint(name="status_reject_once_per_row", fields=["feed", "row_no"]),
        ]


class LookupBudget(models.Model):
    """The most that lookups may cost: in a day or a month (UTC) over all, or for one campaign ever."""

    class Period(models.TextChoices):
        DAY = "day", _("a day")
        MONTH = "month", _("a month")
        CAMPAIGN = "campaign", _("a campaign")

    period = models.CharField(_("per"), max_length=8, choices=Period)
    campaign = models.ForeignKey(Campaign, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    amount = models.DecimalField(
        _("at most"), max_digits=12, decimal_places=4, validators=[MinValueValidator(Decimal(0))]
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            # Two budgets of one kind would leave open which of them holds.
            models.UniqueConstraint(name="lookup_budget_once", fields=["period", "campaign"], nulls_distinct=False),
            models.CheckConstraint(
                name="lookup_budget_of_campaign_names_it",
                condition=Q(period="campaign", campaign__isnull=False)
                | (~Q(period="campaign") & Q(campaign__isnull=True)),
            ),
            models.CheckConstraint(name="lookup_budget_not_negative", condition=Q(amount__gte=0)),
        ]


class LookupSpend(models.Model):
    """What was spent of a budget in one of its periods; `begins` is its first day (a campaign's only one: 1970)."""

    budget = models.ForeignKey(LookupBudget, on_delete=models.CASCADE, related_name="spends", db_index=False)
    begins = models.DateField()
    spent = models.DecimalField(max_digits=12, decimal_places=4, default=0)

    class Meta:
        constraints = [
            # One account per period: the conditional UPDATE on it is what keeps the budget.
            models.UniqueConstraint(name="lookup_spend_once_per_period", fields=["budget", "begins"]),
            # More was given back than was taken.
            models.CheckConstraint(name="lookup_spend_not_negative", condition=Q(spent__gte=0)),
        ]


class LookupRun(models.Model):
    """Numbers of a list that a provider is asked about, and how far that has come."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting to begin")
        ASKING = "asking", _("asking")
        ANSWERS = "answers", _("waiting for answers")
        READY = "ready", _("done")
        STOPPED = "stopped", _("stopped")
        FAILED = "failed", _("failed")

    provider = models.CharField(max_length=64)
    list = models.ForeignKey(ContactList, null=True, on_delete=models.SET_NULL, related_name="lookups")
    # Whose budget it is charged to as well.
    campaign = models.ForeignKey(Campaign, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    error = models.TextField(blank=True)
    numbers_wanted = models.PositiveIntegerField(default=0)
    numbers_asked = models.PositiveIntegerField(default=0)
    numbers_answered = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(max_digits=12, decimal_places=4, default=0)
    # The last number asked about: they are asked in their order, each once.
    after = models.BigIntegerField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]


class LookupBatch(models.Model):
    """Numbers asked about in one request: written, and paid for, before the request goes out."""

    class State(models.TextChoices):
        ASKED = "asked", _("asked")
        ANSWERED = "answered", _("replied to")
        REFUSED = "refused", _("refused, and not charged")
        LOST = "lost", _("lost from sight, and charged")

    # Tells the provider that a request is the same as before.
    id = models.UUIDField(primary_key=True, default=uuid4)
    run = models.ForeignKey(LookupRun, on_delete=models.CASCADE, related_name="batches")
    numbers = ArrayField(models.BigIntegerField())
    cost = models.DecimalField(max_digits=12, decimal_places=4)
    # The accounts that it was charged to.
    spends = ArrayField(models.BigIntegerField(), default=list)
    state = models.CharField(max_length=8, choices=State, default=State.ASKED)
    asked_at = models.DateTimeField(auto_now_add=True)

"""Campaigns, their leads, dispositions and retry rules.

A lead is a contact in a campaign. It is `due` at a time, `held` by exactly one call, or `finished` with a reason;
every refusal moves its `due_at` forward, so the index of due leads is the queue and no hopper table is needed.
"""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models.lists import ContactList
from campaigns.models.people import Contact


class LineOfBusiness(models.Model):
    """A part of the bank that shares caps and do-not-call, e.g. cards."""

    name = models.CharField(_("name"), max_length=80, unique=True)

    class Meta:
        verbose_name_plural = "lines of business"

    def __str__(self) -> str:
        return self.name


class Campaign(models.Model):
    """What is offered to whom, how it is dialled, and whether it may dial now."""

    class Kind(models.TextChoices):
        TELEMARKETING = "telemarketing", _("Telemarketing")
        SURVEY = "satisfaction_survey", _("Satisfaction survey")
        FOLLOW_UP = "follow_up", _("Follow-up")
        DATA_VERIFICATION = "data_verification", _("Data verification")
        QUESTIONNAIRE = "questionnaire", _("Questionnaire")
        INVITATION = "invitation", _("Invitation")
        PAYMENT_REMINDER = "payment_reminder", _("Payment reminder")

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        RUNNING = "running", _("running")
        PAUSED = "paused", _("paused")
        FINISHED = "finished", _("finished")
        STOPPED = "stopped", _("stopped")

    class DialMode(models.TextChoices):
        PROGRESSIVE = "progressive", _("Progressive (one call per ready agent)")
        RATIO = "ratio", _("Fixed ratio")

    name = models.CharField(_("name"), max_length=120, unique=True)
    product = models.CharField(_("product"), max_length=120, blank=True)
    kind = models.CharField(_("kind"), max_length=24, choices=Kind, default=Kind.TELEMARKETING)
    line_of_business = models.ForeignKey(
        LineOfBusiness, null=True, blank=True, on_delete=models.PROTECT, verbose_name=_("line of business")
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    # Counts up with every change that engines must see; a page says "pausing" until they have.
    version = models.PositiveIntegerField(default=1)
    dial_mode = models.CharField(_("dial mode"), max_length=12, choices=DialMode, default=DialMode.PROGRESSIVE)
    ratio = models.DecimalField(
        _("calls per ready agent"),
        max_digits=4,
        decimal_places=2,
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(10)],
    )
    ring_seconds = models.PositiveSmallIntegerField(_("ring at most (s)"), default=25)
    max_wait_seconds = models.PositiveSmallIntegerField(_("wait for an agent at most (s)"), default=2)
    wrap_up_seconds = models.PositiveSmallIntegerField(_("wrap-up (s)"), default=30)
    max_attempts = models.PositiveSmallIntegerField(_("attempts per lead at most"), default=6)
    opens_at = models.TimeField(_("calls from"), default="09:00")
    closes_at = models.TimeField(_("calls until"), default="20:00")
    script = models.TextField(_("script"), blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    status_changed_at = models.DateTimeField(null=True, blank=True)

    lists: models.ManyToManyField[ContactList, CampaignList] = models.ManyToManyField(
        ContactList, through="CampaignList", related_name="campaigns"
    )

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(name="ratio_between_1_and_10", condition=Q(ratio__gte=1, ratio__lte=10)),
        ]

    def __str__(self) -> str:
        return self.name


class CampaignList(models.Model):
    """A list whose contacts are leads of a campaign."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE)
    list = models.ForeignKey(ContactList, on_delete=models.PROTECT)
    attached_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="list_once_per_campaign", fields=["campaign", "list"])]


class Lead(models.Model):
    """One contact in one campaign: whether and when it may be called next, and why not now."""

    class State(models.TextChoices):
        DUE = "due", _("due")
        HELD = "held", _("held by a call")
        FINISHED = "finished", _("finished")

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="leads", db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="leads")
    list = models.ForeignKey(ContactList, null=True, on_delete=models.SET_NULL)
    state = models.CharField(max_length=8, choices=State, default=State.DUE)
    due_at = models.DateTimeField()
    callback = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    outcome_counts = models.JSONField(default=dict, blank=True)
    last_outcome = models.CharField(max_length=24, blank=True)
    last_attempt_at = models.DateTimeField(null=True, blank=True)
    # Why it is not callable now, or why it is finished: a reason code of rules.eligibility or rules.retries.
    reason = models.CharField(max_length=32, blank=True)
    held_by = models.UUIDField(null=True, blank=True)
    held_phone = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            # A contact is in a campaign once, however many of its lists name it.
            models.UniqueConstraint(name="one_lead_per_contact_and_campaign", fields=["campaign", "contact"]),
            # Never two calls to one person at the same time, whatever the campaigns.
            models.UniqueConstraint(name="one_held_lead_per_contact", fields=["contact"], condition=Q(state="held")),
            # Nor two calls to one number that two people share.
            models.UniqueConstraint(name="one_held_lead_per_phone", fields=["held_phone"], condition=Q(state="held")),
            # A lead is held by a known call, or not at all.
            models.CheckConstraint(
                name="held_lead_names_its_call",
                condition=Q(state="held", held_by__isnull=False, held_phone__isnull=False)
                | (~Q(state="held") & Q(held_by__isnull=True, held_phone__isnull=True)),
            ),
        ]
        indexes = [
            # The dialler's queue.
            models.Index(name="lead_due", fields=["campaign", "due_at"], condition=Q(state="due")),
            # Promises first.
            models.Index(
                name="lead_callbacks_due", fields=["campaign", "due_at"], condition=Q(state="due", callback=True)
            ),
        ]


class Disposition(models.Model):
    """What an agent may say a call came to, and what that means for the lead."""

    class Category(models.TextChoices):
        SUCCESS = "success", _("Success")
        REFUSAL = "refusal", _("Refusal")
        CALLBACK = "callback", _("Callback")
        NO_CONTACT = "no_contact", _("No contact")
        INVALID_NUMBER = "invalid_number", _("Invalid number")
        DO_NOT_CALL = "do_not_call", _("Do not call")
        COMPLAINT = "complaint", _("Complaint")

    code = models.SlugField(max_length=40)
    campaign = models.ForeignKey(Campaign, null=True, blank=True, on_delete=models.CASCADE, related_name="dispositions")
    label = models.CharField(_("label"), max_length=80)
    label_zh = models.CharField(_("label in Chinese"), max_length=80, blank=True)
    category = models.CharField(_("category"), max_length=16, choices=Category)
    position = models.PositiveSmallIntegerField(default=1, help_text="its key on the agent's desk, 1 to 9")
    # Hours until the lead is due again; empty: the lead is finished.
    retry_after_hours = models.PositiveSmallIntegerField(_("due again after (h)"), null=True, blank=True)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            # A code means one thing in a campaign; without a campaign it is everyone's.
            models.UniqueConstraint(name="disposition_code_once", fields=["campaign", "code"], nulls_distinct=False),
        ]

    def __str__(self) -> str:
        return self.label


class RetryRule(models.Model):
    """How long to wait after an outcome nobody talked in, and how often: a campaign's own, else the default's."""

    campaign = models.ForeignKey(Campaign, null=True, blank=True, on_delete=models.CASCADE, related_name="retry_rules")
    outcome = models.CharField(max_length=24)
    wait_minutes = models.PositiveIntegerField(_("due again after (min)"))
    limit = models.PositiveSmallIntegerField(_("at most (times)"))

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="one_retry_rule_per_outcome", fields=["campaign", "outcome"], nulls_distinct=False
            ),
        ]

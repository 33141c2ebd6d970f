"""Campaigns, their leads, dispositions and retry rules.

A lead is a contact in a campaign. It is `due` at a time, `held` by exactly one call, or `finished` with a reason;
every refusal moves its `due_at` forward, so the index of due leads is the queue and no hopper table is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Least
from django.utils.translation import gettext_lazy as _

from campaigns.models.lists import ContactList
from campaigns.models.people import NO_TEXTS, Contact

if TYPE_CHECKING:
    from campaigns.models.rules import ComplianceProfile


def nine_to_eight() -> list[list[list[int]]]:
    """09:00 to 20:00 on all days, as minutes of the local day."""
    return [[[540, 1200]] for _weekday in range(7)]


PERCENT = [MinValueValidator(0), MaxValueValidator(100)]


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
        PREDICTIVE = "predictive", _("Predictive (as many calls as the abandon budget bears)")

    class Detectors(models.TextChoices):
        OFF = "off", _("Nobody listens: whoever answers goes to an agent")
        ASTERISK = "asterisk", _("The PBX listens to the greeting (Asterisk AMD)")

    class OnMachine(models.TextChoices):
        HANG_UP = "hang_up", _("Hang up")
        MESSAGE = "message", _("Leave the message after the beep")
        AGENT = "agent", _("To an agent")

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
    # What predictive dialling steers for, where that is less than its budgets' own aims; empty: those.
    abandon_aim = models.DecimalField(
        _("aim at abandoned calls of (%)"),
        max_digits=4,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(10)],
    )
    # Calls that ring longer than their profile asks may be hung up where they would find no agent.
    cancels_late = models.BooleanField(_("give up late ringers"), default=False, db_default=False)
    # A change of pacing for a while: until when, and what is then as before.
    pacing_until = models.DateTimeField(null=True, blank=True, editable=False)
    pacing_before: models.JSONField[Any, Any] = models.JSONField(null=True, blank=True, editable=False)
    # Who gets the agents it shares with other campaigns: the highest priority, among equals by weight.
    agent_priority = models.PositiveSmallIntegerField(
        _("priority for shared agents"), default=5, db_default=5, validators=[MaxValueValidator(9)]
    )
    agent_weight = models.PositiveSmallIntegerField(
        _("weight for shared agents"),
        default=1,
        db_default=1,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
    )
    # Who listens to answered calls for machines, see rules.detection; its parameters are its own, where set.
    detector = models.CharField(
        _("detector"), max_length=16, choices=Detectors, default=Detectors.OFF, db_default="off"
    )
    machine_action = models.CharField(
        _("what happens to a machine"), max_length=8, choices=OnMachine, default=OnMachine.HANG_UP, db_default="hang_up"
    )
    machine_message = models.CharField(_("message for machines"), max_length=80, blank=True, db_default="")
    # Of 100 calls judged machine so many go to an agent, who says whether they were.
    amd_sample_percent = models.DecimalField(
        max_digits=5, decimal_places=2, default=3, db_default=3, validators=PERCENT
    )
    # It is switched off when certainly more of 100 machines are persons, once so many truths are known; 0: never.
    amd_limit_percent = models.DecimalField(
        max_digits=5, decimal_places=2, default=10, db_default=10, validators=PERCENT
    )
    amd_least_sample = models.PositiveSmallIntegerField(
        default=30, db_default=30, validators=[MinValueValidator(5), MaxValueValidator(10_000)]
    )
    detector_parameters: models.JSONField[Any, Any] = models.JSONField(
        default=dict, blank=True, db_default=Value({}, models.JSONField())
    )
    # Verdicts since then are judged together: by the settings in force.
    detector_set_at = models.DateTimeField(null=True, blank=True)
    # Why detection was switched off by itself, and when; empty once somebody has set it again.
    detector_fell_back: models.JSONField[Any, Any] = models.JSONField(null=True, blank=True)
    ring_seconds = models.PositiveSmallIntegerField(_("ring at most (s)"), default=25)
    max_wait_seconds = models.PositiveSmallIntegerField(_("wait for an agent at most (s)"), default=2)
    wrap_up_seconds = models.PositiveSmallIntegerField(_("wrap-up (s)"), default=30)
    max_attempts = models.PositiveSmallIntegerField(_("attempts per lead at most"), default=6)
    # Seven days, Monday first; each a list of [start, end) in minutes of the callee's local day.
    week: models.JSONField[Any, Any] = models.JSONField(_("calling hours"), default=nine_to_eight)
    calls_on_holidays = models.BooleanField(_("call on public holidays"), default=False)
    starts_on = models.DateField(_("first day"), null=True, blank=True)
    ends_on = models.DateField(_("last day"), null=True, blank=True)
    profiles: models.ManyToManyField[ComplianceProfile, models.Model] = models.ManyToManyField(
        "ComplianceProfile", related_name="campaigns", blank=True, verbose_name=_("compliance profiles")
    )
    # [{"label": "mobile", "times": 2, "week": null}, …]; empty: the phones take turns.
    cadence: models.JSONField[Any, Any] = models.JSONField(_("order of phones"), default=list, blank=True)
    spread = models.BooleanField(_("spread attempts over the day"), default=False)
    # Codes of rules.consent.Basis: one of them must be on record, valid and not withdrawn. Empty: none is asked for.
    consent_bases = ArrayField(
        models.TextField(), verbose_name=_("consent"), default=list, blank=True, db_default=NO_TEXTS
    )
    # Codes of products that keep their holders from this campaign.
    excluded_products = ArrayField(
        models.TextField(),
        verbose_name=_("excluded products"),
        default=list,
        blank=True,
        db_default=NO_TEXTS,
    )
    callback_fallback_minutes = models.PositiveSmallIntegerField(
        _("a personal callback is anyone's after (min)"), default=15
    )
    callback_expires_hours = models.PositiveSmallIntegerField(_("a callback expires after (h)"), default=48)
    # The rules in force, all together: see PolicyVersion. Empty until they are first needed.
    policy = models.ForeignKey(
        "PolicyVersion", null=True, blank=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    # Leads that older rules set aside are still to be looked at again.
    recheck = models.BooleanField(default=False, editable=False)
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
            # What comes back by itself needs to know what to come back to.
            models.CheckConstraint(
                name="pacing_for_a_while_knows_what_was_before",
                condition=Q(pacing_until__isnull=True, pacing_before__isnull=True)
                | Q(pacing_until__isnull=False, pacing_before__isnull=False),
            ),
            # A campaign of no weight would never be given a shared agent.
            models.CheckConstraint(
                name="agent_share_in_bounds",
                condition=Q(agent_priority__lte=9, agent_weight__gte=1, agent_weight__lte=100),
            ),
            # A sample of more than all, or a limit nobody can reach, would be a slip.
            models.CheckConstraint(
                name="detection_percents_in_bounds",
                condition=Q(amd_sample_percent__range=(0, 100), amd_limit_percent__range=(0, 100)),
            ),
            # The PBX would play nothing into the machine, and say that it had.
            models.CheckConstraint(
                name="message_for_machines_is_named",
                condition=~Q(machine_action="message") | ~Q(machine_message="") | Q(detector="off"),
            ),
            # A campaign that ends before it begins would silently call nobody.
            models.CheckConstraint(
                name="campaign_begins_before_it_ends",
                condition=Q(ends_on__gte=F("starts_on")) | Q(starts_on=None) | Q(ends_on=None),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CampaignList(models.Model):
    """A list whose contacts are leads of a campaign."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE)
    list = models.ForeignKey(ContactList, on_delete=models.PROTECT)
    attached_at = models.DateTimeField(auto_now_add=True)
    # Lists of a higher priority are called first; lists of one priority are mixed by their weights.
    priority = models.PositiveSmallIntegerField(_("priority"), default=5, validators=[MaxValueValidator(9)])
    weight = models.PositiveSmallIntegerField(
        _("weight"), default=1, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    # Before all other lists until then: a supervisor's live boost.
    boosted_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="list_once_per_campaign", fields=["campaign", "list"]),
            # A list of no weight would never have its turn.
            models.CheckConstraint(name="list_weight_1_to_100", condition=Q(weight__gte=1, weight__lte=100)),
        ]


class Lead(models.Model):
    """One contact in one campaign: whether and when it may be called next, and why not now."""

    class State(models.TextChoices):
        DUE = "due", _("due")
        HELD = "held", _("held by a call")
        FINISHED = "finished", _("finished")

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="leads", db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="leads", db_index=False)
    list = models.ForeignKey(ContactList, null=True, on_delete=models.SET_NULL, db_index=False)
    state = models.CharField(max_length=8, choices=State, default=State.DUE)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    # How promising it is, 0 to 100, as the list says.
    score = models.PositiveSmallIntegerField(default=0, db_default=0)
    # A sweep (campaigns.sweep) has found nothing that keeps it.
    vetted = models.BooleanField(default=False, db_default=False)
    # Where it stands within its list: vetted ones (below 0), tenths of the score, best first, then fewest attempts.
    rank = models.GeneratedField(
        expression=(10 - Least(F("score"), 100) / 10) * 100
        + Least(F("attempts"), 99)
        - Case(When(vetted=True, then=Value(2000)), default=Value(0)),
        output_field=models.SmallIntegerField(),
        db_persist=True,
    )
    # They asked to be called at `due_at`: by this user alone until it is open to all; not any more once it expired.
    callback = models.BooleanField(default=False)
    callback_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, db_index=False, related_name="+"
    )
    callback_open_at = models.DateTimeField(null=True, blank=True)
    callback_expires_at = models.DateTimeField(null=True, blank=True)
    outcome_counts = models.JSONField(default=dict, blank=True)
    last_outcome = models.CharField(max_length=24, blank=True)
    last_attempt_at = models.DateTimeField(null=True, blank=True)
    # Why it is not callable now, or why it is finished: a reason code of rules.eligibility or rules.retries.
    reason = models.CharField(max_length=32, blank=True)
    # The decision that set it aside, while it holds: since when, by which rule of which policy, on what, how often.
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_times = models.PositiveIntegerField(default=0, db_default=0)
    rule = models.CharField(max_length=64, blank=True, default="", db_default="")
    policy_id = models.BigIntegerField(null=True, blank=True)
    inputs: models.JSONField[Any, Any] = models.JSONField(null=True, blank=True)
    refused_phone = models.BigIntegerField(null=True, blank=True)
    held_by = models.UUIDField(null=True, blank=True)
    held_phone = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            # A contact is in a campaign once, however many of its lists name it.
            models.UniqueConstraint(name="one_lead_per_contact_and_campaign", fields=["campaign", "contact"]),
            # Never two calls to one person at the same time, whatever the campaigns.
            models.UniqueConstraint(name="one_held_lead_per_contact", fields=["contact"], condition=Q(state="held")),
            # Nor two calls to one number that two people share.
            models.UniqueConstraint(
                name="one_held_lead_per_phone", fields=["held_phone"], condition=Q(held_phone__isnull=False)
            ),
            # A lead is held by a known call, or not at all.
            models.CheckConstraint(
                name="held_lead_names_its_call",
                condition=Q(state="held", held_by__isnull=False, held_phone__isnull=False)
                | (~Q(state="held") & Q(held_by__isnull=True, held_phone__isnull=True)),
            ),
        ]
        indexes = [
            # The dialler's queue: one list at a time, best rank first, what became due last first.
            models.Index(
                name="lead_queue",
                fields=["campaign", "list", "rank", "due_at"],
                condition=Q(state="due", callback=False),
            ),
            # Promises first.
            models.Index(
                name="lead_callbacks_due", fields=["campaign", "due_at"], condition=Q(state="due", callback=True)
            ),
        ]


class Sweep(models.Model):
    """A campaign most of whose due leads are refused, and are being set aside set-wise (campaigns.sweep).

    While it is there, the tick takes vetted leads and those that became due since only.
    """

    campaign = models.OneToOneField(Campaign, on_delete=models.CASCADE, primary_key=True, related_name="sweep")
    asked_at = models.DateTimeField()
    # How far it has come.
    looked_at = models.PositiveIntegerField(default=0, db_default=0)
    refused = models.PositiveIntegerField(default=0, db_default=0)


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
    # Of the category do not call: the person is meant, on all their numbers, and not only the number called.
    of_person = models.BooleanField(_("the person, on all their numbers"), default=False, db_default=False)
    # Hours until the lead is due again; empty: the lead is finished.
    retry_after_hours = models.PositiveSmallIntegerField(_("due again after (h)"), null=True, blank=True)
    # How often that may happen to one lead; empty: as long as it has attempts left.
    # What the agent says of a call that was judged machine: right, if the disposition is one of these.
    of_machine = models.BooleanField(_("it was an answering machine"), default=False, db_default=False)
    retry_limit = models.PositiveSmallIntegerField(_("at most (times)"), null=True, blank=True)
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

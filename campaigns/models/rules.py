"""Rules as rows (caps, gaps, closed days, compliance profiles), and what they came to for a campaign.

Rows are what people edit. What decides is the PolicyVersion that campaigns.policies makes of them: immutable, complete,
named by every decision and every touch.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaigns import Campaign, LineOfBusiness


class Per(models.TextChoices):
    PHONE = "phone", _("phone")
    CONTACT = "contact", _("person")


class Scope(models.TextChoices):
    CAMPAIGN = "campaign", _("this campaign")
    LINE_OF_BUSINESS = "line_of_business", _("the line of business")
    ALL = "all", _("all campaigns")


class Calls(models.TextChoices):
    ALL = "all", _("all calls")
    UNASKED = "unasked", _("calls nobody asked for")
    CALLBACKS = "callbacks", _("callbacks")


class FrequencyCap(models.Model):
    """limit = what is counted × per whom × in which scope × in which window (PRODUCT: frequency cap)."""

    class Counts(models.TextChoices):
        ATTEMPTS = "attempts", _("attempts")
        ANSWERED = "answered", _("answered calls")
        CONVERSATIONS = "conversations", _("conversations")

    class Window(models.TextChoices):
        ROLLING = "rolling", _("any number of hours")
        DAY = "day", _("a calendar day")
        WEEK = "week", _("a calendar week")
        MONTH = "month", _("a calendar month")

    # Whose rule it is: a campaign's, a line's, or, with neither, everyone's.
    campaign = models.ForeignKey(Campaign, null=True, blank=True, on_delete=models.CASCADE, related_name="caps")
    line_of_business = models.ForeignKey(
        LineOfBusiness, null=True, blank=True, on_delete=models.CASCADE, related_name="caps"
    )
    limit = models.PositiveSmallIntegerField(_("at most"), default=3, validators=[MaxValueValidator(1000)])
    counts = models.CharField(_("what is counted"), max_length=16, choices=Counts, default=Counts.ATTEMPTS)
    per = models.CharField(_("per"), max_length=8, choices=Per, default=Per.CONTACT)
    scope = models.CharField(_("over"), max_length=16, choices=Scope, default=Scope.ALL)
    window = models.CharField(_("in"), max_length=8, choices=Window, default=Window.ROLLING)
    # Only of a rolling window; 31 days at most, since older touches may be gone.
    window_hours = models.PositiveIntegerField(
        _("hours"), default=24, validators=[MinValueValidator(1), MaxValueValidator(744)]
    )
    calls = models.CharField(_("of"), max_length=10, choices=Calls, default=Calls.ALL)
    active = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("frequency cap")
        constraints = [
            # A rule has one owner, so that everyone can tell whom it binds.
            models.CheckConstraint(
                name="cap_has_one_owner", condition=Q(campaign__isnull=True) | Q(line_of_business__isnull=True)
            ),
            models.CheckConstraint(
                name="cap_window_up_to_31_days", condition=Q(window_hours__gte=1, window_hours__lte=744)
            ),
        ]


class MinimumGap(models.Model):
    """The least time between a call that came to an outcome and the next one; empty hours: never again."""

    campaign = models.ForeignKey(Campaign, null=True, blank=True, on_delete=models.CASCADE, related_name="gaps")
    line_of_business = models.ForeignKey(
        LineOfBusiness, null=True, blank=True, on_delete=models.CASCADE, related_name="gaps"
    )
    after = models.CharField(_("after"), max_length=24)
    minutes = models.PositiveIntegerField(
        _("minutes"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(5_256_000)]
    )
    per = models.CharField(_("per"), max_length=8, choices=Per, default=Per.PHONE)
    scope = models.CharField(_("over"), max_length=16, choices=Scope, default=Scope.ALL)
    calls = models.CharField(_("of"), max_length=10, choices=Calls, default=Calls.UNASKED)
    active = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("minimum gap")
        constraints = [
            models.CheckConstraint(
                name="gap_has_one_owner", condition=Q(campaign__isnull=True) | Q(line_of_business__isnull=True)
            ),
            # Older touches are found by their outcome only where that is a refusal (index touch_refused).
            models.CheckConstraint(
                name="gap_up_to_35_days_unless_refusal",
                condition=Q(minutes__isnull=False, minutes__lte=50_400) | Q(after="refusal"),
            ),
        ]


class AbandonBudget(models.Model):
    """Which share of calls may be abandoned at most, over which window (rules.abandons); besides those of profiles."""

    class Start(models.TextChoices):
        ANSWER = "answer", _("the answer")
        GREETING = "greeting", _("the end of the person's greeting")
        DETECTION = "detection", _("the moment a person was told from a machine")

    class Of(models.TextChoices):
        LIVE = "live", _("calls answered by a person")
        ANSWERED = "answered", _("answered calls")
        CONNECTED = "connected", _("calls passed to an agent or abandoned")

    class Window(models.TextChoices):
        HOURS = "hours", _("any number of hours")
        DAY = "day", _("a calendar day")
        MONTH = "month", _("a calendar month")
        CAMPAIGN = "campaign", _("the whole campaign")
        DAYS = "days", _("each so many days of the campaign")

    campaign = models.ForeignKey(
        Campaign, null=True, blank=True, on_delete=models.CASCADE, related_name="abandon_budgets"
    )
    line_of_business = models.ForeignKey(
        LineOfBusiness, null=True, blank=True, on_delete=models.CASCADE, related_name="abandon_budgets"
    )
    limit = models.DecimalField(
        _("at most (%)"),
        max_digits=5,
        decimal_places=2,
        default=3,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )
    # What pacing steers for; empty: 2.8 for every 3 of the limit.
    aim = models.DecimalField(
        _("aim at (%)"), max_digits=5, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    seconds = models.DecimalField(
        _("an agent within (s)"), max_digits=4, decimal_places=1, default=2, validators=[MaxValueValidator(60)]
    )
    start = models.CharField(_("from"), max_length=10, choices=Start, default=Start.ANSWER)
    of = models.CharField(_("of"), max_length=10, choices=Of, default=Of.LIVE)
    window = models.CharField(_("in"), max_length=8, choices=Window, default=Window.DAY)
    # Only of hours and days.
    window_length = models.PositiveSmallIntegerField(
        _("how many"), default=1, validators=[MinValueValidator(1), MaxValueValidator(744)]
    )
    scope = models.CharField(_("over"), max_length=16, choices=Scope, default=Scope.CAMPAIGN)
    false_machines = models.BooleanField(_("people taken for machines count as abandoned"), default=True)
    active = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("abandon budget")
        constraints = [
            # A rule has one owner, so that everyone can tell whom it binds.
            models.CheckConstraint(
                name="abandon_budget_has_one_owner",
                condition=Q(campaign__isnull=True) | Q(line_of_business__isnull=True),
            ),
            # What is aimed at above the limit would break it.
            models.CheckConstraint(
                name="abandon_budget_aims_within_its_limit",
                condition=Q(limit__gte=0, limit__lte=100) & (Q(aim__isnull=True) | Q(aim__gte=0, aim__lte=F("limit"))),
            ),
            models.CheckConstraint(
                name="abandon_budget_window_up_to_744", condition=Q(window_length__gte=1, window_length__lte=744)
            ),
        ]


class ClosedDay(models.Model):
    """A local day without calls: everywhere, in one country, or for one campaign."""

    campaign = models.ForeignKey(Campaign, null=True, blank=True, on_delete=models.CASCADE, related_name="closed_days")
    country = models.CharField(_("country"), max_length=2, blank=True)
    day = models.DateField(_("day"))
    name = models.CharField(_("name"), max_length=80, blank=True)

    class Meta:
        verbose_name = _("day without calls")
        ordering = ["day"]
        constraints = [
            models.UniqueConstraint(
                name="closed_day_once", fields=["campaign", "country", "day"], nulls_distinct=False
            ),
        ]


class ComplianceProfile(models.Model):
    """A named set of rules for a jurisdiction, loaded from data, with where it comes from (rules.profiles)."""

    name = models.SlugField(_("code"), max_length=40, unique=True)
    title = models.CharField(_("title"), max_length=120)
    title_zh = models.CharField(max_length=120, blank=True)
    country = models.CharField(max_length=2, blank=True)
    data: models.JSONField[Any, Any] = models.JSONField()
    loaded_at = models.DateTimeField(auto_now=True)
    # A compliance officer has read it and takes it for right.
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("compliance profile")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.title


class PolicyVersion(models.Model):
    """All rules of a campaign as they were from `created_at` on (rules.policy.dump). Never changed."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="policies")
    number = models.PositiveIntegerField()
    data: models.JSONField[Any, Any] = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            # Versions are counted without a hole, so that two editors cannot both make the next one.
            models.UniqueConstraint(name="policy_number_once", fields=["campaign", "number"]),
        ]

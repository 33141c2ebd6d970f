"""Asterisk servers, who drives them, and the trunks they call through."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from dialer.pbx.provisioning import BadValue, TrunkSpec, render


class PbxServer(models.Model):
    """One Asterisk. Whoever holds the lease drives it; `epoch` fences those who have lost it."""

    name = models.CharField(_("name"), max_length=40, unique=True)
    ami_host = models.CharField(_("AMI host"), max_length=120, default="127.0.0.1")
    ami_port = models.PositiveIntegerField(_("AMI port"), default=5038)
    ami_username = models.CharField(_("AMI user"), max_length=40, default="dialer")
    ami_secret = models.CharField(_("AMI secret"), max_length=120)
    # The file with our endpoints and trunks that its pjsip.conf includes; the engine writes it and reloads.
    pjsip_file = models.CharField(_("generated PJSIP file"), max_length=255, blank=True)
    enabled = models.BooleanField(default=True)

    owner = models.CharField(max_length=120, blank=True)
    epoch = models.PositiveBigIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    # What is wrong with it, in a sentence for people; empty while it is driven and answers.
    problem = models.CharField(max_length=300, blank=True)
    audited_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


def g711() -> list[str]:
    """What every carrier speaks, and no transcoding."""
    return ["ulaw", "alaw"]


class Trunk(models.Model):
    """A carrier: a form to fill in becomes a PJSIP endpoint."""

    class NumberFormat(models.TextChoices):
        E164 = "e164", _("digits with country code: 442079460000")
        PLUS = "plus", _("with +: +442079460000")
        INTERNATIONAL = "international", _("with 00: 00442079460000")

    server = models.ForeignKey(PbxServer, on_delete=models.CASCADE, related_name="trunks")
    name = models.SlugField(_("name"), max_length=32, unique=True)
    host = models.CharField(_("host"), max_length=120)
    port = models.PositiveIntegerField(_("port"), default=5060)
    username = models.CharField(_("user"), max_length=64, blank=True)
    password = models.CharField(_("password"), max_length=120, blank=True)
    registers = models.BooleanField(_("register with the carrier"), default=False)
    codecs = ArrayField(models.CharField(max_length=16), default=g711, verbose_name=_("codecs"))
    caller_ids = ArrayField(models.CharField(max_length=20), default=list, blank=True, verbose_name=_("caller ids"))
    number_format = models.CharField(_("number format"), max_length=16, choices=NumberFormat, default=NumberFormat.E164)
    max_channels = models.PositiveIntegerField(_("calls at the same time at most"), default=100)
    calls_per_second = models.PositiveIntegerField(_("new calls per second at most"), default=20)
    enabled = models.BooleanField(_("enabled"), default=True)

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse in the form what could not be written into the PBX's configuration."""
        if self.name.startswith("agent-"):
            raise ValidationError({"name": _("Names that begin with agent- are those of agents' phones.")})
        try:
            render([self.spec], [])
        except BadValue as flaw:
            raise ValidationError(str(flaw)) from flaw

    @property
    def spec(self) -> TrunkSpec:
        """This trunk as the PBX must know it."""
        return TrunkSpec(
            name=self.name,
            host=self.host,
            port=self.port,
            username=self.username,
            password=self.password,
            registers=self.registers,
            codecs=tuple(self.codecs),
        )


class Pool(models.Model):
    """A campaign on one server: what its engine decided last, and why not more."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="pools")
    server = models.ForeignKey(PbxServer, on_delete=models.CASCADE, related_name="pools")
    trunk = models.ForeignKey(Trunk, null=True, blank=True, on_delete=models.SET_NULL)
    seen_version = models.PositiveIntegerField(default=0)
    started = models.PositiveIntegerField(default=0)
    limited_by = models.CharField(max_length=32, blank=True)
    # Shared agents it is owed (above 0) or has had ahead (below 0), see rules.sharing.
    credit = models.FloatField(default=0, db_default=0)
    decided_at = models.DateTimeField(null=True, blank=True)
    # What its pacing has learned (rules.pacing), and until when; a new engine goes on from there.
    learned: models.JSONField[Any, Any] = models.JSONField(null=True, blank=True)
    learned_at = models.DateTimeField(null=True, blank=True)
    # What the screens show of its latest decision: budgets, risk, answer rate (dialer.pacing.figures).
    figures: models.JSONField[Any, Any] = models.JSONField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="one_pool_per_campaign_and_server", fields=["campaign", "server"])]


class Pacing(models.Model):
    """A decision of a pool that changed something, or stood for a minute: what was decided, why, on what.

    Partitioned by month of `at`, written by dialer.pacing only; folded into quarters of an hour after 90 days.
    """

    pk = models.CompositePrimaryKey("campaign_id", "server_id", "at")
    campaign_id = models.BigIntegerField()
    server_id = models.BigIntegerField()
    at = models.DateTimeField()
    dial_mode = models.CharField(max_length=12)
    limited_by = models.CharField(max_length=32)
    # Since the row before: how long that was, calls started and hung up, seconds agents were busy and idle.
    seconds = models.FloatField()
    calls = models.IntegerField()
    cancelled = models.IntegerField()
    busy_seconds = models.FloatField()
    idle_seconds = models.FloatField()
    # As it was at `at`.
    ready = models.IntegerField()
    busy = models.IntegerField()
    in_flight = models.IntegerField()
    waiting = models.IntegerField()
    risk = models.FloatField()
    theta = models.FloatField()
    answer_rate = models.FloatField()
    target = models.FloatField()
    # The abandon budget that decided, and its count.
    budget = models.CharField(max_length=64)
    counted = models.IntegerField()
    abandoned = models.IntegerField()
    remaining = models.IntegerField()
    folded = models.BooleanField(default=False)

    class Meta:
        managed = False
        db_table = "dialer_pacing"

"""Agents, their shifts, and how every shift's time was spent.

A shift is one agent signed in on one server, for one campaign or several; its id is the id of the agent leg's channel.
States and their moves are in rules.shift; `dialer.shifts` is the only writer.
"""

from __future__ import annotations

import secrets
import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from dialer.models.pbx import PbxServer


def new_sip_secret() -> str:
    return secrets.token_urlsafe(24)


class Agent(models.Model):
    """A user who takes calls, with a phone of their own on the PBX."""

    class PhoneKind(models.TextChoices):
        WEBRTC = "webrtc", _("in the browser")
        SIP = "sip", _("a SIP phone")

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="agent")
    phone_kind = models.CharField(_("phone"), max_length=8, choices=PhoneKind, default=PhoneKind.WEBRTC)
    sip_secret = models.CharField(max_length=64, default=new_sip_secret)
    campaigns: models.ManyToManyField[Campaign, models.Model] = models.ManyToManyField(
        Campaign,
        related_name="agents",
        blank=True,
        help_text=_("The campaigns whose calls they may take; a change holds from their next sign-in."),
    )

    def __str__(self) -> str:
        return str(self.user)

    @property
    def endpoint(self) -> str:
        """The name of this agent's PJSIP endpoint."""
        return f"agent-{self.pk}"


class Shift(models.Model):
    """One agent signed in. `off` rows are history."""

    class State(models.TextChoices):
        SIGNING_IN = "signing_in", _("signing in")
        PAUSED = "paused", _("paused")
        READY = "ready", _("ready")
        CLAIMED = "claimed", _("being connected")
        TALKING = "talking", _("talking")
        WRAP_UP = "wrap_up", _("wrap-up")
        LEAVING = "leaving", _("signing out")
        OFF = "off", _("off")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="shifts")
    # Those whose calls it takes: what was chosen when it began, for as long as it lasts.
    campaigns: models.ManyToManyField[Campaign, ShiftCampaign] = models.ManyToManyField(
        Campaign, through="ShiftCampaign", related_name="serving_shifts"
    )
    # The campaign of the call it has, or had last; before the first call, the first of those chosen.
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="shifts")
    server = models.ForeignKey(PbxServer, on_delete=models.PROTECT, related_name="shifts")
    state = models.CharField(max_length=12, choices=State, default=State.SIGNING_IN)
    since = models.DateTimeField()
    reason = models.CharField(max_length=40, blank=True)
    # Set before the agent's phone is called; never called twice.
    called_at = models.DateTimeField(null=True, blank=True)
    # The call this agent is claimed for, talks in, or wraps up.
    call_id = models.UUIDField(null=True, blank=True)
    wrap_up_until = models.DateTimeField(null=True, blank=True)
    # What the agent asked for while busy: pause after this call, or sign out after it.
    then = models.CharField(max_length=8, blank=True)
    then_reason = models.CharField(max_length=40, blank=True)
    began = models.DateTimeField()
    ended = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            # An agent is signed in once.
            models.UniqueConstraint(name="one_shift_per_agent", fields=["agent"], condition=~Q(state="off")),
            # A call has one agent.
            models.UniqueConstraint(name="one_shift_per_call", fields=["call_id"]),
            # Who is claimed, talks or wraps up does so for a call; nobody else holds one.
            models.CheckConstraint(
                name="busy_shift_names_its_call",
                condition=Q(state__in=["claimed", "talking", "wrap_up"], call_id__isnull=False)
                | (~Q(state__in=["claimed", "talking", "wrap_up"]) & Q(call_id__isnull=True)),
            ),
        ]
        indexes = [
            # The queue of ready agents, longest idle first.
            models.Index(name="shift_ready", fields=["server", "since"], condition=Q(state="ready")),
            models.Index(name="shift_on", fields=["server", "state"], condition=~Q(state="off")),
        ]


class ShiftCampaign(models.Model):
    """A campaign whose calls a shift takes. Written when the shift begins, never changed."""

    # Found from the shift, of which few are not over; without indexes of their own, for they would only be written.
    shift = models.ForeignKey(Shift, on_delete=models.CASCADE, db_index=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, db_index=False)

    class Meta:
        constraints = [
            # A shift serves a campaign once, or it would be counted as two people; carries the look-up by shift.
            models.UniqueConstraint(name="shift_serves_campaign_once", fields=["shift", "campaign"]),
        ]


class ShiftSpan(models.Model):
    """A stretch of one state of a shift, written when it ends; the open one is the shift itself.

    Its campaign is that of the call, from being claimed to the end of wrap-up; between calls that of the call before.
    """

    shift = models.ForeignKey(Shift, on_delete=models.CASCADE, related_name="spans")
    agent_id = models.BigIntegerField()
    campaign_id = models.BigIntegerField()
    state = models.CharField(max_length=12)
    reason = models.CharField(max_length=40, blank=True)
    call_id = models.UUIDField(null=True, blank=True)
    began = models.DateTimeField()
    ended = models.DateTimeField()

    class Meta:
        constraints = [
            # A moment of a shift is counted once.
            models.UniqueConstraint(name="span_once", fields=["shift", "began", "state"]),
        ]
        indexes = [models.Index(name="span_began", fields=["began"])]

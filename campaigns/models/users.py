"""Who works here, and the tokens of programs that work for them. A user has one role; what a role may see is decided in
views by `campaigns.permissions`."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _


class User(AbstractUser):
    """A person with a log-in: campaign manager, agent, supervisor or administrator."""

    class Role(models.TextChoices):
        MANAGER = "manager", _("Campaign manager")
        AGENT = "agent", _("Agent")
        SUPERVISOR = "supervisor", _("Supervisor")
        ADMINISTRATOR = "administrator", _("Administrator")

    class Theme(models.TextChoices):
        AUTO = "auto", _("As the system")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    role = models.CharField(_("role"), max_length=16, choices=Role, default=Role.AGENT)
    language = models.CharField(_("language"), max_length=10, default="en")
    theme = models.CharField(_("theme"), max_length=5, choices=Theme, default=Theme.AUTO)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")

    def __str__(self) -> str:
        return self.get_full_name() or self.username


class ApiToken(models.Model):
    """What a program logs in with: it may what its user may. The secret itself is kept nowhere (campaigns.tokens)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(_("name"), max_length=80)
    # One secret is one token; also how it is found.
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=4, help_text="the last characters of the secret")
    may_change = models.BooleanField(_("may change things"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(_("until"), null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name

    def holds(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)

"""An uploaded file, what it became, and every row that became nothing, with the reason."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models.people import Contact


class ContactList(models.Model):
    """One uploaded set of contacts and the account of its rows: total = good + duplicate + rejected."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting to be read")
        IMPORTING = "importing", _("importing")
        READY = "ready", _("ready")
        FAILED = "failed", _("failed")

    name = models.CharField(_("name"), max_length=120)
    file = models.FileField(_("file"), upload_to="lists/", blank=True)
    original_name = models.CharField(max_length=255, blank=True)
    default_country = models.CharField(_("country of numbers without a prefix"), max_length=2, default="CN")
    mapping = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    error = models.TextField(blank=True)
    rows_total = models.PositiveIntegerField(default=0)
    rows_good = models.PositiveIntegerField(default=0)
    rows_duplicate = models.PositiveIntegerField(default=0)
    rows_rejected = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name


class ListEntry(models.Model):
    """A contact in a list, with the row it came from."""

    list = models.ForeignKey(ContactList, on_delete=models.CASCADE, related_name="entries", db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT)
    row_no = models.PositiveIntegerField()

    class Meta:
        constraints = [
            # A list is a set of people; the second row of the same person is a duplicate.
            models.UniqueConstraint(name="contact_once_per_list", fields=["list", "contact"]),
        ]


class Reject(models.Model):
    """A row that became no contact of its own: `malformed`, `duplicate`, … with the value that caused it."""

    list = models.ForeignKey(ContactList, on_delete=models.CASCADE, related_name="rejects", db_index=False)
    row_no = models.PositiveIntegerField()
    reason = models.CharField(max_length=32)
    column = models.CharField(max_length=100, blank=True)
    value = models.CharField(max_length=200, blank=True)
    row = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            # Every row is accounted for once, however often a chunk is read.
            models.UniqueConstraint(name="reject_once_per_row", fields=["list", "row_no"]),
        ]
        ordering = ["row_no"]

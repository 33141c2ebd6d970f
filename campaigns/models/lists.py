"""A list, its versions (one per uploaded file), who is on it, and every row that became nobody, with the reason.

What is in force is in `ListEntry`, and in rejects that name their list. What an import needs to be carried on, shown
as a difference or undone hangs on its `ListVersion`: the parts of its file, what it brought, what was before.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q, Value
from django.utils.translation import gettext_lazy as _

from campaigns.models.people import Contact


class ContactList(models.Model):
    """A set of contacts and the account of the version in force: total = good + duplicate + rejected."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting to be read")
        IMPORTING = "importing", _("importing")
        READY = "ready", _("ready")
        FAILED = "failed", _("failed")
        EMPTY = "empty", _("empty: its import was taken back")

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
    # The version whose people are on the list; none until one is complete.
    current: models.ForeignKey[ListVersion | None, ListVersion | None] = models.ForeignKey(
        "ListVersion", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name


class ListVersion(models.Model):
    """One file of a list: how it is read, how far its import has come, and what it brought."""

    class State(models.TextChoices):
        UPLOADING = "uploading", _("being uploaded")
        MAPPING = "mapping", _("waiting for its columns to be confirmed")
        WAITING = "waiting", _("waiting to be read")
        READING = "reading", _("being read")
        APPLYING = "applying", _("being applied")
        PUBLISHING = "publishing", _("leads are being added")
        CANCELLING = "cancelling", _("being cancelled")
        READY = "ready", _("ready")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")
        UNDONE = "undone", _("undone")

    class Known(models.TextChoices):
        UPDATE = "update", _("update them with what this file says")
        SKIP = "skip", _("leave them out: they count as duplicates")
        KEEP = "keep", _("take them in as they are known")

    class Shared(models.TextChoices):
        DIFFERENT = "different", _("different people")
        SAME = "same", _("the same person: only the first one counts")

    class Gone(models.TextChoices):
        KEEP = "keep", _("keep calling them")
        FINISH = "finish", _("finish their leads")

    list = models.ForeignKey(ContactList, on_delete=models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    error = models.TextField(blank=True)
    file = models.FileField(_("file"), upload_to="lists/", blank=True)
    original_name = models.CharField(max_length=255, blank=True)
    size = models.PositiveBigIntegerField(default=0, help_text="bytes")
    # A hash of the names of its columns: files of one source have one.
    fingerprint = models.CharField(max_length=32, blank=True)
    default_country = models.CharField(_("country of numbers without a prefix"), max_length=2, default="CN")
    # How to read it (encoding, delimiter, sheet, header) and what its columns mean, where people said so.
    options: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)
    # What was found out about the file when it was looked through: see lists.reading.Sheet.
    sheet: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)
    mapping: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)
    known = models.CharField(_("people of other lists"), max_length=8, choices=Known, default=Known.UPDATE)
    shared = models.CharField(_("people with the same number"), max_length=10, choices=Shared, default=Shared.DIFFERENT)
    gone = models.CharField(_("people who are not in it any more"), max_length=8, choices=Gone, default=Gone.KEEP)
    rows_total = models.PositiveIntegerField(default=0)
    rows_good = models.PositiveIntegerField(default=0)
    rows_duplicate = models.PositiveIntegerField(default=0)
    rows_rejected = models.PositiveIntegerField(default=0)
    rows_new = models.PositiveIntegerField(default=0)
    rows_changed = models.PositiveIntegerField(default=0)
    rows_unchanged = models.PositiveIntegerField(default=0)
    rows_gone = models.PositiveIntegerField(default=0)
    # What it brought beside people, as far as that was news: words about consent, products got or given up, states.
    consents = models.PositiveIntegerField(default=0, db_default=0)
    holdings = models.PositiveIntegerField(default=0, db_default=0)
    statuses = models.PositiveIntegerField(default=0, db_default=0)
    # Column → how many of its values could not be read.
    doubts: models.JSONField[Any, Any] = models.JSONField(
        default=dict, blank=True, db_default=Value({}, models.JSONField())
    )
    leads_added = models.PositiveIntegerField(default=0)
    # The version that was in force before, which its differences are told against.
    previous = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    # Taken back to be read again from the start: the database crashed in the middle.
    again = models.BooleanField(default=False)

    class Meta:
        ordering = ["-number"]
        constraints = [
            # Two uploads at once would else be one version.
            models.UniqueConstraint(name="version_number_once_per_list", fields=["list", "number"]),
            # Two imports of one list at once would each take the other's people for gone.
            models.UniqueConstraint(
                name="one_running_version_per_list",
                fields=["list"],
                condition=Q(state__in=["waiting", "reading", "applying", "publishing", "cancelling"]),
            ),
        ]
        indexes = [
            # What was said of this source's columns the last time.
            models.Index(name="version_fingerprint", fields=["fingerprint", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.list} · {self.number}"


class ImportPart(models.Model):
    """A stretch of a version's file, read in one transaction and applied in one; who works at it has locked it."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        READ = "read", _("read")
        NUMBERED = "numbered", _("its numbers are known")
        APPLIED = "applied", _("applied")
        PUBLISHED = "published", _("published")

    version = models.ForeignKey(ListVersion, on_delete=models.CASCADE, related_name="parts", db_index=False)
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    first_row = models.PositiveIntegerField()
    last_row = models.PositiveIntegerField()
    # Whose leads it adds: the version's contacts are cut anew for that, along their index.
    first_contact = models.BigIntegerField(null=True, blank=True)
    last_contact = models.BigIntegerField(null=True, blank=True)
    rows = models.PositiveIntegerField(default=0)
    rows_good = models.PositiveIntegerField(default=0)
    rows_duplicate = models.PositiveIntegerField(default=0)
    rows_rejected = models.PositiveIntegerField(default=0)
    consents = models.PositiveIntegerField(default=0, db_default=0)
    holdings = models.PositiveIntegerField(default=0, db_default=0)
    statuses = models.PositiveIntegerField(default=0, db_default=0)
    doubts: models.JSONField[Any, Any] = models.JSONField(
        default=dict, blank=True, db_default=Value({}, models.JSONField())
    )
    leads_added = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            # Cutting a file twice must not read its rows twice.
            models.UniqueConstraint(name="part_number_once_per_version", fields=["version", "number"]),
        ]
        ordering = ["number"]


class Fate(models.IntegerChoices):
    """What an import did with a person, as against the version before."""

    MADE = 0, _("new: nobody knew them before")
    JOINED = 1, _("new on this list, known before")
    JOINED_CHANGED = 2, _("new on this list, known before, and changed")
    CHANGED = 3, _("changed")
    UNCHANGED = 4, _("unchanged")


NEW = (Fate.MADE, Fate.JOINED, Fate.JOINED_CHANGED)


class ListEntry(models.Model):
    """A contact on a list, with the row of the version in force that it came from."""

    list = models.ForeignKey(ContactList, on_delete=models.CASCADE, related_name="entries", db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT)
    row_no = models.PositiveIntegerField()
    fate = models.PositiveSmallIntegerField(choices=Fate, default=Fate.MADE, db_default=Fate.MADE)

    class Meta:
        constraints = [
            # A list is a set of people; the second row of the same person is a duplicate.
            models.UniqueConstraint(name="contact_once_per_list", fields=["list", "contact"]),
        ]


class VersionEntry(models.Model):
    """Who a version had, of versions that are not in force: one that is being imported, or one that was replaced."""

    version = models.ForeignKey(ListVersion, on_delete=models.CASCADE, related_name="entries", db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT)
    row_no = models.PositiveIntegerField()
    fate = models.PositiveSmallIntegerField(choices=Fate)

    class Meta:
        constraints = [
            # As on the list itself: each person once.
            models.UniqueConstraint(name="contact_once_per_version", fields=["version", "contact"]),
        ]


class ContactBefore(models.Model):
    """What an import changed of a contact: by field, what was there and what it wrote; `phones` in their order."""

    version = models.ForeignKey(ListVersion, on_delete=models.CASCADE, related_name="befores", db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE)
    changes: models.JSONField[Any, Any] = models.JSONField()

    class Meta:
        constraints = [
            # What was before an import was before it once.
            models.UniqueConstraint(name="one_before_per_contact_and_version", fields=["version", "contact"]),
        ]


class LeadBefore(models.Model):
    """A due lead that an import finished because its person was gone from the list: an undo makes it due again."""

    version = models.ForeignKey(ListVersion, on_delete=models.CASCADE, related_name="leads_before", db_index=False)
    lead = models.ForeignKey("Lead", on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(max_length=32, blank=True)

    class Meta:
        constraints = [
            # A lead is finished by an import once.
            models.UniqueConstraint(name="one_lead_before_per_version", fields=["version", "lead"]),
        ]


class Reject(models.Model):
    """A row that became no contact of its own: `malformed`, `duplicate`, … with the value that caused it."""

    # Of the version in force only.
    list = models.ForeignKey(ContactList, null=True, on_delete=models.CASCADE, related_name="rejects", db_index=False)
    version = models.ForeignKey(
        ListVersion, null=True, on_delete=models.CASCADE, related_name="rejects", db_index=False
    )
    row_no = models.PositiveIntegerField()
    reason = models.CharField(max_length=32)
    column = models.CharField(max_length=100, blank=True)
    value = models.CharField(max_length=200, blank=True)
    # The row's cells, of lists that were read before they were taken from the file itself.
    row: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)
    # Whom a duplicate doubles: a row of this file, or a contact, and the other list that has it.
    same_row = models.PositiveIntegerField(null=True, blank=True)
    same_contact = models.BigIntegerField(null=True, blank=True)
    same_list = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            # Every row is accounted for once, however often a part is read.
            models.UniqueConstraint(name="reject_once_per_row", fields=["list", "row_no"]),
            models.UniqueConstraint(name="reject_once_per_row_of_version", fields=["version", "row_no"]),
        ]
        ordering = ["row_no"]

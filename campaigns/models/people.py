"""A person is a contact with one or more phones; a phone is an E.164 number that may belong to several people.

The contact's row, then the phone's row, are the person's mutex: whoever wants to call locks them in that order.
"""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Mod
from django.utils.translation import gettext_lazy as _

NO_TEXTS = Value([], ArrayField(models.TextField()))


class Phone(models.Model):
    """One E.164 number, kept as its digits (half the size of text), with what is known about it."""

    class LineType(models.TextChoices):
        MOBILE = "mobile", _("Mobile")
        FIXED = "fixed", _("Fixed line")
        FIXED_OR_MOBILE = "fixed_or_mobile", _("Fixed or mobile")
        VOIP = "voip", _("VoIP")
        OTHER = "other", _("Other")

    class Status(models.TextChoices):
        UNKNOWN = "", _("Nothing known against it")
        WRONG_LINE_TYPE = "wrong_line_type", _("Wrong line type")
        VACANT = "vacant", _("Vacant")
        SUSPENDED = "suspended", _("Suspended")
        POWERED_OFF = "powered_off", _("Powered off")
        UNREACHABLE = "unreachable", _("Unreachable")
        WRONG_NUMBER = "wrong_number", _("Somebody else's number")
        RISK = "risk_number", _("Risk number")

    number = models.BigIntegerField(_("number"), primary_key=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    line_type = models.CharField(_("line type"), max_length=16, choices=LineType, default=LineType.OTHER)
    zones = ArrayField(models.CharField(max_length=64), default=list, help_text="IANA zones the number may be in")
    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.UNKNOWN, blank=True)
    status_source = models.CharField(max_length=32, blank=True)
    status_observed_at = models.DateTimeField(null=True, blank=True)
    status_expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="phone_is_e164", condition=Q(number__gt=0, number__lt=10**15), violation_error_message="not E.164"
            ),
        ]

    def __str__(self) -> str:
        return f"+{self.number}"


class Contact(models.Model):
    """A bank customer, known by the list owner's customer id, else by the first phone it came with."""

    # Compared by code points: so the index of whole ids finds their beginnings too, whatever the server's language.
    customer_id = models.CharField(_("customer id"), max_length=64, null=True, blank=True, db_collation="C")
    first_phone = models.BigIntegerField(null=True, blank=True)
    name = models.CharField(_("name"), max_length=200, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    region = models.CharField(
        _("region"), max_length=6, blank=True, db_default="", default="", help_text="ISO 3166-2, such as US-FL"
    )
    attributes = models.JSONField(_("attributes"), default=dict, blank=True)
    # What counts of all they ever said (rules.consent reads it; campaigns.consents alone writes it), and the codes of
    # the products they hold (campaigns.products). Here and not in tables of their own: dialling reads and locks this
    # row anyway, so they cost it nothing, and nobody asks who holds a product.
    consents: models.JSONField[Any, Any] = models.JSONField(default=list, db_default=Value([], models.JSONField()))
    products = ArrayField(models.TextField(), default=list, db_default=NO_TEXTS)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    phones: models.ManyToManyField[Phone, ContactPhone] = models.ManyToManyField(
        Phone, through="ContactPhone", related_name="contacts"
    )

    class Meta:
        constraints = [
            # The same customer id in two lists is the same person.
            models.UniqueConstraint(name="one_contact_per_customer_id", fields=["customer_id"]),
            # Without a customer id the first phone identifies the person.
            models.UniqueConstraint(
                name="one_contact_per_first_phone", fields=["first_phone"], condition=Q(customer_id__isnull=True)
            ),
            # A contact nobody could recognise again would be called twice.
            models.CheckConstraint(
                name="contact_is_identified",
                condition=Q(customer_id__isnull=False) | Q(first_phone__isnull=False),
            ),
        ]
        indexes = [
            # Finds people by any part of their name. Each word is kept with its block of 65,536 contacts: what is
            # common is found in the newest block, and the others are never read (see campaigns.search).
            GinIndex(Func(F("id"), F("name"), function="campaigns_name_words"), name="contact_name_words"),
        ]

    def __str__(self) -> str:
        return self.name or self.customer_id or f"#{self.pk}"


class Product(models.Model):
    """A product that somebody holds or a campaign is kept from: `code` tells it, as campaigns.products writes it."""

    code = models.CharField(_("code"), max_length=64, primary_key=True)
    label = models.CharField(_("name"), max_length=64)

    class Meta:
        ordering = ["label"]

    def __str__(self) -> str:
        return self.label


class ContactPhone(models.Model):
    """A phone of a contact, in the order in which they are to be tried."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, db_index=False)
    phone = models.ForeignKey(Phone, on_delete=models.PROTECT, db_column="phone")
    label = models.CharField(max_length=32, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            # The same number twice on one person would be tried twice.
            models.UniqueConstraint(name="phone_once_per_contact", fields=["contact", "phone"]),
        ]
        indexes = [
            # Finds people by the last digits of a number: ten thousand endings take a third of what numbers would.
            models.Index(Mod(F("phone"), Value(10_000)), name="contact_phone_last_digits"),
        ]
        ordering = ["position", "id"]

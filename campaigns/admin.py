"""The administrator's view of campaigns: look anything up, fill in what has no screen of its own.

What the product itself writes (leads, list entries, rejects, the audit trail) is read-only here; campaigns are
changed on their own pages, so that every change is told to the engines and leaves its trail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from campaigns.models import (
    AuditEntry,
    Campaign,
    Contact,
    ContactList,
    ContactPhone,
    Disposition,
    Lead,
    LineOfBusiness,
    Phone,
    Reject,
    Suppression,
    User,
)

if TYPE_CHECKING:
    AnyAdmin = admin.ModelAdmin[Any]
    AnyTable = admin.TabularInline[Any, Any]
    Users = UserAdmin[User]
else:
    AnyAdmin, AnyTable, Users = admin.ModelAdmin, admin.TabularInline, UserAdmin


class ReadOnlyAdmin(AnyAdmin):
    """Look, do not touch. Totals of large tables are not counted: that would read them whole."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReadOnlyTable(AnyTable):
    """Rows of another table on an object's page, to be read."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(User)
class PeopleAdmin(Users):
    list_display = ("username", "first_name", "last_name", "role", "language", "is_active", "last_login")
    list_filter = ("role", "is_active", "language")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("first_name", "last_name", "email", "language", "time_zone", "theme")}),
        (_("May do"), {"fields": ("role", "is_active", "is_staff", "is_superuser")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("username", "role", "password1", "password2")}),)


class DispositionTable(AnyTable):
    model = Disposition
    extra = 0


@admin.register(Campaign)
class CampaignAdmin(AnyAdmin):
    list_display = ("name", "kind", "status", "dial_mode", "ratio", "line_of_business", "created_at")
    list_filter = ("status", "kind", "dial_mode", "line_of_business")
    search_fields = ("name", "product")
    fields = readonly_fields = (
        "name",
        "kind",
        "product",
        "line_of_business",
        "status",
        "version",
        "dial_mode",
        "ratio",
    )
    inlines = (DispositionTable,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Disposition)
class DispositionAdmin(AnyAdmin):
    list_display = (
        "position",
        "code",
        "label",
        "label_zh",
        "category",
        "retry_after_hours",
        "of_person",
        "campaign",
        "active",
    )
    list_display_links = ("code",)
    list_filter = ("category", "active", "campaign")


@admin.register(LineOfBusiness)
class LineOfBusinessAdmin(AnyAdmin):
    list_display = ("name",)


@admin.register(Suppression)
class SuppressionAdmin(ReadOnlyAdmin):
    list_display = (
        "phone",
        "contact",
        "line_of_business",
        "campaign",
        "reason",
        "source",
        "expires_at",
        "created_by",
        "created_at",
        "ended_at",
        "ended_by",
        "ended_why",
    )
    list_filter = ("source", "line_of_business")
    raw_id_fields = ("contact", "file")
    search_fields = ("=phone",)


class ContactPhoneTable(ReadOnlyTable):
    model = ContactPhone


@admin.register(Contact)
class ContactAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "customer_id", "language", "time_zone", "updated_at")
    search_fields = ("=customer_id", "=phones__number")
    search_help_text = _("a whole customer id, or a whole number with its country code")
    inlines = (ContactPhoneTable,)


@admin.register(Phone)
class PhoneAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "country", "line_type", "status", "status_source", "status_expires_at")
    list_filter = ("status", "line_type")
    search_fields = ("=number",)


@admin.register(ContactList)
class ContactListAdmin(ReadOnlyAdmin):
    list_display = ("name", "state", "rows_total", "rows_good", "rows_duplicate", "rows_rejected", "created_at")
    list_filter = ("state",)
    search_fields = ("name", "original_name")


@admin.register(Reject)
class RejectAdmin(ReadOnlyAdmin):
    list_display = ("list", "row_no", "reason", "column", "value")
    list_filter = ("reason",)
    list_select_related = ("list",)


@admin.register(Lead)
class LeadAdmin(ReadOnlyAdmin):
    list_display = ("id", "campaign", "contact", "state", "reason", "due_at", "attempts", "last_outcome")
    list_filter = ("campaign", "state")
    list_select_related = ("campaign", "contact")
    search_fields = ("=contact__customer_id", "=contact__phones__number")


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ("at", "actor", "action", "object_type", "object_id", "data")
    list_filter = ("action", "object_type")
    list_select_related = ("actor",)
    search_fields = ("=object_id", "=actor__username")

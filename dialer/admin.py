"""The administrator's view of dialling: a carrier is a form to fill in, an agent a user with a phone.

Calls, attempts and shifts are history or the engine's own; they are read-only here.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from campaigns.admin import AnyAdmin, AnyTable, ReadOnlyAdmin
from dialer.models import Agent, Attempt, AttemptResult, LiveCall, PbxServer, Pool, Shift, Trunk

SECRET = forms.PasswordInput(render_value=True, attrs={"autocomplete": "new-password"})


@admin.register(Trunk)
class TrunkAdmin(AnyAdmin):
    list_display = ("name", "server", "host", "port", "registers", "max_channels", "calls_per_second", "enabled")
    list_filter = ("server", "enabled")
    search_fields = ("name", "host")
    fieldsets = (
        (None, {"fields": ("server", "name", "enabled")}),
        (
            _("Where the carrier is"),
            {
                "fields": (("host", "port"), ("username", "password"), "registers"),
                "description": _("Leave user and password empty when the carrier knows you by your address."),
            },
        ),
        (
            _("How it wants calls"),
            {
                "fields": ("number_format", "caller_ids", "codecs"),
                "description": _("Caller ids and codecs are lists, separated by commas; codecs by preference."),
            },
        ),
        (_("How much it carries"), {"fields": ("max_channels", "calls_per_second")}),
    )

    def get_form(
        self, request: HttpRequest, obj: Trunk | None = None, change: bool = False, **kwargs: Any
    ) -> type[ModelForm[Trunk]]:
        return super().get_form(request, obj, change, widgets={"password": SECRET}, **kwargs)


class TrunkTable(AnyTable):
    model = Trunk
    fields = ("name", "host", "port", "max_channels", "calls_per_second", "enabled")
    extra = 0
    show_change_link = True


@admin.register(PbxServer)
class PbxServerAdmin(AnyAdmin):
    list_display = ("name", "ami_host", "ami_port", "enabled", "owner", "audited_at", "problem")
    readonly_fields = ("owner", "epoch", "lease_until", "problem", "audited_at")
    inlines = (TrunkTable,)

    def get_form(
        self, request: HttpRequest, obj: PbxServer | None = None, change: bool = False, **kwargs: Any
    ) -> type[ModelForm[PbxServer]]:
        return super().get_form(request, obj, change, widgets={"ami_secret": SECRET}, **kwargs)


@admin.register(Pool)
class PoolAdmin(AnyAdmin):
    list_display = ("campaign", "server", "trunk", "seen_version", "started", "limited_by", "decided_at")
    list_select_related = ("campaign", "server", "trunk")
    readonly_fields = ("seen_version", "started", "limited_by", "decided_at")


@admin.register(Agent)
class AgentAdmin(AnyAdmin):
    list_display = ("user", "phone_kind", "endpoint")
    list_filter = ("phone_kind", "campaigns")
    list_select_related = ("user",)
    search_fields = ("user__username", "user__first_name", "user__last_name")
    filter_horizontal = ("campaigns",)
    exclude = ("sip_secret",)


@admin.register(Shift)
class ShiftAdmin(ReadOnlyAdmin):
    list_display = ("agent", "campaign", "server", "state", "since", "reason", "began", "ended")
    list_filter = ("state", "campaign", "server")
    list_select_related = ("agent__user", "campaign", "server")


@admin.register(LiveCall)
class LiveCallAdmin(ReadOnlyAdmin):
    list_display = ("id", "campaign", "server", "trunk", "state", "reserved_at", "answered_at", "bridged_at")
    list_filter = ("state", "server", "campaign")
    list_select_related = ("campaign", "server", "trunk")


@admin.register(Attempt)
class AttemptAdmin(ReadOnlyAdmin):
    list_display = ("reserved_at", "campaign", "phone", "outcome", "cause", "tech_cause", "bridged_at", "ended_at")
    list_filter = ("outcome",)
    list_select_related = ("campaign",)
    search_fields = ("=id", "=phone")
    ordering = ("-id",)


@admin.register(AttemptResult)
class AttemptResultAdmin(ReadOnlyAdmin):
    list_display = ("at", "campaign", "disposition", "by", "callback_at")
    list_filter = ("campaign", "disposition")
    list_select_related = ("campaign", "disposition", "by")

"""The form of a program's token: what it is for, how long it holds, and whether it may change things."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

DAYS = [(30, _("30 days")), (90, _("90 days")), (365, _("a year")), (0, _("until it is taken back"))]


class TokenForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("What uses it, for example the data warehouse."))
    days = forms.TypedChoiceField(label=_("It holds for"), choices=DAYS, coerce=int, initial=90)
    may_change = forms.BooleanField(
        label=_("It may change things: upload lists, attach them, edit do-not-call"), required=False
    )

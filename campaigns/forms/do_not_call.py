"""Do-not-call: a number, a person, a file of numbers, a whole source taken off."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.forms import files
from campaigns.forms.campaigns import COUNTRIES
from campaigns.models import Campaign, LineOfBusiness

WHO_ASKED = gettext_lazy("Who asked for it and how; it is kept in the audit trail.")


class Scoped(forms.Form):
    """Where an entry holds."""

    scope = forms.ChoiceField(label=gettext_lazy("Where"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scope"].choices = scope_choices()  # type: ignore[attr-defined]

    def scope_objects(self) -> dict[str, Any]:
        return scope_objects(self.cleaned_data["scope"])


class SuppressionForm(Scoped):
    """A number nobody may call any more."""

    number = forms.CharField(
        label=gettext_lazy("Number"),
        max_length=40,
        help_text=gettext_lazy("With its country code, for example +86 138 0013 8000."),
    )
    of_person = forms.BooleanField(label=gettext_lazy("And whoever has it, on all their numbers"), required=False)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, help_text=WHO_ASKED)
    field_order = ("number", "of_person", "scope", "reason")


class SilenceForm(Scoped):
    """A person who is not to be called on any number."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, help_text=WHO_ASKED)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, prefix="silent")

    def chosen(self) -> dict[str, Any]:
        return {"reason": self.cleaned_data["reason"], **self.scope_objects()}


class SuppressionFileForm(Scoped):
    """A file of numbers nobody may call any more."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ",".join(files.FILE_KINDS)}),
    )
    source = forms.CharField(
        label=gettext_lazy("Source"),
        max_length=32,
        widget=forms.TextInput(attrs={"list": "sources"}),
        help_text=gettext_lazy("Who says so, always by the same name: a register, a partner."),
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)
    expires_on = forms.DateField(
        label=gettext_lazy("Holds until (this day included)"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=gettext_lazy("Empty: for good."),
    )
    default_country = forms.ChoiceField(
        label=gettext_lazy("Country of numbers without a prefix"), choices=COUNTRIES, initial="CN"
    )
    replaces = forms.BooleanField(
        label=gettext_lazy("The file is all there is of its source: take off what it does not name"), required=False
    )
    field_order = ("file", "source", "scope", "reason", "expires_on", "default_country", "replaces")

    def clean_file(self) -> UploadedFile:
        return files.of_a_size_that_is_read(self.cleaned_data["file"])

    def clean_expires_on(self) -> date | None:
        day: date | None = self.cleaned_data["expires_on"]
        if day and not timezone.localdate() <= day <= date(2099, 12, 31):
            raise forms.ValidationError(_("Choose a day from today on, in this century."))
        return day

    def chosen(self) -> dict[str, Any]:
        """What files.upload wants."""
        day = self.cleaned_data["expires_on"]
        ends = date.fromordinal(day.toordinal() + 1) if day else None
        keys = ("file", "source", "reason", "default_country", "replaces")
        return {
            **{key: self.cleaned_data[key] for key in keys},
            **self.scope_objects(),
            "expires_at": timezone.make_aware(datetime.combine(ends, time())) if ends else None,
        }


class SourceForm(Scoped):
    """A whole source that is to be taken off."""

    source = forms.ChoiceField(label=gettext_lazy("Source"))
    reason = forms.CharField(label=gettext_lazy("Why may they be called again?"), max_length=200)
    field_order = ("source", "scope", "reason")

    def __init__(self, sources: list[str], data: Any = None) -> None:
        super().__init__(data, prefix="removal")
        self.fields["source"].choices = [(source, source) for source in sources]  # type: ignore[attr-defined]

    def chosen(self) -> dict[str, Any]:
        keys = ("source", "reason")
        return {"file": None, **{key: self.cleaned_data[key] for key in keys}, **self.scope_objects()}


def scope_choices() -> list[Any]:
    """Everywhere, a line of business, or a campaign."""
    lines = [(f"line:{line.pk}", line.name) for line in LineOfBusiness.objects.order_by("name")]
    campaigns = [(f"campaign:{c.pk}", c.name) for c in Campaign.objects.order_by("name")]
    choices: list[Any] = [("", _("everywhere"))]
    choices += [(_("Line of business"), lines)] if lines else []
    choices += [(_("Campaign"), campaigns)] if campaigns else []
    return choices


def scope_objects(chosen: str) -> dict[str, Any]:
    """The line of business or the campaign that was chosen, or neither."""
    kind, _sep, pk = chosen.partition(":")
    line = LineOfBusiness.objects.get(pk=pk) if kind == "line" else None
    return {"line_of_business": line, "campaign": Campaign.objects.get(pk=pk) if kind == "campaign" else None}

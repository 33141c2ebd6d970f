"""Forms of lists: a file that becomes a list or its next version, and how it is to be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from campaigns.forms import files
from campaigns.forms.campaigns import COUNTRIES
from campaigns.lists.reading import ENCODINGS
from campaigns.models import ListVersion

DELIMITERS = [(",", _("comma")), (";", _("semicolon")), ("\t", _("tab")), ("|", _("vertical bar"))]
FOUND = ("", _("as found"))


class UploadForm(forms.Form):
    """One file that becomes a list."""

    file = forms.FileField(
        label=_("File"), allow_empty_file=True, widget=forms.FileInput(attrs={"accept": ",".join(files.FILE_KINDS)})
    )
    name = forms.CharField(label=_("Name"), max_length=120, required=False)
    default_country = forms.ChoiceField(label=_("Country of numbers without a prefix"), choices=COUNTRIES, initial="CN")

    def clean_file(self) -> UploadedFile:
        return files.of_a_kind_that_is_read(self.cleaned_data["file"])

    def clean_name(self) -> str:
        file = self.cleaned_data.get("file")
        return self.cleaned_data["name"].strip() or (Path(file.name or "").stem[:120] if file else "")


class ReadingForm(forms.Form):
    """How the file is read, where it is not read well as found; and what becomes of people."""

    encoding = forms.ChoiceField(label=_("Characters"), choices=[FOUND, *ENCODINGS.items()], required=False)
    delimiter = forms.ChoiceField(label=_("Cells are parted by"), choices=[FOUND, *DELIMITERS], required=False)
    header = forms.ChoiceField(
        label=_("First line"),
        choices=[FOUND, ("yes", _("names of the columns")), ("no", _("a person already"))],
        required=False,
    )
    sheet = forms.ChoiceField(label=_("Sheet"), choices=[], required=False)
    default_country = forms.ChoiceField(label=_("Country of numbers without a prefix"), choices=COUNTRIES)
    known = forms.ChoiceField(
        label=_("People who are on another list"), choices=ListVersion.Known.choices, widget=forms.RadioSelect
    )
    shared = forms.ChoiceField(
        label=_("Two people with the same number are"), choices=ListVersion.Shared.choices, widget=forms.RadioSelect
    )
    gone = forms.ChoiceField(
        label=_("People who are not in this file any more"), choices=ListVersion.Gone.choices, widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, sheets: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["sheet"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [FOUND, *((name, name) for name in sheets)]

    @property
    def options(self) -> dict[str, Any]:
        """What was said of how to read it, as lists.reading.ReadOptions takes it."""
        data = self.cleaned_data
        said = {name: data[name] for name in ("encoding", "delimiter", "sheet") if data.get(name)}
        return said | ({"has_header": data["header"] == "yes"} if data.get("header") else {})

    @property
    def choices(self) -> dict[str, str]:
        """What becomes of people."""
        return {name: self.cleaned_data[name] for name in ("default_country", "known", "shared", "gone")}

    @staticmethod
    def of(version: ListVersion) -> dict[str, Any]:
        """What the form shows first."""
        said = version.options
        header = {True: "yes", False: "no"}.get(said.get("has_header"), "")
        chosen = {name: getattr(version, name) for name in ("default_country", "known", "shared", "gone")}
        return {**{name: said.get(name, "") for name in ("encoding", "delimiter", "sheet")}, "header": header, **chosen}

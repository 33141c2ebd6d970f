"""Rules a manager adds one by one: frequency caps, minimum gaps, days without calls, compliance profiles.

A valid form can give the row it would become, unsaved, so that it can be read back and tried before it is kept.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.forms.campaigns import COUNTRIES
from campaigns.models import Campaign, ComplianceProfile, FrequencyCap, LineOfBusiness, MinimumGap
from campaigns.models.rules import Calls, Per, Scope
from campaigns.rulebook import Owner
from campaigns.rules.profiles import OUTCOMES
from campaigns.sentences.called import after_words
from campaigns.sentences.parts import country_name

WINDOWS = (("rolling", gettext_lazy("a rolling time")), *FrequencyCap.Window.choices[1:])
MINUTES = {"minutes": 1, "hours": 60, "days": 1440}
UNITS = (("hours", gettext_lazy("hours")), ("days", gettext_lazy("days")))
# Touches are kept for so long; see the constraints of the models.
LENGTHS = gettext_lazy("From 1 hour to 31 days: what is older may be gone.")
LONGEST_WINDOW_HOURS, LONGEST_GAP_MINUTES, LONGEST_REFUSAL_MINUTES = 744, 50_400, 5_256_000
PROFILE_FILE_BYTES = 1_000_000


def owned(owner: Owner) -> dict[str, Any]:
    """The fields that say whose rule it is."""
    return {
        "campaign": owner if isinstance(owner, Campaign) else None,
        "line_of_business": owner if isinstance(owner, LineOfBusiness) else None,
    }


def scope_choices(owner: Owner) -> list[tuple[str, str]]:
    """Over which campaigns, as this owner calls them."""
    line = owner if isinstance(owner, LineOfBusiness) else getattr(owner, "line_of_business", None)
    lines = _("all %(line)s campaigns") % {"line": line.name} if line else str(Scope.LINE_OF_BUSINESS.label)
    each = str(Scope.CAMPAIGN.label) if isinstance(owner, Campaign) else _("each campaign by itself")
    choices = [(Scope.ALL.value, str(Scope.ALL.label)), (Scope.LINE_OF_BUSINESS.value, lines)]
    if isinstance(owner, Campaign) and not line:
        choices.pop()
    return [*choices, (Scope.CAMPAIGN.value, each)]


class RuleForm(forms.Form):
    """What caps and gaps share: per whom, over which campaigns, of which calls."""

    per = forms.ChoiceField(label=gettext_lazy("Per"), choices=Per.choices, initial=Per.CONTACT)
    scope = forms.ChoiceField(label=gettext_lazy("Over"), initial=Scope.ALL)
    calls = forms.ChoiceField(
        label=gettext_lazy("Which calls"),
        choices=Calls.choices,
        initial=Calls.ALL,
        help_text=gettext_lazy("A callback is a call that the person asked for."),
    )

    def __init__(self, owner: Owner, data: Any = None) -> None:
        super().__init__(data)
        self.owner = owner
        self.fields["scope"].choices = scope_choices(owner)  # type: ignore[attr-defined]


class CapForm(RuleForm):
    """At most so many, of what, per whom, in which time, over which campaigns."""

    limit = forms.IntegerField(label=gettext_lazy("At most"), min_value=0, max_value=1000, initial=3)
    counts = forms.ChoiceField(
        label=gettext_lazy("What is counted"), choices=FrequencyCap.Counts.choices, initial="attempts"
    )
    window = forms.ChoiceField(label=gettext_lazy("Within"), choices=WINDOWS, initial="rolling")
    length = forms.IntegerField(
        label=gettext_lazy("In any"),
        min_value=1,
        max_value=LONGEST_WINDOW_HOURS,
        initial=24,
        required=False,
        error_messages=dict.fromkeys(("min_value", "max_value"), LENGTHS),
    )
    unit = forms.ChoiceField(label=gettext_lazy("Unit"), choices=UNITS, initial="hours", required=False)

    field_order = ("limit", "counts", "per", "window", "length", "unit", "scope", "calls")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        hours = (cleaned.get("length") or 0) * (24 if cleaned.get("unit") == "days" else 1)
        if cleaned.get("window") != FrequencyCap.Window.ROLLING:
            hours = 24
            self.errors.pop("length", None)
        elif "length" not in self.errors and not 1 <= hours <= LONGEST_WINDOW_HOURS:
            self.add_error("length", LENGTHS)
        cleaned["window_hours"] = hours
        return cleaned

    def chosen(self) -> dict[str, Any]:
        """What rulebook.add_cap wants."""
        fields = ("limit", "counts", "per", "scope", "window", "window_hours", "calls")
        return {key: self.cleaned_data[key] for key in fields}

    def row(self) -> FrequencyCap:
        return FrequencyCap(**owned(self.owner), **self.chosen())


class GapForm(RuleForm):
    """How long nobody is called after an outcome."""

    after = forms.ChoiceField(label=gettext_lazy("After"))
    wait = forms.ChoiceField(
        label=gettext_lazy("Leave alone"),
        choices=(("time", gettext_lazy("for some time")), ("never", gettext_lazy("for good"))),
        initial="time",
    )
    length = forms.IntegerField(label=gettext_lazy("For"), min_value=1, initial=2, required=False)
    unit = forms.ChoiceField(
        label=gettext_lazy("Unit"),
        choices=(("minutes", gettext_lazy("minutes")), *UNITS),
        initial="hours",
        required=False,
    )

    field_order = ("after", "wait", "length", "unit", "per", "scope", "calls")

    def __init__(self, owner: Owner, data: Any = None) -> None:
        super().__init__(owner, data)
        outcomes = [o for o in OUTCOMES if o != "released"]
        self.fields["after"].choices = [(o, after_words(o)) for o in outcomes]  # type: ignore[attr-defined]
        self.fields["after"].initial = outcomes[0]
        self.fields["per"].initial = Per.PHONE
        self.fields["calls"].initial = Calls.UNASKED

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        refusal = cleaned.get("after") == "refusal"
        if cleaned.get("wait") == "never":
            cleaned["minutes"] = None
            self.errors.pop("length", None)
            if not refusal:
                self.add_error("wait", _("Only a refusal can be for good; choose a time for other outcomes."))
            return cleaned
        minutes = (cleaned.get("length") or 0) * MINUTES.get(cleaned.get("unit") or "hours", 60)
        if "length" not in self.errors and not minutes:
            self.add_error("length", _("Say for how long."))
        elif minutes > (LONGEST_REFUSAL_MINUTES if refusal else LONGEST_GAP_MINUTES):
            longest = _("At most 10 years.") if refusal else _("At most 35 days: what is older may be gone.")
            self.add_error("length", longest)
        cleaned["minutes"] = minutes
        return cleaned

    def chosen(self) -> dict[str, Any]:
        """What rulebook.add_gap wants."""
        return {key: self.cleaned_data[key] for key in ("after", "minutes", "per", "scope", "calls")}

    def row(self) -> MinimumGap:
        return MinimumGap(**owned(self.owner), **self.chosen())


class ClosedDayForm(forms.Form):
    """A day without calls."""

    day = forms.DateField(label=gettext_lazy("Day"), widget=forms.DateInput(attrs={"type": "date"}))
    country = forms.ChoiceField(label=gettext_lazy("For people in"), required=False)
    name = forms.CharField(label=gettext_lazy("Why"), max_length=80, required=False)

    def __init__(self, owner: Owner, data: Any = None) -> None:
        super().__init__(data)
        countries = [(code, country_name(code)) for code, _label in COUNTRIES]
        self.fields["country"].choices = [("", _("all countries")), *countries]  # type: ignore[attr-defined]

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        today = timezone.localdate()
        if not today - timedelta(days=1) <= day <= today + timedelta(days=3660):
            raise forms.ValidationError(_("Choose a day from today on, within ten years."))
        return day

    def chosen(self) -> dict[str, Any]:
        return {key: self.cleaned_data[key] for key in ("day", "country", "name")}


class ProfilesForm(forms.Form):
    """Which compliance profiles bind the campaign."""

    profiles = forms.ModelMultipleChoiceField(
        queryset=ComplianceProfile.objects.order_by("country", "title"), required=False
    )

    def __init__(self, campaign: Campaign, data: Any = None) -> None:
        super().__init__(data, initial={"profiles": campaign.profiles.all()})

    def chosen(self) -> list[ComplianceProfile]:
        return list(self.cleaned_data["profiles"])


class ProfileFileForm(forms.Form):
    """A file of compliance profiles; what is wrong inside it is found by campaigns.rules.profiles."""

    file = forms.FileField(
        label=gettext_lazy("File of profiles"), widget=forms.FileInput(attrs={"accept": ".json,application/json"})
    )

    def clean_file(self) -> str:
        file = self.cleaned_data["file"]
        if file.size > PROFILE_FILE_BYTES:
            raise forms.ValidationError(_("The file is larger than 1 MB: it is no file of profiles."))
        try:
            text: str = file.read().decode("utf-8-sig")
        except UnicodeDecodeError as flaw:
            raise forms.ValidationError(_("The file is not UTF-8. Save it as UTF-8 and choose it again.")) from flaw
        return text

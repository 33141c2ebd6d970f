"""Forms about what is known of numbers: status feeds, how long words are believed, overrides, lookups and budgets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from campaigns import words
from campaigns.forms import files
from campaigns.forms.campaigns import COUNTRIES
from campaigns.models import Campaign
from campaigns.rules.validity import AGAINST, Ageing, Code
from campaigns.sentences.validity import age_sentence
from campaigns.validity.ageing import LONGEST_HOURS


def _moment() -> forms.DateTimeInput:
    return forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class FeedForm(forms.Form):
    """A file of numbers and their states, and what holds for rows that do not say."""

    file = forms.FileField(
        label=_("File"), allow_empty_file=True, widget=forms.FileInput(attrs={"accept": ",".join(files.FILE_KINDS)})
    )
    source = forms.CharField(
        label=_("Source"),
        max_length=64,
        help_text=_(
            "Whoever says so of these numbers. A later file of the same source takes back what it said before."
        ),
    )
    observed_at = forms.DateTimeField(
        label=_("Observed"),
        required=False,
        widget=_moment(),
        help_text=_("For rows without a time of their own. Empty: now."),
    )
    expires_at = forms.DateTimeField(
        label=_("Holds until"),
        required=False,
        widget=_moment(),
        help_text=_("For rows without an end of their own. Empty: as long as such states are believed."),
    )
    default_country = forms.ChoiceField(label=_("Country of numbers without a prefix"), choices=COUNTRIES, initial="CN")

    def clean_file(self) -> UploadedFile:
        return files.of_a_kind_that_is_read(self.cleaned_data["file"])


class AgesForm(forms.Form):
    """How long each word is believed, in hours; empty: for good."""

    def __init__(self, ageing: Ageing, data: Mapping[str, Any] | None = None) -> None:
        self.ageing = ageing
        hours = {code.value: None if age is None else age // timedelta(hours=1) for code, age in ageing.ages.items()}
        super().__init__(data, initial=hours)
        for code in Code:
            label = words.of(words.CODES, code)
            self.fields[code.value] = forms.IntegerField(
                label=label, required=False, min_value=1, max_value=LONGEST_HOURS
            )
            self.fields[code.value].widget.attrs |= {"class": "tiny", "aria-label": label}

    def lines(self) -> Iterator[tuple[BoundField, str]]:
        """Each field, and what is in force in a sentence."""
        for code in Code:
            yield self[code.value], age_sentence(code, self.ageing.ages[code])


class OverrideForm(forms.Form):
    """What a supervisor says of a number."""

    code = forms.ChoiceField(label=_("The number is"), choices=())
    until = forms.DateTimeField(label=_("Until"), widget=_moment())
    reason = forms.CharField(
        label=_("Why"), max_length=200, help_text=_("Kept with the number and in the audit trail.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        codes = (Code.IN_SERVICE, *AGAINST)
        self.fields["code"].choices = [(c.value, words.of(words.CODES, c)) for c in codes]  # type: ignore[attr-defined]


class LookupForm(forms.Form):
    """Whom to ask, and whose budget pays as well."""

    provider = forms.ChoiceField(label=_("Provider"), choices=())
    campaign = forms.ModelChoiceField(
        label=_("Also from the budget of"), queryset=Campaign.objects.order_by("name"), required=False
    )

    def __init__(self, names: list[str], campaigns: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["provider"].choices = [(name, name) for name in names]  # type: ignore[attr-defined]
        self.fields["campaign"].queryset = campaigns  # type: ignore[attr-defined]
        self.fields["campaign"].empty_label = _("no campaign")  # type: ignore[attr-defined]


class BudgetForm(forms.Form):
    """The most that lookups may cost; empty: no budget of that kind."""

    day = forms.DecimalField(label=_("At most a day"), required=False, min_value=0, max_digits=12, decimal_places=4)
    month = forms.DecimalField(label=_("At most a month"), required=False, min_value=0, max_digits=12, decimal_places=4)


class CampaignBudgetForm(forms.Form):
    """The most that lookups for one campaign may ever cost."""

    campaign = forms.ModelChoiceField(label=_("Campaign"), queryset=Campaign.objects.order_by("name"))
    amount = forms.DecimalField(
        label=_("At most, ever"),
        required=False,
        min_value=0,
        max_digits=12,
        decimal_places=4,
        help_text=_("Empty: none."),
    )

"""Consent and products: what a campaign asks of people, and what a supervisor writes down of one person."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns import products
from campaigns.models import Campaign, Contact, LineOfBusiness
from campaigns.rules.consent import Basis
from campaigns.sentences import basis_words

NONE, ANY, SOME = "none", "any", "some"
EVIDENCE = gettext_lazy("Where it can be looked up: a form, a recording, a branch.")


class AgreementForm(forms.Form):
    """Whether people must have agreed, on which basis, and which products held exclude them."""

    asks = forms.ChoiceField(
        label=gettext_lazy("Consent"),
        choices=[
            (NONE, gettext_lazy("none is asked for")),
            (ANY, gettext_lazy("any valid basis will do")),
            (SOME, gettext_lazy("one of these bases")),
        ],
        widget=forms.RadioSelect,
    )
    bases = forms.MultipleChoiceField(label=gettext_lazy("Bases"), required=False, widget=forms.CheckboxSelectMultiple)
    products = forms.MultipleChoiceField(
        label=gettext_lazy("Products"), required=False, widget=forms.CheckboxSelectMultiple
    )
    others = forms.CharField(
        label=gettext_lazy("Other products"),
        required=False,
        max_length=2000,
        help_text=gettext_lazy("As lists write them, separated by commas."),
    )

    def __init__(self, campaign: Campaign, data: Any = None) -> None:
        chosen = set(campaign.consent_bases)
        asks = (ANY if chosen == set(Basis) else SOME) if chosen else NONE
        bases = campaign.consent_bases if asks == SOME else []
        super().__init__(data, initial={"asks": asks, "bases": bases, "products": campaign.excluded_products})
        self.labels = products.known()
        self.fields["bases"].choices = [(basis.value, basis_words(basis)) for basis in Basis]  # type: ignore[attr-defined]
        self.fields["products"].choices = list(self.labels.items())  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("asks") == SOME and not cleaned.get("bases"):
            self.add_error("bases", _("Choose at least one basis, or ask for none."))
        return cleaned

    def bases_chosen(self) -> list[str]:
        asks = self.cleaned_data["asks"]
        return [basis.value for basis in Basis] if asks == ANY else self.cleaned_data["bases"] if asks == SOME else []

    def products_chosen(self) -> list[str]:
        """As they are known, or as they were written."""
        return [self.labels[code] for code in self.cleaned_data["products"]] + split(self.cleaned_data["others"])


class ConsentForm(forms.Form):
    """A person agreed."""

    basis = forms.ChoiceField(label=gettext_lazy("Basis"))
    line_of_business = forms.ModelChoiceField(
        label=gettext_lazy("Purpose"),
        queryset=LineOfBusiness.objects.order_by("name"),
        required=False,
        empty_label=gettext_lazy("any purpose"),
    )
    given_on = forms.DateField(
        label=gettext_lazy("Given on"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    expires_on = forms.DateField(
        label=gettext_lazy("Valid until (this day included)"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=gettext_lazy("Empty: until it is withdrawn."),
    )
    source = forms.CharField(label=gettext_lazy("Source"), max_length=64, help_text=EVIDENCE)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, initial={"given_on": timezone.localdate()}, prefix="agreed")
        self.fields["basis"].choices = [(basis.value, basis_words(basis)) for basis in Basis]  # type: ignore[attr-defined]

    def clean_given_on(self) -> date:
        day: date = self.cleaned_data["given_on"]
        if day > timezone.localdate():
            raise forms.ValidationError(_("Nobody can have agreed in the future."))
        if day.year < 1990:
            raise forms.ValidationError(_("Choose a day after 1990."))
        return day

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        given, expires = cleaned.get("given_on"), cleaned.get("expires_on")
        if given and expires and not given <= expires <= date(2099, 12, 31):
            self.add_error("expires_on", _("Choose a day after it was given, in this century."))
        return cleaned

    def chosen(self) -> dict[str, Any]:
        """What consents.record wants. Given today: at this moment, so that it follows what was withdrawn today."""
        said, today = self.cleaned_data, timezone.localdate()
        given = timezone.now() if said["given_on"] == today else _starts(said["given_on"])
        expires = _starts(date.fromordinal(said["expires_on"].toordinal() + 1)) if said["expires_on"] else None
        keys = ("basis", "line_of_business", "source", "reason")
        return {"at": given, "expires_at": expires, **{key: said[key] for key in keys}}


class WithdrawalForm(forms.Form):
    """A person took it back."""

    line_of_business = forms.ModelChoiceField(
        label=gettext_lazy("Purpose"),
        queryset=LineOfBusiness.objects.order_by("name"),
        required=False,
        empty_label=gettext_lazy("every purpose"),
    )
    source = forms.CharField(label=gettext_lazy("Source"), max_length=64, help_text=EVIDENCE)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, prefix="withdrawn")

    def chosen(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class HoldingsForm(forms.Form):
    """Which products a person holds: all of them."""

    products = forms.CharField(
        label=gettext_lazy("Products held"),
        required=False,
        max_length=2000,
        help_text=gettext_lazy("All of them, separated by commas."),
    )
    source = forms.CharField(label=gettext_lazy("Source"), max_length=64, help_text=EVIDENCE)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)

    def __init__(self, contact: Contact, data: Any = None) -> None:
        labels = products.known()
        held = ", ".join(labels.get(code, code) for code in contact.products)
        super().__init__(data, initial={"products": held}, prefix="held")

    def chosen(self) -> dict[str, Any]:
        return {**self.cleaned_data, "products": split(self.cleaned_data["products"])}


def split(text: str) -> list[str]:
    """What is written between commas, Chinese ones too, or on lines of their own."""
    for mark in ("，", "、", ";", "；", "\n"):
        text = text.replace(mark, ",")
    return [part.strip() for part in text.split(",") if part.strip()]


def _starts(day: date) -> datetime:
    """The first moment of the day where the reader is."""
    return timezone.make_aware(datetime.combine(day, time()))

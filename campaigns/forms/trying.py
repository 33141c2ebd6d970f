"""How leads are tried: attempts and the order of phones, callbacks, what follows an outcome, the order of lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns import policies
from campaigns.models import Campaign, CampaignList, Disposition, RetryRule
from campaigns.rulebook import Owner
from campaigns.rules.retries import DEFAULTS, Retry
from campaigns.selectors import disposition_label
from campaigns.sentences.called import after_words
from campaigns.sentences.trying import LABELS, OFFICE_HOURS, label_words

STEPS = 5
NO_STEP, NO_LABEL = "-", "none"
EVENINGS = (((1020, 1260),),) * 5 + (((540, 1260),), ((540, 1260),))
WHEN: Mapping[str, Any] = {"any": None, "office": OFFICE_HOURS, "evenings": EVENINGS}
# What is ours alone, and a talk whose agent is gone, are not for managers to change.
RETRIED = tuple(outcome for outcome in DEFAULTS if outcome not in ("released", "conversation"))


def as_lists(week: Any) -> Any:
    """A week as Campaign.cadence keeps it."""
    return [[list(span) for span in spans] for spans in week] if week else None


class AttemptsForm(forms.Form):
    """Attempts at most, the order of phones (up to five lines), and whether attempts are spread over the day."""

    max_attempts = forms.IntegerField(label=gettext_lazy("Attempts per lead at most"), min_value=1, max_value=20)
    spread = forms.BooleanField(
        label=gettext_lazy("At most one unanswered attempt each morning, afternoon and evening"), required=False
    )

    def __init__(self, campaign: Campaign, data: Any = None) -> None:
        self.kept = {step["label"]: step.get("week") for step in campaign.cadence}
        self.count = max(STEPS, len(campaign.cadence))
        super().__init__(data, initial=_steps_initial(campaign))
        labels = [(NO_STEP, "–"), *((label or NO_LABEL, label_words(label)) for label in LABELS)]
        labels += [(label, label) for label in self.kept if label not in LABELS]
        for n in range(self.count):
            said = {"n": n + 1}
            self.fields[f"label{n}"] = _choice(labels, _("Phone, line %(n)s") % said)
            self.fields[f"times{n}"] = _number(_("Times, line %(n)s") % said, 1, 9)
            self.fields[f"when{n}"] = _choice(self._when(n), _("When, line %(n)s") % said)

    def lines(self) -> Iterator[tuple[BoundField, BoundField, BoundField]]:
        for n in range(self.count):
            yield self[f"label{n}"], self[f"times{n}"], self[f"when{n}"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        cadence = [step for step in map(self._step, range(self.count)) if step]
        labels = [step["label"] for step in cadence]
        if len(set(labels)) < len(labels):
            self.add_error(None, _("Each kind of phone has one line in the order."))
        cleaned["cadence"] = cadence
        return cleaned

    def chosen(self) -> dict[str, Any]:
        return {key: self.cleaned_data[key] for key in ("max_attempts", "cadence", "spread")}

    def _step(self, n: int) -> dict[str, Any] | None:
        label = self.cleaned_data.get(f"label{n}") or NO_STEP
        if label == NO_STEP:
            return None
        label = "" if label == NO_LABEL else label
        when = self.cleaned_data.get(f"when{n}") or "any"
        week = self.kept.get(label) if when == "kept" else as_lists(WHEN[when])
        return {"label": label, "times": self.cleaned_data.get(f"times{n}") or 1, "week": week}

    def _when(self, n: int) -> list[tuple[str, str]]:
        choices = [
            ("any", _("whenever calls are allowed")),
            ("office", _("in office hours (Monday to Friday 09:00–17:00)")),
            ("evenings", _("evenings and weekends (from 17:00; Saturday and Sunday from 09:00)")),
        ]
        return [*choices, ("kept", _("at the times set before"))] if self.initial.get(f"when{n}") == "kept" else choices


class CallbacksForm(forms.Form):
    """When a personal callback becomes anyone's, and when a callback expires."""

    fallback_minutes = forms.IntegerField(
        label=gettext_lazy("A personal callback is anyone's after"), min_value=0, max_value=10_080
    )
    expires_hours = forms.IntegerField(label=gettext_lazy("A callback expires after"), min_value=1, max_value=744)

    def __init__(self, campaign: Campaign, data: Any = None) -> None:
        minutes, hours = campaign.callback_fallback_minutes, campaign.callback_expires_hours
        super().__init__(data, initial={"fallback_minutes": minutes, "expires_hours": hours})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and cleaned["expires_hours"] * 60 <= cleaned["fallback_minutes"]:
            self.add_error("expires_hours", _("A callback must expire after it has become anyone's."))
        return cleaned

    def chosen(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table of waits: of what, its two fields, and what holds while they are empty."""

    of: str
    wait: BoundField
    limit: BoundField
    inherited: Retry | None = None
    key: Any = None


class RetriesForm(forms.Form):
    """After each outcome: due again after so many minutes, at most so often; empty: as everyone's, or the default."""

    def __init__(self, owner: Owner, data: Any = None) -> None:
        campaign = owner if isinstance(owner, Campaign) else None
        everyones = RetryRule.objects.filter(campaign=None) if campaign else ()
        self.everyones = {rule.outcome for rule in everyones}
        self.inherited = {**DEFAULTS, **{rule.outcome: policies.retry_of(rule) for rule in everyones}}
        own = {rule.outcome: rule for rule in RetryRule.objects.filter(campaign=campaign)}
        initial = {f"{o}_wait": rule.wait_minutes for o, rule in own.items()}
        super().__init__(data, initial=initial | {f"{o}_limit": rule.limit for o, rule in own.items()})
        for outcome in RETRIED:
            said = {"what": after_words(outcome)}
            self.fields[f"{outcome}_wait"] = _number(_("After %(what)s: minutes") % said, 0, 43_200)
            self.fields[f"{outcome}_limit"] = _number(_("After %(what)s: times") % said, 0, 1000)
            retry = self.inherited[outcome]
            self.fields[f"{outcome}_wait"].widget.attrs["placeholder"] = int(retry.wait.total_seconds() // 60)
            self.fields[f"{outcome}_limit"].widget.attrs["placeholder"] = retry.limit

    def lines(self) -> Iterator[Line]:
        for outcome in RETRIED:
            yield Line(
                after_words(outcome),
                self[f"{outcome}_wait"],
                self[f"{outcome}_limit"],
                self.inherited[outcome],
                outcome,
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for outcome in RETRIED:
            wait, limit = cleaned.get(f"{outcome}_wait"), cleaned.get(f"{outcome}_limit")
            if not self.errors and (wait is None) != (limit is None):
                missing = "wait" if wait is None else "limit"
                self.add_error(f"{outcome}_{missing}", _("Fill in both, or neither."))
        return cleaned

    def chosen(self) -> dict[str, tuple[int | None, int | None]]:
        return {o: (self.cleaned_data[f"{o}_wait"], self.cleaned_data[f"{o}_limit"]) for o in RETRIED}


class DispositionsForm(forms.Form):
    """After each disposition: due again after so many hours, at most so often; empty: the lead is finished."""

    def __init__(self, owner: Owner, data: Any = None) -> None:
        campaign = owner if isinstance(owner, Campaign) else None
        self.rows = list(Disposition.objects.filter(campaign=campaign, active=True))
        initial = {f"wait{d.pk}": d.retry_after_hours for d in self.rows}
        super().__init__(data, initial=initial | {f"limit{d.pk}": d.retry_limit for d in self.rows})
        for row in self.rows:
            said = {"label": disposition_label(row)}
            self.fields[f"wait{row.pk}"] = _number(_("After “%(label)s”: hours") % said, 0, 8784)
            self.fields[f"limit{row.pk}"] = _number(_("After “%(label)s”: times") % said, 1, 1000)

    def lines(self) -> Iterator[Line]:
        for row in self.rows:
            yield Line(disposition_label(row), self[f"wait{row.pk}"], self[f"limit{row.pk}"], key=row)

    def chosen(self) -> list[tuple[Disposition, int | None, int | None]]:
        said = self.cleaned_data
        return [(row, said[f"wait{row.pk}"], said[f"limit{row.pk}"]) for row in self.rows]


class OrderForm(forms.Form):
    """Priority and weight of each list of a campaign."""

    def __init__(self, campaign: Campaign, data: Any = None) -> None:
        links = CampaignList.objects.filter(campaign=campaign).select_related("list")
        self.links = list(links.order_by("-priority", "pk"))
        initial = {f"priority{link.pk}": link.priority for link in self.links}
        super().__init__(data, initial=initial | {f"weight{link.pk}": link.weight for link in self.links})
        for link in self.links:
            said = {"list": link.list.name}
            self.fields[f"priority{link.pk}"] = _number(_("Priority of %(list)s") % said, 0, 9, required=True)
            self.fields[f"weight{link.pk}"] = _number(_("Weight of %(list)s") % said, 1, 100, required=True)

    def lines(self) -> Iterator[tuple[CampaignList, BoundField, BoundField]]:
        for link in self.links:
            yield link, self[f"priority{link.pk}"], self[f"weight{link.pk}"]

    def chosen(self) -> list[tuple[CampaignList, int, int]]:
        said = self.cleaned_data
        return [(link, said[f"priority{link.pk}"], said[f"weight{link.pk}"]) for link in self.links]


def _steps_initial(campaign: Campaign) -> dict[str, Any]:
    shown: dict[str, Any] = {"max_attempts": campaign.max_attempts, "spread": campaign.spread}
    names = {str(as_lists(week)): name for name, week in WHEN.items()}
    for n, step in enumerate(campaign.cadence):
        shown[f"label{n}"] = step["label"] or NO_LABEL
        shown[f"times{n}"] = step["times"]
        shown[f"when{n}"] = names.get(str(step.get("week") or None), "kept")
    return shown


def _number(label: str, low: int, high: int, required: bool = False) -> forms.IntegerField:
    field = forms.IntegerField(label=label, min_value=low, max_value=high, required=required)
    field.widget.attrs.update({"aria-label": label, "class": "tiny"})
    return field


def _choice(choices: list[tuple[str, str]], label: str) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, choices=choices, required=False, widget=forms.Select(attrs={"aria-label": label})
    )

"""Calling hours: for each weekday one time or more, on the clock of where the person lives; first and last day.

Times are texts, because a browser's own time field knows no 24:00 and shows AM or PM as it likes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns import rulebook
from campaigns.models import Campaign
from campaigns.sentences.parts import clock

# A working day and its break; a day of more times, set elsewhere, gets as many fields.
LEAST_TIMES = 2
WRITTEN = re.compile(r"(\d{1,2})(?:[:.h]?(\d{2}))?", re.ASCII)


class ClockField(forms.CharField):
    """A time of day in minutes: 9, 9:30, 0930 and 24:00 are understood."""

    def __init__(self, label: str) -> None:
        widget = forms.TextInput(attrs={"class": "clock", "autocomplete": "off", "aria-label": label})
        super().__init__(required=False, max_length=8, widget=widget, label=label)

    def clean(self, value: Any) -> Any:
        text = unicodedata.normalize("NFKC", super().clean(value) or "").strip()
        if not text:
            return None
        written = WRITTEN.fullmatch(text)
        minute = int(written[1]) * 60 + int(written[2] or 0) if written else -1
        if not 0 <= minute <= rulebook.DAY_MINUTES or int((written and written[2]) or 0) > 59:
            raise forms.ValidationError(_("“%(text)s” is no time. Write it like 09:30.") % {"text": text})
        return minute


@dataclass(frozen=True, slots=True)
class Day:
    """One line of the grid."""

    number: int
    name: str
    times: list[tuple[BoundField, BoundField]]

    @property
    def wrong(self) -> list[BoundField]:
        return [field for pair in self.times for field in pair if field.errors]


class HoursForm(forms.Form):
    """When to call: `week` as in Campaign.week, and what set_hours wants beside it."""

    calls_on_holidays = forms.BooleanField(label=gettext_lazy("Call on public holidays too"), required=False)
    starts_on = forms.DateField(label=gettext_lazy("First day"), required=False)
    ends_on = forms.DateField(label=gettext_lazy("Last day"), required=False)

    def __init__(self, campaign: Campaign, data: Any = None) -> None:
        self.most = max([LEAST_TIMES, *(len(spans) for spans in campaign.week)])
        super().__init__(data, initial=_initial(campaign))
        for name in ("starts_on", "ends_on"):
            self.fields[name].widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        for day in range(7):
            for n in range(self.most):
                said = {"day": WEEKDAYS[day], "n": n + 1}
                self.fields[f"from{day}_{n}"] = ClockField(_("%(day)s, time %(n)s, from") % said)
                self.fields[f"to{day}_{n}"] = ClockField(_("%(day)s, time %(n)s, until") % said)

    def days(self) -> Iterator[Day]:
        for day in range(7):
            times = [(self[f"from{day}_{n}"], self[f"to{day}_{n}"]) for n in range(self.most)]
            yield Day(day, str(WEEKDAYS[day]), times)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        cleaned["week"] = [self._spans(day) for day in range(7)]
        if not self.errors:
            try:
                rulebook.refuse_hours(cleaned["week"], cleaned["starts_on"], cleaned["ends_on"])
            except rulebook.BadHours as refusal:
                self.add_error(None, str(refusal))
        return cleaned

    def chosen(self) -> dict[str, Any]:
        """What rulebook.set_hours wants."""
        return {key: self.cleaned_data[key] for key in ("week", "calls_on_holidays", "starts_on", "ends_on")}

    def _spans(self, day: int) -> list[list[int]]:
        """The day's times in order; what is wrong with them is said next to them."""
        spans: list[list[int]] = []
        for n in range(self.most):
            start, end = (self.cleaned_data.get(f"{side}{day}_{n}") for side in ("from", "to"))
            if start is None and end is None:
                continue
            if start is None or end is None:
                self._refuse(day, n, _("Fill in both “from” and “until”, or neither."))
            elif start >= end:
                self._refuse(day, n, _("Calls must end after they begin: choose a later time than “from”."))
            else:
                spans.append([start, end])
        spans.sort()
        if any(later[0] < earlier[1] for earlier, later in pairwise(spans)):
            self._refuse(day, 0, _("Two times of one day overlap. Make them one, or leave a break between them."))
        return spans

    def _refuse(self, day: int, n: int, sentence: str) -> None:
        if f"to{day}_{n}" not in self.errors and f"from{day}_{n}" not in self.errors:
            self.add_error(f"to{day}_{n}", sentence)


def _initial(campaign: Campaign) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "calls_on_holidays": campaign.calls_on_holidays,
        "starts_on": campaign.starts_on,
        "ends_on": campaign.ends_on,
    }
    for day, spans in enumerate(campaign.week):
        for n, (start, end) in enumerate(spans):
            shown[f"from{day}_{n}"], shown[f"to{day}_{n}"] = clock(start), clock(end)
    return shown

"""The form of answering-machine detection; its parameters' bounds are those of rules.detection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from campaigns.rules.detection import MESSAGE, PARAMETERS, parameters_of

# The generic form exists for the type checker only; at run time Django's is not subscriptable.
if TYPE_CHECKING:
    OfCampaign = forms.ModelForm[Campaign]
else:
    OfCampaign = forms.ModelForm

LABELS = {
    "initial_silence_ms": _("Silence after the answer that means a machine"),
    "greeting_ms": _("A greeting longer than this means a machine"),
    "after_greeting_ms": _("Silence after a greeting that means a person"),
    "longest_ms": _("Listen at most"),
    "shortest_word_ms": _("Sound shorter than this is no word"),
    "between_words_ms": _("Silence between two words"),
    "most_words": _("More words than this mean a machine"),
    "silence_threshold": _("Quieter than this is silence (1 to 32767)"),
    "longest_word_ms": _("A word longer than this means a machine"),
    "quiet_ms": _("Silence before the message is left"),
}
FIELDS = (
    "detector",
    "machine_action",
    "machine_message",
    "amd_sample_percent",
    "amd_limit_percent",
    "amd_least_sample",
)


class DetectionForm(OfCampaign):
    """`cleaned_data` has the campaign's fields; `detector_parameters` are those that differ from the defaults."""

    class Meta:
        model = Campaign
        fields = FIELDS
        labels = {
            "detector": _("Who listens when somebody answers"),
            "machine_action": _("An answering machine"),
            "machine_message": _("Message to leave"),
            "amd_sample_percent": _("Machines that go to an agent to check"),
            "amd_limit_percent": _("Switch off when more machines are persons"),
            "amd_least_sample": _("Not before so many were checked"),
        }
        help_texts = {
            "machine_message": _("The name of a recording on the PBX, such as bank/card-offer."),
            "amd_sample_percent": _("Of 100, drawn by chance. The agent's result says whether it was a machine."),
            "amd_limit_percent": _(
                "Of 100; 0 never. Counted when it is certain, for the campaign, a carrier or a list."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = parameters_of(self.instance.detector_parameters)
        for parameter in PARAMETERS:
            self.fields[parameter.name] = forms.IntegerField(
                label=LABELS[parameter.name],
                min_value=parameter.least,
                max_value=parameter.most,
                initial=own[parameter.name],
                required=False,
            )

    @property
    def parameter_fields(self) -> list[tuple[forms.BoundField, bool]]:
        """The detector's own numbers, and whether each is milliseconds."""
        return [(self[parameter.name], parameter.name.endswith("_ms")) for parameter in PARAMETERS]

    def clean_machine_message(self) -> str:
        message = str(self.cleaned_data.get("machine_message") or "").strip()
        if message and not MESSAGE.fullmatch(message):
            raise forms.ValidationError(_("Letters, digits, - _ and / only, without the file's ending."))
        return message

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        leaves = cleaned.get("machine_action") == Campaign.OnMachine.MESSAGE
        if leaves and not cleaned.get("machine_message") and "machine_message" not in self.errors:
            self.add_error("machine_message", _("Name the recording that is to be left."))
        chosen = {p.name: cleaned.pop(p.name, None) for p in PARAMETERS}
        defaults = {p.name: p.default for p in PARAMETERS}
        own = {name: n for name, n in chosen.items() if n is not None and n != defaults[name]}
        return {**cleaned, "detector_parameters": own}

"""Forms of the campaign screens: units in the field, sensible defaults, errors that say what to do.

They check what one field or two can tell; what depends on the state of things is refused by the services.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from campaigns.models import Campaign, ContactList

# The generic form exists for the type checker only; at run time Django's is not subscriptable.
if TYPE_CHECKING:
    OfCampaign = forms.ModelForm[Campaign]
else:
    OfCampaign = forms.ModelForm

COUNTRIES = [
    ("CN", _("China (+86)")),
    ("HK", _("Hong Kong (+852)")),
    ("MO", _("Macao (+853)")),
    ("TW", _("Taiwan (+886)")),
    ("SG", _("Singapore (+65)")),
    ("MY", _("Malaysia (+60)")),
    ("JP", _("Japan (+81)")),
    ("KR", _("South Korea (+82)")),
    ("TH", _("Thailand (+66)")),
    ("VN", _("Vietnam (+84)")),
    ("ID", _("Indonesia (+62)")),
    ("PH", _("Philippines (+63)")),
    ("IN", _("India (+91)")),
    ("AU", _("Australia (+61)")),
    ("NZ", _("New Zealand (+64)")),
    ("GB", _("United Kingdom (+44)")),
    ("IE", _("Ireland (+353)")),
    ("DE", _("Germany (+49)")),
    ("FR", _("France (+33)")),
    ("ES", _("Spain (+34)")),
    ("IT", _("Italy (+39)")),
    ("NL", _("Netherlands (+31)")),
    ("US", _("United States (+1)")),
    ("CA", _("Canada (+1)")),
    ("MX", _("Mexico (+52)")),
    ("BR", _("Brazil (+55)")),
    ("ZA", _("South Africa (+27)")),
    ("AE", _("United Arab Emirates (+971)")),
]


class CampaignForm(OfCampaign):
    """What a new campaign needs; the rest has defaults on its page."""

    class Meta:
        model = Campaign
        fields = ("name", "kind", "product", "line_of_business", "script")
        help_texts = {
            "product": _("What is offered or asked about, for example a 12-month instalment plan."),
            "line_of_business": _("Campaigns of one line share its frequency caps and do-not-call entries."),
            "script": _("What the agent says. It can be changed later."),
        }
        error_messages = {"name": {"unique": _("There is already a campaign with this name.")}}
        widgets = {"script": forms.Textarea(attrs={"rows": 5})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        line = self.fields["line_of_business"]
        line.empty_label = _("none")  # type: ignore[attr-defined]


class PacingForm(OfCampaign):
    """How many calls at a time."""

    class Meta:
        model = Campaign
        fields = ("dial_mode", "ratio", "abandon_aim", "cancels_late")
        widgets = {
            "ratio": forms.NumberInput(attrs={"min": 1, "max": 10, "step": "0.1", "inputmode": "decimal"}),
            "abandon_aim": forms.NumberInput(attrs={"min": 0, "max": 10, "step": "0.1", "inputmode": "decimal"}),
        }
        help_texts = {
            "abandon_aim": _("Empty: a little below the limit of each abandon budget. A budget is never aimed above."),
            "cancels_late": _("Only after the least ring time of its compliance profile, and only when predictive."),
        }
        error_messages = {
            "ratio": {
                "min_value": _("At least 1: one call per ready agent."),
                "max_value": _("At most 10. Above that most who answer would find no agent."),
            }
        }

    minutes = forms.TypedChoiceField(
        label=_("For how long"),
        choices=[("", _("for good")), ("15", _("15 minutes")), ("30", _("30 minutes")), ("60", _("one hour"))],
        required=False,
        coerce=int,
        empty_value=None,
        help_text=_("Then everything is as before by itself."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("dial_mode") in (Campaign.DialMode.PROGRESSIVE, Campaign.DialMode.PREDICTIVE):
            cleaned["ratio"] = Decimal(1)
        return cleaned


class SettingsForm(OfCampaign):
    """How long to ring, to wait and to wrap up, and how often to try; when to call is among the rules."""

    class Meta:
        model = Campaign
        fields = ("ring_seconds", "max_wait_seconds", "wrap_up_seconds")

    # Far ends need about 15 s to be heard and answered; beyond 60 s networks give up by themselves.
    ring_seconds = forms.IntegerField(label=_("Ring at most"), min_value=10, max_value=60)
    max_wait_seconds = forms.IntegerField(label=_("An answered person waits at most"), min_value=1, max_value=30)
    wrap_up_seconds = forms.IntegerField(label=_("Wrap-up"), min_value=0, max_value=600)


class AttachForm(forms.Form):
    """A list that is already here, for this campaign too."""

    list = forms.ModelChoiceField(label=_("List"), queryset=ContactList.objects.none())

    def __init__(self, campaign: Campaign, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = ContactList.objects.filter(state=ContactList.State.READY).exclude(campaigns=campaign)
        field = self.fields["list"]
        field.queryset = others  # type: ignore[attr-defined]
        field.empty_label = _("choose a list")  # type: ignore[attr-defined]


class PersonForm(forms.Form):
    """Whom to look for. Sent by POST only: what is typed is personal."""

    who = forms.CharField(
        label=_("Customer id, number or name"),
        max_length=64,
        help_text=_("Whole or in part: the beginning of a customer id, the first or last digits, any part of a name."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    country = forms.ChoiceField(
        label=_("Country of a number without a prefix"),
        choices=[("", _("that of the lists")), *COUNTRIES],
        required=False,
    )


def pacing_sentence(dial_mode: str, ratio: Decimal, max_wait_seconds: int) -> str:
    """What this pacing will do, for four ready agents."""
    if dial_mode == Campaign.DialMode.PREDICTIVE:
        return str(
            _(
                "As many calls as the abandon budget bears: the dialler learns how many people answer and how long "
                "calls last, and dials ahead of agents who will soon be ready."
            )
        )
    if dial_mode == Campaign.DialMode.PROGRESSIVE or ratio <= 1:
        return str(
            _("One call for each ready agent: whoever answers is connected at once, and nobody is abandoned by pacing.")
        )
    calls = int(4 * ratio)
    return ngettext(
        "With 4 ready agents, %(calls)s calls ring at the same time. If more than 4 people answer together, the others "
        "wait up to %(seconds)s second and then hear the message for missed calls.",
        "With 4 ready agents, %(calls)s calls ring at the same time. If more than 4 people answer together, the others "
        "wait up to %(seconds)s seconds and then hear the message for missed calls.",
        max_wait_seconds,
    ) % {"calls": calls, "seconds": max_wait_seconds}

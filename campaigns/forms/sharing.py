"""The form of a campaign's part of shared agents; bounds and their words are checked here and in the database."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class AgentShareForm(forms.Form):
    """Which campaign gets the agents that several share."""

    agent_priority = forms.IntegerField(
        label=_("Priority"),
        min_value=0,
        max_value=9,
        help_text=_("0 to 9. The highest comes first: others get what it has no use for."),
    )
    agent_weight = forms.IntegerField(
        label=_("Weight"),
        min_value=1,
        max_value=100,
        help_text=_("1 to 100. Among equal priorities, twice the weight is twice the agents."),
    )

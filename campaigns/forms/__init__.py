"""Forms of the screens, one module per page: units in the field, sensible defaults, errors that say what to do."""

from __future__ import annotations

from campaigns.forms.campaigns import (
    AttachForm,
    CampaignForm,
    PacingForm,
    PersonForm,
    SettingsForm,
    SuppressionForm,
    UploadForm,
    pacing_sentence,
)
from campaigns.forms.tokens import TokenForm

__all__ = [
    "AttachForm",
    "CampaignForm",
    "PacingForm",
    "PersonForm",
    "SettingsForm",
    "SuppressionForm",
    "TokenForm",
    "UploadForm",
    "pacing_sentence",
]

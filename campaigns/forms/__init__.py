"""Forms of the screens, one module per page: units in the field, sensible defaults, errors that say what to do."""

from __future__ import annotations

from campaigns.forms.campaigns import (
    AttachForm,
    CampaignForm,
    PacingForm,
    PersonForm,
    SettingsForm,
    pacing_sentence,
)
from campaigns.forms.detection import FIELDS as DETECTION_FIELDS
from campaigns.forms.detection import DetectionForm
from campaigns.forms.do_not_call import SuppressionForm
from campaigns.forms.lists import ReadingForm, UploadForm
from campaigns.forms.sharing import AgentShareForm
from campaigns.forms.tokens import TokenForm

__all__ = [
    "DETECTION_FIELDS",
    "AgentShareForm",
    "AttachForm",
    "CampaignForm",
    "DetectionForm",
    "PacingForm",
    "PersonForm",
    "ReadingForm",
    "SettingsForm",
    "SuppressionForm",
    "TokenForm",
    "UploadForm",
    "pacing_sentence",
]

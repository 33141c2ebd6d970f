"""What dialling is made of: servers and trunks, agents and shifts, live calls and the history of attempts."""

from dialer.models.calls import Attempt, AttemptResult, LiveCall
from dialer.models.pbx import Pacing, PbxServer, Pool, Trunk
from dialer.models.people import Agent, Shift, ShiftCampaign, ShiftSpan

__all__ = [
    "Agent",
    "Attempt",
    "AttemptResult",
    "LiveCall",
    "Pacing",
    "PbxServer",
    "Pool",
    "Shift",
    "ShiftCampaign",
    "ShiftSpan",
    "Trunk",
]

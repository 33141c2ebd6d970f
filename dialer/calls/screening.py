"""How a call is to be listened to, decided when it is written down: an edit of the campaign changes no call under way.

A sampled call asks the PBX for an agent whatever the verdict: it is decided here, by the call's id, so that the PBX
need not ask anybody and no call waits for the answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from campaigns.models import Campaign
from campaigns.rules.detection import parameters_of
from dialer.rules.amd import OnMachine, is_sampled
from dialer.rules.detectors import Variables, variables_of


@dataclass(frozen=True, slots=True)
class Screening:
    """`detector` is empty where nobody listens; `variables` is what the PBX is told."""

    detector: str = ""
    on_machine: str = ""
    sampled: bool = False
    variables: Variables = ()


NONE = Screening()


def of(campaign: Campaign, call_id: UUID) -> Screening:
    """What this campaign's settings mean for this call. Reads nothing."""
    if campaign.detector == Campaign.Detectors.OFF:
        return NONE
    wanted = OnMachine(campaign.machine_action)
    sampled = wanted == OnMachine.AGENT or is_sampled(call_id, float(campaign.amd_sample_percent))
    on_machine = OnMachine.AGENT if sampled else wanted
    message = campaign.machine_message if on_machine == OnMachine.MESSAGE else ""
    variables = variables_of(campaign.detector, parameters_of(campaign.detector_parameters), on_machine, message)
    return Screening(campaign.detector, on_machine.value, sampled, variables)

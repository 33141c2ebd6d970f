"""What a campaign's answering-machine detection does, read back in words; and why it switched itself off."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from campaigns.models import Campaign
from campaigns.sentences.parts import clauses


def detection_sentence(
    detector: str,
    machine_action: str,
    machine_message: str,
    amd_sample_percent: Decimal,
    amd_limit_percent: Decimal,
    amd_least_sample: int,
    **_parameters: object,
) -> str:
    """What happens to who answers, what is checked, and when detection ends by itself."""
    if detector == Campaign.Detectors.OFF:
        return _("Nobody listens first: whoever answers goes to an agent at once, machines too.")
    said = [_on_machine(machine_action, machine_message)]
    if machine_action != Campaign.OnMachine.AGENT:
        said.append(_sample(amd_sample_percent))
    if machine_action == Campaign.OnMachine.AGENT or amd_sample_percent:
        said.append(_limit(amd_limit_percent, amd_least_sample))
    return pgettext("the end of a sentence", "%(sentence)s.") % {"sentence": clauses(said)}


def _on_machine(action: str, message: str) -> str:
    if action == Campaign.OnMachine.MESSAGE:
        return _(
            "Answered calls are listened to for some seconds; persons go to an agent, and machines are left the "
            "message “%(message)s” after the beep"
        ) % {"message": message}
    if action == Campaign.OnMachine.AGENT:
        return _("Answered calls are listened to for some seconds; persons and machines go to an agent, persons first")
    return _("Answered calls are listened to for some seconds; persons go to an agent, and machines are hung up on")


def _sample(percent: Decimal) -> str:
    if not percent:
        return _("nobody checks whether machines were persons")
    return _("%(percent)s of 100 machines go to an agent all the same, who says whether they are persons") % {
        "percent": _number(percent)
    }


def _limit(percent: Decimal, least: int) -> str:
    if not percent:
        return _("detection is never switched off by itself")
    return ngettext(
        "once %(n)s was checked, it is switched off when it is certain that more than %(percent)s of 100 machines are "
        "persons",
        "once %(n)s were checked, it is switched off when it is certain that more than %(percent)s of 100 machines are "
        "persons",
        least,
    ) % {"n": least, "percent": _number(percent)}


def fell_back_sentence(why: Mapping[str, Any]) -> str:
    """Why detection was switched off by itself; `why` as dialer.detection.fallback wrote it down."""
    said = {"people": why["people"], "sampled": why["sampled"], "low": _number(Decimal(str(why["low_percent"])))}
    said |= {"limit": _number(Decimal(str(why["limit_percent"]))), "where": why["name"]}
    if why["of"] == "trunk":
        return (
            _(
                "It switched itself off: of %(sampled)s machines checked on the carrier %(where)s, %(people)s were "
                "persons, which means at least %(low)s of 100, and the limit is %(limit)s."
            )
            % said
        )
    if why["of"] == "list":
        return (
            _(
                "It switched itself off: of %(sampled)s machines checked on the list %(where)s, %(people)s were "
                "persons, which means at least %(low)s of 100, and the limit is %(limit)s."
            )
            % said
        )
    return (
        _(
            "It switched itself off: of %(sampled)s machines checked, %(people)s were persons, which means at least "
            "%(low)s of 100, and the limit is %(limit)s."
        )
        % said
    )


def _number(value: Decimal) -> str:
    return number_format(value.normalize() if value else Decimal(0), use_l10n=True) if value % 1 else str(int(value))

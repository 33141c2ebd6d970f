"""What a campaign's part of the agents it shares comes to, beside the campaigns it shares them with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from campaigns.sentences.parts import clauses, first_upper, listed


@dataclass(frozen=True, slots=True)
class Rival:
    """Another campaign that some of the same agents are members of."""

    name: str
    priority: int
    weight: int


def agent_share_sentence(priority: int, weight: int, rivals: Sequence[Rival]) -> str:
    """Whom shared agents are given to first, and which part of them this campaign has among its equals."""
    above = [rival.name for rival in rivals if rival.priority > priority]
    equals = [rival for rival in rivals if rival.priority == priority]
    below = [rival.name for rival in rivals if rival.priority < priority]
    said = []
    if above:
        said.append(
            _("shared agents go to %(names)s first, as long as there is a use for them") % {"names": listed(above)}
        )
    if equals:
        said.append(_part(weight, equals))
    if below:
        said.append(_("it gets shared agents before %(names)s") % {"names": listed(below)})
    sentence = first_upper(clauses(said or [_("it shares no agents with another campaign now")]))
    return pgettext("the end of a sentence", "%(sentence)s.") % {"sentence": sentence}


def _part(weight: int, equals: Sequence[Rival]) -> str:
    weights = [weight, *(rival.weight for rival in equals)]
    unit = gcd(*weights)
    return ngettext(
        "of every %(all)s times that an agent shared with %(names)s is free, %(n)s is for this campaign",
        "of every %(all)s times that an agent shared with %(names)s is free, %(n)s are for this campaign",
        weight // unit,
    ) % {"all": sum(weights) // unit, "names": listed([rival.name for rival in equals]), "n": weight // unit}

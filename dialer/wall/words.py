"""The words of the wall: call states, formulas, what wants attention; what limits a campaign is in campaigns.words.

One table per kind of code, so that a translator finds them together. A code without words is shown as it is.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from campaigns.words import LIMITS, Words, of

__all__ = ["ATTENTION", "CALL_STATES", "FORMULAS", "LIMITS", "of"]

CALL_STATES: Words = {
    "reserved": _("being placed"),
    "placed": _("being placed"),
    "dialing": _("dialling"),
    "ringing": _("ringing"),
    "answered": _("answered"),
    "machine": _("answering machine"),
    "waiting": _("waiting"),
    "assigned": _("being connected"),
    "talking": pgettext_lazy("calls", "talking"),
}

FORMULAS: Words = {
    "attempts": _("calls placed today, those in flight included"),
    "answered": _("calls that somebody answered"),
    "machines": _("calls that an answering machine answered, as far as the detector can tell"),
    "connected": _("answered calls that an agent took"),
    "abandoned": _("answered calls without an agent within 2 s; where a detector listens, 2 s from its verdict"),
    "abandon_rate": _("abandoned / answered"),
    "contact_rate": _("conversations / customers called"),
    "answer_to_agent": _(
        "from the answer to the moment both hear each other: half of the calls, and 99 of 100, are faster"
    ),
    "callable": _("leads that are due now; caps and do-not-call are checked again at the moment of dialling"),
    "utilisation": _("agents who talk or wrap up / agents signed in"),
}

# Why an agent is shown first.
ATTENTION: Words = {
    "phone": _("phone does not come up"),
    "connecting": _("stuck while being connected"),
    "wrap_up_over": _("wrap-up is over its limit"),
    "long_pause": _("long pause"),
    "long_call": _("long call"),
    "long_idle": _("long without a call"),
}

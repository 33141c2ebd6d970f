"""The words of the desk: reasons for a pause, states as an agent reads them, names of tag rows. Codes stay in rows."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# Code stored in Shift.reason → button, in the order of the buttons.
PAUSE_REASONS: dict[str, str | Promise] = {
    "break": _("Break"),
    "lunch": _("Lunch"),
    "training": _("Training"),
    "meeting": _("Meeting"),
    "technical": _("Technical problem"),
}

# Reasons the engine gives when it was not the agent who asked.
OTHER_REASONS: dict[str, str | Promise] = {
    "": _("not ready yet"),
    "signed_in": _("not ready yet"),
    "wrap_up_expired": _("nothing was recorded within the wrap-up time"),
    "phone_lost": _("Your phone was disconnected. Sign in again."),
    "phone_not_answered": _("Your phone did not answer. Check it, then sign in again."),
}

# Ends of a shift the agent did not ask for: said on the sign-in screen.
UNWANTED_ENDS = ("phone_lost", "phone_not_answered")

TAG_ROWS: dict[str, str | Promise] = {
    "social": _("Person"),
    "account": _("Account"),
    "transaction": _("Transactions"),
}

# What the desk says it will do next, by state.
NEXT: dict[str, str | Promise] = {
    "off": _("You are signed out. No calls will reach you."),
    "signing_in": _("Your phone is being called. It answers by itself and then stays connected."),
    "paused": _("No calls will reach you until you press Ready."),
    "ready": _("Ready · next call will connect by itself"),
    "claimed": _("A call is being connected to you now."),
    "talking": _("You are talking."),
    "wrap_up": _("Record what the call came to."),
    "leaving": _("Your phone is being disconnected."),
}


def reason(code: str) -> str:
    """A pause's reason in words; one we do not know is shown as it is."""
    found = PAUSE_REASONS.get(code) or OTHER_REASONS.get(code)
    return str(found) if found is not None else code.replace("_", " ")


def tag_name(key: str) -> str:
    """A column's name as a reader's label: ``card_age`` → ``card age``."""
    return key.replace("_", " ").strip()

"""The words for people of every code the rules and the engine speak in: one sentence part each, translatable.

A code without words is shown as it is, so that a new rule is never silent; tests make sure there are none.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

# Said of a campaign until every engine has seen that it is to stop dialling.
PAUSING = _("pausing…")
STOPPING = _("stopping…")
NO_DISPOSITION = _("nothing said within the wrap-up time")

Words = Mapping[str, "str | Promise"]

# Why a lead is not callable now, or is finished (rules.eligibility, rules.retries).
LEAD_REASONS: Words = {
    "": _("due; every rule is checked again when dialling"),
    "no_phone": _("no phone number"),
    "attempts_used": _("all attempts used"),
    "vacant": _("vacant number"),
    "suspended": _("number suspended"),
    "powered_off": _("phone powered off"),
    "unreachable": _("not reachable"),
    "risk_number": _("risk number"),
    "do_not_call": _("on the do-not-call list"),
    "unknown_zone": _("time zone unknown, so no lawful hour is known"),
    "no_common_hour": _("no hour is lawful in all of the number's time zones"),
    "outside_calling_hours": _("outside calling hours where they live"),
    "callback_expired": _("the callback was not made in time"),
    "campaign_not_begun": _("the campaign has not begun where they live"),
    "campaign_over": _("the campaign is over where they live"),
    "blackout_date": _("a day without calls"),
    "holiday": _("a public holiday where they live"),
    "frequency_cap_reached": _("called as often as allowed"),
    "too_soon": _("too soon after the last call"),
    "same_part_of_day": _("tried in this part of the day already"),
    "in_call": _("in another call at this moment"),
    "talked": _("talked; nothing left to do"),
    "no_disposition": _("talked; the agent recorded nothing"),
    "conversation": _("talked; to be called again"),
    "callback": _("callback promised"),
    "no_answer": _("nobody answered"),
    "busy": _("busy"),
    "rejected": _("call rejected"),
    "invalid_number": _("number does not exist"),
    "congestion": _("network congested"),
    "failed": _("our side failed"),
    "unknown": _("cause unknown"),
    "abandoned": _("answered, but no agent was free"),
    "hung_up": _("hung up before an agent"),
    "cancelled": _("we cancelled the call"),
    "released": _("released without a call"),
}

# What a call came to, where it is not the same as why its lead waits.
OUTCOMES: Words = {**LEAD_REASONS, "conversation": _("talked"), "refusal": _("talked; they refused")}

# Why a row of a file became no contact (rules.numbers, the import).
REJECT_REASONS: Words = {
    "missing": _("no phone number in the row"),
    "malformed": _("not a phone number"),
    "ruined_by_spreadsheet": _("rounded by a spreadsheet (such as 1.38E+10): the digits are lost"),
    "unassigned_range": _("no carrier has been assigned this range"),
    "wrong_line_type": _("a kind of line nobody answers (data-only, premium, …)"),
    "duplicate": _("the same person as an earlier row"),
    "too_many_cells": _("more cells than the header has columns, so they may have shifted"),
    "customer_id_too_long": _("customer id longer than 64 characters"),
    "unknown_time_zone": _("a time zone that is not an IANA name such as Asia/Shanghai"),
}

# Where evidence comes from.
KINDS: Words = {
    "list": _("list"),
    "feed": _("status feed"),
    "lookup": _("lookup"),
    "own_call": _("own call"),
    "disposition": _("agent"),
    "supervisor": _("supervisor"),
}

# By what a person was found (campaigns.search).
FOUND_BY: Words = {
    "customer_id": _("customer id"),
    "number": _("number"),
    "id_begins": _("customer id begins so"),
    "number_begins": _("number begins so"),
    "number_ends": _("number ends so"),
    "name": pgettext_lazy("of a person", "name"),
}

# What keeps a running campaign from starting more calls (dialer.rules.pacing); follows "limited by".
LIMITS: Words = {
    "agents": _("ready agents"),
    "trunk": _("the trunk: all its channels are in use"),
    "calls_per_second": _("the trunk's calls per second"),
    "callable_leads": _("leads: nobody may be called now"),
    "not_started": _("not being started yet"),
    "paused": _("its pause"),
    "pbx_down": _("the PBX, which does not answer"),
    "no_trunk": _("the trunk: none is set up for it"),
    "trunk_failing": _("the trunk: its last calls all failed, the next try is within a minute"),
}


def of(words: Words, code: str) -> str:
    """The words for this code, or the code itself."""
    return str(words.get(code, code.replace("_", " ")))

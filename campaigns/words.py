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
    "wrong_line_type": _("a kind of line nobody answers (data-only, premium, …)"),
    "vacant": _("vacant number"),
    "suspended": _("number suspended"),
    "powered_off": _("phone powered off"),
    "unreachable": _("not reachable"),
    "wrong_number": _("somebody else's number"),
    "risk_number": _("risk number"),
    "do_not_call": _("on the do-not-call list"),
    "no_consent": _("no valid consent on record"),
    "excluding_product": _("holds a product that excludes this one"),
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
    "machine": _("an answering machine"),
    "machine_message": _("an answering machine; our message was left"),
    "cancelled": _("we cancelled the call"),
    "released": _("released without a call"),
    "gone_from_list": _("no longer on the list"),
    "import_undone": _("the import that brought it was undone"),
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
    "required_missing": _("a value that the mapping says every row must have is missing or can't be read"),
    "broken_quote": _("a quotation mark that is never closed, so its cells can't be told apart"),
    "cell_too_long": _("a cell of more than 100,000 characters"),
    "undecodable": _("characters that can't be read in the encoding of the file"),
    "nul_bytes": _("NUL bytes: the row is damaged"),
    "cut_off": _("the file ends in the middle of this row"),
}

# Why a file is read in an encoding (lists.reading.evidence).
ENCODING_EVIDENCE: Words = {
    "chosen": _("somebody chose it"),
    "byte_order_mark": _("the file begins with its byte order mark"),
    "zero_bytes": _("every other byte of plain letters and digits is zero"),
    "ascii": _("only plain letters and digits"),
    "valid_utf8": _("all characters are valid UTF-8"),
    "common_characters": _("in this encoding the characters are those that people use"),
    "workbook": _("a workbook says it itself"),
}

# What a column of a list may be read as (lists.mapping).
MEANINGS: Words = {
    "ignore": _("not read"),
    "customer_id": _("customer id"),
    "name": _("name of the person"),
    "first_name": _("first name"),
    "last_name": _("last name"),
    "phone": _("phone number"),
    "number_status": _("status of the number"),
    "time_zone": _("time zone"),
    "region": _("region"),
    "language": _("language"),
    "products": _("products held"),
    "consent_basis": _("basis of consent"),
    "consent_date": _("date of consent"),
    "consent_source": _("source of consent"),
    "priority": _("priority"),
    "score": _("score"),
    "attribute": _("attribute"),
}

# What a column's meaning was guessed by (lists.mapping.guessing).
MAPPING_EVIDENCE: Words = {
    "": _("chosen by a person"),
    "name": _("by its name"),
    "valid_numbers": _("nearly all cells are phone numbers"),
    "names_of_people": _("nearly all cells are names of people"),
    "time_zones": _("nearly all cells are time zones"),
    "languages": _("nearly all cells are languages"),
    "emails": _("nearly all cells are e-mail addresses"),
    "dates": _("nearly all cells are dates"),
    "amounts": _("nearly all cells are amounts of money"),
    "numbers": _("nearly all cells are numbers"),
    "yes_or_no": _("nearly all cells say yes or no"),
    "nothing": _("neither its name nor its cells say what it is"),
}

# Why a list can't be read by a mapping (lists.mapping).
MAPPING_TROUBLES: Words = {
    "no_phone": _("No column is a phone number. Say which one is."),
    "same_meaning": _("Several columns are said to be the same. Keep one of them."),
    "same_attribute": _("Several columns are said to be the same attribute. Give them different names."),
    "no_such_phone": _("The status belongs to a column that is no phone number. Choose another one."),
    "no_key": _("The attribute has no name. Write one."),
    "too_long": _("The label or name is too long. Write a shorter one."),
    "unknown_code": _("This column has a setting that does not exist. Choose again."),
    "missing_column": _("The file has no such column. Choose a mapping that fits, or map the columns again."),
}

# Why a row of a status feed says nothing (campaigns.feeds), beside what is wrong with its number.
FEED_REASONS: Words = {
    **REJECT_REASONS,
    "no_state": _("no state in the row"),
    "unknown_state": _("a state that is not known"),
    "bad_time": _("not a date or time"),
    "observed_in_future": _("observed in the future"),
    "ends_before_observed": _("holds no longer than until it was observed"),
}

# What sources say of a number (rules.validity.Code).
CODES: Words = {
    "": _("nothing against it"),
    "wrong_line_type": _("wrong line type"),
    "vacant": _("vacant"),
    "suspended": _("suspended"),
    "powered_off": _("powered off"),
    "unreachable": _("not reachable"),
    "wrong_number": _("somebody else's number"),
    "risk_number": _("risk number"),
    "in_service": _("in service"),
    "answered": _("a person answered"),
}

# Where evidence comes from (rules.validity.Kind).
KINDS: Words = {
    "list": _("list"),
    "feed": _("status feed"),
    "lookup": _("lookup"),
    "own_call": _("own call"),
    "disposition": _("agent"),
    "supervisor": _("supervisor"),
}

# What a word of evidence counts for now (whys.numbers.Weight).
WEIGHTS: Words = {
    "decides": _("decides"),
    "holds": _("holds as well"),
    "noted": _("noted"),
    "overruled": _("overruled"),
    "aged": _("aged"),
    "withdrawn": _("taken back with its import"),
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
    "shared_agents": _("ready agents, shared with other campaigns"),
    "trunk": _("the trunk: all its channels are in use"),
    "calls_per_second": _("the trunk's calls per second"),
    "callable_leads": _("leads: nobody may be called now"),
    "hours": _("calling hours: the next people may not be called at this hour"),
    "too_few_agents": _("too few agents: with fewer than 3 one call is dialled for each"),
    "learning": _("its first calls: until 30 have ended one call is dialled for each agent"),
    "abandon_budget": _("the abandon budget: one call is dialled for each agent until there is some left"),
    "unaudited": _("the PBX, which has not said for a while which calls live"),
    "channels": _("its own channels: all are in use"),
    "not_started": _("not being started yet"),
    "paused": _("its pause"),
    "pbx_down": _("the PBX, which does not answer"),
    "no_trunk": _("the trunk: none is set up for it"),
    "trunk_failing": _("the trunk: its last calls all failed, the next try is within a minute"),
}


def of(words: Words, code: str) -> str:
    """The words for this code, or the code itself."""
    return str(words.get(code, code.replace("_", " ")))

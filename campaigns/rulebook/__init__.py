"""What managers do to the rules. Each act, its audit entry and the policy versions it makes are one transaction.

An act that changes nothing leaves no trail and no version. A refusal is a services.Refused whose text is a sentence.
Rules that end are kept, inactive: versions of policies name them.
"""

from campaigns.rulebook.agreed import set_agreement
from campaigns.rulebook.campaign import (
    DAY_MINUTES,
    refuse_hours,
    set_attempts,
    set_callbacks,
    set_disposition_retry,
    set_hours,
    set_profiles,
)
from campaigns.rulebook.lists import boost_list, set_list_order
from campaigns.rulebook.profiles import PROFILES, as_data, confirm_profile, install, load_profiles
from campaigns.rulebook.publishing import BadHours, BadRule, Owner
from campaigns.rulebook.rows import (
    add_abandon_budget,
    add_cap,
    add_gap,
    close_day,
    end_rule,
    open_day,
    restore_rule,
    set_retry,
)

__all__ = [
    "DAY_MINUTES",
    "PROFILES",
    "BadHours",
    "BadRule",
    "Owner",
    "add_abandon_budget",
    "add_cap",
    "add_gap",
    "as_data",
    "boost_list",
    "close_day",
    "confirm_profile",
    "end_rule",
    "install",
    "load_profiles",
    "open_day",
    "refuse_hours",
    "restore_rule",
    "set_agreement",
    "set_attempts",
    "set_callbacks",
    "set_disposition_retry",
    "set_hours",
    "set_list_order",
    "set_profiles",
    "set_retry",
]

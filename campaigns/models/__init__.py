"""What campaigns are made of, one file per idea; the constraints here are the invariants, each with its sentence."""

from campaigns.models.campaigns import Campaign, CampaignList, Disposition, Lead, LineOfBusiness, RetryRule, Sweep
from campaigns.models.compliance import AuditEntry, Decision, Suppression, Touch
from campaigns.models.lists import ContactList, ListEntry, Reject
from campaigns.models.people import Contact, ContactPhone, Phone
from campaigns.models.rules import ClosedDay, ComplianceProfile, FrequencyCap, MinimumGap, PolicyVersion
from campaigns.models.users import ApiToken, User

__all__ = [
    "ApiToken",
    "AuditEntry",
    "Campaign",
    "CampaignList",
    "ClosedDay",
    "ComplianceProfile",
    "Contact",
    "ContactList",
    "ContactPhone",
    "Decision",
    "Disposition",
    "FrequencyCap",
    "Lead",
    "LineOfBusiness",
    "ListEntry",
    "MinimumGap",
    "Phone",
    "PolicyVersion",
    "Reject",
    "RetryRule",
    "Suppression",
    "Sweep",
    "Touch",
    "User",
]

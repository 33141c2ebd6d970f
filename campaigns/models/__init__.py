"""What campaigns are made of, one file per idea; the constraints here are the invariants, each with its sentence."""

from campaigns.models.campaigns import Campaign, CampaignList, Disposition, Lead, LineOfBusiness, RetryRule, Sweep
from campaigns.models.compliance import (
    AuditEntry,
    ConsentEvent,
    Decision,
    ProductEvent,
    Suppression,
    SuppressionFile,
    SuppressionReject,
    Touch,
)
from campaigns.models.lists import (
    ContactBefore,
    ContactList,
    Fate,
    ImportPart,
    LeadBefore,
    ListEntry,
    ListVersion,
    Reject,
    VersionEntry,
)
from campaigns.models.people import Contact, ContactPhone, Phone, Product
from campaigns.models.rules import ClosedDay, ComplianceProfile, FrequencyCap, MinimumGap, PolicyVersion
from campaigns.models.users import User

__all__ = [
    "AuditEntry",
    "Campaign",
    "CampaignList",
    "ClosedDay",
    "ComplianceProfile",
    "ConsentEvent",
    "Contact",
    "ContactBefore",
    "ContactList",
    "ContactPhone",
    "Decision",
    "Disposition",
    "Fate",
    "FrequencyCap",
    "ImportPart",
    "Lead",
    "LeadBefore",
    "LineOfBusiness",
    "ListEntry",
    "ListVersion",
    "MinimumGap",
    "Phone",
    "PolicyVersion",
    "Product",
    "ProductEvent",
    "Reject",
    "RetryRule",
    "Suppression",
    "SuppressionFile",
    "SuppressionReject",
    "Sweep",
    "Touch",
    "User",
    "VersionEntry",
]

"""What every act on the rules ends with: the trail, new policy versions, and the word to engines and pages."""

from __future__ import annotations

import json
from typing import Any

from django.db import transaction
from django.db.models import F

from campaigns import events, policies
from campaigns.models import Campaign, LineOfBusiness, User
from campaigns.services import Refused, audit


class BadHours(Refused):
    """Hours that overlap, end before they begin, or leave no minute to call in."""


class BadRule(Refused):
    """A cap, gap or step that could not be kept."""


Owner = Campaign | LineOfBusiness | None


def set_fields(campaign: Campaign, by: User | None, action: str, **wanted: Any) -> bool:
    campaign.refresh_from_db()
    changes = {field: value for field, value in wanted.items() if getattr(campaign, field) != value}
    if not changes:
        return False
    Campaign.objects.filter(pk=campaign.pk).update(**changes)
    changed_rules(campaign, by, action, {field: json.loads(json.dumps(v, default=str)) for field, v in changes.items()})
    return True


def changed_rules(campaign: Campaign, by: User | None, action: str, trail: dict[str, Any]) -> None:
    audit(by, action, campaign, trail)
    publish(campaign, by)


def publish(owner: Owner, by: User | None) -> None:
    """New versions for everyone the owner's rules bind, and the word to engines and pages."""
    if isinstance(owner, Campaign):
        changed = policies.publish([owner.pk], by)
        owner.refresh_from_db()
    elif isinstance(owner, LineOfBusiness):
        changed = policies.publish(Campaign.objects.filter(line_of_business=owner).values_list("pk", flat=True), by)
    else:
        changed = policies.publish_everyone(by)
    Campaign.objects.filter(pk__in=changed).update(version=F("version") + 1)
    for pk in changed:
        transaction.on_commit(lambda pk=pk: events.changed("campaign", pk), robust=True)  # type: ignore[misc]


def tell(campaign: Campaign) -> None:
    transaction.on_commit(lambda: events.changed("campaign", campaign.pk), robust=True)

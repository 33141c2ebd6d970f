"""Which of a campaign's lists come first (rules.order)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.models import CampaignList, User
from campaigns.rulebook.publishing import BadRule, tell
from campaigns.services import audit


@transaction.atomic
def set_list_order(*, link: CampaignList, priority: int, weight: int, by: User | None) -> bool:
    """Where a list stands among the campaign's: higher priorities first, equal ones mixed by weight."""
    if not (0 <= priority <= 9 and 1 <= weight <= 100):
        raise BadRule(_("The priority is 0 to 9, the weight 1 to 100."))
    rows = CampaignList.objects.filter(pk=link.pk).exclude(priority=priority, weight=weight)
    if not rows.update(priority=priority, weight=weight):
        return False
    audit(by, "campaign.list_order_set", link.campaign, {"list": link.list_id, "priority": priority, "weight": weight})
    tell(link.campaign)
    return True


@transaction.atomic
def boost_list(*, link: CampaignList, until: datetime | None, by: User | None) -> bool:
    """Before all other lists until then, from the next tick on; None ends it."""
    if not CampaignList.objects.filter(pk=link.pk).exclude(boosted_until=until).update(boosted_until=until) and until:
        return False
    until_text = until.isoformat() if until else ""
    audit(by, "campaign.list_boosted", link.campaign, {"list": link.list_id, "until": until_text})
    tell(link.campaign)
    return True

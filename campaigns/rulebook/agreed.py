"""Who may be called at all: the consent a campaign asks for, and the products that exclude."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction
from django.utils.translation import gettext as _

from campaigns import products as held
from campaigns.models import Campaign, User
from campaigns.rulebook.publishing import BadRule, set_fields
from campaigns.rules.consent import Basis

MOST_PRODUCTS = 100


@transaction.atomic
def set_agreement(*, campaign: Campaign, bases: Collection[str], products: Collection[str], by: User | None) -> bool:
    """On which bases people must have agreed (none: nobody needs to), and which products held exclude them.

    Products are written as in lists; those nobody had heard of are known from now on. Raises BadRule.
    """
    if set(bases) - set(Basis):
        raise BadRule(_("Choose bases of consent from those offered."))
    codes = held.know(products)
    if len(codes) > MOST_PRODUCTS:
        raise BadRule(_("At most %(n)s products can exclude.") % {"n": MOST_PRODUCTS})
    wanted = [basis.value for basis in Basis if basis in bases]
    return set_fields(campaign, by, "campaign.agreement_set", consent_bases=wanted, excluded_products=codes)

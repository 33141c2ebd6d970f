"""Products held: kept as lists say, with their history; who holds one that excludes is not called while they do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from campaigns import products, reservation, rulebook
from campaigns.models import Product
from campaigns.products import Holds
from dialer.rules.ids import new_call_id
from tests import build

SAID = {"source": "branch", "reason": "told us", "by": None}


def reserve(campaign, **more):
    with transaction.atomic():
        return reservation.reserve(campaign=campaign, want=10, new_call_id=new_call_id, **more)


def test_a_product_is_told_by_its_code_however_it_is_written():
    assert {products.code_of(text) for text in ("gold card", "Gold  Card ", "ＧＯＬＤ ＣＡＲＤ")} == {"GOLD CARD"}
    assert products.code_of("金卡") == "金卡"


@pytest.mark.django_db
def test_who_holds_an_excluding_product_is_called_once_they_have_given_it_up():
    campaign = build.campaign()
    rulebook.set_agreement(campaign=campaign, bases=[], products=["Cash plan"], by=None)
    lead = build.lead(campaign)
    products.hold(lead.contact, ["cash plan", "Gold card"], **SAID)
    assert reserve(campaign) == []
    lead.refresh_from_db()
    assert (lead.state, lead.reason, lead.inputs) == ("finished", "excluding_product", {"products": ["CASH PLAN"]})

    products.hold(lead.contact, ["Gold card"], **SAID)

    assert len(reserve(campaign, now=timezone.now() + timedelta(seconds=1))) == 1


@pytest.mark.django_db
def test_only_what_changes_is_an_event_and_a_list_read_twice_changes_nothing():
    one, two = build.contact(), build.contact()
    rows = [Holds(one.pk, ["B", "a"], "July.csv"), Holds(two.pk, [])]

    assert (products.hold_many(rows), products.hold_many(rows)) == (1, 0)
    assert products.hold_many([Holds(one.pk, ["b", "c"], "August.csv"), Holds(two.pk, ["c"])]) == 2

    one.refresh_from_db()
    assert one.products == ["B", "C"]
    told = {(e.product, e.held, e.source) for e in products.history(one.pk)}
    assert told == {
        ("A", True, "July.csv"),
        ("B", True, "July.csv"),
        ("A", False, "August.csv"),
        ("C", True, "August.csv"),
    }
    assert dict(Product.objects.values_list("code", "label")) == {"A": "a", "B": "B", "C": "c"}


@pytest.mark.django_db
def test_a_campaign_keeps_its_products_by_their_codes_and_too_many_are_refused():
    campaign = build.campaign()

    rulebook.set_agreement(campaign=campaign, bases=["contract", "explicit"], products=["gold card", " "], by=None)

    campaign.refresh_from_db()
    assert (campaign.consent_bases, campaign.excluded_products) == (["explicit", "contract"], ["GOLD CARD"])
    with pytest.raises(rulebook.BadRule, match="At most 100"):
        rulebook.set_agreement(campaign=campaign, bases=[], products=[f"P{n}" for n in range(101)], by=None)
    with pytest.raises(rulebook.BadRule, match="offered"):
        rulebook.set_agreement(campaign=campaign, bases=["hearsay"], products=[], by=None)

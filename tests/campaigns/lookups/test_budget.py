"""Lookups never cost more than a budget, whoever asks at the same time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from campaigns.lookups import budget
from campaigns.lookups.budget import BudgetSpent, NoBudget
from campaigns.models import AuditEntry, LookupBudget, LookupSpend
from tests import build

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def set_budget(period: str, amount: str, **more: object) -> None:
    budget.set_budget(period=period, amount=Decimal(amount), by=None, **more)  # type: ignore[arg-type]


def spent() -> dict[str, Decimal]:
    return dict(LookupSpend.objects.values_list("budget__period", "spent"))


@pytest.mark.django_db
def test_every_budget_that_holds_is_charged():
    campaign = build.campaign()
    set_budget("day", "10")
    set_budget("month", "100")
    set_budget("campaign", "50", campaign=campaign)

    budget.take(Decimal("2.5"), campaign.pk, NOON)
    budget.take(Decimal("1"), None, NOON)

    assert spent() == {"day": Decimal("3.5"), "month": Decimal("3.5"), "campaign": Decimal("2.5")}


@pytest.mark.django_db
def test_where_one_is_used_up_none_is_charged():
    set_budget("day", "10")
    set_budget("month", "12")
    budget.take(Decimal("10"), None, NOON)

    with pytest.raises(BudgetSpent):
        budget.take(Decimal("3"), None, NOON + timedelta(days=1))

    assert [b.spent for b in budget.left(None, NOON)] == [Decimal(10), Decimal(10)]
    assert [b.left for b in budget.left(None, NOON + timedelta(days=1))] == [Decimal(10), Decimal(2)]


@pytest.mark.django_db
def test_a_day_and_a_month_begin_anew_and_a_campaign_never():
    campaign = build.campaign()
    set_budget("day", "1")
    set_budget("month", "2")
    set_budget("campaign", "3", campaign=campaign)

    days = [NOON, NOON + timedelta(days=1), NOON + timedelta(days=40)]
    for day in days:
        budget.take(Decimal(1), campaign.pk, day)

    with pytest.raises(BudgetSpent):
        budget.take(Decimal(1), campaign.pk, NOON + timedelta(days=80))


@pytest.mark.django_db
def test_what_costs_something_needs_a_budget_and_what_costs_nothing_does_not():
    assert budget.take(Decimal(0), None, NOON) == []
    with pytest.raises(NoBudget):
        budget.take(Decimal("0.01"), None, NOON)


@pytest.mark.django_db
def test_what_was_not_charged_is_given_back():
    set_budget("day", "10")
    accounts = budget.take(Decimal(10), None, NOON)

    budget.give_back(Decimal(10), accounts)

    assert spent() == {"day": Decimal(0)}


@pytest.mark.django_db
def test_a_lowered_budget_holds_at_once_and_leaves_a_trail():
    set_budget("day", "10")
    budget.take(Decimal(5), None, NOON)
    set_budget("day", "5")

    with pytest.raises(BudgetSpent):
        budget.take(Decimal("0.0001"), None, NOON)

    assert budget.set_budget(period="day", amount=Decimal(5), by=None) is False
    assert budget.set_budget(period="day", amount=None, by=None) is True
    assert budget.set_budget(period="day", amount=None, by=None) is False
    actions = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    assert actions == ["lookup_budget.set", "lookup_budget.set", "lookup_budget.ended"]


@pytest.mark.django_db(transaction=True)
def test_of_all_who_take_at_once_only_so_many_get_it_as_there_is():
    """Eight threads take 120 times 0.7 and 1.3 from 60 a day and 45 a month."""
    set_budget("day", "60")
    set_budget("month", "45")
    begin = threading.Barrier(8)

    def takes(thread: int) -> Decimal:
        taken = Decimal(0)
        try:
            begin.wait(timeout=30)
            for turn in range(15):
                cost = Decimal("0.7") if (thread + turn) % 2 else Decimal("1.3")
                try:
                    accounts = budget.take(cost, None, NOON)
                except BudgetSpent:
                    continue
                if turn % 5 == 4:
                    budget.give_back(cost, accounts)
                else:
                    taken += cost
        finally:
            connection.close()
        return taken

    with ThreadPoolExecutor(8) as threads:
        taken = sum(threads.map(takes, range(8)), Decimal(0))

    assert spent() == {"day": taken, "month": taken}
    assert Decimal(44) < taken <= Decimal(45)
    assert LookupBudget.objects.count() == 2

"""What lookups may cost: taken from every budget that holds, by a conditional UPDATE, before a request goes out.

All of them or none, in one transaction; the accounts are taken from in one order, so that no two runs wait for each
other in a circle. What was certainly not charged is given back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from campaigns.models import Campaign, LookupBudget, LookupSpend, User
from campaigns.services import Refused, audit

Period = LookupBudget.Period
EVER = date(1970, 1, 1)
TAKE = """
UPDATE campaigns_lookupspend s SET spent = s.spent + %(cost)s
FROM campaigns_lookupbudget b
WHERE b.id = s.budget_id AND s.id = %(account)s AND s.spent + %(cost)s <= b.amount
"""


class BudgetSpent(Refused):
    """The next request would cost more than is left."""


class NoBudget(Refused):
    """Nobody has said yet what lookups may cost."""


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of a budget in its period at this moment."""

    budget: LookupBudget
    spent: Decimal

    @property
    def left(self) -> Decimal:
        return max(self.budget.amount - self.spent, Decimal(0))


@transaction.atomic
def take(cost: Decimal, campaign_id: int | None, now: datetime) -> list[int]:
    """Charge every budget that holds; returns the accounts charged. Raises BudgetSpent or NoBudget."""
    if not cost:
        return []
    accounts = [_account(budget, now) for budget in _budgets(campaign_id)]
    if not accounts:
        raise NoBudget(_("Say first what lookups may cost: a budget for a day or a month."))
    for account in sorted(accounts):
        with connection.cursor() as cursor:
            cursor.execute(TAKE, {"cost": cost, "account": account})
            if not cursor.rowcount:
                raise BudgetSpent(_("The budget for lookups is used up."))
    return accounts


def give_back(cost: Decimal, accounts: Sequence[int]) -> None:
    """What was taken for a request that was not charged."""
    for account in sorted(accounts):
        LookupSpend.objects.filter(pk=account).update(spent=F("spent") - cost)


def left(campaign_id: int | None, now: datetime) -> list[Left]:
    """What is left of each budget that holds."""
    spent = {
        (row.budget_id, row.begins): row.spent for row in LookupSpend.objects.filter(budget__in=_budgets(campaign_id))
    }
    return [Left(b, spent.get((b.pk, _begins(b.period, now)), Decimal(0))) for b in _budgets(campaign_id)]


@transaction.atomic
def set_budget(*, period: str, amount: Decimal | None, by: User | None, campaign: Campaign | None = None) -> bool:
    """At most so much in each such period (None: no budget); False if that is how it is."""
    rows = LookupBudget.objects.filter(period=period, campaign=campaign)
    if amount is None:
        row, changed = rows.first(), rows.exists()
        if row:
            audit(by, "lookup_budget.ended", row, {"period": period})
            row.delete()
        return changed
    if rows.filter(amount=amount).exists():
        return False
    row, _new = LookupBudget.objects.update_or_create(period=period, campaign=campaign, defaults={"amount": amount})
    audit(by, "lookup_budget.set", row, {"period": period, "amount": str(amount)})
    return True


def _budgets(campaign_id: int | None) -> list[LookupBudget]:
    own = Q(campaign=campaign_id) if campaign_id else Q(pk__in=[])
    return list(LookupBudget.objects.filter(Q(campaign=None) | own).order_by("pk"))


def _account(budget: LookupBudget, now: datetime) -> int:
    row = {"budget": budget, "begins": _begins(budget.period, now)}
    LookupSpend.objects.bulk_create([LookupSpend(**row)], ignore_conflicts=True)
    return LookupSpend.objects.values_list("pk", flat=True).get(**row)


def _begins(period: str, now: datetime) -> date:
    day = now.astimezone(UTC).date()
    return {Period.DAY: day, Period.MONTH: day.replace(day=1)}.get(Period(period), EVER)

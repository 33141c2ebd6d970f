"""Cells that are more than text are read only where they are certain."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.lists import values
from campaigns.lists.values import Type


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12),
        ("-1,234", -1234),
        ("1,234.50", 1234.5),
        ("1.234,50", 1234.5),
        ("1.234.567", 1234567),
        ("12%", 12),
        ("１２", 12),
        ("'12", 12),
        ("1,23", 1.23),
        ("1.234", 1.234),
        ("1e5", None),
        ("12a", None),
        ("", None),
        ("1,2,3", None),
        ("9" * 30, None),
    ],
)
def test_numbers(text: str, number: float | None) -> None:
    assert values.number(text) == number


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("¥1,200.50", 1200.5),
        ("CNY 300", 300),
        ("300元", 300),
        ("5万", 50_000),
        ("1.5万元", 15_000),
        ("$2k", 2000),
        ("(30)", -30),
        ("HK$50", 50),
        ("5%", None),
        ("free", None),
    ],
)
def test_amounts(text: str, amount: float | None) -> None:
    assert values.money(text) == amount


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("2024-01-31", "", date(2024, 1, 31)),
        ("2024/1/31 10:00", "", date(2024, 1, 31)),
        ("20240131", "", date(2024, 1, 31)),
        ("2024年1月31日", "", date(2024, 1, 31)),
        ("2024-01-31T10:00:00+08:00", "", date(2024, 1, 31)),
        ("31/01/2024", "", date(2024, 1, 31)),
        ("01/31/2024", "", date(2024, 1, 31)),
        ("03/04/2024", "", None),
        ("03/04/2024", "day_first", date(2024, 4, 3)),
        ("03/04/2024", "month_first", date(2024, 3, 4)),
        ("05/05/2024", "", date(2024, 5, 5)),
        ("2024-02-30", "", None),
        ("13800138", "", None),
        ("", "", None),
    ],
)
def test_days(text: str, order: str, day: date | None) -> None:
    assert values.day(text, order) == day


def test_one_day_above_twelve_tells_the_order_of_a_column() -> None:
    assert values.order_of(["03/04/2024", "31/01/2024"]) == "day_first"
    assert values.order_of(["03/04/2024", "01/31/2024"]) == "month_first"
    assert values.order_of(["03/04/2024", "2024-01-31"]) == ""


@given(st.text(), st.sampled_from(Type))
def test_no_text_is_too_strange(text: str, kind: Type) -> None:
    assert values.typed(text, kind) is None or isinstance(values.typed(text, kind), str | int | float | bool)
    values.status(text)
    values.basis(text)
    values.priority(text)
    values.products(text, "")

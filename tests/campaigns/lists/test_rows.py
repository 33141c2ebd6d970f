"""What a row says of a person beside their number; nothing of it is guessed, nothing refuses the row unasked."""

from __future__ import annotations

from datetime import date

import pytest

from campaigns import words
from campaigns.lists import rows
from campaigns.lists.columns import understand
from campaigns.lists.details import Consent
from campaigns.lists.mapping import Column, Mapping, Means
from campaigns.lists.reading import Flaw, Row
from campaigns.lists.rows import Person, Refused
from campaigns.rules import numbers


def read(columns: list[Column], cells: list[str]) -> Person:
    found = rows.read(Mapping((Column("phone", Means.PHONE), *columns)).layout(), ["13800138000", *cells], "CN")
    assert isinstance(found, Person)
    return found


def test_products_are_told_apart_by_what_separates_them() -> None:
    assert read([Column("p", Means.PRODUCTS)], ["信用卡；理财, 贷款;信用卡"]).products == ("信用卡", "理财", "贷款")
    assert read([Column("p", Means.PRODUCTS, separator="+")], ["a,b + c"]).products == ("a,b", "c")
    assert read([Column("p", Means.PRODUCTS)], [""]).products == ()


CONSENT = [Column("b", Means.CONSENT_BASIS), Column("d", Means.CONSENT_DATE), Column("s", Means.CONSENT_SOURCE)]


@pytest.mark.parametrize(
    ("cells", "consent", "doubts"),
    [
        (["同意", "2024-03-01", "app"], Consent("explicit", date(2024, 3, 1), "app"), ()),
        (["contract", "", ""], Consent("contract"), ()),
        (["不同意", "2024-03-01", "app"], Consent("", date(2024, 3, 1), "app"), ()),
        (["", "2024-03-01", "app"], None, ()),
        (["maybe", "2024-03-01", "app"], None, ("b",)),
        (["yes", "03/04/2024", ""], Consent("explicit"), ("d",)),
    ],
)
def test_a_consent_is_one_that_the_list_is_clear_about(
    cells: list[str], consent: Consent | None, doubts: tuple[str, ...]
) -> None:
    person = read(CONSENT, cells)

    assert (person.consent, person.doubts) == (consent, doubts)


def test_a_date_of_consent_alone_is_that_of_an_explicit_one() -> None:
    assert read(CONSENT[1:], ["2024年3月1日", "branch"]).consent == Consent("explicit", date(2024, 3, 1), "branch")
    assert read(CONSENT[1:], ["", "branch"]).consent is None


def test_the_order_of_days_and_months_may_be_said() -> None:
    column = Column("d", Means.CONSENT_DATE, date_order="day_first")

    assert read([column], ["03/04/2024"]).consent == Consent("explicit", date(2024, 4, 3))


def test_priority_and_score_are_whole_numbers() -> None:
    columns = [Column("p", Means.PRIORITY), Column("s", Means.SCORE)]

    assert read(columns, ["高", "87"])[-3:] == (1, 87, ())
    assert read(columns, ["3", "0.5"])[-3:] == (3, None, ("s",))
    assert read(columns, ["", ""])[-3:] == (None, None, ())


@pytest.mark.parametrize(
    ("text", "status", "doubts"),
    [
        ("空号", "vacant", ()),
        ("停机", "suspended", ()),
        ("Powered Off", "powered_off", ()),
        ("风险号码", "risk_number", ()),
        ("正常", "in_service", ()),
        ("", "", ()),
        ("红色", "", ("st",)),
    ],
)
def test_a_list_may_say_the_state_of_a_number(text: str, status: str, doubts: tuple[str, ...]) -> None:
    columns = [Column("second", Means.PHONE), Column("st", Means.NUMBER_STATUS, phone="second")]

    person = read(columns, ["13900139000", text])

    assert [phone.status for phone in person.phones] == ["", status]
    assert person.doubts == doubts


def test_an_attribute_has_a_type_and_keeps_the_text_that_is_none_of_it() -> None:
    columns = [
        Column("limit", Means.ATTRIBUTE, group="account", key="limit", type="money"),
        Column("since", Means.ATTRIBUTE, group="account", key="since", type="date"),
        Column("vip", Means.ATTRIBUTE, key="vip", type="yes_no"),
        Column("n", Means.ATTRIBUTE, key="n", type="number"),
        Column("skip", Means.IGNORE),
    ]

    person = read(columns, ["¥12,000.50", "2024/1/31", "是", "many", "x"])

    assert person.attributes == {
        "account": {"limit": 12000.5, "since": "2024-01-31"},
        "other": {"vip": True, "n": "many"},
    }
    assert person.doubts == ("n",)


def test_a_value_that_every_row_must_have_refuses_the_row_that_has_none() -> None:
    columns = (Column("phone", Means.PHONE), Column("n", Means.ATTRIBUTE, key="n", type="number", required=True))
    layout = Mapping(columns).layout()

    assert isinstance(rows.read(layout, ["13800138000", "5"], "CN"), Person)
    for text in ("", " ", "many"):
        assert rows.read(layout, ["13800138000", text], "CN") == Refused("required_missing", "n", text.strip())


def test_a_damaged_row_is_refused_for_what_is_wrong_with_it() -> None:
    row = Row(7, ['"Ann,1380'], Flaw.BROKEN_QUOTE)

    assert rows.read_row(understand(["name", "phone"]), row, "CN") == Refused("broken_quote", "", '"Ann,1380')


def test_without_a_mapping_what_a_list_says_more_is_kept_as_an_attribute_as_well() -> None:
    layout = understand(["phone", "priority", "持有产品", "手机状态"])

    person = rows.read(layout, ["13800138000", "2", "A;B", "空号"], "CN")

    assert isinstance(person, Person)
    assert (person.priority, person.products, person.phones[0].status) == (2, ("A", "B"), "vacant")
    assert person.attributes == {"other": {"priority": "2", "持有产品": "A;B", "手机状态": "空号"}}


def test_every_reason_has_words() -> None:
    assert {*rows.Reason, *numbers.Reason, *Flaw} <= set(words.REJECT_REASONS)

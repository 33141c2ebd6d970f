"""What columns are read as: guessed, checked, kept, and put on the next file of the same source."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from campaigns import words
from campaigns.lists.mapping import Column, Mapping, Means, NoMapping, Problem, Trouble, check, fit
from campaigns.lists.mapping.guessing import Why, guess
from campaigns.lists.mapping.preview import preview
from campaigns.lists.rows import Person, Refused
from tests.campaigns.lists.reading.making import read

HEADER = (
    "客户号",
    "姓名",
    "手机号",
    "手机状态",
    "账户.额度",
    "开户日",
    "VIP",
    "紧急联系人电话",
    "持有产品",
    "同意日期",
    "note",
)
ROWS = [
    ["C1", "王芳", "13800138000", "正常", "5万", "2024-01-31", "是", "13900139000", "A;B", "2024/3/1", "x"],
    ["C2", "李雷", "13700137000", "空号", "12,000.50", "2023/12/01", "否", "13900139001", "", "", "y"],
    ["C3", "张伟", "13600136000", "停机", "800", "20230501", "否", "13900139002", "A", "", ""],
]


def meanings(mapping: Mapping) -> dict[str, tuple[str, str]]:
    return {column.name: (column.means, column.why) for column in mapping.columns}


def test_names_are_understood_and_content_says_the_rest() -> None:
    mapping = guess(HEADER, ROWS, "CN")

    assert meanings(mapping) == {
        "客户号": (Means.CUSTOMER_ID, Why.NAME),
        "姓名": (Means.NAME, Why.NAME),
        "手机号": (Means.PHONE, Why.NAME),
        "手机状态": (Means.NUMBER_STATUS, Why.NAME),
        "账户.额度": (Means.ATTRIBUTE, Why.AMOUNTS),
        "开户日": (Means.ATTRIBUTE, Why.DATES),
        "VIP": (Means.ATTRIBUTE, Why.YES_OR_NO),
        "紧急联系人电话": (Means.ATTRIBUTE, Why.NOTHING),
        "持有产品": (Means.PRODUCTS, Why.NAME),
        "同意日期": (Means.CONSENT_DATE, Why.NAME),
        "note": (Means.ATTRIBUTE, Why.NOTHING),
    }
    assert check(mapping) == []


def test_a_file_without_names_is_understood_by_its_content(tmp_path: Path) -> None:
    sheet = read(
        tmp_path, "1,欧阳晓,13800138000,Asia/Shanghai,zh,a@b.cn\n2,王芳,+1 212 555 0123,Asia/Shanghai,en,c@d.cn\n"
    )

    mapping = guess(sheet.header, [row.cells for row in sheet.sample()], "CN")

    assert [column.means for column in mapping.columns] == [
        Means.ATTRIBUTE,
        Means.NAME,
        Means.PHONE,
        Means.TIME_ZONE,
        Means.LANGUAGE,
        Means.ATTRIBUTE,
    ]
    assert mapping.columns[5].why == Why.EMAILS
    assert all(column.confidence < 1 for column in mapping.columns)
    assert sheet.layout.phones[0].index == 2


@pytest.mark.parametrize(
    "name", ["紧急联系人", "担保人手机", "配偶联系电话号", "客户经理", "emergency contact", "Spouse", "身份证号"]
)
def test_a_number_somebody_else_answers_is_never_guessed_to_be_the_customers(name: str) -> None:
    mapping = guess(["编码", name], [["C1", "13800138000"], ["C2", "13900139000"]], "CN")

    assert mapping.columns[1].means == Means.ATTRIBUTE
    assert check(mapping) == [Problem(Trouble.NO_PHONE)]


def test_content_makes_no_phone_of_a_column_where_a_name_says_which_it_is() -> None:
    mapping = guess(["phone", "reference"], [["13800138000", "13900139000"]], "CN")

    assert [column.means for column in mapping.columns] == [Means.PHONE, Means.ATTRIBUTE]


def test_of_two_columns_that_say_the_same_one_is_kept_as_an_attribute() -> None:
    mapping = guess(["phone", "phone", "cif", "客户号", "note", "note"], [["13800138000"] * 6], "CN")

    assert [column.means for column in mapping.columns] == [Means.PHONE] * 2 + [Means.CUSTOMER_ID] + [
        Means.ATTRIBUTE
    ] * 3
    assert [column.key for column in mapping.columns[3:]] == ["客户号", "note", "note 2"]
    assert check(mapping) == []


def test_a_code_is_no_number() -> None:
    mapping = guess(["phone", "branch", "card"], [["13800138000", "0012", "6222021234567890123"]], "CN")

    assert [column.type for column in mapping.columns[1:]] == ["text", "text"]


def test_a_mapping_is_kept_as_json_and_found_again() -> None:
    mapping = guess(HEADER, ROWS, "CN")

    assert Mapping.from_json(mapping.as_json()) == mapping
    assert mapping.as_json()["version"] == 1


@pytest.mark.parametrize(
    "known",
    [
        None,
        [],
        {},
        {"version": 2, "columns": []},
        {"version": 1},
        {"version": 1, "columns": ["x"]},
        {"version": 1, "columns": [{"name": 5}]},
    ],
)
def test_what_is_no_mapping_is_refused(known: object) -> None:
    with pytest.raises(NoMapping):
        Mapping.from_json(known)


PHONE = Column("p", Means.PHONE)


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ([Column("n", Means.NAME)], Problem(Trouble.NO_PHONE)),
        ([PHONE, Column("a", Means.NAME), Column("b", Means.NAME)], Problem(Trouble.SAME_MEANING, ("a", "b"))),
        (
            [PHONE, Column("a", Means.ATTRIBUTE, key="k"), Column("b", Means.ATTRIBUTE, key="k")],
            Problem(Trouble.SAME_ATTRIBUTE, ("a", "b")),
        ),
        ([PHONE, Column("s", Means.NUMBER_STATUS, phone="q")], Problem(Trouble.NO_SUCH_PHONE, ("s",))),
        ([PHONE, Column("a", Means.ATTRIBUTE)], Problem(Trouble.NO_KEY, ("a",))),
        ([replace(PHONE, label="x" * 33)], Problem(Trouble.TOO_LONG, ("p",))),
        ([PHONE, Column("a", "x")], Problem(Trouble.UNKNOWN_CODE, ("a",))),
        ([PHONE, Column("a", Means.ATTRIBUTE, key="k", group="x")], Problem(Trouble.UNKNOWN_CODE, ("a",))),
    ],
)
def test_a_mapping_that_can_not_be_read_by_says_why(columns: list[Column], problem: Problem) -> None:
    assert check(Mapping(tuple(columns))) == [problem]


def test_a_mapping_is_put_on_a_file_whose_columns_stand_in_another_order() -> None:
    mapping = Mapping((Column("a", Means.NAME), PHONE, Column("z", Means.IGNORE)))

    fitted, problems = fit(mapping, ["p", "new", "a"])
    assert [column.means for column in fitted.columns] == [Means.PHONE, Means.IGNORE, Means.NAME]
    assert problems == []
    assert fit(mapping, ["p"])[1] == [Problem(Trouble.MISSING_COLUMN, ("a",))]


def test_phones_are_tried_in_the_order_that_was_said() -> None:
    mapping = Mapping((replace(PHONE, order=2), Column("q", Means.PHONE, order=1), Column("s", Means.NUMBER_STATUS)))

    layout = mapping.layout()

    assert [phone.index for phone in layout.phones] == [1, 0]
    assert layout.statuses[0].phone == 1


def test_a_preview_shows_rows_as_they_will_be_read(tmp_path: Path) -> None:
    sheet = read(tmp_path, 'a,b\n王芳,13800138000\n李雷,1.38E+10\n"x,1\n' + "韩梅,13700137000\n" * 30)
    mapping = Mapping((Column("a", Means.NAME), Column("b", Means.PHONE)))

    shown = preview(sheet, mapping, "CN")

    assert len(shown) == 20
    assert isinstance(shown[0].read, Person) and shown[0].read.name == "王芳"
    assert shown[1].read == Refused("ruined_by_spreadsheet", "b", "1.38E+10")
    assert isinstance(shown[2].read, Refused) and shown[2].read.reason == "broken_quote"
    assert (shown[1].no, shown[1].cells) == (3, ("李雷", "1.38E+10"))


def test_every_code_has_words() -> None:
    assert set(Means) <= set(words.MEANINGS)
    assert set(Trouble) <= set(words.MAPPING_TROUBLES)
    assert set(Why) <= set(words.MAPPING_EVIDENCE)

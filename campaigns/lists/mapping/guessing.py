"""The mapping a list most likely has, from the names of its columns and from what is in them.

A name we know decides. Else content does, where nearly all cells agree; but a column that only looks like numbers is
taken for a phone only where no name says which is, and never when its name says that somebody else answers it: a
guarantor's number would be called for the customer's debts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from enum import StrEnum
from functools import cache
from itertools import count
from zoneinfo import available_timezones

from campaigns.lists import columns, values
from campaigns.lists.mapping import SEVERAL, Column, Mapping, Means
from campaigns.lists.values import Type
from campaigns.rules import numbers
from campaigns.rules.numbers import Number

NOBODY = Column("", Means.IGNORE)
NEARLY_ALL = 0.8
LOOKED_AT = 200
SOMEBODY_ELSE = re.compile(
    "紧急|担保|配偶|家属|亲属|推荐人|介绍人|经理|坐席|员工|第二联系|emergency|guarantor|spouse|referr|manager|staff|relative"
    "|next.?of.?kin|身份证|证件|卡号|账号|帐号|account|id.?card|passport",
    re.IGNORECASE,
)
SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭"
    "陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤欧司上诸"
    "張劉陳楊黃趙吳孫馬羅鄭謝許韓馮鄧蕭葉蘇呂盧鍾譚陸範賈韋鄒龍賀顧龔萬錢嚴湯歐"
)
_HAN_NAME = re.compile(r"[\u4e00-\u9fff]{2,4}")
_LATIN_NAME = re.compile(r"[^\W\d_][\w.'’-]*(?: [^\W\d_][\w.'’-]*){1,3}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[a-zA-Z]{2,}")
# Digits that begin with a zero or are many are a code: as a number they would be another text.
_CODE = re.compile(r"\+|-?0\d|\d{10}")
_DIGITS = re.compile(r"'?\+?[\d ()-]{7,20}")


class Why(StrEnum):
    """What a column was guessed by; the words are in campaigns.words."""

    NAME = "name"
    VALID_NUMBERS = "valid_numbers"
    NAMES_OF_PEOPLE = "names_of_people"
    TIME_ZONES = "time_zones"
    LANGUAGES = "languages"
    EMAILS = "emails"
    DATES = "dates"
    AMOUNTS = "amounts"
    NUMBERS = "numbers"
    YES_OR_NO = "yes_or_no"
    NOTHING = "nothing"


Test = tuple[Means, Why, Callable[[str], object]]


def guess(header: Sequence[str], sample: Sequence[Sequence[str]], default_country: str = "") -> Mapping:
    """The mapping of a file whose first rows are `sample`; national numbers are read as of `default_country`."""
    cells = [_cells(sample, index) for index in range(len(header))]
    found = [_by_name(name, below) for name, below in zip(header, cells, strict=True)]
    has_phone = any(column.means == Means.PHONE for column in found)
    for index, column in enumerate(found):
        if column.why == Why.NOTHING and cells[index]:
            tests = _tests(column.name, has_phone, {other.means for other in found}, default_country)
            found[index] = _by_content(column, cells[index], tests)
    return Mapping(tuple(_each_once(found)))


@cache
def _zones() -> set[str]:
    """Reading them anew for each cell was nearly all the time of a guess."""
    return available_timezones()


def _cells(sample: Sequence[Sequence[str]], index: int) -> list[str]:
    return [row[index].strip() for row in sample[:LOOKED_AT] if len(row) > index and row[index].strip()]


def _by_name(name: str, cells: list[str]) -> Column:
    known = Column(name, Means.IGNORE, date_order=values.order_of(cells), why=Why.NAME, confidence=1.0)
    if field := columns.field_of(name):
        return replace(known, means=Means(field))
    if (label := columns.phone_label(name)) is not None:
        return replace(known, means=Means.PHONE, label=label, date_order="")
    if columns.is_products(name):
        return replace(known, means=Means.PRODUCTS)
    if columns.is_status(name):
        return replace(known, means=Means.NUMBER_STATUS)
    group, key = columns.attribute_of(name)
    return replace(known, means=Means.ATTRIBUTE, group=group, key=key, why=Why.NOTHING, confidence=0.0)


def _tests(name: str, has_phone: bool, taken: set[str], country: str) -> list[Test]:
    """What the column may be, with what tells each of its cells; nothing that another column is by its name."""
    found: list[Test] = []
    if not has_phone and not SOMEBODY_ELSE.search(name):
        found.append((Means.PHONE, Why.VALID_NUMBERS, lambda cell: _is_phone(cell, country)))
    if not taken & {Means.NAME, Means.FIRST_NAME, Means.LAST_NAME} and not SOMEBODY_ELSE.search(name):
        found.append((Means.NAME, Why.NAMES_OF_PEOPLE, _is_name))
    if Means.TIME_ZONE not in taken:
        found.append((Means.TIME_ZONE, Why.TIME_ZONES, lambda cell: cell in _zones()))
    if Means.LANGUAGE not in taken:
        found.append((Means.LANGUAGE, Why.LANGUAGES, lambda cell: cell.lower() in values.LANGUAGE_OF))
    return found


def _by_content(column: Column, cells: list[str], tests: Sequence[Test]) -> Column:
    for means, why, fits in tests:
        if (share := _share(cells, fits)) >= NEARLY_ALL:
            return replace(column, means=means, group=columns.OTHER_GROUP, key="", why=why, confidence=_sure(share))
    return _typed(column, cells)


def _typed(column: Column, cells: list[str]) -> Column:
    """The attribute with the type of its values."""
    order = column.date_order
    types: list[tuple[Type, Why, Callable[[str], object]]] = [
        (Type.DATE, Why.DATES, lambda cell: values.day(cell, order)),
        (Type.YES_NO, Why.YES_OR_NO, lambda cell: values.yes_or_no(cell) is not None and not cell.isdigit()),
        (Type.NUMBER, Why.NUMBERS, lambda cell: values.number(cell) is not None and not _CODE.match(cell)),
        (Type.MONEY, Why.AMOUNTS, lambda cell: values.money(cell) is not None and not _CODE.match(cell)),
    ]
    for kind, why, fits in types:
        if (share := _share(cells, fits)) >= NEARLY_ALL:
            return replace(column, type=kind, why=why, confidence=_sure(share))
    if _share(cells, _EMAIL.fullmatch) >= NEARLY_ALL:
        return replace(column, why=Why.EMAILS, confidence=_sure(1))
    return column


def _share(cells: list[str], fits: Callable[[str], object]) -> float:
    return sum(bool(fits(cell)) for cell in cells) / len(cells)


def _sure(share: float) -> float:
    """Content never makes as sure as a name."""
    return round(share * NEARLY_ALL, 2)


def _is_phone(cell: str, country: str) -> bool:
    if country or cell.startswith("+"):
        return isinstance(numbers.check(cell, country), Number)
    return bool(_DIGITS.fullmatch(cell)) and 7 <= sum(map(str.isdigit, cell)) <= 15


def _is_name(cell: str) -> bool:
    if _HAN_NAME.fullmatch(cell):
        return cell[0] in SURNAMES
    return bool(_LATIN_NAME.fullmatch(cell)) and cell == cell.title()


def _each_once(found: list[Column]) -> Iterator[Column]:
    """Of columns that say the same only the surest keeps its meaning; the others are attributes."""
    best: dict[str, Column] = {}
    for column in found:
        if column.means not in SEVERAL and column.confidence > best.get(column.means, NOBODY).confidence:
            best[column.means] = column
    keys: set[tuple[str, str]] = set()
    for column in found:
        if column.means not in SEVERAL and best[column.means] is not column:
            group, key = columns.attribute_of(column.name)
            column = replace(column, means=Means.ATTRIBUTE, group=group, key=key)
        if column.means == Means.ATTRIBUTE:
            column = replace(column, key=_free(column, keys))
            keys.add((column.group, column.key))
        yield column


def _free(column: Column, keys: set[tuple[str, str]]) -> str:
    """The key, with a number behind it where another column has it."""
    tries = (column.key if time == 1 else f"{column.key} {time}" for time in count(1))
    return next(key for key in tries if (column.group, key) not in keys)

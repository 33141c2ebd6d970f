"""Made-up people for pictures: always the same ones, with numbers of a range nobody is given."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Sequence

HEADER = ("客户号", "姓名", "手机号", "备用电话", "省份", "信用额度", "备注")
FAMILIES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国晓婷子涵思雨浩然"
PROVINCES = ("江苏", "浙江", "广东", "四川", "山东", "湖北", "福建", "河南")
NOTES = ("", "", "", "下午联系", "已办分期", "偏好短信", "老客户")
Person = list[str]


def some(count: int) -> list[Person]:
    draw = random.Random(20)
    return [_person(draw, n) for n in range(count)]


def _person(draw: random.Random, n: int) -> Person:
    name = draw.choice(FAMILIES) + "".join(draw.sample(GIVEN, draw.choice((1, 2, 2))))
    second = f"1390000{n:04d}" if n % 9 == 0 and n < 10_000 else ""
    limit = str(draw.randrange(5, 200) * 1000)
    return [
        f"HB{100_000 + n}",
        name,
        str(13_800_000_000 + n),
        second,
        draw.choice(PROVINCES),
        limit,
        draw.choice(NOTES),
    ]


def dirty(people: list[Person]) -> list[Person]:
    """As such files come: every 40th row is no number, every 31st is there twice."""
    rows: list[Person] = []
    for n, person in enumerate(people):
        if n % 40 == 7:
            person = [*person[:2], ("无", "1380013", "0000", "12345678901234567")[n // 40 % 4], *person[3:]]
        rows += [person, person] if n % 31 == 5 else [person]
    return rows


def next_month(people: list[Person]) -> list[Person]:
    """Some have gone, some have another limit, some are new."""
    kept = [person for n, person in enumerate(people) if n % 12]
    changed = [[*p[:5], str(int(p[5]) + 20_000), p[6]] if n % 7 == 0 else p for n, p in enumerate(kept)]
    draw = random.Random(21)
    return changed + [_person(draw, n) for n in range(5_000, 5_180)]


def ruined(people: list[Person]) -> list[Sequence[object]]:
    """As a spreadsheet leaves it: numbers as figures, some of them rounded for good, long ids cut to 15 digits."""
    rows: list[Sequence[object]] = [("customer id", "name", "phone", "limit")]
    for n, person in enumerate(people):
        phone: object = float(person[2])
        if n % 6 == 2:
            phone = "1.38E+10"
        elif n % 6 == 4:
            phone = f"'{person[2]}"
        customer: object = 6.2258801234567e17 + n * 1e4 if n % 15 == 9 else person[0]
        rows.append((customer, person[1], phone, float(person[5])))
    return rows


def table(people: Sequence[Sequence[str]], encoding: str) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([HEADER, *people])
    return out.getvalue().encode(encoding)

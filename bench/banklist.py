"""A list as a bank sends it: names in two languages, twelve columns, and every kind of dirt, the same in every run."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from pathlib import Path

HEADER = (
    "customer id",
    "name",
    "mobile",
    "office phone",
    "language",
    "region",
    "social.age_band",
    "account.limit",
    "account.card",
    "transaction.habit",
    "score",
    "note",
)
KNOWN, DIRTY, DOUBLE = 0.2, 0.05, 0.1
SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林高罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英建华玉兰志新文"
FIRST = ("Ada", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gwen", "Hugo", "Iris", "Jon", "Kim", "Leo", "Maya", "Nils")
LAST = ("Archer", "Baker", "Carter", "Dyer", "Fisher", "Mason", "Potter", "Sawyer", "Tanner", "Weaver")
MOBILE = ("138", "139", "150", "159", "188", "187", "136", "135", "177", "186")
AREAS = ("212", "305", "415", "702", "312", "617", "206", "512")
PROVINCES = ("江苏", "浙江", "广东", "北京", "上海", "四川", "湖北", "山东")
# What becomes of a good row to make it a bad one.
BAD_NUMBERS = ("12345", "1.38E+10", "", "+19005550199", "20000138000", "not given", "138001380001234567")
ODD_SPELLINGS = ("{}", "'{}", " {} ", "+86 {}", "0086{}", "86-{}", "({})", "{}.0")


def write(path: Path, rows: int, people: int, seed: int = 4) -> None:
    """`rows` rows; every fifth of a person among the first `people` who are known already as B1, B2 …."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        writer.writerows(_rows(rows, people, random.Random(seed)))


def _rows(rows: int, people: int, draw: random.Random) -> Iterator[list[str]]:
    recent: list[list[str]] = []
    known = draw.sample(range(1, people + 1), min(int(rows * KNOWN) + 1, people))
    for n in range(rows):
        luck = draw.random()
        if recent and luck < DOUBLE:
            yield recent[int(luck * 1e6) % len(recent)]
            continue
        row = _person(draw, n, known)
        if luck > 1 - DIRTY:
            row[2], row[3] = draw.choice(BAD_NUMBERS), ""
        elif n % 97 == 0:
            recent = [*recent[-999:], row]
        yield row


def _person(draw: random.Random, n: int, known: list[int]) -> list[str]:
    chinese = draw.random() < 0.7
    customer = f"B{known.pop()}" if known and draw.random() < KNOWN else f"N{n}"
    name = (
        draw.choice(SURNAMES) + draw.choice(GIVEN) + draw.choice(GIVEN)
        if chinese
        else f"{draw.choice(FIRST)} {draw.choice(LAST)}"
    )
    mobile = draw.choice(MOBILE) + f"{draw.randrange(10**8):08d}"
    if draw.random() < 0.1:
        mobile = draw.choice(ODD_SPELLINGS).format(mobile)
    office = f"+1 {draw.choice(AREAS)} {draw.randrange(200, 999)} {draw.randrange(10**4):04d}"
    return [
        customer,
        name,
        mobile,
        office if draw.random() < 0.1 else "",
        "zh" if chinese else "en",
        draw.choice(PROVINCES),
        draw.choice(("18-29", "30-39", "40-49", "50-59", "60+")),
        str(draw.randrange(5, 100) * 1000),
        draw.choice(("gold", "silver", "platinum")),
        draw.choice(("monthly", "一次性", "instalments, often")),
        str(draw.randrange(101)),
        draw.choice(("", "", "VIP", "prefers mornings", "上午联系")),
    ]

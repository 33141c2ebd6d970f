"""The demo's list: 500 people who do not exist, with numbers kept for fiction, and a few rows as dirty as real ones.

Numbers are of ranges that regulators keep for films and books and that are valid in form: NANP 555-0100 to 0199, and
Ofcom's, ARCEP's and BNetzA's for London, Paris and Berlin. The demo's carrier answers by the last two digits: 01 to 14
each behave in a way of their own, all others are drawn anew at each call. The list is the same at every seed.
"""

from __future__ import annotations

import csv
import random
from io import StringIO

PEOPLE = 500


def _words(text: str) -> list[str]:
    return text.split()


HEADER = _words(
    "customer_id name mobile home_phone language social.age_band social.region social.occupation account.card "
    "account.card_age account.credit_limit account.limit_used transaction.last_large_purchase "
    "transaction.earlier_instalments transaction.monthly_spend"
)

SURNAMES = _words("王 李 张 刘 陈 杨 赵 黄 周 吴 徐 孙 胡 朱 高 林 何 郭 马 罗")
GIVEN = _words("伟 芳 娜 敏 静 秀英 丽 强 磊 洋 艳 勇 军 杰 娟 涛 明 超 秀兰 霞 平 刚 桂英 晓雨 子涵 一诺 浩然 雨桐")
FIRST = _words("Amelia Oliver Grace Noah Maya Leo Hannah Ethan Zoe Lucas Ivy Daniel Nora Samuel Clara Adam Ruth Felix")
LAST = _words("Archer Bennett Clarke Dawson Ellis Foster Grant Hughes Irving Jarvis Keller Lowe Mercer Nolan Porter")

AREAS = (212, 213, 303, 305, 310, 312, 404, 415, 512, 602, 617, 702, 713, 718, 786, 808, 907, 972, 416, 604)
# Endings drawn at each call, and those that bring what a list always has: good numbers, dead ones, machines.
MIXED_ENDINGS = tuple(f"{n:02}" for n in (0, *range(15, 100)))
ENDINGS = MIXED_ENDINGS + ("01",) * 14 + ("03", "04", "05", "06", "08", "11")

AGE_BANDS = ("18–25", "26–35", "36–45", "46–55", "56–65")
REGIONS = ("Harbour District", "Old Town", "Riverside", "North Hills", "University Quarter", "West Bay")
OCCUPATIONS = ("teacher", "engineer", "nurse", "self-employed", "civil servant", "sales", "retired", "student")
CARDS = ("Classic", "Gold", "Platinum", "Travel", "Young")
PURCHASES = ("home appliances", "flight tickets", "tuition", "furniture", "phone", "medical care", "car repair")


def csv_text(people: int = PEOPLE, seed: int = 20) -> str:
    """The list as a file: `people` good rows, with dirty ones among them."""
    draw = random.Random(seed)
    rows = [_person(draw, n, phone) for n, phone in enumerate(_numbers(draw, people), start=1)]
    for place, row in _dirty(rows):
        rows.insert(min(place, len(rows)), row)
    out = StringIO()
    csv.writer(out).writerows([HEADER, *rows])
    return out.getvalue()


def _numbers(draw: random.Random, count: int) -> list[str]:
    """Fictional numbers, none twice: nine in ten of North America, the rest of Europe."""
    numbers: list[str] = []
    taken: set[str] = set()
    while len(numbers) < count:
        ending = draw.choice(ENDINGS)
        number = _american(draw, ending) if draw.random() < 0.9 else _european(draw, ending)
        if number not in taken:
            taken.add(number)
            numbers.append(number)
    return numbers


def _american(draw: random.Random, ending: str) -> str:
    return f"+1 {draw.choice(AREAS)} 555 01{ending}"


def _european(draw: random.Random, ending: str) -> str:
    digit = draw.randrange(10)
    return draw.choice(
        (f"+44 20 7946 0{digit}{ending}", f"+33 1 99 00 {digit}0 {ending}", f"+49 30 23125 {digit}{ending}")
    )


def _person(draw: random.Random, n: int, phone: str) -> list[str]:
    chinese = draw.random() < 0.6
    name = draw.choice(SURNAMES) + draw.choice(GIVEN) if chinese else f"{draw.choice(FIRST)} {draw.choice(LAST)}"
    limit = draw.choice((8, 10, 15, 20, 30, 50, 80)) * 1000
    return [
        f"HB{100000 + n}",
        name,
        phone,
        _american(draw, draw.choice(MIXED_ENDINGS)) if draw.random() < 0.1 else "",
        "zh" if chinese else "en",
        draw.choice(AGE_BANDS),
        draw.choice(REGIONS),
        draw.choice(OCCUPATIONS),
        draw.choice(CARDS),
        f"{draw.randint(1, 14)} y",
        f"{limit:,}",
        f"{draw.randint(5, 95)} %",
        f"{draw.choice(PURCHASES)} {draw.randint(12, 90) * 100:,}",
        str(draw.choice((0, 0, 0, 1, 1, 2, 3, 5))),
        f"{draw.randint(8, 160) * 100:,}",
    ]


def _dirty(rows: list[list[str]]) -> list[tuple[int, list[str]]]:
    """(where, row): what every real list brings along."""

    def broken(customer: str, phone: str) -> list[str]:
        return [customer, "Nobody", phone, *[""] * (len(HEADER) - 3)]

    def again(n: int) -> list[str]:
        return rows[n % len(rows)]

    return [
        (20, broken("HB900001", "12345")),
        (45, broken("HB900002", "1.21E+10")),
        (80, broken("HB900003", "")),
        (120, broken("HB900004", "+1 900 555 0199")),
        (170, list(again(3))),
        (230, broken("HB900005", "not given")),
        (300, list(again(70))),
        (380, [*again(10), "one cell too many"]),
    ]

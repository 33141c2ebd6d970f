"""Names as people have them, as SQL: half Chinese, half Latin, a few very common, most of them shared by many."""

from __future__ import annotations

from bench.crowd import die

# The most common ones first.
SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林郑谢罗梁宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏"
    "魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵"
    "万钱严覃武戴莫孔向汤"
)
GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀英霞平刚桂文辉建华国玉红梅鑫鹏飞波斌宇浩凯健俊帆旭宁龙"
    "林欢佳琳雪婷晶丹萍莹倩思雨子涵欣怡梓轩诗琪嘉豪俊杰晨曦天佑若溪可馨一诺浩然语嫣沐阳奕辰梦洁"
    "亦菲慧兰海燕春晓秋菊冬梅立新志强永康德福"
)
FIRST = """
James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard Susan
Joseph Jessica Thomas Sarah Charles Karen Wei Fang Min Jing Daniel Lisa Matthew Nancy Anthony Betty Mark
Sandra Donald Ashley Steven Emily Andrew Kimberly Paul Margaret Joshua Donna Kenneth Michelle Kevin Carol
Brian Amanda George Melissa Timothy Deborah Ronald Stephanie Jason Rebecca Edward Sharon Jeffrey Laura
"""
LAST = """
Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Wang Li Zhang Liu Chen
Hernandez Lopez Gonzalez Wilson Anderson Thomas Taylor Moore Jackson Martin Lee Perez Thompson White
Harris Sanchez Clark Ramirez Lewis Robinson Walker Young Allen King Wright Scott Torres Nguyen Hill
Flores Green Adams Nelson Baker Hall Rivera Campbell Mitchell Carter Roberts Gomez Phillips Evans Turner
Diaz Parker Cruz Edwards Collins Reyes Stewart Morris Morales Murphy Cook Rogers Gutierrez Ortiz Morgan
Cooper Peterson Bailey Reed Kelly Howard Ramos Kim Cox Ward Richardson Watson Brooks Chavez Wood James
Bennett Gray Mendoza Ruiz Hughes Price Alvarez Castillo Sanders Patel
"""
SIDES = 1_000_000
LATIN = ((31, FIRST), (32, LAST))
CHINESE = ((33, SURNAMES), (34, GIVEN))


def name(of: str = "i") -> str:
    """SQL for the name of person number `of`; one Latin name of twenty has a second part that is nearly unique."""
    first, last = (_word(of, seed, words.split()) for seed, words in LATIN)
    rare = f"CASE WHEN {of} % 40 = 1 THEN '-Q' || to_hex({die(of, 36, 2_000_000)}) ELSE '' END"
    surname, given = (_character(of, seed, which) for seed, which in CHINESE)
    third = f"CASE WHEN {of} % 10 < 7 THEN {_character(of, 35, GIVEN)} ELSE '' END"
    chinese, latin = f"{surname} || {given} || {third}", f"{first} || ' ' || {last} || {rare}"
    return f"CASE WHEN {of} % 2 = 0 THEN {chinese} ELSE {latin} END"


def _word(of: str, seed: int, words: list[str]) -> str:
    return f"('{{{','.join(words)}}}'::text[])[{_skewed(of, seed, len(words))}]"


def _character(of: str, seed: int, characters: str) -> str:
    return f"substr('{characters}', {_skewed(of, seed, len(characters))}, 1)"


def _skewed(of: str, seed: int, count: int) -> str:
    """SQL for a number from 1 to `count`: the first ones come up far more often than the last ones."""
    return f"(1 + floor(power({die(of, seed, SIDES)} / {SIDES}.0, 1.8) * {count})::int)"

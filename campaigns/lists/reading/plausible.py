"""How much text looks like what lists hold: names, places, remarks.

Nearly any bytes are characters in GB18030, in Big5 and in Latin-1. What tells them apart is whether people use those
characters: the wrong one of GB18030 and Big5 gives rare ones, Latin-1 gives signs where letters should be. Each
character is worth from -3 to 3; both standards list the characters in use before the rare ones, and the commonest of
names and addresses are written down here.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

FREQUENT = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭"
    "陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤欧阳司徒诸葛上官"
    "張劉陳楊黃趙吳孫馬羅鄭謝許韓馮鄧蕭葉蘇呂盧鍾譚陸範賈韋鄒龍賀顧龔萬錢嚴湯歐陽諸關簡詹溫闕"
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂建文华国红玉梅春晓小志海永宇浩轩梓涵子雨欣怡佳琪思俊嘉家宏"
    "鹏飞辉波斌峰帆龙凤琴玲燕萍莉雪倩婷颖莹慧晶晨阳光亮荣贵富福祥瑞安康健生成新民兴德义仁智信美珍珠宝琳瑶萱"
    "偉靜麗強軍艷傑濤蘭剛華國紅曉軒鵬飛輝鳳瑩穎陽榮貴瑞興義寶瑤雯婉淑惠雅芬玫佩儀君豪翔凱銘澤宗憲廷彥均賢"
    "姓名客户戶手机機号號码碼电電话話联聯系繫地址时間时区區备備注註证證件类類型编編身份性别別男女先生小姐女士"
    "省市县縣镇鎮乡鄉村路街道巷弄室楼樓层層单元栋棟座号院园園小区新城中心大厦厦廈广廣场場东東西南北上下左右"
    "京津沪滬渝冀豫云雲辽遼黑湘皖鲁魯苏蘇浙赣贛鄂桂甘晋晉蒙陕陝吉闽閩贵粤粵青藏川宁寧琼瓊深圳州汉漢武成都重庆慶"
    "天台湾灣香港澳门門九龙龍新界高雄基隆桃竹苗彰化投嘉义義屏宜花莲蓮澎湖"
    "银銀行卡金贷貸款信用账帳户余额餘額度分期理财財存保险險基金产產品业業务務积積账单單还還月年日一二三四五六七八九十百千万萬"
    "的是不了在人有我他这這个個们們中来來为為大和会會可以要下次再打过過已经經没沒有无無需请請说說同意拒绝絕空停关關机"
    "公司有限集团團工作科技商贸貿部经經理主任老师師普通话語言英文简簡体體"
)
PUNCTUATION = frozenset("，。、；：？！“”‘’（）《》【】·—…￥　－／＃＋")
LATIN_SIGNS = frozenset("’‘“”–—€£°ºª·«»®™§")
UNDECODABLE = -5.0


def plausibility(text: str, encoding: str) -> float:
    """From 0 to 1, of the characters beyond ASCII by how many bytes each of them is; 1 when there are none."""
    worth, size = 0.0, 0
    padded = f" {text} "
    for before, char, after in zip(padded, text, padded[2:], strict=False):
        if char > "\x7f":
            length = _length(char, encoding)
            worth, size = worth + length * _worth(char, before, after, encoding), size + length
    return max(0.0, min(1.0, (worth / size + 3) / 6)) if size else 1.0


@lru_cache(maxsize=65536)
def _length(char: str, encoding: str) -> int:
    try:
        return len(char.encode(encoding, "surrogateescape"))
    except UnicodeEncodeError:
        return 1  # half of what two bytes of Big5 may be: a letter and an accent


def _worth(char: str, before: str, after: str, encoding: str) -> float:
    if char.isalpha() and char < "\u0250":
        return _worth_of_letter(char, before, after)
    if _is_han(char):
        return _worth_of_han(char, encoding) - 2 * (_is_lower(before) and _is_lower(after))
    return _worth_of_sign(char)


def _worth_of_letter(char: str, before: str, after: str) -> float:
    """Letters with accents stand alone among plain ones, and capitals at the beginning."""
    neighbours = _is_plain(before) + _is_plain(after)
    if (before > "\x7f" and not before.isspace()) or (after > "\x7f" and not after.isspace()):
        return -1.5
    if not neighbours:
        return -1.0
    return -1.5 if char.isupper() and _is_lower(before) else 2.5


@lru_cache(maxsize=65536)
def _worth_of_han(char: str, encoding: str) -> float:
    if char in FREQUENT:
        return 3.0
    levels = {"gb18030": (_level_gb,), "big5hkscs": (_level_big5,)}.get(encoding, (_level_gb, _level_big5))
    return {1: 1.0, 2: -1.0, 3: -3.0}[min(level(char) for level in levels)]


@lru_cache(maxsize=65536)
def _worth_of_sign(char: str) -> float:
    if char in PUNCTUATION or "\uff01" <= char <= "\uff5e":
        return 1.5
    if char in LATIN_SIGNS:
        return 0.0
    if unicodedata.category(char) in ("Cc", "Cs", "Co", "Cn"):
        return UNDECODABLE
    return -2.0


def _level_gb(char: str) -> int:
    return _level(char, "gb2312", 0xD7)


def _level_big5(char: str) -> int:
    return _level(char, "big5", 0xC6)


def _level(char: str, standard: str, last_row_in_use: int) -> int:
    """1 for a character in use, 2 for a rare one, 3 when the standard has none such."""
    try:
        return 1 if char.encode(standard)[0] <= last_row_in_use else 2
    except UnicodeEncodeError:
        return 3


def _is_han(char: str) -> bool:
    return "\u3400" <= char <= "\u9fff" or "\uf900" <= char <= "\ufaff" or "\U00020000" <= char <= "\U0003ffff"


def _is_plain(char: str) -> bool:
    return char.isascii() and char.isalpha()


def _is_lower(char: str) -> bool:
    return char.isascii() and char.islower()

"""What the columns of a list mean, from the names that exports usually give them, in English and Chinese.

Columns we do not know are kept as the contact's attributes, in three groups by their prefix (`social.age_band`,
`账户.额度`); those without one go to the group `other`. A bare `id` is not taken for the customer id: it is often
a row counter, and two lists that count from 1 would make one person of two.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter

from django.utils.translation import gettext as _

FIELDS = {
    "customer_id": """customerid customerno customernumber custid custno clientid clientno clientnumber cif
        客户号 客户编号 客户id 客户代码 客户标识 客户号码""",
    "name": "name fullname customername contactname clientname 姓名 客户姓名 名字 客户名称 客户名 联系人",
    "first_name": "firstname givenname",
    "last_name": "lastname surname familyname",
    "time_zone": "timezone tz 时区",
    "language": "language lang preferredlanguage 语言 语种",
    "region": "region state province stateprovince 地区 省份 省 州",
    "consent_basis": """consent consentbasis legalbasis optin marketingconsent 同意 是否同意 授权 是否授权 营销授权
        同意依据 授权依据""",
    "consent_date": "consentdate optindate consentat 同意日期 同意时间 授权日期 授权时间",
    "consent_source": "consentsource optinsource 同意来源 授权来源 授权渠道",
    "priority": "priority 优先级 优先级别",
    "score": "score leadscore propensity 评分 得分 模型分",
}
PRODUCTS = "products productsheld product productheld 产品 持有产品 已持有产品 已有产品"
STATUSES = "phonestatus numberstatus mobilestatus 号码状态 手机状态 手机号状态 电话状态"
PHONES = {
    "": """phone phonenumber phoneno telephone telephonenumber tel contactnumber contactphone msisdn
        电话 电话号码 联系电话 联系方式 号码""",
    "mobile": "mobile mobilephone mobilenumber mobileno cell cellphone 手机 手机号 手机号码 移动电话",
    "home": "home homephone hometel 家庭电话 住宅电话 家电 宅电",
    "office": "office officephone officetel work workphone businessphone 办公电话 单位电话 公司电话",
    "other": "otherphone alternatephone altphone alternativephone 备用电话 其他电话 备用号码",
}
GROUPS = {
    "social": "social 社会 社会属性",
    "account": "account 账户 账户属性",
    "transaction": "transaction 交易 交易属性",
}
OTHER_GROUP = "other"
OPTIONAL = ("consent_basis", "consent_date", "consent_source", "priority", "score")
# What is none we know is still what the list says of the person.
KEPT_AS_WELL = ("region", *OPTIONAL)


def _by_name(words: dict[str, str]) -> dict[str, str]:
    return {name: meaning for meaning, names in words.items() for name in names.split()}


PRODUCT_NAMES, STATUS_NAMES = frozenset(PRODUCTS.split()), frozenset(STATUSES.split())
FIELD_OF, LABEL_OF, GROUP_OF = _by_name(FIELDS), _by_name(PHONES), _by_name(GROUPS)


class Unreadable(Exception):
    """The file is no list; str() is one sentence that says what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class PhoneColumn:
    """A column of numbers, tried in the order of the file; the label is what kind of phone it is."""

    index: int
    label: str


@dataclass(frozen=True, slots=True)
class AttributeColumn:
    """A column kept as an attribute of the contact; `type` and `date_order` are those of lists.values."""

    index: int
    group: str
    key: str
    type: str = "text"
    date_order: str = ""


@dataclass(frozen=True, slots=True)
class ProductsColumn:
    """A column of products the contact has; an empty separator is any usual one."""

    index: int
    separator: str = ""


@dataclass(frozen=True, slots=True)
class StatusColumn:
    """A column that tells the state of the number in the column `phone`."""

    index: int
    phone: int


@dataclass(frozen=True, eq=False)
class Layout:
    """Where in a row each thing is; without a value in a column of `required` the row is nobody."""

    header: tuple[str, ...]
    fields: dict[str, int]
    phones: tuple[PhoneColumn, ...]
    attributes: tuple[AttributeColumn, ...]
    products: tuple[ProductsColumn, ...] = ()
    statuses: tuple[StatusColumn, ...] = ()
    required: tuple[int, ...] = ()
    consent_date_order: str = ""

    def cell(self, field: str) -> Callable[[list[str]], str]:
        """What gives a row's cell for this field, empty where the list has no such column."""
        index = self.fields.get(field)
        if index is None:
            return lambda cells: ""
        return itemgetter(index)

    @property
    def has_details(self) -> bool:
        """Whether a row may say more of a person than who they are, their phones and attributes."""
        return bool(self.products or self.statuses or any(field in self.fields for field in OPTIONAL))

    def mapping(self) -> dict[str, str]:
        """Column name → what it was taken for, to be shown beside the list."""
        names = {self.header[index]: field for field, index in self.fields.items()}
        names |= {self.header[phone.index]: "phone" for phone in self.phones}
        return {self.header[a.index]: f"{a.group}.{a.key}" for a in self.attributes} | names


def is_known(name: str) -> bool:
    """Whether this is a name we know, so that the line it stands in is a header."""
    plain = _plain(name)
    if plain in FIELD_OF or plain in PRODUCT_NAMES or plain in STATUS_NAMES:
        return True
    return phone_label(name) is not None or attribute_of(name)[0] != OTHER_GROUP


def understand(header: list[str]) -> Layout:
    """The meaning of every column by its name alone. Raises Unreadable."""
    names = tuple(name.strip() or f"column {index + 1}" for index, name in enumerate(header))
    _refuse_same_names(names)
    fields: dict[str, int] = {}
    phones: list[PhoneColumn] = []
    attributes: list[AttributeColumn] = []
    for index, name in enumerate(names):
        field = field_of(name)
        label = phone_label(name)
        if field:
            if field not in OPTIONAL:
                _refuse_same_meaning(names, fields, field, index)
            fields.setdefault(field, index)
        elif label is not None:
            phones.append(PhoneColumn(index, label))
        if field in KEPT_AS_WELL or (not field and label is None):
            attributes.append(AttributeColumn(index, *attribute_of(name)))
    if not phones:
        raise Unreadable(_no_phone_column(names))
    statuses = tuple(
        StatusColumn(i, phone_before(i, [p.index for p in phones])) for i, name in enumerate(names) if is_status(name)
    )
    products = tuple(ProductsColumn(index) for index, name in enumerate(names) if is_products(name))
    return Layout(names, fields, tuple(phones), tuple(attributes), products, statuses)


def field_of(name: str) -> str:
    """The field a column of this name fills, or nothing."""
    return FIELD_OF.get(_plain(name), "")


def is_products(name: str) -> bool:
    return _plain(name) in PRODUCT_NAMES


def is_status(name: str) -> bool:
    return _plain(name) in STATUS_NAMES


def phone_before(index: int, phones: Sequence[int]) -> int:
    """The phone that a column of states belongs to: the nearest before it, else the first."""
    return max((place for place in phones if place < index), default=phones[0])


def phone_label(name: str) -> str | None:
    """What kind of phone a column of this name holds; `phone2` is a phone as `phone` is. None for no phone."""
    plain = _plain(name)
    return LABEL_OF.get(plain, LABEL_OF.get(plain.rstrip("0123456789")))


def attribute_of(name: str) -> tuple[str, str]:
    """(group, key) of the attribute that a column of this name is."""
    prefix, dot, key = unicodedata.normalize("NFKC", name).strip().replace(":", ".").partition(".")
    group = GROUP_OF.get(_plain(prefix))
    return (group, key.strip()) if group and dot and key.strip() else (OTHER_GROUP, name.strip())


def _plain(name: str) -> str:
    """`Customer ID`, `customer_id` and `ＣＵＳＴＯＭＥＲ－ＩＤ` are one name."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", name)).casefold()


def _refuse_same_names(names: tuple[str, ...]) -> None:
    twice = next((name for index, name in enumerate(names) if name in names[:index]), None)
    if twice:
        sentence = _("Two columns have the same name, “%(name)s”. Rename or remove one and upload the list again.")
        raise Unreadable(sentence % {"name": twice[:40]})


def _refuse_same_meaning(names: tuple[str, ...], fields: dict[str, int], field: str, index: int) -> None:
    if field in fields:
        sentence = _(
            "The columns “%(one)s” and “%(two)s” say the same. Remove or rename one and upload the list again."
        )
        raise Unreadable(sentence % {"one": names[fields[field]][:40], "two": names[index][:40]})


def _no_phone_column(names: tuple[str, ...]) -> str:
    shown = ", ".join(name[:30] for name in names[:8]) + (" …" if len(names) > 8 else "")
    sentence = _(
        "None of the columns (%(columns)s) is known as a phone number. Name one of them “phone”, “mobile” or “手机号” "
        "and upload the list again."
    )
    return sentence % {"columns": shown}

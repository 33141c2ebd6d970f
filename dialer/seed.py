"""A bank, a campaign, its people and a list, so that a newcomer sees calls within minutes. Safe to run again.

Everything goes through the services and the real import, so the demo shows the product and not a picture of it.
The passwords are printed for everybody to read: never seed a system that calls real people.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.core.files.base import ContentFile
from django.db import transaction

from campaigns import rulebook, services
from campaigns.lists import importing
from campaigns.models import (
    Campaign,
    CampaignList,
    ContactPhone,
    Disposition,
    LineOfBusiness,
    Suppression,
    User,
)
from dialer import seed_list
from dialer.models import Agent

BANK = "Harbour Bank · 港湾银行"
LINE = "Cards"
CAMPAIGN = "Card instalments · 账单分期"
LIST = "Cardholders with a large bill · 大额账单客户"
PASSWORD = "fairdial"
SIMULATED_AGENTS = 5
OWN_SEAT = "you"

SCRIPT = """\
Good day, this is {agent} of Harbour Bank. Am I speaking with {name}?
您好，这里是港湾银行，我是{agent}。请问是{name}吗？

I am calling about your card. Is this a good moment for two minutes?
想占用您两分钟，介绍一下您的信用卡账单分期，现在方便吗？

Your last bill can be paid in 3, 6 or 12 parts, with the first part free of charge. Which would suit you?
您最近一期账单可以分 3、6 或 12 期偿还，首期免手续费。您看哪一种比较合适？

Thank you for your time. You will get a message with every detail.
感谢您的接听，详细信息稍后会以短信发送给您。"""

# (code, English, Chinese, category, hours until the lead is due again); the order gives the keys 1 to 9.
DISPOSITIONS = (
    ("instalment_sold", "Instalment agreed", "办理分期", "success", None),
    ("interested", "Interested, send details", "有意向，发资料", "callback", 24),
    ("callback", "Call back", "约定回访", "callback", 4),
    ("not_interested", "Not interested", "无意向", "refusal", None),
    ("no_time", "No time now", "暂时没空", "callback", 3),
    ("wrong_number", "Wrong number", "号码错误", "invalid_number", None),
    ("answering_machine", "Answering machine", "语音信箱", "no_contact", 4),
    ("do_not_call", "Do not call again", "拒绝再次来电", "do_not_call", None),
    ("complaint", "Complaint", "投诉", "complaint", None),
)
STAFF = (
    ("mia", User.Role.MANAGER, "Mia", "Chen", "en"),
    ("sam", User.Role.SUPERVISOR, "Sam", "Porter", "en"),
    ("ada", User.Role.ADMINISTRATOR, "Ada", "Keller", "en"),
)
AGENT_NAMES = (("Lin", "Xiaoyu"), ("Grace", "Nolan"), ("Zhou", "Ming"), ("Leo", "Archer"), ("He", "Jing"))


class NotADemo(Exception):
    """This database serves somebody: its people and passwords are not to be mixed with the demo's."""


@dataclass(frozen=True, slots=True)
class Seeded:
    """What is there now, and what was there before."""

    campaign: Campaign
    leads: int
    new: bool


def seed(*, people: int = seed_list.PEOPLE, start: bool = False) -> Seeded:
    """Make whatever of the demo is missing; with `start`, the campaign runs. Raises NotADemo."""
    if Campaign.objects.exclude(name=CAMPAIGN).exists():
        raise NotADemo("This database holds other campaigns than the demo's: give the demo a database of its own.")
    with transaction.atomic():
        users = _users()
        campaign, new = _campaign(users["mia"])
        _rules()
        _agents(users, campaign)
    _contacts(campaign, users["mia"], people)
    _do_not_call(users["mia"])
    if start:
        services.start(campaign=campaign, by=users["sam"])
    return Seeded(campaign, campaign.leads.count(), new)


def _users() -> dict[str, User]:
    # One hash for all: argon2 is slow by design, and this password is no secret.
    password = make_password(PASSWORD)
    agents = [(f"agent{n}", User.Role.AGENT, first, last, "en") for n, (first, last) in enumerate(AGENT_NAMES, start=1)]
    people = [*STAFF, *agents, (OWN_SEAT, User.Role.AGENT, "You", "", "en")]
    return {person[0]: _user(person, password) for person in people}


def _user(person: tuple[str, str, str, str, str], password: str) -> User:
    username, role, first, last, language = person
    admin = role == User.Role.ADMINISTRATOR
    defaults = {
        "role": role,
        "first_name": first,
        "last_name": last,
        "language": language,
        "password": password,
        "is_staff": admin,
        "is_superuser": admin,
    }
    return User.objects.get_or_create(username=username, defaults=defaults)[0]


def _campaign(by: User) -> tuple[Campaign, bool]:
    if found := Campaign.objects.filter(name=CAMPAIGN).first():
        return found, False
    line, _new = LineOfBusiness.objects.get_or_create(name=LINE)
    campaign = services.create_campaign(
        name=CAMPAIGN, by=by, product=f"{BANK}: bill instalments · 账单分期", line_of_business=line, script=SCRIPT
    )
    # Round the clock, so that the demo dials at any hour; nobody real is behind these numbers.
    services.change_settings(
        campaign=campaign,
        by=by,
        ring_seconds=25,
        max_wait_seconds=2,
        wrap_up_seconds=20,
    )
    rulebook.set_hours(
        campaign=campaign,
        week=[[[0, 1440]]] * 7,
        calls_on_holidays=True,
        starts_on=None,
        ends_on=None,
        by=by,
    )
    return campaign, True


def _rules() -> None:
    for position, (code, label, label_zh, category, hours) in enumerate(DISPOSITIONS, start=1):
        said = {
            "label": label,
            "label_zh": label_zh,
            "category": category,
            "position": position,
            "of_machine": code == "answering_machine",
            "retry_after_hours": hours,
        }
        Disposition.objects.get_or_create(code=code, campaign=None, defaults=said)
    rulebook.install()


def _agents(users: dict[str, User], campaign: Campaign) -> None:
    for username, user in users.items():
        if user.role == User.Role.AGENT:
            kind = Agent.PhoneKind.WEBRTC if username == OWN_SEAT else Agent.PhoneKind.SIP
            agent, _new = Agent.objects.get_or_create(user=user, defaults={"phone_kind": kind})
            agent.campaigns.add(campaign)


def _contacts(campaign: Campaign, by: User, people: int) -> None:
    """Upload the list unless it is here; one whose reading was cut short is read to its end."""
    link = CampaignList.objects.filter(campaign=campaign, list__name=LIST).first()
    if link is None:
        file = ContentFile(seed_list.csv_text(people).encode(), name="cardholders.csv")
        uploaded = services.upload_list(
            name=LIST, file=file, default_country="US", by=by, campaign=campaign, read_later=False
        )
        importing.run(uploaded.pk)
    else:
        importing.run(link.list_id)


def _do_not_call(by: User) -> None:
    if Suppression.objects.exists():
        return
    reasons = ("asked an agent in a branch", "asked in writing", "national do-not-call register")
    phones = ContactPhone.objects.filter(contact__customer_id__startswith="HB").order_by("contact__customer_id")
    for reason, phone in zip(reasons, phones.values_list("phone_id", flat=True)[5:90:30], strict=False):
        services.suppress(number=f"+{phone}", reason=reason, by=by, source="demo")

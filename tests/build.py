"""Objects for tests, built with as few words as the test's sentence needs."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from campaigns.models import Campaign, Contact, ContactPhone, Disposition, Lead, Phone, User
from dialer import leases
from dialer.calls.placing import Line
from dialer.leases import Lease
from dialer.models import Agent, Attempt, PbxServer, Shift, Trunk
from dialer.rules.ids import new_call_id

_numbers = itertools.count(12_025_550_100)
_names = itertools.count(1)


def campaign(**fields: Any) -> Campaign:
    """A running campaign that may call at any hour."""
    defaults: dict[str, Any] = {
        "name": f"Campaign {next(_names)}",
        "status": Campaign.Status.RUNNING,
        "week": [[[0, 1440]]] * 7,
        "calls_on_holidays": True,
    }
    return Campaign.objects.create(**{**defaults, **fields})


def phone(number: int | None = None, **fields: Any) -> Phone:
    return Phone.objects.create(number=number or next(_numbers), **{"zones": ["UTC"], **fields})


def contact(*phones: Phone, **fields: Any) -> Contact:
    """A person with these phones, or with one new one."""
    made = Contact.objects.create(**{"customer_id": f"C{next(_names)}", "name": "Ada Example", **fields})
    for position, each in enumerate(phones or (phone(),)):
        ContactPhone.objects.create(contact=made, phone=each, position=position)
    return made


def lead(of: Campaign, who: Contact | None = None, **fields: Any) -> Lead:
    """A lead that has been due for an hour."""
    due = timezone.now() - timedelta(hours=1)
    return Lead.objects.create(campaign=of, contact=who or contact(), **{"due_at": due, **fields})


def server(**fields: Any) -> PbxServer:
    return PbxServer.objects.create(**{"name": f"pbx{next(_names)}", "ami_secret": "s3cret", **fields})


def trunk(on: PbxServer, **fields: Any) -> Trunk:
    return Trunk.objects.create(
        server=on, **{"name": f"carrier{next(_names)}", "host": "127.0.0.1", "caller_ids": ["442079460000"], **fields}
    )


def lease(on: PbxServer) -> Lease:
    taken = leases.take(server_id=on.pk, owner="test")
    assert taken
    return taken


def line(on: PbxServer) -> Line:
    return Line.of(trunk(on))


def user(role: str = "agent", **fields: Any) -> User:
    name = f"{role}{next(_names)}"
    return User.objects.create(username=name, role=role, **fields)


def agent(*of: Campaign, **fields: Any) -> Agent:
    made = Agent.objects.create(user=user(), **fields)
    made.campaigns.set(of)
    return made


def shift(
    of: Campaign,
    on: PbxServer,
    *,
    also: Sequence[Campaign] = (),
    state: str = "ready",
    since: datetime | None = None,
    **fields: Any,
) -> Shift:
    """A shift that serves this campaign, and those of `also`."""
    now = since or timezone.now()
    who = fields.pop("agent", None) or agent(of, *also)
    made = Shift.objects.create(agent=who, campaign=of, server=on, state=state, since=now, began=now, **fields)
    made.campaigns.set([of, *also])
    return made


def disposition(code: str = "sale", category: str = "success", **fields: Any) -> Disposition:
    return Disposition.objects.create(code=code, label=code.title(), category=category, **fields)


def attempt(of: Lead, *, at: datetime | None = None, outcome: str = "no_answer", **fields: Any) -> Attempt:
    """An ended call of this lead, to the first phone of its person."""
    began = at or timezone.now()
    known: dict[str, Any] = {
        "id": new_call_id(),
        "server_id": 1,
        "trunk_id": 1,
        "phone": of.contact.phones.values_list("pk", flat=True)[0],
        "tech_cause": "",
        "hangup_by": "",
        "caller_id": "",
        "reserved_at": began,
        "ended_at": began + timedelta(seconds=30),
    }
    return Attempt.objects.create(
        campaign_id=of.campaign_id, lead=of, contact_id=of.contact_id, outcome=outcome, **{**known, **fields}
    )

"""The desk as JSON: what a program that plays an agent needs to know, and no more.

    {"state": "talking", "word": "talking", "since": "2026-01-02T03:04:05.678Z", "reason": "", "then": "",
     "phone": "webrtc", "campaign": {"id": 1, "name": "…"}, "campaigns": [{"id": 1, "name": "…", "status": "running"}],
     "call": {"id": "…", "state": "talking", "name": "…", "customer_id": "…", "bridged_at": "…"},
     "wrap_up_until": null,
     "dispositions": [{"id": 1, "code": "sold", "label": "…", "category": "success", "position": 1}]}

`campaign` is that of the call, or of the last one; `campaigns` lists those whose calls the shift takes. Signed out,
`state` is "off", `campaign` and `call` are null, and `campaigns` lists what may be signed in to.
"""

from __future__ import annotations

from datetime import datetime

from campaigns.models import Disposition, User
from campaigns.templatetags.fairdial import STATES
from dialer.desk import selectors
from dialer.desk.selectors import BUSY, as_utc
from dialer.models import Attempt, LiveCall, Shift


def as_json(user: User) -> dict[str, object]:
    agent, shift = selectors.who_is(user)
    found: dict[str, object] = {"phone": agent.phone_kind, "agent": agent.pk}
    if shift is None:
        return found | _off([_campaign(c.pk, c.name, c.status) for c in selectors.campaigns_of(agent)])
    return found | _shift(shift)


def _campaign(pk: int, name: str, status: str) -> dict[str, object]:
    return {"id": pk, "name": name, "status": status}


def _off(campaigns: list[dict[str, object]]) -> dict[str, object]:
    return {
        "state": selectors.OFF,
        "word": str(STATES[selectors.OFF]),
        "since": None,
        "reason": "",
        "then": "",
        "campaign": None,
        "campaigns": campaigns,
        "call": None,
        "wrap_up_until": None,
        "dispositions": [],
    }


def _shift(shift: Shift) -> dict[str, object]:
    busy = shift.state in BUSY
    call = selectors.call_of(shift) if busy else None
    return {
        "state": shift.state,
        "word": str(STATES[shift.state]),
        "since": as_utc(shift.since),
        "reason": shift.reason,
        "then": shift.then,
        "campaign": {"id": shift.campaign_id, "name": shift.campaign.name},
        "campaigns": [_campaign(each.id, each.name, each.status) for each in selectors.served(shift)],
        "call": _call(call) if call else None,
        "wrap_up_until": _moment(shift.wrap_up_until),
        "dispositions": [_disposition(row) for row in selectors.dispositions_of(shift.campaign_id)] if busy else [],
    }


def _call(call: LiveCall | Attempt) -> dict[str, object]:
    return {
        "id": str(call.pk),
        "state": call.state if isinstance(call, LiveCall) else "ended",
        "name": call.contact.name,
        "customer_id": call.contact.customer_id,
        "bridged_at": _moment(call.bridged_at),
    }


def _disposition(row: Disposition) -> dict[str, object]:
    return {
        "id": row.pk,
        "code": row.code,
        "label": row.label,
        "category": row.category,
        "position": row.position,
    }


def _moment(moment: datetime | None) -> str | None:
    return as_utc(moment) if moment else None

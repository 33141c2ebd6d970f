"""The people behind a bar of a list: who, why, on what evidence, and when they may be called."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from campaigns.models import Campaign, Contact, ContactList, ContactPhone, Phone, Suppression
from campaigns.rules.policy import Policy
from campaigns.whys.leads import policy_of, versions_of
from campaigns.whys.listed import fates
from campaigns.whys.listed.fates import Key

PAGE = 100


@dataclass(frozen=True, slots=True)
class Record:
    """One person. `phone` is the number that frees first, or the first they have; `until` None: not known, or for good.

    `entry` is what bars the number of do-not-call; of a status, `phone` says its source and when it was observed.
    """

    contact: Contact
    phone: Phone | None
    lead_id: int | None
    until: datetime | None
    policy: Policy | None
    entry: Suppression | None


@dataclass(frozen=True, slots=True)
class Page:
    """The records of a page, and the contact to ask for the next one after; None at the end."""

    records: tuple[Record, ...]
    next: int | None


def page(of: ContactList, campaign: Campaign | None, key: Key, *, after: int, now: datetime) -> Page:
    """The next records after a contact."""
    rows = fates.page(of, campaign, now, key, after=after, most=PAGE + 1)
    shown = rows[:PAGE]
    return Page(_records(shown, campaign, key, now), shown[-1][0] if len(rows) > PAGE else None)


def _records(rows: list[tuple[Any, ...]], campaign: Campaign | None, key: Key, now: datetime) -> tuple[Record, ...]:
    people = Contact.objects.in_bulk([row[0] for row in rows])
    phones = _phones(rows)
    entries = _entries(phones, campaign, now) if key.why == "do_not_call" else {}
    versions = versions_of(row[3] for row in rows)
    return tuple(
        Record(
            contact=people[contact],
            phone=phones.get(contact),
            lead_id=lead,
            until=until,
            policy=policy_of(versions.get(policy or 0)),
            entry=entries.get(phones[contact].pk) if contact in phones else None,
        )
        for contact, lead, until, policy, _phone in rows
    )


def _phones(rows: list[tuple[Any, ...]]) -> dict[int, Phone]:
    """The number that was said of each person; of whom none was, the first."""
    said = {contact: phone for contact, _lead, _until, _policy, phone in rows if phone}
    links = ContactPhone.objects.filter(contact__in=[row[0] for row in rows]).select_related("phone")
    found: dict[int, Phone] = {}
    for link in links:
        if said.get(link.contact_id, link.phone_id) == link.phone_id:
            found.setdefault(link.contact_id, link.phone)
    return found


def _entries(phones: dict[int, Phone], campaign: Campaign | None, now: datetime) -> dict[int, Suppression]:
    """The entry that bars each number longest."""
    scope = Q(campaign=None, line_of_business=None)
    if campaign:
        scope |= Q(campaign=campaign)
    if campaign and campaign.line_of_business_id:
        scope |= Q(line_of_business=campaign.line_of_business_id)
    found = Suppression.objects.filter(scope, ended_at=None, phone__in=[phone.pk for phone in phones.values()])
    held = [entry for entry in found if entry.expires_at is None or entry.expires_at > now]
    latest = sorted(held, key=lambda entry: (entry.expires_at is None, entry.expires_at or now))
    return {entry.phone: entry for entry in latest if entry.phone}

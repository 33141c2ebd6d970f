"""Whom a customer id or a number belongs to, and what is known of a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from campaigns import leads
from campaigns.models import Contact, ContactList, ContactPhone, Lead, ListEntry, Phone, Suppression
from campaigns.rules import numbers, places
from campaigns.rules.places import Place
from campaigns.whys import leads as why_leads
from campaigns.whys.leads import LeadWhy

# A switchboard may be the number of many: the first are shown.
MOST_PEOPLE = 50


@dataclass(frozen=True, slots=True)
class KnownPhone:
    """One of a person's phones: what is known of it, where whoever answers may be, and its do-not-call entries.

    `id` names it in addresses, which never tell a number.
    """

    id: int
    phone: Phone
    label: str
    place: Place
    entries: tuple[Suppression, ...]

    @property
    def zones(self) -> tuple[ZoneInfo, ...]:
        return places.known_zones(self.place.zones)

    def status_holds(self, now: datetime) -> bool:
        until = self.phone.status_expires_at
        return bool(self.phone.status) and not (until and until <= now)


def number_in(text: str, country: str = "") -> int | None:
    """The E.164 digits that the text means; also of a number we would not dial today, as long as we know it."""
    found = numbers.check(text, country)
    if isinstance(found, numbers.Number):
        return found.phone
    digits = "".join(c for c in text if c.isascii() and c.isdecimal())
    written = digits and not any(c.isalpha() for c in text)
    known = written and len(digits) <= 15 and Phone.objects.filter(number=int(digits)).exists()
    if known:
        return int(digits)
    # People leave the plus out.
    abroad = numbers.check(f"+{digits}", country) if written else found
    return abroad.phone if isinstance(abroad, numbers.Number) else None


def with_number(number: int) -> list[Contact]:
    """The first people who have this number, in the order in which they became known."""
    return list(Contact.objects.filter(contactphone__phone=number).order_by("pk")[: MOST_PEOPLE + 1])


def phones_of(contact: Contact) -> list[KnownPhone]:
    """In the order in which they are tried."""
    rows = list(ContactPhone.objects.filter(contact=contact).select_related("phone"))
    listed = Suppression.objects.select_related("campaign", "line_of_business", "created_by")
    numbers = [row.phone_id for row in rows]
    entries = list(listed.filter(phone__in=numbers, ended_at=None).order_by("pk"))
    return [
        KnownPhone(
            id=row.pk,
            phone=row.phone,
            label=row.label,
            place=places.place(contact.time_zone, contact.region, tuple(row.phone.zones), row.phone.country),
            entries=tuple(entry for entry in entries if entry.phone == row.phone_id),
        )
        for row in rows
    ]


@dataclass(slots=True)
class Places:
    """The lists that name a person, newest first, and their leads with their campaigns."""

    lists: list[ContactList] = field(default_factory=list)
    leads: list[Lead] = field(default_factory=list)


def places_of(contacts: Sequence[Contact]) -> dict[int, Places]:
    """Where each of these people is, by their id."""
    found = {contact.pk: Places() for contact in contacts}
    entries = ListEntry.objects.filter(contact__in=list(found)).order_by("-list").select_related("list")
    for entry in entries:
        found[entry.contact_id].lists.append(entry.list)
    for lead in leads.of_people(list(found)).select_related("campaign").order_by("-campaign"):
        found[lead.contact_id].leads.append(lead)
    return found


def entries_of(contact: Contact) -> list[ListEntry]:
    """The rows of lists that name this person, the newest list first."""
    return list(ListEntry.objects.filter(contact=contact).order_by("-list").select_related("list"))


def whys_of(contacts: Sequence[Contact], now: datetime) -> list[LeadWhy]:
    """Why, for every lead these people are; campaigns that call come first, then the newest."""
    found = leads.of_people([contact.pk for contact in contacts]).select_related(
        "campaign__line_of_business", "contact"
    )
    whys = why_leads.of_leads(list(found), now)
    return sorted(whys, key=lambda why: (not why.is_dialled, why.lead.state == Lead.State.FINISHED, -why.campaign.pk))

"""What a person agreed to and holds, in words, with its history: for the page of the person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from campaigns import consents, products, sentences
from campaigns.models import Contact, LineOfBusiness, Suppression, User
from campaigns.rules.consent import Grant, read_grants
from campaigns.sentences.parts import first_upper, listed


@dataclass(frozen=True, slots=True)
class Standing:
    """A consent on record: on which basis, for what, since and until when; whether it counts at this moment."""

    basis: str
    purpose: str
    given_at: datetime
    expires_at: datetime | None
    holds: bool


@dataclass(frozen=True, slots=True)
class Word:
    """One line of a history: what, when it was so, when we knew, where it is written, who wrote it down and why."""

    what: str
    at: datetime
    recorded_at: datetime
    source: str
    reason: str
    by: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Agreed:
    """All of it, of one person."""

    standing: tuple[Standing, ...]
    words: tuple[Word, ...]
    held: tuple[str, ...]
    moves: tuple[Word, ...]
    entries: tuple[Suppression, ...]


def of(contact: Contact, now: datetime) -> Agreed:
    said, moved = consents.history(contact.pk), products.history(contact.pk)
    people = _names({event.by_id for event in said} | {event.by_id for event in moved})
    lines = dict(LineOfBusiness.objects.values_list("pk", "name"))
    labels = products.known()
    words = tuple(
        Word(
            _said(event.kind, event.basis, _purpose(event.line_of_business_id, lines)),
            event.at,
            event.recorded_at,
            event.source,
            event.reason,
            people.get(event.by_id, ""),
            event.expires_at,
        )
        for event in said
    )
    moves = tuple(
        Word(
            (_("%(product)s, held") if event.held else _("%(product)s, no longer held"))
            % {"product": labels.get(event.product, event.product)},
            event.recorded_at,
            event.recorded_at,
            event.source,
            event.reason,
            people.get(event.by_id, ""),
        )
        for event in moved
    )
    entries = Suppression.objects.select_related("campaign", "line_of_business", "created_by", "ended_by")
    return Agreed(
        tuple(_standing(grant, lines, now) for grant in read_grants(contact.consents)),
        words,
        tuple(labels.get(code, code) for code in contact.products),
        moves,
        tuple(entries.filter(contact=contact).order_by("-pk")),
    )


def _standing(grant: Grant, lines: dict[int, str], now: datetime) -> Standing:
    purpose = _purpose(grant.purpose, lines)
    if grant.without:
        said = {"purpose": purpose, "lines": listed([_purpose(line, lines) for line in sorted(grant.without)])}
        purpose = _("%(purpose)s but %(lines)s") % said
    holds = grant.given_at <= now and (grant.expires_at is None or grant.expires_at > now)
    return Standing(first_upper(sentences.basis_words(grant.basis)), purpose, grant.given_at, grant.expires_at, holds)


def _said(kind: str, basis: str, purpose: str) -> str:
    if kind == "undone":
        return _("Taken back with the import that said so")
    if kind == "withdrawn":
        return _("Withdrawn for %(purpose)s") % {"purpose": purpose}
    return _("%(basis)s given for %(purpose)s") % {
        "basis": first_upper(sentences.basis_words(basis)),
        "purpose": purpose,
    }


def _purpose(line: int | None, lines: dict[int, str]) -> str:
    return _("any purpose") if line is None else lines.get(line, f"#{line}")


def _names(ids: Iterable[int | None]) -> dict[int | None, str]:
    return {user.pk: str(user) for user in User.objects.filter(pk__in=[id for id in ids if id])}

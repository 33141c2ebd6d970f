"""The story of a number: what is held against it and why, everything that sources said, and whose it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from campaigns.models import Contact, ContactPhone, Phone, PhoneEvidence, Suppression
from campaigns.rules import validity as rules
from campaigns.rules.validity import AGAINST, Code, Evidence, Kind, State
from campaigns.validity import ageing
from campaigns.whys.people import MOST_PEOPLE


class Weight(StrEnum):
    """What a word counts for now."""

    DECIDES = "decides"
    HOLDS = "holds"  # as well, and no longer than the one that decides
    NOTED = "noted"  # it keeps nobody, or not yet
    OVERRULED = "overruled"
    AGED = "aged"
    WITHDRAWN = "withdrawn"  # with the import that brought it


@dataclass(frozen=True, slots=True)
class Word:
    """What a source said, until when it is believed (None: for good), and what that counts for."""

    row: PhoneEvidence
    until: datetime | None
    weight: Weight


@dataclass(frozen=True, slots=True)
class Story:
    """All about a number; `contacts` are the first people who have it."""

    phone: Phone
    state: State
    words: tuple[Word, ...]
    contacts: tuple[Contact, ...]
    more: bool
    entries: tuple[Suppression, ...]

    @property
    def is_overridden(self) -> bool:
        return self.state.source == Kind.SUPERVISOR


def story(phone: Phone, now: datetime) -> Story:
    """Worked out from the evidence itself, by the rules that the database applies to it."""
    rows = ageing.evidence_of(phone.pk)
    ages = ageing.ages()
    said = {row.pk: _evidence(row) for row in rows}
    counting = [said[row.pk] for row in rows if row.withdrawn_at is None]
    state = rules.resolve(counting, now, ages)
    holding = rules.holding(counting, now, ages)
    people = list(Contact.objects.filter(contactphone__phone=phone).order_by("pk")[: MOST_PEOPLE + 1])
    entries = Suppression.objects.filter(phone=phone.pk, ended_at=None).select_related(
        "campaign", "line_of_business", "created_by"
    )
    return Story(
        phone=phone,
        state=state,
        words=tuple(_word(row, said[row.pk], state, holding, now, ages) for row in rows),
        contacts=tuple(people[:MOST_PEOPLE]),
        more=len(people) > MOST_PEOPLE,
        entries=tuple(entries.order_by("pk")),
    )


def page_id(number: int) -> int | None:
    """What names the number in an address without telling it: one of those who have it."""
    return ContactPhone.objects.filter(phone=number).order_by("pk").values_list("pk", flat=True).first()


def _evidence(row: PhoneEvidence) -> Evidence:
    return Evidence(Code(row.code), Kind(row.kind), row.observed_at, row.source, row.expires_at, row.times)


def _word(
    row: PhoneEvidence, said: Evidence, state: State, holding: Sequence[Evidence], now: datetime, ages: rules.Ageing
) -> Word:
    until = ages.until(said)
    weight = Weight.WITHDRAWN if row.withdrawn_at else _weight(said, state, holding, until <= now)
    return Word(row, None if until == rules.FOREVER else until, weight)


def _weight(said: Evidence, state: State, holding: Sequence[Evidence], aged: bool) -> Weight:
    if said == state.because:
        return Weight.DECIDES
    if aged:
        return Weight.AGED
    if said in holding:
        return Weight.OVERRULED if state.source == Kind.SUPERVISOR else Weight.HOLDS
    counts = said.code in AGAINST and said.kind != Kind.SUPERVISOR
    once = said.code == Code.UNREACHABLE and said.times < rules.UNREACHABLE_TIMES
    return Weight.OVERRULED if counts and not once else Weight.NOTED

"""What the screens of lists read: how far an import has come, what a version changed, what a file looks like."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Sum, When
from django.utils.translation import gettext as _

from campaigns import words
from campaigns.lists import rows
from campaigns.lists.importing import RUNNING, source
from campaigns.lists.reading import ENCODINGS, Alternative, Sheet
from campaigns.lists.rows import Person, Refused
from campaigns.models import Contact, Fate, ImportPart, ListEntry, ListVersion, Reject, VersionEntry

PAGE = 100
PREVIEW = 20
# What each row costs by the time it was read, applied and published, as a share of the whole.
READ, APPLIED, PUBLISHED = 0.4, 0.45, 0.15
State, Part = ListVersion.State, ImportPart.State
DIFFERENCES = {
    "new": Q(fate__in=[Fate.MADE, Fate.JOINED, Fate.JOINED_CHANGED]),
    "changed": Q(fate=Fate.CHANGED),
    "unchanged": Q(fate=Fate.UNCHANGED),
}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import has come; `share` is of 1, `left_seconds` None as long as nobody can say."""

    version: ListVersion
    read: int
    applied: int
    published: int
    duplicate: int
    rejected: int
    share: float
    per_second: float
    left_seconds: float | None


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A row as it will be read: the person, or the words for why it is nobody."""

    no: int
    person: Person | None
    why: str
    column: str
    value: str


def progress(version: ListVersion, now: datetime) -> Progress:
    """From the parts that are done; while leads are added, all rows are applied."""
    done = version.parts.aggregate(
        read=_rows_in(Part.READ, Part.NUMBERED, Part.APPLIED, Part.PUBLISHED),
        applied=_rows_in(Part.APPLIED, Part.PUBLISHED),
        published=_rows_in(Part.PUBLISHED),
        duplicate=Sum("rows_duplicate"),
        rejected=Sum("rows_rejected"),
    )
    counts = {name: value or 0 for name, value in done.items()}
    total = version.rows_total or 1
    share = (READ * counts["read"] + APPLIED * counts["applied"] + PUBLISHED * counts["published"]) / total
    took = (now - version.started_at).total_seconds() if version.started_at else 0.0
    rows_done = counts["applied"] or counts["read"]
    return Progress(
        version=version,
        **counts,
        share=min(share, 1.0),
        per_second=rows_done / took if took > 1 else 0.0,
        left_seconds=took * (1 - share) / share if share > 0.02 and took > 2 else None,
    )


def _rows_in(*states: str) -> Sum:
    return Sum(Case(When(state__in=states, then=F("rows")), default=0))


def running_version(list_id: int) -> ListVersion | None:
    """The version that is being imported now."""
    return ListVersion.objects.filter(list=list_id, state__in=RUNNING).select_related("list").first()


def people_of(version: ListVersion, difference: str, after: int) -> list[Contact]:
    """Who is new, changed, unchanged or gone, by id after `after`; one more than a page when there is a next one."""
    found = _gone(version) if difference == "gone" else _entries(version).filter(DIFFERENCES[difference])
    ids = found.filter(contact__gt=after).order_by("contact").values_list("contact", flat=True)[: PAGE + 1]
    return list(Contact.objects.filter(pk__in=list(ids)).order_by("pk"))


def changes_of(version: ListVersion, people: list[Contact]) -> dict[int, list[tuple[str, str, str]]]:
    """Contact → (field, before, after) of what the version changed."""
    found = version.befores.filter(contact__in=people).values_list("contact", "changes")
    return {contact: _told(changes) for contact, changes in found}


def _told(changes: dict[str, list[object]]) -> list[tuple[str, str, str]]:
    told = []
    for field, (before, after) in changes.items():
        if field == "attributes":
            told += _attributes(before, after)
        elif field == "phones":
            told.append((field, _numbers(before), _numbers(after)))
        else:
            told.append((field, str(before), str(after)))
    return told


def _attributes(before: object, after: object) -> list[tuple[str, str, str]]:
    was, now = _flat(before), _flat(after)
    return [(key, was.get(key, ""), value) for key, value in now.items() if was.get(key, "") != value]


def _flat(groups: object) -> dict[str, str]:
    assert isinstance(groups, dict)
    return {key: str(value) for group in groups.values() for key, value in group.items()}


def _numbers(phones: object) -> str:
    assert isinstance(phones, list)
    return ", ".join(f"+{number}" for number, _label, _position in phones)


def _entries(version: ListVersion) -> QuerySet[Any, Any]:
    if version.list.current_id == version.pk:
        return ListEntry.objects.filter(list=version.list_id)
    return VersionEntry.objects.filter(version=version)


def _gone(version: ListVersion) -> QuerySet[Any, Any]:
    still = _entries(version).filter(contact=OuterRef("contact"))
    return VersionEntry.objects.filter(version=version.previous_id).exclude(Exists(still))


def preview(version: ListVersion, sheet: Sheet) -> list[PreviewRow]:
    """The first rows as they will be read. Raises Unreadable."""
    layout = source.layout_of(version, sheet)
    shown = []
    for row in sheet.sample(PREVIEW):
        match rows.read_row(layout, row, version.default_country):
            case Person() as person:
                shown.append(PreviewRow(row.no, person, "", "", ""))
            case Refused(reason, column, value):
                shown.append(PreviewRow(row.no, None, words.of(words.REJECT_REASONS, reason), column, value))
    return shown


def reading(sheet: Sheet) -> dict[str, Any]:
    """How the characters are read, why so, and what pieces of the file look like in this and in other encodings."""
    found = sheet.shown_evidence()
    readings = [Alternative(found.encoding, found.plausible, found.samples), *found.alternatives]
    return {
        "why": words.of(words.ENCODING_EVIDENCE, found.why),
        "readings": [(each.encoding, ENCODINGS[each.encoding], each.samples) for each in readings if each.samples],
    }


def evidence_of(reject: Reject, names: dict[int, tuple[str, str]]) -> str:
    """Whom a duplicate doubles, in words; `names`: contact → (customer id, list)."""
    if reject.same_row:
        return _("same person as row %(row)s") % {"row": f"{reject.same_row:,}"}
    if reject.same_contact:
        customer, on = names.get(reject.same_contact, ("", ""))
        return _("same person as customer %(customer)s in list “%(list)s”") % {"customer": customer, "list": on}
    return ""


def names_of(rejects: list[Reject]) -> dict[int, tuple[str, str]]:
    """Contact → (customer id or number, name of the list) for the rejects that double somebody of another list."""
    of_list = dict(
        ListVersion.objects.filter(list__in={r.same_list for r in rejects if r.same_list}).values_list(
            "list", "list__name"
        )
    )
    contacts = {c.pk: c for c in Contact.objects.filter(pk__in={r.same_contact for r in rejects if r.same_contact})}
    return {
        r.same_contact: (_called(contacts.get(r.same_contact)), of_list.get(r.same_list or 0, ""))
        for r in rejects
        if r.same_contact
    }


def _called(contact: Contact | None) -> str:
    if contact is None:
        return "–"
    return contact.customer_id or f"+{contact.first_phone}"
